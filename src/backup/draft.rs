//! A file on its way to its final name: for its owner alone, hashed as it is written, gone when it is given up.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use rustix::fs::{Advice, AtFlags, CWD, RenameFlags};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::backup::{manifest::Part, names};

/// How much is read at once.
const PIECE: usize = 256 * 1024;

/// A file that is not whole yet. Dropped, it goes.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    path: PathBuf,
    folder: PathBuf,
    /// What the file will be, once it is.
    pub(super) part: Part,
    done: bool,
}

impl Draft {
    /// Makes one; the folder too, for its owner alone, where there is none.
    ///
    /// # Errors
    /// The I/O error.
    pub(super) fn new(folder: &Path, name: &str) -> io::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let path = folder.join(names::draft(name));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        // Held for as long as it is open: who can take it knows that its console is gone.
        let _ = file.try_lock();
        Ok(Self {
            file,
            path,
            folder: folder.to_owned(),
            part: Part {
                file: name.to_owned(),
                bytes: 0,
                sha256: String::new(),
            },
            done: false,
        })
    }

    /// Writes what comes until there is no more, and returns once it is on the medium. Blocks.
    ///
    /// # Errors
    /// The I/O error; the file is then gone.
    pub(super) fn fill(mut self, mut pieces: mpsc::Receiver<Bytes>) -> io::Result<Self> {
        let mut hash = Sha256::new();
        while let Some(piece) = pieces.blocking_recv() {
            self.file.write_all(&piece)?;
            hash.update(&piece);
            self.part.bytes += piece.len() as u64;
        }
        self.part.sha256 = hex(&hash.finalize());
        self.file.sync_all()?;
        Ok(self)
    }

    /// Writes all of it, and returns once it is on the medium. Blocks.
    ///
    /// # Errors
    /// The I/O error; the file is then gone.
    pub(super) fn whole(mut self, bytes: &[u8]) -> io::Result<Self> {
        self.file.write_all(bytes)?;
        self.file.sync_all()?;
        Ok(self)
    }

    /// Opens it anew, to be read from the medium and not from what is still in memory, where that can be had.
    ///
    /// # Errors
    /// The I/O error.
    pub(super) fn reader(&self, stop: CancellationToken) -> io::Result<Reader> {
        let file = File::open(&self.path)?;
        let _ = rustix::fs::fadvise(&file, 0, None, Advice::DontNeed);
        Ok(Reader {
            file,
            hash: Sha256::new(),
            bytes: 0,
            stop,
        })
    }

    /// Gives it its final name, which nothing may have yet.
    ///
    /// # Errors
    /// The I/O error: something of that name is there, above all. The draft is then gone.
    pub(super) fn publish(mut self) -> io::Result<Part> {
        let to = self.folder.join(&self.part.file);
        match rustix::fs::renameat_with(CWD, &self.path, CWD, &to, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // A file system that knows no such renaming: a second name never replaces one either.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                rustix::fs::linkat(CWD, &self.path, CWD, &to, AtFlags::empty())?;
                fs::remove_file(&self.path)?;
            }
            Err(error) => return Err(error.into()),
        }
        self.done = true;
        File::open(&self.folder)?.sync_all()?;
        Ok(self.part.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Reads a draft again.
pub(super) struct Reader {
    file: File,
    hash: Sha256,
    bytes: u64,
    stop: CancellationToken,
}

impl Reader {
    /// Whether all that was read is what was written.
    pub(super) fn read_all_of(self, part: &Part) -> bool {
        self.bytes == part.bytes && hex(&self.hash.finalize()) == part.sha256
    }

    /// Whether somebody stopped the reading.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Hands all of it on. When nobody takes it any more, it goes on reading `to_the_end`, or else leaves off. Blocks.
    ///
    /// # Errors
    /// The I/O error.
    pub(super) fn hand_on(mut self, to: mpsc::Sender<Bytes>, to_the_end: bool) -> io::Result<Self> {
        let mut buffer = vec![0; PIECE];
        loop {
            let read = self.read(&mut buffer)?;
            if read == 0 {
                return Ok(self);
            }
            // Who takes no more has ended; how, is seen elsewhere.
            let taken = to.blocking_send(Bytes::copy_from_slice(&buffer[..read]));
            if taken.is_err() && !to_the_end {
                return Ok(self);
            }
        }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_cancelled() {
            // Not `Interrupted`, which is tried again.
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let read = self.file.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Removes the drafts that begin with `stem` and whose console is gone.
///
/// # Errors
/// The folder is there and can't be read.
pub(super) fn sweep(folder: &Path, stem: &str) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with(stem) && name.ends_with(names::DRAFT)) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else {
            continue;
        };
        match file.try_lock() {
            Ok(()) => fs::remove_file(entry.path())?,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn filled(folder: &Path, name: &str, bytes: &'static [u8]) -> Draft {
        let (to, pieces) = mpsc::channel(8);
        for piece in bytes.chunks(3) {
            to.try_send(Bytes::from_static(piece)).unwrap();
        }
        drop(to);
        Draft::new(folder, name).unwrap().fill(pieces).unwrap()
    }

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_draft_is_for_its_owner_and_hashed_as_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        let draft = filled(&inner, "x", b"abc");
        assert_eq!(names_in(&inner), ["x.partial"]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner.join("x.partial")), 0o600);
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(
            draft.part.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(draft.publish().unwrap().bytes, 3);
        assert_eq!(names_in(&inner), ["x"]);
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), "the old one").unwrap();
        let draft = filled(folder.path(), "x", b"new");
        let error = draft.publish().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(folder.path().join("x")).unwrap(), b"the old one");
        assert_eq!(names_in(folder.path()), ["x"]);
    }

    #[test]
    fn what_changed_after_writing_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let draft = filled(folder.path(), "x", b"abcdef");
        let same = |draft: &Draft| {
            let mut reader = draft.reader(CancellationToken::new()).unwrap();
            io::copy(&mut reader, &mut io::sink()).unwrap();
            reader.read_all_of(&draft.part)
        };
        assert!(same(&draft));
        fs::write(folder.path().join("x.partial"), "abcdeX").unwrap();
        assert!(!same(&draft));
        fs::write(folder.path().join("x.partial"), "abc").unwrap();
        assert!(!same(&draft));
    }

    #[test]
    fn what_a_killed_console_left_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["db-a-1.dump.partial", "db-b-1.dump.partial", "db-a-1.dump"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let _at_work = filled(folder.path(), "db-a-2.dump", b"abc");
        sweep(folder.path(), "db-a-").unwrap();
        assert_eq!(
            names_in(folder.path()),
            ["db-a-1.dump", "db-a-2.dump.partial", "db-b-1.dump.partial"]
        );
        sweep(&folder.path().join("none"), "db-a-").unwrap();
    }
}
