//! What a replica was made from: its inspect document, for the day somebody wants it back.
//!
//! These documents hold variables, so they never enter the journal: each is a file for its owner alone.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::journal::clock;
use crate::journal::files::{failed, open_private, private_folder};
use crate::journal::storage::{Disk, Storage};
use crate::plan::record::{RecordError, Target};

/// So many documents are kept of each service.
const KEEP: usize = 20;

/// The folder of the documents.
#[derive(Clone, Debug)]
pub struct Kept {
    folder: PathBuf,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRevision {
    /// The image's id: `sha256:…`.
    pub image_id: String,
    /// When it was kept.
    pub at: SystemTime,
}

impl Kept {
    /// The documents under the state directory `root`. Nothing is made or read yet.
    pub fn under(root: &Path) -> Self {
        Self {
            folder: root.join("revisions"),
        }
    }

    /// Keeps a document, in place of one of the same service and image; the oldest beyond twenty go.
    pub fn put(&self, service: &Target, image_id: &str, json: &[u8]) -> Result<(), RecordError> {
        let folder = self.of(service);
        private_folder(&self.folder)?;
        private_folder(&folder)?;
        let path = folder.join(file_name(image_id));
        let draft = folder.join(format!("{:016x}.draft", clock::lot()));
        let written = Disk.create(&draft).and_then(|file| {
            Disk.append(&file, json)?;
            Disk.sync(&file)?;
            Disk.rename(&draft, &path)?;
            Disk.sync_folder(&folder)
        });
        if let Err(error) = written {
            drop(fs::remove_file(&draft));
            return Err(failed("write", &path, &error));
        }
        for old in self.files(service)?.into_iter().skip(KEEP) {
            drop(fs::remove_file(folder.join(file_name(&old.image_id))));
        }
        Ok(())
    }

    /// The document of a service and an image, if it was kept.
    pub fn get(&self, service: &Target, image_id: &str) -> Result<Option<Vec<u8>>, RecordError> {
        let path = self.of(service).join(file_name(image_id));
        let mut json = Vec::new();
        let read = open_private(&path, &mut fs::OpenOptions::new())
            .and_then(|mut f| f.read_to_end(&mut json));
        match read {
            Ok(_) => Ok(Some(json)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }

    /// What is kept of a service, the newest first.
    pub fn list(&self, service: &Target) -> Result<Vec<KeptRevision>, RecordError> {
        self.files(service)
    }

    fn files(&self, service: &Target) -> Result<Vec<KeptRevision>, RecordError> {
        let folder = self.of(service);
        let kept = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.ok()?;
            let image_id = image_id(entry.file_name().to_str()?)?;
            Some(KeptRevision {
                image_id,
                at: entry.metadata().ok()?.modified().ok()?,
            })
        };
        let mut files: Vec<_> = match fs::read_dir(&folder) {
            Ok(entries) => entries.filter_map(kept).collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed("list", &folder, &error)),
        };
        files.sort_by(|a, b| (b.at, &b.image_id).cmp(&(a.at, &a.image_id)));
        Ok(files)
    }

    /// A service's folder: its name, to be found by people, and a digest, since names may hold anything.
    fn of(&self, service: &Target) -> PathBuf {
        let parts = [&service.cluster, &service.project, &service.service];
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part.as_str().as_bytes());
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
        let name: String = service
            .service
            .as_str()
            .chars()
            .map(plain)
            .take(40)
            .collect();
        let [a, b, c, d] = [digest[0], digest[1], digest[2], digest[3]];
        self.folder
            .join(format!("{name}-{a:02x}{b:02x}{c:02x}{d:02x}"))
    }
}

/// `sha256:ab…` as `sha256%3Aab….json`: every byte that could mean something in a path is written in hexadecimal.
fn file_name(image_id: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    image_id.bytes().map(escaped).collect::<String>() + ".json"
}

fn image_id(file_name: &str) -> Option<String> {
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
    use crate::plan::record::Label;

    fn service(name: &str) -> Target {
        Target {
            service: Label::from(name),
            ..Target::default()
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_document_is_kept_for_its_owner_alone() {
        let root = tempfile::tempdir().unwrap();
        let kept = Kept::under(root.path());
        assert_eq!(kept.list(&service("api")).unwrap(), []);
        kept.put(&service("api"), "sha256:ab", b"{1}").unwrap();
        kept.put(&service("api"), "sha256:ab", b"{2}").unwrap();
        assert_eq!(
            kept.get(&service("api"), "sha256:ab").unwrap().unwrap(),
            b"{2}"
        );
        assert_eq!(kept.get(&service("web"), "sha256:ab").unwrap(), None);
        let folder = kept.of(&service("api"));
        assert_eq!((mode(&kept.folder), mode(&folder)), (0o700, 0o700));
        assert_eq!(mode(&folder.join("sha256%3Aab.json")), 0o600);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
    }

    #[test]
    fn names_stay_in_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let kept = Kept::under(root.path());
        kept.put(&service("../../etc"), "../x/\0ü", b"{}").unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
        assert_eq!(
            kept.list(&service("../../etc")).unwrap()[0].image_id,
            "../x/\0ü"
        );
    }

    #[test]
    fn the_newest_twenty_stay() {
        let root = tempfile::tempdir().unwrap();
        let kept = Kept::under(root.path());
        let api = service("api");
        for n in 0..25 {
            kept.put(&api, &format!("sha256:{n:02}"), b"{}").unwrap();
            let path = kept.of(&api).join(file_name(&format!("sha256:{n:02}")));
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(n))
                .unwrap();
        }
        let ids: Vec<_> = kept
            .list(&api)
            .unwrap()
            .into_iter()
            .map(|k| k.image_id)
            .collect();
        assert_eq!(ids.len(), 20);
        assert_eq!(
            (ids[0].as_str(), ids[19].as_str()),
            ("sha256:24", "sha256:05")
        );
    }
}
