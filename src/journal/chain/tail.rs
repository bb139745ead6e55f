//! Finding the last entry, and setting aside what a crash left behind it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Fault;
use crate::journal::entry::Link;
use crate::journal::files::{open_private, segments};
use crate::journal::head::Head;
use crate::journal::storage::Storage;

/// How much is read at first: a few dozen entries.
const WINDOW: u64 = 16 << 10;

/// The last segment, open for appending, and the last entry in it.
pub(super) struct Tail {
    pub path: PathBuf,
    pub file: File,
    pub length: u64,
    pub head: Head,
}

/// Finds the last entry whose bytes fit its hash. What stands behind it is moved to a side file.
pub(super) fn find(folder: &Path, storage: &dyn Storage) -> Result<Option<Tail>, Fault> {
    let all = segments(folder).map_err(|e| Fault::new("read", folder, e))?;
    for path in all.into_iter().rev() {
        let file = open_private(&path, OpenOptions::new().append(true))
            .and_then(tightened)
            .map_err(|e| Fault::new("open", &path, e))?;
        let size = file
            .metadata()
            .map_err(|e| Fault::new("read", &path, e))?
            .len();
        let last = last_link(&file, size).map_err(|e| Fault::new("read", &path, e))?;
        let length = last.as_ref().map_or(0, |(_, end)| *end);
        if length < size {
            set_aside(folder, &path, &file, length, storage)?;
        }
        if let Some((link, _)) = last {
            let head = Head {
                seq: link.seq,
                hash: link.hash,
            };
            return Ok(Some(Tail {
                path,
                file,
                length,
                head,
            }));
        }
        storage
            .remove(&path)
            .map_err(|e| Fault::new("remove", &path, e))?;
    }
    Ok(None)
}

/// Takes from others what somebody's copy or restore let them read.
fn tightened(file: File) -> io::Result<File> {
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// The last line that fits its own hash, and where it ends.
fn last_link(file: &File, size: u64) -> io::Result<Option<(Link, u64)>> {
    let mut window = WINDOW;
    loop {
        let start = size.saturating_sub(window);
        let mut bytes = vec![0; (size - start) as usize];
        file.read_exact_at(&mut bytes, start)?;
        let mut end = bytes.iter().rposition(|byte| *byte == b'\n');
        while let Some(newline) = end {
            let before = bytes[..newline].iter().rposition(|byte| *byte == b'\n');
            let begin = match before {
                Some(before) => before + 1,
                None if start == 0 => 0,
                // The line begins before the window.
                None => break,
            };
            if let Some(link) = Link::parse(&bytes[begin..newline]) {
                return Ok(Some((link, start + newline as u64 + 1)));
            }
            end = before;
        }
        if start == 0 {
            return Ok(None);
        }
        window *= 8;
    }
}

/// Moves the bytes from `offset` on to the segment's side file. Killed halfway, the next writer does it again.
fn set_aside(
    folder: &Path,
    path: &Path,
    file: &File,
    offset: u64,
    storage: &dyn Storage,
) -> Result<(), Fault> {
    let side = path.with_extension("torn");
    let copy = || {
        let mut bytes = vec![0; (file.metadata()?.len() - offset) as usize];
        file.read_exact_at(&mut bytes, offset)?;
        let aside = match open_private(&side, OpenOptions::new().append(true)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => storage.create(&side)?,
            opened => opened?,
        };
        storage.append(&aside, &bytes)?;
        storage.sync(&aside)?;
        storage.sync_folder(folder)
    };
    copy().map_err(|e| Fault::new("write to", &side, e))?;
    storage
        .truncate(file, offset)
        .and_then(|()| storage.sync(file))
        .map_err(|e| Fault::new("cut", path, e))
}
