//! The head: a small file that names the last entry, and whose lock is the right to write.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::entry::Hash;
use super::files::{failed, open_private};
use super::storage::Storage;
use crate::plan::record::RecordError;

/// A writer holds the lock for one disk sync; who holds it for longer is stopped or stuck.
const PATIENCE: Duration = Duration::from_secs(10);

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
        Self::wait(file, folder)
    }

    /// Waits for the lock of a journal that is only read; `None` where there is no head file.
    pub(super) fn take_to_read(folder: &Path) -> Result<Option<Self>, RecordError> {
        let path = path(folder);
        match open_private(&path, &mut OpenOptions::new()) {
            Ok(file) => Self::wait(file, folder).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("open", &path, &error)),
        }
    }

    fn wait(file: File, folder: &Path) -> Result<Self, RecordError> {
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Ok(Self { file });
        }
        // flock cannot wait for a limited time, so a thread waits; if it gets the lock too late it drops it.
        let (sender, receiver) = mpsc::sync_channel(0);
        thread::spawn(move || {
            let locked = rustix::io::retry_on_intr(|| flock(&file, FlockOperation::LockExclusive));
            drop(sender.send(locked.map(|()| file)));
        });
        match receiver.recv_timeout(PATIENCE) {
            Ok(Ok(file)) => Ok(Self { file }),
            Ok(Err(error)) => Err(failed("lock", &path(folder), &error.into())),
            Err(_) => Err(RecordError::Busy {
                path: folder.to_owned(),
            }),
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

/// The head file.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("head")
}
