//! Gate 13: several consoles append to one chain.

use std::process::Stdio;

use quarterdeck::journal::record::Record;
use quarterdeck::journal::{self, Options};
use quarterdeck::plan::record::RecordError;

use super::support::{self, assert_fits, child, entries, note, number, open, who};

const WRITER: &str = "JOURNAL_GATE_WRITER";
const COUNT: &str = "JOURNAL_GATE_COUNT";

/// The child: writes its entries as fast as it can.
#[test]
fn writer() {
    let Some(root) = support::child_root() else {
        return;
    };
    let options = Options {
        segment_bytes: 256 << 10,
        ..support::options()
    };
    let journal = journal::open_with(&root, who(), options).unwrap();
    let (writer, count) = (number(WRITER).unwrap(), number(COUNT).unwrap());
    for n in 0..count {
        let entry = note(format!("{writer} {n}"));
        // On a busy machine others may have the lock again and again; but then they write.
        let mut head = None;
        while let Err(error) = journal.write(&entry) {
            assert!(matches!(error, RecordError::Busy { .. }), "{error}");
            let now = std::fs::read(root.join("journal/head")).unwrap();
            assert_ne!(head.as_ref(), Some(&now), "nobody writes, and yet: {error}");
            head = Some(now);
        }
    }
}

#[test]
fn eight_writers_make_one_chain() {
    let count = crate::gate::size(500, 10_000);
    let root = tempfile::tempdir().unwrap();
    let mut children: Vec<_> = (0..8)
        .map(|writer| {
            child("journal::writers::writer", root.path())
                .env(WRITER, writer.to_string())
                .env(COUNT, count.to_string())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let journal = open(root.path());
    let report = assert_fits(&journal);
    assert_eq!((report.entries, report.notes), (8 * count as u64, vec![]));

    let mut next = [0; 8];
    for entry in entries(&journal) {
        let Record::Note { text } = entry.record else {
            panic!("{:?}", entry.record)
        };
        let (writer, n) = text.as_str().split_once(' ').unwrap();
        let writer: usize = writer.parse().unwrap();
        assert_eq!(n.parse(), Ok(next[writer]));
        next[writer] += 1;
    }
    assert_eq!(next, [count; 8]);
}

/// Threads of one console share a file and must not share its lock.
#[test]
fn threads_make_one_chain() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    let other = open(root.path());
    std::thread::scope(|scope| {
        for journal in [&journal, &journal, &other, &other] {
            scope.spawn(|| {
                for n in 0..50 {
                    journal.write(&note(format!("{n}"))).unwrap();
                }
            });
        }
    });
    assert_eq!(assert_fits(&journal).entries, 200);
}
