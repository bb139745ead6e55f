//! Where settings, keymaps and themes are looked for.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use etcetera::BaseStrategy as _;

use super::{
    report::{Location, Report, Source, quoted},
    variables::Variables,
};

/// The name of the file in a project, and in the user's folder.
const SETTINGS: &str = "quarterdeck.toml";

/// Larger than any settings; what is larger was named by mistake.
const LARGEST_BYTES: u64 = 1 << 20;

/// Which files are read. Found once; [`super::load`] reads them as often as they change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The settings; `None` where there are none.
    pub settings: Option<PathBuf>,
    /// What named the settings (`--config`, `QUARTERDECK_CONFIG`); `None` where they were found lying there.
    pub named: Option<&'static str>,
    /// The user's folder, with `keymaps/` and `themes/` in it, whether it exists or not.
    pub folder: Option<PathBuf>,
}

impl Files {
    /// Finds them: what was `asked` for (`--config`), `QUARTERDECK_CONFIG`, `quarterdeck.toml` in `here` or in a folder above it,
    /// and in the user's folder. The first one that there is holds alone.
    pub fn find(asked: Option<&Path>, here: &Path, variables: &Variables) -> Self {
        let folder = user_folder(variables);
        let by_option = asked.map(|path| ("--config", path.to_owned()));
        let named = by_option.or_else(|| {
            let path = variables.get("QUARTERDECK_CONFIG")?;
            Some(("QUARTERDECK_CONFIG", PathBuf::from(path)))
        });
        let lying = here
            .ancestors()
            .map(|above| above.join(SETTINGS))
            .chain(folder.as_ref().map(|at| at.join(SETTINGS)));
        Self {
            named: named.as_ref().map(|(by, _)| *by),
            settings: named
                .map(|(_, path)| path)
                .or_else(|| lying.into_iter().find(|path| path.is_file())),
            folder,
        }
    }

    /// Reads the settings, if there are any.
    pub(super) fn read_settings(
        &self,
        variables: &Variables,
        report: &mut Report,
    ) -> Option<Arc<Source>> {
        let path = self.settings.as_ref()?;
        let sudo = variables.get("SUDO_UID").and_then(|uid| uid.parse().ok());
        let owner = fs::metadata(path).map(|about| about.uid());
        if let Ok(owner) = owner
            && self.named.is_none()
            && !trusted(owner, rustix::process::geteuid().as_raw(), sudo)
        {
            // Settings say which daemon to obey and where backups go: not for whoever can write to /tmp to decide.
            report
                .add(
                    Location::Path(quoted(&path.display().to_string())),
                    "the file belongs to somebody else",
                )
                .help("name it with --config if you trust it");
            return None;
        }
        read(path, self.named, report)
    }

    /// The user's file of `kind` (`keymaps`, `themes`) that is called `name`, and its path where it could be.
    pub(super) fn named(&self, kind: &str, name: &str) -> Option<PathBuf> {
        let plain = !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let folder = self.folder.as_ref().filter(|_| plain)?;
        Some(folder.join(kind).join(format!("{name}.toml")))
    }
}

/// Whether settings that lie about may be used: those of root, our own, and those of whoever became us by sudo.
fn trusted(owner: u32, us: u32, sudo: Option<u32>) -> bool {
    owner == 0 || owner == us || Some(owner) == sudo
}

fn user_folder(variables: &Variables) -> Option<PathBuf> {
    let base = match variables.get("XDG_CONFIG_HOME") {
        // The XDG base directory specification: a relative path is to be ignored.
        Some(set) if Path::new(set).is_absolute() => PathBuf::from(set),
        _ => match variables.get("HOME") {
            Some(home) => Path::new(home).join(".config"),
            None => etcetera::base_strategy::choose_base_strategy()
                .ok()?
                .config_dir(),
        },
    };
    Some(base.join("quarterdeck"))
}

/// Reads a file that must be there; a mistake is reported, with who named the file where somebody did.
fn read(path: &Path, named: Option<&str>, report: &mut Report) -> Option<Arc<Source>> {
    match text(path) {
        Ok(text) => Some(Source::new(path, text)),
        Err(error) => {
            let shown = quoted(&path.display().to_string());
            report
                .add(
                    Location::Path(shown),
                    format!("the file can't be read: {error}"),
                )
                .maybe_help(named.map(|by| format!("{by} names it")));
            None
        }
    }
}

/// Reads a file that may be there; `None` when it is not, or cannot be read, which is reported.
pub(super) fn read_if_there(path: &Path, report: &mut Report) -> Option<Arc<Source>> {
    if path.exists() {
        read(path, None, report)
    } else {
        None
    }
}

fn text(path: &Path) -> io::Result<String> {
    // A pipe or a device would block or never end.
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if about.len() > LARGEST_BYTES {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    fs::read_to_string(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_holds() {
        let root = tempfile::tempdir().expect("a folder");
        let (project, home) = (
            root.path().join("project/deep/er"),
            root.path().join("home"),
        );
        fs::create_dir_all(&project).expect("a folder");
        fs::create_dir_all(home.join(".config/quarterdeck")).expect("a folder");
        let variables: Variables = [("HOME", home.to_str().expect("unicode"))]
            .into_iter()
            .collect();
        let find = || Files::find(None, &project, &variables).settings;

        assert_eq!(find(), None);
        let users = home.join(".config/quarterdeck/quarterdeck.toml");
        fs::write(&users, "").expect("written");
        assert_eq!(find(), Some(users));
        let projects = root.path().join("project/quarterdeck.toml");
        fs::write(&projects, "").expect("written");
        assert_eq!(find(), Some(projects));
        let asked = Path::new("/elsewhere/q.toml");
        assert_eq!(
            Files::find(Some(asked), &project, &variables)
                .settings
                .as_deref(),
            Some(asked)
        );
    }

    #[test]
    fn a_strangers_settings_are_not_used_unless_named() {
        for (owner, us, sudo, used) in [
            (1000, 1000, None, true),
            (0, 1000, None, true),
            (1001, 1000, None, false),
            (1000, 0, None, false),
            (1000, 0, Some(1000), true),
        ] {
            assert_eq!(trusted(owner, us, sudo), used, "{owner} {us} {sudo:?}");
        }
    }

    #[test]
    fn a_name_is_not_a_way_out_of_the_folder() {
        let files = Files {
            settings: None,
            named: None,
            folder: Some(PathBuf::from("/c")),
        };
        assert_eq!(
            files.named("themes", "mine"),
            Some(PathBuf::from("/c/themes/mine.toml"))
        );
        for name in ["", "..", "../../etc/passwd", "a/b", "a\0b"] {
            assert_eq!(files.named("themes", name), None, "{name:?}");
        }
    }

    #[test]
    fn what_is_not_a_file_is_not_read() {
        let mut report = Report::default();
        assert_eq!(read(Path::new("/dev/zero"), None, &mut report), None);
        assert_eq!(
            report.problems()[0].to_string(),
            "/dev/zero: the file can't be read: it is not a file"
        );
    }
}
