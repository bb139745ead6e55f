//! A real PostgreSQL of a test's own, that nobody reaches but by its socket and a password.

use std::{
    env, fs,
    os::unix::fs::{MetadataExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;

use super::wait::{SOON, wait_until};

/// It is stopped with this value.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    server: Child,
    port: String,
    /// Of its user `shop`.
    password: String,
}

impl Postgres {
    /// Starts one with the user `shop` and the database `orders`. `None` where it is not installed; a failure in CI.
    pub(crate) fn start(password: &str) -> Option<Self> {
        Self::launch(password, &[])
    }

    /// The same, also on that port of loopback, with so many connections.
    pub(crate) fn listening(password: &str, port: u16, connections: u32) -> Option<Self> {
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            format!("max_connections={connections}"),
        ];
        Self::launch(password, &settings)
    }

    fn launch(password: &str, settings: &[String]) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(env::var("CI").is_err(), "PostgreSQL is not installed");
            eprintln!("SKIPPED: it needs PostgreSQL (Debian: postgresql)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path();
        // It refuses to run as root.
        if getuid().is_root() {
            let postgres = fs::metadata("/var/lib/postgresql").expect("the account's home");
            chown(own, Some(postgres.uid()), Some(postgres.gid())).expect("it is handed over");
        }
        let secret = own.join("password");
        fs::write(&secret, password).expect("written");
        let data = own.join("data");
        let made = as_owner(own, &programs.join("initdb"))
            .args(["--no-sync", "--auth=scram-sha-256", "--username=shop", "-D"])
            .arg(&data)
            .arg(format!("--pwfile={}", secret.display()))
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{made:?}");
        let server = as_owner(own, &programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(own)
            .args(settings.iter().flat_map(|one| ["-c", one.as_str()]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let postgres = Self {
            programs,
            server,
            port: port(settings),
            password: password.to_owned(),
            folder,
        };
        wait_until("PostgreSQL answers", SOON, || {
            postgres.psql("postgres", "select 1").status.success()
        });
        postgres.sql("postgres", "create database orders");
        Some(postgres)
    }

    /// Where its socket is.
    pub(crate) fn socket(&self) -> &Path {
        self.folder.path()
    }

    /// What a statement prints; it must succeed.
    pub(crate) fn sql(&self, database: &str, statement: &str) -> String {
        let output = self.psql(database, statement);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Restores a dump into a database.
    pub(crate) fn restore(&self, dump: &Path, database: &str) {
        let restored = self
            .client("pg_restore", database)
            .arg("--exit-on-error")
            .arg(dump)
            .output()
            .expect("pg_restore runs");
        assert!(restored.status.success(), "{restored:?}");
    }

    fn psql(&self, database: &str, statement: &str) -> Output {
        let mut psql = self.client("psql", database);
        psql.args(["-qAtX", "-c", statement])
            .output()
            .expect("psql runs")
    }

    fn client(&self, program: &str, database: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(["-w", "-U", "shop", "-d", database, "-h"])
            .arg(self.socket())
            .env("PGPORT", &self.port)
            .env("PGPASSWORD", &self.password);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It ends its own children, and leaves nothing shared behind.
        let _ = kill_process(Pid::from_child(&self.server), Signal::QUIT);
        let _ = self.server.wait();
    }
}

/// The port that settings name, or the usual one.
fn port(settings: &[String]) -> String {
    let mut ports = settings.iter().filter_map(|one| one.strip_prefix("port="));
    ports.next().unwrap_or("5432").to_owned()
}

/// Where Debian has its programs, the newest first; or wherever they are found.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut debian: Vec<PathBuf> = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    debian.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    let others = env::split_paths(&path);
    let has_both = |folder: &PathBuf| {
        ["initdb", "postgres"]
            .iter()
            .all(|p| folder.join(p).exists())
    };
    debian.into_iter().rev().chain(others).find(has_both)
}

/// A program as the folder's owner.
fn as_owner(folder: &Path, program: &Path) -> Command {
    use std::os::unix::{fs::MetadataExt as _, process::CommandExt as _};
    let owner = fs::metadata(folder).expect("it is there");
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .uid(owner.uid())
        .gid(owner.gid());
    command
}
