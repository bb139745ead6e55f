//! What a replica was made from: on Docker its inspect document, for the day somebody wants it back.
//!
//! These documents hold variables, so they never enter the journal: each is a file for its owner alone.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::domain::service::ServiceId;
use crate::journal::files::{make_private_folder, open_private};
use crate::journal::lot::lot;
use crate::journal::storage::{Disk, Storage};
use crate::plan::Keeper;

/// So many documents are kept of each service.
const KEEP: usize = 20;

/// The documents of one daemon or cluster.
#[derive(Clone, Debug)]
pub struct Kept {
    folder: PathBuf,
    identity: String,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRevision {
    /// The revision: on Docker the image's id, `sha256:…`.
    pub revision: String,
    /// When it was kept.
    pub at: SystemTime,
}

impl Keeper for Kept {
    /// The oldest documents of the service, beyond twenty, go.
    fn keep(&self, service: &ServiceId, revision: &str, description: &[u8]) -> io::Result<()> {
        let folder = self.of(service);
        make_private_folder(&self.folder)?;
        make_private_folder(&folder)?;
        let draft = folder.join(format!("{:016x}.draft", lot()));
        let written = Disk.create(&draft).and_then(|file| {
            Disk.append(&file, description)?;
            Disk.sync(&file)?;
            Disk.rename(&draft, &folder.join(file_name(revision)))?;
            Disk.sync_folder(&folder)
        });
        if written.is_err() {
            drop(fs::remove_file(&draft));
            return written;
        }
        for old in self.list(service)?.into_iter().skip(KEEP) {
            drop(fs::remove_file(folder.join(file_name(&old.revision))));
        }
        Ok(())
    }

    fn recall(&self, service: &ServiceId, revision: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.of(service).join(file_name(revision));
        let mut description = Vec::new();
        match open_private(&path, &mut fs::OpenOptions::new()) {
            Ok(mut file) => file
                .read_to_end(&mut description)
                .map(|_| Some(description)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Kept {
    /// The documents under the state directory `root` of what ran where that identity answers. Nothing is read yet.
    pub(in crate::journal) fn under(root: &Path, identity: &str) -> Self {
        Self {
            folder: root.join("revisions"),
            identity: identity.to_owned(),
        }
    }

    /// What is kept of a service, the newest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self, service: &ServiceId) -> io::Result<Vec<KeptRevision>> {
        let kept = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.ok()?;
            let revision = revision(entry.file_name().to_str()?)?;
            let at = entry.metadata().ok()?.modified().ok()?;
            Some(KeptRevision { revision, at })
        };
        let mut files: Vec<_> = match fs::read_dir(self.of(service)) {
            Ok(entries) => entries.filter_map(kept).collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        files.sort_by(|a, b| (b.at, &b.revision).cmp(&(a.at, &a.revision)));
        Ok(files)
    }

    /// A service's folder: its name, to be found by people, and a digest, since names may hold anything.
    fn of(&self, service: &ServiceId) -> PathBuf {
        let mut digest = Sha256::new();
        for part in [
            self.identity.as_str(),
            service.group.as_str(),
            service.name.as_str(),
        ] {
            digest.update(part.as_bytes());
            digest.update([0]);
        }
        let digest = digest.finalize();
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let name: String = service.name.chars().map(plain).take(40).collect();
        let [a, b, c, d] = [digest[0], digest[1], digest[2], digest[3]];
        self.folder
            .join(format!("{name}-{a:02x}{b:02x}{c:02x}{d:02x}"))
    }
}

/// `sha256:ab…` as `sha256%3Aab….json`: every byte that could mean something in a path is written in hexadecimal.
fn file_name(revision: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    revision.bytes().map(escaped).collect::<String>() + ".json"
}

fn revision(file_name: &str) -> Option<String> {
    let mut bytes = file_name.strip_suffix(".json")?.bytes();
    let mut id = Vec::new();
    while let Some(byte) = bytes.next() {
        id.push(match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(id).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::*;
    use crate::text::SafeText;

    fn service(name: &str) -> ServiceId {
        let (group, name) = (SafeText::EMPTY, SafeText::name(name));
        ServiceId { group, name }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_document_is_kept_for_its_owner_alone() {
        let root = tempfile::tempdir().unwrap();
        let kept = Kept::under(root.path(), "daemon-1");
        assert_eq!(kept.list(&service("api")).unwrap(), []);
        kept.keep(&service("api"), "sha256:ab", b"{1}").unwrap();
        kept.keep(&service("api"), "sha256:ab", b"{2}").unwrap();
        assert_eq!(
            kept.recall(&service("api"), "sha256:ab").unwrap().unwrap(),
            b"{2}"
        );
        assert_eq!(kept.recall(&service("web"), "sha256:ab").unwrap(), None);
        let elsewhere = Kept::under(root.path(), "daemon-2");
        assert_eq!(
            elsewhere.recall(&service("api"), "sha256:ab").unwrap(),
            None
        );
        let folder = kept.of(&service("api"));
        assert_eq!((mode(&kept.folder), mode(&folder)), (0o700, 0o700));
        assert_eq!(mode(&folder.join("sha256%3Aab.json")), 0o600);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
    }

    #[test]
    fn names_stay_in_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let kept = Kept::under(root.path(), "daemon-1");
        kept.keep(&service("../../etc"), "../x/\0ü", b"{}").unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        assert_eq!(
            kept.list(&service("../../etc")).unwrap()[0].revision,
            "../x/\0ü"
        );
    }

    #[test]
    fn the_newest_twenty_stay() {
        let root = tempfile::tempdir().unwrap();
        let kept = Kept::under(root.path(), "daemon-1");
        let api = service("api");
        for n in 0..25 {
            kept.keep(&api, &format!("sha256:{n:02}"), b"{}").unwrap();
            let path = kept.of(&api).join(file_name(&format!("sha256:{n:02}")));
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(n))
                .unwrap();
        }
        let ids: Vec<_> = kept
            .list(&api)
            .unwrap()
            .into_iter()
            .map(|k| k.revision)
            .collect();
        assert_eq!(ids.len(), 20);
        assert_eq!(
            (ids[0].as_str(), ids[19].as_str()),
            ("sha256:24", "sha256:05")
        );
    }
}
