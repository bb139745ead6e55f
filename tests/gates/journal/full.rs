//! Gate 13: a full disk. The reserve carries on; then nothing is promised any more.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quarterdeck::journal::{Disk, Journal, Storage};
use quarterdeck::plan::record::{RecordError, Recorder};

use super::support::{self, assert_fits, child, entries, open, open_on};

/// A disk with so many bytes left.
struct Small {
    left: AtomicU64,
}

impl Storage for Small {
    fn append(&self, file: &File, bytes: &[u8]) -> io::Result<()> {
        let left = self.left.load(Ordering::Relaxed);
        let fits = (bytes.len() as u64).min(left);
        self.left.store(left - fits, Ordering::Relaxed);
        Disk.append(file, &bytes[..fits as usize])?;
        if fits < bytes.len() as u64 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
    fn truncate(&self, file: &File, length: u64) -> io::Result<()> {
        let freed = file.metadata()?.len().saturating_sub(length);
        self.left.fetch_add(freed, Ordering::Relaxed);
        Disk.truncate(file, length)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        let freed = path.metadata()?.len();
        Disk.remove(path)?;
        self.left.fetch_add(freed, Ordering::Relaxed);
        Ok(())
    }
}

/// Fills the disk with steps; returns how many were promised.
fn fill(journal: &Journal) -> u64 {
    let operation = journal.begin(&support::start(1)).unwrap();
    let mut promised = 1;
    for step in 1..=u16::MAX {
        match journal.intent(&support::intent(&operation, step)) {
            Ok(receipt) => {
                promised += 1;
                assert_eq!(receipt.seq, promised);
            }
            Err(error) => {
                assert!(matches!(error, RecordError::NoSpace { .. }), "{error}");
                return promised;
            }
        }
    }
    panic!("the disk never filled");
}

/// All that was promised is there, and fits.
fn assert_kept(journal: &Journal, promised: u64) {
    let report = assert_fits(journal);
    assert_eq!(report.entries, promised);
    assert_eq!(entries(journal).len() as u64, promised);
}

#[test]
fn the_reserve_carries_on() {
    let root = tempfile::tempdir().unwrap();
    let reserve = root.path().join("journal/reserve");
    let disk = Arc::new(Small {
        left: AtomicU64::new((1 << 20) + 20_000),
    });
    let journal = open_on(root.path(), disk.clone());
    assert_eq!(reserve.metadata().unwrap().len(), 1 << 20);
    let promised = fill(&journal);
    assert!(!reserve.exists());
    assert!(
        promised > 1_000,
        "{promised} entries: the reserve was not used"
    );
    assert_kept(&journal, promised);

    disk.left.store(4 << 20, Ordering::Relaxed);
    journal.write(&support::note("room again")).unwrap();
    assert_kept(&journal, promised + 1);
    drop(open_on(root.path(), disk));
    assert!(reserve.exists(), "the next start makes the reserve again");
}

#[test]
fn a_disk_full_from_the_start_promises_nothing() {
    let root = tempfile::tempdir().unwrap();
    let journal = open_on(
        root.path(),
        Arc::new(Small {
            left: AtomicU64::new(100),
        }),
    );
    assert!(!root.path().join("journal/reserve").exists());
    let refused = journal.begin(&support::start(1)).unwrap_err();
    assert!(matches!(refused, RecordError::NoSpace { .. }), "{refused}");
    assert_kept(&journal, 0);
}

/// The child: fills the real disk it was given.
#[test]
fn filler() {
    let Some(root) = support::child_root() else {
        return;
    };
    let journal = open(&root);
    let promised = fill(&journal);
    assert_kept(&journal, promised);
    assert_kept(&open(&root), promised);
    println!("\npromised {promised}");
}

fn promised_by(command: &mut Command) -> u64 {
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("promised "));
    line.unwrap().parse().unwrap()
}

/// Files may not grow beyond 16 KiB: the kernel cuts a write in the middle, and no reserve helps.
#[test]
fn a_file_that_may_not_grow() {
    let root = tempfile::tempdir().unwrap();
    let filler = child("journal::full::filler", root.path());
    let mut limited = Command::new("bash");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 3; exec \"$@\"", "bash"]);
    limited.arg(filler.get_program()).args(filler.get_args());
    limited.envs(
        filler
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    assert!(promised_by(&mut limited) > 5);
}

/// A real file system, a little larger than the reserve, where this machine lets us mount one.
#[test]
fn a_full_file_system() {
    let root = tempfile::tempdir().unwrap();
    let namespace = |script: &str| {
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--map-root-user", "sh", "-c", script, "sh"])
            .arg(root.path());
        command
    };
    let mount = "mount -t tmpfs -o size=1280k none \"$1\"";
    let may_mount = namespace(mount).stderr(Stdio::null()).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        eprintln!("no mount is allowed here: only the simulated disk was filled");
        return;
    }
    let filler = child("journal::full::filler", root.path());
    let mut mounted = namespace(&format!("{mount} && shift && exec \"$@\""));
    mounted.arg(filler.get_program()).args(filler.get_args());
    mounted.envs(
        filler
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    assert!(promised_by(&mut mounted) > 1_000);
}
