//! A Compose project on a daemon, by the real `docker compose`: it makes what the console looks at, and judges what the console did.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;
use tempfile::TempDir;

use super::daemon::{Daemon, output};

/// A project; its containers, networks and volumes go with this value.
pub(crate) struct Compose {
    /// The project's name, unique on the machine.
    pub(crate) project: String,
    host: String,
    folder: TempDir,
}

/// A line of `docker compose ps --all --format json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Replica {
    /// The first twelve digits of the container's ID.
    #[serde(rename = "ID")]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) service: String,
    /// `running`, `exited`, `restarting`, …
    pub(crate) state: String,
    /// `healthy`, `unhealthy`, `starting`; empty without a health check.
    pub(crate) health: String,
    pub(crate) image: String,
    pub(crate) exit_code: i32,
}

impl Compose {
    /// Writes `file` and brings it up: when it returns, containers were started. `name` is the project's, made unique.
    #[track_caller]
    pub(crate) fn up(daemon: &Daemon, name: &str, file: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let compose = Self {
            project: format!(
                "{name}-{}-{}",
                std::process::id(),
                COUNT.fetch_add(1, Ordering::Relaxed)
            ),
            host: daemon.host.clone(),
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        compose.write(file);
        compose.run(&["up", "--detach", "--quiet-pull"]);
        compose
    }

    /// The path of the Compose file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("compose.yaml")
    }

    /// Writes the Compose file anew; nothing changes until the next `up`.
    pub(crate) fn write(&self, file: &str) {
        std::fs::write(self.file(), file).expect("the temporary folder is writable");
    }

    /// Runs `docker compose ARGUMENTS` on this project; its standard output.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        output(self.command().args(arguments))
    }

    /// Every container of the project as Compose sees it, by name.
    #[track_caller]
    pub(crate) fn ps(&self) -> Vec<Replica> {
        let mut all: Vec<Replica> = self
            .run(&["ps", "--all", "--no-trunc", "--format", "json"])
            .lines()
            .map(|line| {
                serde_json::from_str(line).expect("compose ps prints one JSON object a line")
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// [`ps`](Self::ps) of one service.
    #[track_caller]
    pub(crate) fn replicas(&self, service: &str) -> Vec<Replica> {
        self.ps()
            .into_iter()
            .filter(|replica| replica.service == service)
            .collect()
    }

    fn command(&self) -> Command {
        let plugin = std::env::var_os("QUARTERDECK_TEST_COMPOSE")
            .expect("`daemon env` sets it: run tests/run");
        let mut command = Command::new(plugin);
        command
            .env("DOCKER_HOST", &self.host)
            .arg("--project-name")
            .arg(&self.project)
            .arg("--file")
            .arg(self.file());
        command
    }
}

impl Drop for Compose {
    fn drop(&mut self) {
        // A test that failed may have left the daemon away: its own message counts.
        let _ = self
            .command()
            .args(["down", "--volumes", "--remove-orphans", "--timeout", "0"])
            .output();
    }
}
