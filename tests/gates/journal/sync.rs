//! Gate 13: an entry that was acknowledged is on the medium; a disk that does not confirm is not trusted.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use quarterdeck::journal::record::{GapCause, Record};
use quarterdeck::journal::{Disk, Note, Storage};
use quarterdeck::plan::record::{RecordError, Recorder};

use super::support::{self, assert_fits, entries, note, open, open_on, segments};

/// Knows what a power cut would leave of each file: what was there at its last sync.
#[derive(Default)]
struct Medium {
    durable: Mutex<HashMap<u64, u64>>,
}

impl Storage for Medium {
    fn sync(&self, file: &File) -> io::Result<()> {
        let meta = file.metadata()?;
        self.durable.lock().unwrap().insert(meta.ino(), meta.len());
        Ok(())
    }
}

impl Medium {
    /// Cuts every segment to what was synced.
    fn power_cut(&self, root: &Path) {
        for path in segments(root) {
            let file = File::options().write(true).open(path).unwrap();
            let durable = self.durable.lock().unwrap();
            let kept = durable.get(&file.metadata().unwrap().ino()).copied();
            file.set_len(kept.unwrap_or_default()).unwrap();
        }
    }
}

#[test]
fn what_was_acknowledged_outlasts_a_power_cut() {
    let root = tempfile::tempdir().unwrap();
    let medium = Arc::new(Medium::default());
    let journal = open_on(root.path(), medium.clone());
    let operation = journal.begin(&support::start(9)).unwrap();
    for step in 1..=9 {
        let receipt = journal.intent(&support::intent(&operation, step)).unwrap();
        medium.power_cut(root.path());
        let last = entries(&journal).pop().unwrap();
        assert_eq!(
            last.seq, receipt.seq,
            "the intent of step {step} was not durable"
        );
        assert!(matches!(last.record, Record::Intent(intent) if intent.step == step));
    }
    assert_fits(&journal);
}

/// Fails at one sync of a file, or at all from then on.
pub(super) struct Failing {
    left: AtomicUsize,
    for_good: bool,
    failed: AtomicBool,
}

impl Failing {
    pub(super) fn new(at: usize, for_good: bool) -> Arc<Self> {
        Arc::new(Self {
            left: AtomicUsize::new(at),
            for_good,
            failed: AtomicBool::new(false),
        })
    }
}

impl Storage for Failing {
    fn sync(&self, file: &File) -> io::Result<()> {
        let now = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if now.is_err() && (self.for_good || !self.failed.swap(true, Ordering::Relaxed)) {
            return Err(io::Error::from_raw_os_error(
                rustix::io::Errno::IO.raw_os_error(),
            ));
        }
        Disk.sync(file)
    }
}

#[test]
fn a_failed_sync_ends_the_file() {
    // The first sync is that of the new head.
    for at in 1..6 {
        let root = tempfile::tempdir().unwrap();
        let journal = open_on(root.path(), Failing::new(at, false));
        for n in 0..8 {
            journal.write(&note(format!("{n}"))).unwrap();
        }
        let report = assert_fits(&journal);
        assert!(
            report
                .notes
                .iter()
                .any(|n| matches!(n, Note::Unconfirmed { .. })),
            "at {at}"
        );
        let all = entries(&journal);
        let gap = all.iter().position(
            |e| matches!(&e.record, Record::Gap(gap) if gap.cause == GapCause::SyncFailed),
        );
        let gap = gap.unwrap();
        assert_eq!(
            all[gap + 1].record,
            all[gap - 1].record,
            "written again after the gap"
        );
        assert!(
            segments(root.path())
                .iter()
                .any(|path| { path.ends_with(format!("journal-{:012}.jsonl", all[gap].seq)) })
        );

        // What the disk did not confirm may be gone, whole or in part, or be anything.
        let ended = &segments(root.path())[0];
        let bytes = fs::read(ended).unwrap();
        let last = bytes[..bytes.len() - 1]
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |n| n + 1);
        let zeros = [&bytes[..last], &vec![0; bytes.len() - last]].concat();
        for left in [
            &bytes[..last],
            &bytes[..last + 9],
            &bytes[..bytes.len() - 1],
            &zeros,
        ] {
            fs::write(ended, left).unwrap();
            assert_fits(&journal);
        }
        // But not what it did confirm.
        if last > 0 {
            fs::write(ended, &bytes[..last - 1]).unwrap();
            assert!(journal.verify().unwrap().mismatch.is_some());
        }
    }
}

#[test]
fn a_disk_that_never_confirms_gives_no_receipt() {
    let root = tempfile::tempdir().unwrap();
    let journal = open_on(root.path(), Failing::new(4, true));
    let operation = journal.begin(&support::start(3)).unwrap();
    let mut receipts = Vec::new();
    for step in 1..=9 {
        match journal.intent(&support::intent(&operation, step)) {
            Ok(receipt) => receipts.push(receipt.seq),
            Err(error) => assert!(matches!(error, RecordError::Io { .. }), "{error}"),
        }
    }
    assert_eq!(receipts.len(), 2);
    let healed = open(root.path());
    healed.write(&note("healed")).unwrap();
    assert_fits(&healed);
}
