//! Gate 13: killed at every change on disk, and at any moment.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quarterdeck::journal::record::Record;
use quarterdeck::journal::{Disk, Journal, Note, Storage};
use quarterdeck::plan::record::Recorder;
use rustix::process::{Signal, getpid, kill_process};

use super::support::{self, assert_fits, child, entries, note, number, open, open_on};

const AT: &str = "JOURNAL_GATE_AT";
const CUT: &str = "JOURNAL_GATE_CUT";

/// Kills its own process at the n-th change; an append is cut first.
struct Guillotine {
    left: AtomicUsize,
    /// How much of an append still reaches the disk: 0 nothing, 1 half, 2 all but the last byte.
    cut: usize,
}

impl Guillotine {
    fn falls(&self) -> bool {
        self.left.fetch_sub(1, Ordering::Relaxed) == 0
    }

    fn kill() -> ! {
        kill_process(getpid(), Signal::KILL).unwrap();
        unreachable!("SIGKILL")
    }

    fn change<T>(&self, change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.falls() {
            Self::kill();
        }
        change()
    }
}

impl Storage for Guillotine {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.change(|| Disk.create(path))
    }
    fn append(&self, file: &File, bytes: &[u8]) -> io::Result<()> {
        if self.falls() {
            let length = [0, bytes.len() / 2, bytes.len() - 1][self.cut];
            Disk.append(file, &bytes[..length]).unwrap();
            Self::kill();
        }
        Disk.append(file, bytes)
    }
    fn sync(&self, file: &File) -> io::Result<()> {
        self.change(|| Disk.sync(file))
    }
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.change(|| Disk.sync_folder(path))
    }
    fn truncate(&self, file: &File, length: u64) -> io::Result<()> {
        self.change(|| Disk.truncate(file, length))
    }
    fn write_head(&self, file: &File, head: &[u8]) -> io::Result<()> {
        self.change(|| Disk.write_head(file, head))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|| Disk.remove(path))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|| Disk.rename(from, to))
    }
}

/// The child: works through an operation, and notes on "the wire" what it sends.
#[test]
fn victim() {
    let Some(root) = support::child_root() else {
        return;
    };
    let journal = match (number(AT), number(CUT)) {
        (Some(at), Some(cut)) => {
            let left = AtomicUsize::new(at);
            open_on(&root, Arc::new(Guillotine { left, cut }))
        }
        _ => open(&root),
    };
    let mut wire = OpenOptions::new()
        .append(true)
        .create(true)
        .open(root.join("wire"))
        .unwrap();
    support::operate(&journal, 2, |operation, step| {
        writeln!(wire, "{operation} {step}").unwrap();
    });
}

/// Everything that was sent has an intent in the journal.
fn assert_sent_was_intended(root: &Path, journal: &Journal) {
    let intended: HashSet<_> = entries(journal)
        .into_iter()
        .filter_map(|entry| match entry.record {
            Record::Intent(intent) => Some(format!("{} {}", intent.operation, intent.step)),
            _ => None,
        })
        .collect();
    let sent = fs::read_to_string(root.join("wire")).unwrap_or_default();
    for line in sent.lines() {
        assert!(intended.contains(line), "sent without an intent: {line}");
    }
}

/// What must hold after any crash: the chain fits, the next console goes on, and knows what was left in the middle.
fn assert_survives(root: &Path, when: &str) {
    let journal = open(root);
    let report = journal.verify().unwrap();
    assert_eq!(report.mismatch, None, "{when}");
    assert_sent_was_intended(root, &journal);

    let kinds: Vec<_> = entries(&journal)
        .into_iter()
        .map(|entry| entry.record)
        .collect();
    let began = kinds.iter().any(|r| matches!(r, Record::OperationBegin(_)));
    let ended = kinds.iter().any(|r| matches!(r, Record::OperationEnd(_)));
    let unfinished = journal.unfinished().unwrap();
    assert_eq!(unfinished.len(), usize::from(began && !ended), "{when}");

    journal.write(&note("the next console")).unwrap();
    let report = assert_fits(&journal);
    assert_eq!(report.entries, kinds.len() as u64 + 1, "{when}");
    let torn = report
        .notes
        .iter()
        .any(|n| matches!(n, Note::TornTail { .. }));
    assert!(!torn, "{when}: the torn tail was not set aside");
}

/// Kills a child at each change in turn, until one gets through; returns how many changes there are.
fn kill_everywhere(prepare: impl Fn(&Path)) -> usize {
    for at in 0.. {
        for cut in 0..3 {
            let root = tempfile::tempdir().unwrap();
            prepare(root.path());
            let status = child("journal::crash::victim", root.path())
                .env(AT, at.to_string())
                .env(CUT, cut.to_string())
                .stdout(Stdio::null())
                .status()
                .unwrap();
            let killed = status.signal() == Some(9);
            assert!(killed || status.success(), "the child failed: {status}");
            assert_survives(root.path(), &format!("change {at}, cut {cut}"));
            if !killed {
                return at;
            }
        }
    }
    unreachable!()
}

#[test]
fn killed_at_every_change_of_a_new_journal() {
    assert!(kill_everywhere(|_| {}) > 20);
}

#[test]
fn killed_at_every_change_after_a_crash() {
    // The last writer left half an entry behind a segment that is nearly full.
    let prepare = |root: &Path| {
        let journal = open(root);
        for n in 0..8 {
            journal.write(&note(format!("{n}"))).unwrap();
        }
        let last = support::segments(root).pop().unwrap();
        let mut file = OpenOptions::new().append(true).open(last).unwrap();
        file.write_all(b"{\"seq\":9,\"prev\":\"").unwrap();
    };
    assert!(kill_everywhere(prepare) > 20);
}

/// The child: sends without end.
#[test]
fn sender() {
    let Some(root) = support::child_root() else {
        return;
    };
    let journal = open(&root);
    let operation = journal.begin(&support::start(1)).unwrap();
    for step in 1..=u16::MAX {
        let receipt = journal.intent(&support::intent(&operation, step)).unwrap();
        println!("\nsent {operation} {step}");
        journal.outcome(&receipt, &support::done()).unwrap();
    }
}

#[test]
fn killed_at_any_moment() {
    let root = tempfile::tempdir().unwrap();
    for round in 1..=crate::gate::size(20, 200) {
        let mut sender = child("journal::crash::sender", root.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(sender.stdout.take().unwrap()).lines();
        let mut sent = lines
            .map_while(Result::ok)
            .filter(|line| line.starts_with("sent "));
        let mut wire: Vec<_> = sent.by_ref().take(round % 7 + 1).collect();
        sender.kill().unwrap();
        wire.extend(sent);
        sender.wait().unwrap();

        let journal = open(root.path());
        assert_fits(&journal);
        let text: String = wire
            .iter()
            .filter_map(|line| line.strip_prefix("sent "))
            .fold(String::new(), |text, line| text + line + "\n");
        fs::write(root.path().join("wire"), text).unwrap();
        assert_sent_was_intended(root.path(), &journal);
        assert_eq!(journal.unfinished().unwrap().len(), round);
    }
}
