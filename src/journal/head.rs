//! The head: a small file that names the last entry, and whose lock is the right to write.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::entry::Hash;
use super::files::{failed, open_private};
use super::storage::Storage;
use crate::clock;
use crate::plan::record::RecordError;

/// A writer holds the lock for one disk sync; who holds it for longer is stopped or stuck.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two attempts to get the lock.
const AGAIN: Duration = Duration::from_millis(20);

/// The last entry's number and hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number; 0 before the first entry.
    pub seq: u64,
    /// The hash.
    pub hash: Hash,
}

impl Head {
    /// The head of a journal without entries.
    pub(super) fn start() -> Self {
        Self {
            seq: 0,
            hash: Hash::zero(),
        }
    }

    fn to_line(&self) -> String {
        format!("{:020} {}\n", self.seq, self.hash)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (seq, rest) = bytes.split_at_checked(20)?;
        let hash = Hash::parse(rest.strip_prefix(b" ")?.strip_suffix(b"\n")?)?;
        let digits = seq.iter().all(u8::is_ascii_digit).then_some(seq)?;
        Some(Self {
            seq: std::str::from_utf8(digits).ok()?.parse().ok()?,
            hash,
        })
    }
}

/// What the head file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The last entry.
    Head(Head),
    /// Nothing yet: the file is new.
    Empty,
    /// Bytes that are no head.
    Damaged,
}

/// The right to write, until dropped.
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Waits for the lock of the journal in `folder`, making the head file where it is missing.
    pub(super) fn take(folder: &Path) -> Result<Self, RecordError> {
        let path = path(folder);
        let open = |path: &Path| {
            open_private(
                path,
                OpenOptions::new().write(true).create(true).truncate(false),
            )
        };
        let file = open(&path).map_err(|error| failed("open", &path, &error))?;
        Self::wait(file, folder, PATIENCE)
    }

    /// Waits for the lock of a journal that is only read; `None` where there is no head file.
    pub(super) fn take_to_read(folder: &Path) -> Result<Option<Self>, RecordError> {
        let path = path(folder);
        match open_private(&path, &mut OpenOptions::new()) {
            Ok(file) => Self::wait(file, folder, PATIENCE).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("open", &path, &error)),
        }
    }

    /// flock cannot wait for a limited time, so it is tried again and again: a thread that waited in it would stay for as
    /// long as the holder does.
    fn wait(file: File, folder: &Path, patience: Duration) -> Result<Self, RecordError> {
        let began = clock::instant();
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { file }),
                Err(Errno::WOULDBLOCK | Errno::INTR) if began.elapsed() < patience => pause(),
                Err(Errno::WOULDBLOCK | Errno::INTR) => {
                    return Err(RecordError::Busy {
                        path: folder.to_owned(),
                    });
                }
                Err(error) => return Err(failed("lock", &path(folder), &error.into())),
            }
        }
    }

    /// Reads the head.
    pub(super) fn read(&self) -> io::Result<Found> {
        let mut bytes = [0; 128];
        let mut length = 0;
        while length < bytes.len() {
            match self.file.read_at(&mut bytes[length..], length as u64)? {
                0 => break,
                more => length += more,
            }
        }
        Ok(match Head::parse(&bytes[..length]) {
            Some(head) => Found::Head(head),
            None if length == 0 => Found::Empty,
            None => Found::Damaged,
        })
    }

    /// Writes the head in place. It is not synced: entries are, and one that is newer than the head is no fault.
    pub(super) fn write(&self, storage: &dyn Storage, head: &Head) -> io::Result<()> {
        storage.write_head(&self.file, head.to_line().as_bytes())
    }

    /// Writes the first head, or one in place of bytes that were none; durably.
    pub(super) fn create(
        &self,
        storage: &dyn Storage,
        folder: &Path,
        head: &Head,
    ) -> io::Result<()> {
        storage.truncate(&self.file, 0)?;
        self.write(storage, head)?;
        storage.sync(&self.file)?;
        storage.sync_folder(folder)
    }
}

/// Waits for [`AGAIN`]: nobody tells when a lock is free.
fn pause() {
    let never = Mutex::new(());
    let guard = never.lock().unwrap_or_else(PoisonError::into_inner);
    drop(Condvar::new().wait_timeout_while(guard, AGAIN, |()| true));
}

/// The head file.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("head")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_gets_the_lock_when_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let held = Lock::take(folder.path()).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| Lock::take(folder.path()).map(drop));
            drop(held);
            waiting.join().unwrap().unwrap();
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_lock_that_is_not_had_in_time_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let _held = Lock::take(folder.path()).unwrap();
        let file = File::open(path(folder.path())).unwrap();
        let waited = Lock::wait(file, folder.path(), Duration::from_millis(50));
        assert!(matches!(waited, Err(RecordError::Busy { .. })));
        let open = std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
            .filter(|file| *file == path(folder.path()))
            .count();
        assert_eq!(open, 1, "who gave up still waits for the lock");
    }
}
