//! Gate 14: what is secret around the journal never gets into it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use quarterdeck::plan::Keeper;

use super::support::{self, child, open, operate, target};

const CANARY: &str = "c4n4ry-5ecret";

/// The child: acts, surrounded by secrets.
#[test]
fn surrounded() {
    let Some(root) = support::child_root() else {
        return;
    };
    let journal = open(&root);
    operate(&journal, 2, |_, _| {});
    let inspect = format!("{{\"Env\":[\"PASSWORD={CANARY}\"]}}");
    journal
        .kept("daemon-1")
        .keep(&target().service_id(), "sha256:ab", inspect.as_bytes())
        .unwrap();
}

fn files(folder: &Path, found: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{path:?}");
            files(&path, found);
        } else {
            assert_eq!(mode, 0o600, "{path:?}");
            found.push((path.clone(), fs::read(path).unwrap()));
        }
    }
}

#[test]
fn canaries_stay_out() {
    let root = tempfile::tempdir().unwrap();
    let status = child("journal::canary::surrounded", root.path())
        .args(["--skip", CANARY])
        .env(
            "QUARTERDECK_DATABASE_URL",
            format!("postgres://u:{CANARY}@db/j"),
        )
        .env("SSH_CONNECTION", format!("10.0.0.1 1 10.0.0.2 2 {CANARY}"))
        .env("USER", CANARY)
        .env("PGPASSWORD", CANARY)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());

    let mut found = Vec::new();
    files(root.path(), &mut found);
    let with_canary: Vec<_> = found
        .iter()
        .filter(|(_, bytes)| bytes.windows(CANARY.len()).any(|w| w == CANARY.as_bytes()))
        .map(|(path, _)| path.strip_prefix(root.path()).unwrap())
        .collect();
    // The inspect documents alone may hold variables; they are why their folder is private.
    assert_eq!(with_canary.len(), 1, "{with_canary:?}");
    assert!(with_canary[0].starts_with("revisions"), "{with_canary:?}");
    let path = |name: &str| found.iter().any(|(path, _)| path.ends_with(name));
    assert!(path("journal/head") && path("journal/journal-000000000001.jsonl"));
}
