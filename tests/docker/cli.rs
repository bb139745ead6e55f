//! The command line against the real daemon: what it shows, what it does, and what the journal tells of it.

use std::path::Path;

use serde_json::Value;

use crate::support::bare::{Ran, bare, ran};
use crate::support::compose::Compose;
use crate::support::daemon::Daemon;
use crate::support::docker_or_skip;
use crate::support::wait::{SOON, wait_until};

/// In the environment, the arguments and the labels of what runs; it must never be printed or kept in the journal.
const CANARY: &str = "canary-2c9e41";

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    deploy: {replicas: 2}
    environment: {API_TOKEN: canary-2c9e41, DATABASE_URL: "postgres://shop:canary-2c9e41@db/shop"}
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1:8080/"], interval: 1s}
"#;

/// An operator's home, and a shop to work on.
struct Desk {
    home: tempfile::TempDir,
    host: String,
    shop: Compose,
}

impl Desk {
    fn new(daemon: &Daemon) -> Self {
        let shop = Compose::up(daemon, "cli", SHOP);
        wait_until("two healthy replicas of api", SOON, || {
            shop.replicas("api")
                .iter()
                .filter(|r| r.health == "healthy")
                .count()
                == 2
        });
        Self {
            home: tempfile::tempdir().expect("a temporary folder"),
            host: daemon.host.clone(),
            shop,
        }
    }

    /// Runs a command to its end; what it wrote, once it has ended with `code`.
    #[track_caller]
    fn run(&self, code: i32, arguments: &[&str]) -> (String, String) {
        let mut command = bare(self.home.path(), arguments);
        command.env("QUARTERDECK_OPERATOR", "ana");
        let Ran { out, err, .. } = ran(command.env("DOCKER_HOST", &self.host)).ends(code);
        assert!(
            !out.contains(CANARY) && !err.contains(CANARY),
            "{arguments:?}\n{out}\n{err}"
        );
        (out, err)
    }

    /// The service's name among those of other tests.
    fn api(&self) -> String {
        format!("{}/api", self.shop.project)
    }

    /// What `status --json` says of it.
    #[track_caller]
    fn status(&self) -> Value {
        let (out, _) = self.run(0, &["status", "--json", &self.api()]);
        let status: Value = serde_json::from_str(&out).expect("one JSON object");
        status["services"][0].clone()
    }

    fn journal(&self) -> std::path::PathBuf {
        self.home.path().join(".local/state/quarterdeck/journal")
    }
}

fn segment(journal: &Path) -> std::path::PathBuf {
    std::fs::read_dir(journal)
        .expect("the journal")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .expect("a segment")
}

#[test]
fn what_is_done_is_shown_and_recorded() {
    let daemon = docker_or_skip!();
    let desk = Desk::new(&daemon);
    let api = desk.api();
    assert_eq!(
        (&desk.status()["ready"], &desk.status()["version"]),
        (&2.into(), &"v1".into())
    );

    desk.run(0, &["scale", &api, "3", "--yes", "--reason=OPS-7"]);
    assert_eq!(desk.shop.replicas("api").len(), 3);
    let before: Vec<String> = desk
        .shop
        .replicas("api")
        .into_iter()
        .map(|r| r.id)
        .collect();
    desk.run(0, &["restart", &api, "--yes"]);
    assert_eq!(desk.status()["ready"], 3);
    desk.run(0, &["rollout", &api, "v2", "--yes"]);
    let after = desk.shop.replicas("api");
    assert!(
        after
            .iter()
            .all(|r| r.image == "qd-busybox:v2" && !before.contains(&r.id)),
        "{after:?}"
    );
    desk.run(0, &["rollback", &api, "--yes"]);
    assert_eq!(desk.status()["version"], "v1");
    // To nothing, in an environment that nobody has named: dear.
    let (_, err) = desk.run(4, &["stop", &api, "--yes"]);
    assert!(err.contains("--yes=local/api"), "{err}");
    desk.run(0, &["stop", &api, "--yes=local/api"]);
    assert!(
        desk.shop
            .replicas("api")
            .iter()
            .all(|r| r.state == "exited")
    );
    desk.run(0, &["start", &api, "--yes"]);

    let (told, _) = desk.run(0, &["audit", "--service", &api]);
    for part in [
        &format!("scale {api} 2 -> 3"),
        "OPS-7",
        &format!("restart {api}"),
        &format!("rollout {api} v1 -> v2"),
        &format!("rollback {api} v2 -> v1"),
        &format!("stop {api}"),
        &format!("start {api}"),
    ] {
        assert!(told.contains(part), "{part}:\n{told}");
    }
    assert_eq!(told.lines().count(), 7, "{told}");
    let (steps, _) = desk.run(0, &["audit", "--steps", "--service", &api]);
    for part in ["scale of ", "2 → 3 replicas (OPS-7)", "step 1: "] {
        assert!(steps.contains(part), "{part}:\n{steps}");
    }
    desk.run(0, &["audit", "verify"]);
    let segment = segment(&desk.journal());
    let text = std::fs::read_to_string(&segment).expect("the segment is readable");
    assert!(!text.contains(CANARY));
    std::fs::write(&segment, text.replacen("OPS-7", "OPS-8", 1)).expect("and writable");
    let (told, _) = desk.run(1, &["audit", "verify"]);
    assert!(told.contains("this line was changed"), "{told}");
}

