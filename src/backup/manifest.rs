//! What is known of a copy, in a file beside it. A copy without one was never finished.

use std::{fs, io, path::Path};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{backup::jobs::Job, domain::service::ServiceId, plan::record::OperationId};

/// A file of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name, beside the manifest.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// A copy that was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `postgres` or `volume`.
    pub kind: String,
    /// The daemon's own identity.
    pub cluster: String,
    /// The Compose project; empty outside one.
    pub project: String,
    /// The service.
    pub service: String,
    /// The database or the volume.
    pub what: String,
    /// When it was begun: what it holds is of this moment.
    pub at: Timestamp,
    /// How long it took, its verification included, in milliseconds.
    pub took_ms: u64,
    /// The data.
    pub data: Part,
    /// Roles and tablespaces, of PostgreSQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub globals: Option<Part>,
    /// The server's version, of PostgreSQL.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub server_version: String,
    /// The version of `pg_dump`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client_version: String,
    /// Tables in a dump, entries in a tar.
    pub count: u64,
    /// How it was verified: `pg_restore`, `tar read`.
    pub verified: String,
    /// The operation in the journal that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
}

impl Manifest {
    /// Whether it is a copy of that.
    pub(super) fn is_of(&self, service: &ServiceId, job: &Job) -> bool {
        self.kind == job.kind()
            && self.project == *service.group
            && self.service == *service.name
            && self.what == job.name()
    }

    /// The manifest's own file.
    pub(super) fn file(&self) -> String {
        let name = &self.data.file;
        let stem = name.rsplit_once('.').map_or(&**name, |(stem, _)| stem);
        format!("{stem}.json")
    }

    /// All of its files, the data last, so that what is left in the middle of a removal is still a copy or none.
    pub(super) fn files(&self) -> Vec<String> {
        let globals = self.globals.iter().map(|part| part.file.clone());
        [self.file()]
            .into_iter()
            .chain(globals)
            .chain([self.data.file.clone()])
            .collect()
    }
}

/// The copies of one thing in a folder, the newest first; only those whose data is there in its full size.
///
/// # Errors
/// The folder is there and can't be read.
pub(super) fn of(folder: &Path, service: &ServiceId, job: &Job) -> io::Result<Vec<Manifest>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let read = fs::read(&path).ok();
        let manifest = read.and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
        let Some(manifest) = manifest.filter(|manifest| manifest.is_of(service, job)) else {
            continue;
        };
        let plain = Path::new(&manifest.data.file).file_name() == Some(manifest.data.file.as_ref());
        let there = fs::metadata(folder.join(&manifest.data.file));
        if plain && there.is_ok_and(|there| there.len() == manifest.data.bytes) {
            found.push(manifest);
        }
    }
    found.sort_by_key(|manifest| std::cmp::Reverse(manifest.at));
    Ok(found)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        backup::{jobs::Database, jobs::What},
        text::SafeText,
    };

    pub(in crate::backup) fn service() -> ServiceId {
        ServiceId {
            group: SafeText::name("shop"),
            name: SafeText::name("db"),
        }
    }

    pub(in crate::backup) fn job() -> Job {
        Job {
            what: What::Database(Database {
                name: "orders".to_owned(),
                user: "shop".to_owned(),
            }),
            to: "/to".into(),
            keep_days: None,
        }
    }

    pub(in crate::backup) fn manifest(day: i64) -> Manifest {
        let at = Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap();
        let part = |end: &str| Part {
            file: format!("{}.{end}", crate::backup::names::copy("db", "orders", at)),
            bytes: 4,
            sha256: "00".to_owned(),
        };
        Manifest {
            kind: "postgres".to_owned(),
            cluster: "daemon".to_owned(),
            project: "shop".to_owned(),
            service: "db".to_owned(),
            what: "orders".to_owned(),
            at,
            took_ms: 1_200,
            data: part("dump"),
            globals: Some(part("globals.sql")),
            server_version: "15.8".to_owned(),
            client_version: "15.8".to_owned(),
            count: 3,
            verified: "pg_restore".to_owned(),
            operation: None,
        }
    }

    #[test]
    fn a_copy_counts_only_with_its_data_whole() {
        let folder = tempfile::tempdir().unwrap();
        let put = |manifest: &Manifest, data: &[u8]| {
            let json = serde_json::to_vec(manifest).unwrap();
            fs::write(folder.path().join(manifest.file()), json).unwrap();
            fs::write(folder.path().join(&manifest.data.file), data).unwrap();
        };
        put(&manifest(1), b"data");
        put(&manifest(3), b"data");
        put(&manifest(4), b"cut");
        let mut other = manifest(5);
        other.what = "stock".to_owned();
        put(&other, b"data");
        let mut escaping = manifest(6);
        escaping.data.file = "../x.dump".to_owned();
        fs::write(
            folder.path().join("x.json"),
            serde_json::to_vec(&escaping).unwrap(),
        )
        .unwrap();
        fs::write(folder.path().join("broken.json"), "{").unwrap();
        let found = of(folder.path(), &service(), &job()).unwrap();
        assert_eq!(found, [manifest(3), manifest(1)]);
        assert!(
            of(&folder.path().join("none"), &service(), &job())
                .unwrap()
                .is_empty()
        );
    }
}
