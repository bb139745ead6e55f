//! What is kept from one console to the next where no settings say it: where it was last, and which namespaces were shown.

use std::{
    collections::BTreeMap,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

/// The file in the folder of the console's state.
const FILE: &str = "places.json";

/// What runs what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A daemon.
    Docker,
    /// A cluster.
    Kubernetes,
}

/// What is kept. A file that is not there, or does not read, is nothing kept: it is a convenience.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// Which of what was found was used last.
    last: Option<Kind>,
    /// The namespaces that were chosen, by context; none means all.
    namespaces: BTreeMap<String, Vec<String>>,
}

/// What is kept, and where.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    folder: Option<PathBuf>,
    kept: Kept,
}

impl Memory {
    /// What an earlier console left in that folder.
    pub(super) fn read(folder: Option<PathBuf>) -> Self {
        let text = folder.as_ref().map(|dir| std::fs::read(dir.join(FILE)));
        let kept = text.and_then(|text| serde_json::from_slice(&text.ok()?).ok());
        Self {
            folder,
            kept: kept.unwrap_or_default(),
        }
    }

    /// Which of what was found was used last.
    pub(super) const fn last(&self) -> Option<Kind> {
        self.kept.last
    }

    /// The namespaces that were chosen in a context.
    pub(super) fn namespaces(&self, context: &str) -> Option<&[String]> {
        self.kept.namespaces.get(context).map(Vec::as_slice)
    }

    /// It was used.
    pub(super) fn used(&mut self, kind: Kind) {
        self.keep(|kept| kept.last = Some(kind));
    }

    /// They were chosen.
    pub(super) fn chose(&mut self, context: &str, namespaces: &[String]) {
        self.keep(|kept| {
            kept.namespaces
                .insert(context.to_owned(), namespaces.to_vec());
        });
    }

    /// Changes what is kept, and writes it down. Another console may have done so too: what it changed stays.
    fn keep(&mut self, change: impl Fn(&mut Kept)) {
        let before = self.kept.clone();
        change(&mut self.kept);
        if self.kept == before {
            return;
        }
        let Some(folder) = self.folder.clone() else {
            return;
        };
        let mut now = Self::read(Some(folder)).kept;
        change(&mut now);
        // What can't be kept is asked for again the next time.
        if let Err(error) = self.write(&now) {
            log::warn!("{FILE} is not kept: {error}");
        }
    }

    fn write(&self, kept: &Kept) -> std::io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        if !folder.exists() {
            std::fs::create_dir_all(folder)?;
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        }
        let beside = folder.join(format!("{FILE}.{}", std::process::id()));
        std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?
            .write_all(&serde_json::to_vec(kept)?)?;
        std::fs::rename(beside, folder.join(FILE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_consoles_keep_what_either_chose() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || Memory::read(Some(folder.path().to_owned()));
        let (mut one, mut other) = (open(), open());
        one.chose("eks-1", &["shop".to_owned()]);
        other.chose("eks-2", &[]);
        other.used(Kind::Kubernetes);
        let next = open();
        assert_eq!(next.last(), Some(Kind::Kubernetes));
        assert_eq!(next.namespaces("eks-1"), Some(&["shop".to_owned()][..]));
        assert_eq!(next.namespaces("eks-2"), Some(&[][..]));
        assert_eq!(next.namespaces("eks-3"), None);
    }

    #[test]
    fn what_does_not_read_is_nothing_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "{").expect("it is written");
        assert_eq!(Memory::read(Some(folder.path().to_owned())).last(), None);
    }
}