#[test]
fn a_bad_image_fails_and_the_old_one_serves() {
    let daemon = docker_or_skip!();
    let desk = Desk::new(&daemon);
    let api = desk.api();
    let (out, _) = desk.run(1, &["rollout", &api, "bad", "--yes", "--json"]);
    let outcome: Value = serde_json::from_str(&out).expect("one JSON object");
    assert_eq!(
        (&outcome["outcome"], &outcome["exit_code"]),
        (&"failed".into(), &1.into())
    );
    let status = desk.status();
    assert_eq!(
        (&status["ready"], &status["version"]),
        (&2.into(), &"v1".into())
    );
}

#[test]
fn a_look_prints_no_secret_and_read_only_sends_nothing() {
    let daemon = docker_or_skip!();
    let desk = Desk::new(&daemon);
    let api = desk.api();
    desk.run(0, &["logs", &api, "--json"]);
    desk.run(0, &["alerts", "--json"]);
    desk.run(0, &["doctor", "-vv"]);
    let before = desk.shop.ps();
    for arguments in [
        &["scale", &api, "3"][..],
        &["restart", &api],
        &["rollout", &api, "v2"],
        &["stop", &api],
    ] {
        let (_, err) = desk.run(4, &[arguments, &["--yes", "--read-only"]].concat());
        assert!(err.contains("read-only"), "{err}");
    }
    assert_eq!(desk.shop.ps(), before);
    let (out, _) = desk.run(0, &["rollout", &api, "v2", "--dry-run"]);
    assert!(out.contains("qd-busybox:v2"), "{out}");
    assert_eq!(desk.shop.ps(), before);
}

const DATA: &str = "
services:
  db:
    image: qd-postgres:15
    environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD: canary-2c9e41, POSTGRES_DB: orders}
";

#[test]
fn a_backup_is_whole_and_recorded_and_a_look_makes_none() {
    let daemon = docker_or_skip!();
    let desk = Desk {
        home: tempfile::tempdir().expect("a temporary folder"),
        host: daemon.host.clone(),
        shop: Compose::up(&daemon, "kept", DATA),
    };
    wait_until("the database is healthy", SOON, || {
        desk.shop.replicas("db")[0].health == "healthy"
    });
    let db = format!("{}/db", desk.shop.project);
    let copies = desk.home.path().join(".local/share/quarterdeck/backups");
    let copies = copies.join(&db);
    let (out, _) = desk.run(0, &["backup", &db, "--dry-run"]);
    assert!(out.contains("database orders"), "{out}");
    let (_, err) = desk.run(4, &["backup", &db, "--yes", "--read-only"]);
    assert!(err.contains("read-only"), "{err}");
    assert!(!copies.exists(), "nothing was made yet");

    let (out, _) = desk.run(0, &["backup", &db, "--yes", "--json"]);
    let outcome: Value = serde_json::from_str(&out).expect("one JSON object");
    assert_eq!(outcome["outcome"], "verified", "{outcome:#}");
    let all = std::fs::read_dir(&copies).expect("the folder of the copies");
    let all: Vec<_> = all.map(|one| one.expect("a copy").path()).collect();
    let ending = |end: &str| {
        all.iter()
            .find(|path| path.extension().is_some_and(|e| e == end))
    };
    let manifest = std::fs::read(ending("json").expect("a manifest")).expect("it is readable");
    let manifest: Value = serde_json::from_slice(&manifest).expect("it is JSON");
    assert_eq!(
        (&manifest["what"], &manifest["verified"]),
        (&"orders".into(), &"pg_restore".into())
    );
    let dump = std::fs::read(ending("dump").expect("a dump")).expect("it is readable");
    assert!(dump.starts_with(b"PGDMP") && manifest["data"]["bytes"] == dump.len());

    let (told, _) = desk.run(0, &["audit", "--service", &db]);
    assert!(told.contains(&format!("backup {db}")), "{told}");
    assert_eq!(told.lines().count(), 2, "a heading and one line: {told}");
    desk.run(0, &["audit", "verify"]);
}
