//! Runs the binary in an empty home, with none of our environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::bare::bare;
pub(crate) use crate::support::bare::{Ran, ran};

/// A shop in which nothing happens by itself.
pub(crate) const CALM: &str = concat!(
    "--demo=",
    env!("CARGO_MANIFEST_DIR"),
    "/tests/cli/calm.toml"
);

/// An empty home in which commands run one after another.
pub(crate) struct Home {
    path: PathBuf,
    _folder: Option<TempDir>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            path: folder.path().to_owned(),
            _folder: Some(folder),
        }
    }

    /// The home of somebody else, who keeps it for longer.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self {
            path,
            _folder: None,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// `quarterdeck ARGUMENTS`, to be run; there is no Docker here, and nobody at a terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let nowhere = format!("unix://{}/no.sock", self.path().display());
        let mut command = bare(self.path(), arguments);
        command
            .env("DOCKER_HOST", nowhere)
            .env("TERM", "xterm-256color");
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// Runs it on a simulated deployment in which nothing happens by itself, fast, by a named operator.
    pub(crate) fn rehearse(&self, arguments: &[&str]) -> Ran {
        self.run(&[arguments, &[CALM, "--speed=50", "--operator=ana"]].concat())
    }

    /// Runs it two minutes into the incident of the default scenario.
    pub(crate) fn incident(&self, arguments: &[&str]) -> Ran {
        self.run(&[arguments, &["--demo", "--at=2m"]].concat())
    }
}
