//! Gate 2: the reader takes any bytes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use quarterdeck::journal::record::{Gap, GapCause, Record};
use quarterdeck::journal::{Entry, Link};

use super::support::{entries, note, open, operate, segments};
use crate::fuzz::{HANG, gate, seeds};

/// Real lines, to be broken.
fn corpus() -> Vec<Vec<u8>> {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    operate(&journal, 2, |_, _| {});
    for cause in [
        GapCause::SyncFailed,
        GapCause::EntriesLost,
        GapCause::HeadLost,
    ] {
        let after = u64::MAX;
        journal.write(&Record::Gap(Gap { after, cause })).unwrap();
    }
    entries(&journal)
        .iter()
        .map(|entry| entry.seal().0.trim_ascii_end().to_vec())
        .collect()
}

fn broken(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut line = rng.choice(corpus).unwrap().clone();
    for _ in 0..rng.usize(1..6) {
        let at = rng.usize(0..line.len());
        match rng.u8(0..5) {
            0 => line[at] = rng.u8(..),
            1 => line.truncate(at + 1),
            2 => line.insert(at, *rng.choice(b"{}[]\":,\\\n\0\xff\x1b09").unwrap()),
            3 => drop(line.splice(
                at..at,
                rng.choice(corpus).unwrap()[..].iter().copied().take(40),
            )),
            _ => {
                let digits: Vec<_> = (0..20).map(|_| rng.digit(10) as u8).collect();
                line.splice(at..at, digits);
            }
        }
    }
    line
}

#[test]
fn no_line_panics() {
    let corpus = corpus();
    let read = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&read);
    let lines = gate::size(100_000, 10_000_000);
    seeds("journal lines", lines, HANG, move |seed| {
        let line = broken(&mut Rng::with_seed(seed), &corpus);
        let unbroken = corpus.contains(&line);
        let text = String::from_utf8_lossy(&line);
        assert_eq!(Link::parse(&line).is_some(), unbroken, "{text}");
        let is_read = Entry::parse(&line).is_some();
        counted.fetch_add(usize::from(is_read), Ordering::Relaxed);
    });
    let read = read.load(Ordering::Relaxed);
    assert!(
        read > 100,
        "only {read} were still read: the breaking is too coarse to test much"
    );
}

/// Forged numbers at the end of their range, and any bytes in any file: reading and going on never panics.
#[test]
fn no_folder_panics() {
    let corpus = corpus();
    let mut rng = Rng::with_seed(14);
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    let mut refused = 0;
    for round in 0..gate::size(300, 30_000) {
        journal.write(&note("a")).unwrap();
        let folder = root.path().join("journal");
        let mut files = segments(root.path());
        files.push(folder.join("head"));
        files.push(folder.join(format!(
            "journal-{:012}.jsonl",
            rng.choice([0, 7, u64::MAX]).unwrap()
        )));
        let bytes = match rng.u8(0..4) {
            0 => (0..rng.usize(0..300)).map(|_| rng.u8(..)).collect(),
            1 => format!("{:020} {}\n", u64::MAX, "0".repeat(64)).into_bytes(),
            2 => {
                let mut entry = Entry::parse(corpus[7].trim_ascii_end()).unwrap();
                entry.seq = *rng.choice(&[0, 1, u64::MAX]).unwrap();
                let after = *rng.choice(&[0, 1, u64::MAX]).unwrap();
                let cause = *rng
                    .choice(&[GapCause::SyncFailed, GapCause::EntriesLost])
                    .unwrap();
                entry.record = Record::Gap(Gap { after, cause });
                entry.seal().0
            }
            _ => (0..4).flat_map(|_| broken(&mut rng, &corpus)).collect(),
        };
        fs::write(rng.choice(&files).unwrap(), bytes).unwrap();

        let report = journal.verify().unwrap();
        refused += usize::from(report.mismatch.is_some());
        entries(&journal);
        journal.unfinished().unwrap();
        drop(open(root.path()).write(&note("b")));
        if round % 10 == 9 {
            fs::remove_dir_all(folder).unwrap();
            drop(open(root.path()));
        }
    }
    assert!(refused > 0);
}
