//! Every change that the journal makes on disk: one seam, at which tests cut the power or fill the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// The changes. What each does by default is what [`Disk`] does.
pub trait Storage: Send + Sync {
    /// Makes a file that must not exist yet, for its owner alone, opened for appending.
    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new()
            .append(true)
            .read(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
    }

    /// Appends all of `bytes`.
    fn append(&self, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    /// Returns when the file's content is on the medium.
    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    /// Returns when the folder's list of files is on the medium.
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    /// Cuts a file.
    fn truncate(&self, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    /// Writes the head in place: its length never changes, so a crash leaves the former or the new one.
    fn write_head(&self, file: &File, head: &[u8]) -> io::Result<()> {
        file.write_all_at(head, 0)
    }

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Gives a file another name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }
}

/// The real disk.
#[derive(Clone, Copy, Debug)]
pub struct Disk;

impl Storage for Disk {}

/// Whether an error says that there is no room.
pub(super) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
