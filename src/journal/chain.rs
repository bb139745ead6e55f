//! Appending: from the tail, through the write and the sync, to the head. All of it under the head's lock.

mod tail;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::tail::Tail;
use super::entry::{Entry, Hash};
use super::files::{self, failed};
use super::head::{Found, Head, Lock};
use super::record::{Gap, GapCause, Record};
use super::reserve;
use super::storage::{Storage, is_full};
use crate::plan::record::RecordError;

/// Makes an entry of a number, the hash before it, and what it says.
pub(super) type Compose<'a> = dyn Fn(u64, Hash, Record) -> Entry + 'a;

/// The writer of one journal folder. Other processes may append between two calls.
pub(super) struct Chain {
    folder: PathBuf,
    storage: Arc<dyn Storage>,
    segment_bytes: u64,
    tail: Option<Tail>,
}

/// A change on disk that failed.
pub(super) struct Fault {
    doing: &'static str,
    path: PathBuf,
    error: io::Error,
    /// Set when bytes were written and the disk did not confirm them.
    unconfirmed: Option<Unconfirmed>,
}

/// Where the chain goes on after entries that may be on disk or not.
struct Unconfirmed {
    durable: Head,
    next: u64,
}

impl Fault {
    fn new(doing: &'static str, path: &Path, error: io::Error) -> Self {
        Self {
            doing,
            path: path.to_owned(),
            error,
            unconfirmed: None,
        }
    }
}

/// Entries that follow each other, to be written at once.
struct Batch {
    durable: Head,
    first: u64,
    records: VecDeque<Record>,
}

impl Chain {
    pub(super) fn new(folder: PathBuf, storage: Arc<dyn Storage>, segment_bytes: u64) -> Self {
        Self {
            folder,
            storage,
            segment_bytes,
            tail: None,
        }
    }

    /// Appends an entry for each record and returns the new head. All of them are on the medium then, by one sync.
    pub(super) fn append(
        &mut self,
        lock: &Lock,
        compose: &Compose<'_>,
        records: &[Record],
    ) -> Result<Head, RecordError> {
        let mut result = self.attempt(lock, compose, records);
        if let Err(fault) = &result {
            let freed = is_full(&fault.error) && reserve::release(&self.folder, &*self.storage);
            if let Some(Unconfirmed { durable, next }) = &fault.unconfirmed {
                let gap = Gap {
                    after: durable.seq,
                    cause: GapCause::SyncFailed,
                };
                let batch = Batch {
                    durable: durable.clone(),
                    first: *next,
                    records: std::iter::once(Record::Gap(gap))
                        .chain(records.iter().cloned())
                        .collect(),
                };
                result = self.write(lock, compose, None, batch);
            } else if freed {
                result = self.attempt(lock, compose, records);
            }
        }
        result.map_err(|fault| {
            if is_full(&fault.error) {
                RecordError::NoSpace {
                    path: self.folder.clone(),
                }
            } else {
                failed(fault.doing, &fault.path, &fault.error)
            }
        })
    }

    fn attempt(
        &mut self,
        lock: &Lock,
        compose: &Compose<'_>,
        records: &[Record],
    ) -> Result<Head, Fault> {
        let head_path = super::head::path(&self.folder);
        let found = lock.read().map_err(|e| Fault::new("read", &head_path, e))?;
        let tail = match self.tail.take() {
            Some(tail) if found == Found::Head(tail.head.clone()) && tail.is_current() => {
                Some(tail)
            }
            _ => tail::find(&self.folder, &*self.storage)?,
        };
        let durable = tail
            .as_ref()
            .map_or_else(Head::start, |tail| tail.head.clone());
        let mut batch = Batch {
            first: after(durable.seq),
            durable,
            records: records.to_vec().into(),
        };
        let cause = match found {
            Found::Empty if batch.durable.seq == 0 => {
                lock.create(&*self.storage, &self.folder, &batch.durable)
                    .map_err(|e| Fault::new("write to", &head_path, e))?;
                None
            }
            Found::Empty | Found::Damaged => Some(GapCause::HeadLost),
            Found::Head(head) if lost(&head, &batch.durable) => {
                batch.first = after(head.seq);
                Some(GapCause::EntriesLost)
            }
            Found::Head(_) => None,
        };
        if let Some(cause) = cause {
            batch.records.push_front(Record::Gap(Gap {
                after: batch.durable.seq,
                cause,
            }));
        }
        let head = self.write(lock, compose, tail, batch)?;
        if cause == Some(GapCause::HeadLost) {
            lock.create(&*self.storage, &self.folder, &head)
                .map_err(|e| Fault::new("write to", &head_path, e))?;
        }
        Ok(head)
    }

    /// Writes a batch after `tail`, or into a new segment where there is none or it is large enough.
    fn write(
        &mut self,
        lock: &Lock,
        compose: &Compose<'_>,
        tail: Option<Tail>,
        batch: Batch,
    ) -> Result<Head, Fault> {
        let first = batch.first;
        let mut head = Head {
            seq: first.saturating_sub(1),
            hash: batch.durable.hash.clone(),
        };
        let mut bytes = Vec::new();
        for record in batch.records {
            let (line, hash) = compose(after(head.seq), head.hash, record).seal();
            bytes.extend(line);
            head = Head {
                seq: after(head.seq),
                hash,
            };
        }
        let size = bytes.len() as u64;
        let mut tail = match tail {
            Some(tail) if tail.length + size <= self.segment_bytes => tail,
            _ => self.new_segment(first)?,
        };
        if let Err(error) = self.storage.append(&tail.file, &bytes) {
            // What was written of it was promised to nobody. If it cannot be cut off, the next writer sets it aside.
            drop(self.storage.truncate(&tail.file, tail.length));
            return Err(Fault::new("write to", &tail.path, error));
        }
        if let Err(error) = self.storage.sync(&tail.file) {
            let mut fault = Fault::new("sync", &tail.path, error);
            fault.unconfirmed = Some(Unconfirmed {
                durable: batch.durable,
                next: after(head.seq),
            });
            return Err(fault);
        }
        // The entry is durable; a head that lags behind is mended by the next one.
        drop(lock.write(&*self.storage, &head));
        tail.length += size;
        tail.head = head.clone();
        self.tail = Some(tail);
        Ok(head)
    }

    fn new_segment(&self, first: u64) -> Result<Tail, Fault> {
        let path = files::segment_path(&self.folder, first);
        let file = self
            .storage
            .create(&path)
            .map_err(|e| Fault::new("create", &path, e))?;
        self.storage
            .sync_folder(&self.folder)
            .map_err(|e| Fault::new("sync", &self.folder, e))?;
        Ok(Tail {
            path,
            file,
            length: 0,
            head: Head::start(),
        })
    }
}

/// The next number. A forged file may hold the highest; that must not end the console.
fn after(seq: u64) -> u64 {
    seq.saturating_add(1)
}

/// Whether entries that the head vouches for are missing.
fn lost(head: &Head, tail: &Head) -> bool {
    head.seq > tail.seq || (head.seq == tail.seq && head.hash != tail.hash)
}

impl Tail {
    /// Whether the file still stands as we left it.
    fn is_current(&self) -> bool {
        File::metadata(&self.file).is_ok_and(|meta| meta.len() == self.length && meta.nlink() > 0)
    }
}
