//! Runs the binary in an empty home, with none of our environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

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

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
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
        let mut command = Command::new(env!("CARGO_BIN_EXE_quarterdeck"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env(
                "DOCKER_HOST",
                format!("unix://{}/no.sock", self.path().display()),
            )
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .env("TZ", "UTC")
            .current_dir(self.path())
            .stdin(Stdio::null());
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

/// Runs a command to its end.
pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes UTF-8");
    Ran {
        out: text(output.stdout),
        err: text(output.stderr),
        code: output.status.code(),
    }
}

impl Ran {
    /// It ended with this code; else the panic shows everything.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    /// Its output, a JSON object a line.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let read = |line| serde_json::from_str(line).expect("each line is a JSON object");
        self.out.lines().map(read).collect()
    }
}
