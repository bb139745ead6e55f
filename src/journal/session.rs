//! Which consoles still live: each that works on something holds a lock that goes with its process.
//!
//! A lock and not a process number: the folder may be shared between containers that count processes each on their own.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::files::{failed, open_private, private_folder};
use super::head::Lock;
use crate::plan::record::{Label, OperationId, RecordError};

fn folder(journal: &Path) -> PathBuf {
    journal.join("sessions")
}

fn path(journal: &Path, id: &Label) -> PathBuf {
    folder(journal).join(id.as_str())
}

/// This console's own name among those that write here.
pub(super) struct Session {
    id: Label,
    journal: PathBuf,
    held: Option<File>,
}

impl Session {
    pub(super) fn new(journal: &Path, unix_millis: u64, lot: u64) -> Self {
        let id = Label::from(OperationId::new(unix_millis, lot).as_str());
        Self {
            id,
            journal: journal.to_owned(),
            held: None,
        }
    }

    pub(super) fn id(&self) -> &Label {
        &self.id
    }

    /// Takes this console's lock, if it is not held yet. The journal's lock keeps others from clearing it away meanwhile.
    pub(super) fn hold(&mut self, _lock: &Lock) -> Result<(), RecordError> {
        if self.held.is_none() {
            private_folder(&folder(&self.journal))?;
            self.clear();
            let path = path(&self.journal, &self.id);
            let file = open_private(&path, OpenOptions::new().write(true).create_new(true))
                .map_err(|error| failed("create", &path, &error))?;
            flock(&file, FlockOperation::NonBlockingLockExclusive)
                .map_err(|error| failed("lock", &path, &error.into()))?;
            self.held = Some(file);
        }
        Ok(())
    }

    /// Removes what dead consoles left.
    fn clear(&self) {
        let entries = fs::read_dir(folder(&self.journal))
            .into_iter()
            .flatten()
            .flatten();
        for path in entries
            .map(|entry| entry.path())
            .filter(|path| !is_locked(path))
        {
            drop(fs::remove_file(path));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.held.is_some() {
            drop(fs::remove_file(path(&self.journal, &self.id)));
        }
    }
}

/// Whether another console than `own` lives that works on something, or did.
pub(super) fn others_live(journal: &Path, own: &Label) -> bool {
    let entries = fs::read_dir(folder(journal))
        .into_iter()
        .flatten()
        .flatten();
    let mut others = entries.filter(|entry| entry.file_name() != own.as_str());
    others.any(|entry| is_locked(&entry.path()))
}

/// Whether the console of that name lives.
pub(super) fn lives(journal: &Path, id: &Label) -> bool {
    let is_name = !id.is_empty()
        && id
            .as_str()
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_name && is_locked(&path(journal, id))
}

fn is_locked(path: &Path) -> bool {
    match open_private(path, &mut OpenOptions::new()) {
        // Shared, so that two who ask at once do not take each other for the console.
        Ok(file) => flock(&file, FlockOperation::NonBlockingLockShared).is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}
