//! The journal's folder: which files it holds, and how their lines are read.
//!
//! ```text
//! journal/                       0700
//!   journal-000000000001.jsonl   a segment, named by the number of its first entry
//!   journal-000000000001.torn    what a crash left half-written at that segment's end
//!   head                         the last entry's number and hash; who locks this file may write
//!   reserve                      1 MiB, let go when the disk is full
//!   sessions/…                   a locked file for each console that works on something
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::plan::record::RecordError;

/// Longer lines are not ours: an entry's fields are short, and a plan's steps are counted in dozens.
pub(super) const MAX_LINE: u64 = 1 << 20;

const PREFIX: &str = "journal-";
const SUFFIX: &str = ".jsonl";

/// The path of the segment whose first entry is `seq`.
pub(super) fn segment_path(folder: &Path, seq: u64) -> PathBuf {
    folder.join(format!("{PREFIX}{seq:012}{SUFFIX}"))
}

/// The number in a segment's name.
pub(super) fn first_seq(path: &Path) -> Option<u64> {
    path.file_name()?
        .to_str()?
        .strip_prefix(PREFIX)?
        .strip_suffix(SUFFIX)?
        .parse()
        .ok()
}

/// The segments in the order of their numbers; none when the folder is not there yet.
pub(super) fn segments(folder: &Path) -> io::Result<Vec<PathBuf>> {
    listed(folder, |path| first_seq(path).is_some())
}

/// What was set aside after crashes.
pub(super) fn torn(folder: &Path) -> io::Result<Vec<PathBuf>> {
    listed(folder, |path| {
        path.extension()
            .is_some_and(|extension| extension == "torn")
    })
}

fn listed(folder: &Path, wanted: impl Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| wanted(path))
        .collect();
    paths.sort_by_key(|path| (first_seq(path), path.clone()));
    Ok(paths)
}

/// Makes a folder for its owner alone, with its parents.
pub(super) fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// As [`make_private_folder`], for the journal's own folders.
pub(super) fn private_folder(path: &Path) -> Result<(), RecordError> {
    make_private_folder(path).map_err(|error| failed("make the folder", path, &error))
}

/// Opens a file of our own, for its owner alone; a link in its place is refused.
pub(super) fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let no_links = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    options
        .read(true)
        .mode(0o600)
        .custom_flags(no_links)
        .open(path)
}

/// The error of an operation on a path.
pub(super) fn failed(doing: &'static str, path: &Path, error: &io::Error) -> RecordError {
    RecordError::Io {
        doing,
        path: path.to_owned(),
        error: error.to_string(),
    }
}

/// A line of a segment.
pub(super) struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes without the newline, cut at [`MAX_LINE`].
    pub bytes: Vec<u8>,
    /// Whether a newline ended it.
    pub complete: bool,
}

/// Reads a file line by line, whatever its bytes are.
pub(super) struct Lines<R> {
    reader: BufReader<R>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader: BufReader::with_capacity(64 << 10, reader),
            number: 0,
        }
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let taken = self
            .reader
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut bytes)? as u64;
        if taken == 0 {
            return Ok(None);
        }
        let mut complete = bytes.ends_with(b"\n");
        if complete {
            bytes.pop();
        } else if taken == MAX_LINE {
            let skipped = self.reader.skip_until(b'\n')? as u64;
            // The newline was among the skipped bytes unless the file ended; a line this long fits nothing anyway.
            complete = skipped > 0;
        }
        self.number += 1;
        Ok(Some(Line {
            number: self.number,
            bytes,
            complete,
        }))
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_place_whatever_they_hold() {
        let long = vec![b'x'; MAX_LINE as usize + 10];
        let file = [b"a\n\n", long.as_slice(), b"\n\xff\0 cut"].concat();
        let lines: Vec<_> = Lines::new(file.as_slice()).map(Result::unwrap).collect();
        let shape: Vec<_> = lines
            .iter()
            .map(|l| (l.number, l.bytes.len(), l.complete))
            .collect();
        let max = MAX_LINE as usize;
        assert_eq!(
            shape,
            [(1, 1, true), (2, 0, true), (3, max, true), (4, 6, false)]
        );
    }

    #[test]
    fn segments_are_sorted_by_number() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "journal-000000000010.jsonl",
            "journal-000000000002.jsonl",
            "journal-9999999999999.jsonl",
            "head",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found: Vec<_> = segments(folder.path())
            .unwrap()
            .iter()
            .filter_map(|p| first_seq(p))
            .collect();
        assert_eq!(found, [2, 10, 9_999_999_999_999]);
    }
}
