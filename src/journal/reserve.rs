//! Room kept for the entries that matter most: those written when the disk is full.

use std::fs;
use std::path::{Path, PathBuf};

use super::storage::Storage;

/// Enough for some two thousand entries.
const BYTES: usize = 1 << 20;

fn path(folder: &Path) -> PathBuf {
    folder.join("reserve")
}

/// Makes the reserve where it is missing. A disk that has no room for it has none now; that is no error yet.
pub(super) fn make(folder: &Path, storage: &dyn Storage) {
    let path = path(folder);
    match fs::metadata(&path) {
        Ok(meta) if meta.len() >= BYTES as u64 => return,
        // A crash left it half made.
        Ok(_) => drop(storage.remove(&path)),
        Err(_) => {}
    }
    if let Ok(file) = storage.create(&path)
        && storage.append(&file, &vec![b'.'; BYTES]).is_err()
    {
        drop(storage.remove(&path));
    }
}

/// Lets the reserve go; false when there was none.
pub(super) fn release(folder: &Path, storage: &dyn Storage) -> bool {
    storage.remove(&path(folder)).is_ok()
}
