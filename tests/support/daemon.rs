//! The Docker daemon that `tests/run` started, and private ones for tests that break theirs.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A daemon of `tests/docker/daemon`: the images `qd-busybox:{v1,v2,bad,unhealthy}` are on each, `qd-postgres:15` on the shared one.
pub(crate) struct Daemon {
    /// As in `DOCKER_HOST`: `unix:///…/docker.sock`.
    pub(crate) host: String,
    /// The same over TCP with TLS on loopback: `tcp://127.0.0.1:…`.
    pub(crate) tls_host: String,
    /// A folder as in `DOCKER_CERT_PATH`: `ca.pem`, `cert.pem`, `key.pem`.
    pub(crate) certificates: PathBuf,
    name: String,
    private: bool,
}

impl Daemon {
    /// The daemon that all tests of a run share: leave on it nothing, and touch nothing, that another test made.
    /// `None` outside `tests/run`, said on stderr; in CI that is a failure.
    pub(crate) fn shared() -> Option<Self> {
        let Ok(host) = std::env::var("QUARTERDECK_TEST_DOCKER") else {
            assert!(
                std::env::var_os("CI").is_none(),
                "QUARTERDECK_TEST_DOCKER is not set: run tests/run"
            );
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            // Past the test harness, which hides what a passing test prints.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED {test}: no Docker daemon; run tests/run docker"
            );
            return None;
        };
        Some(Self::from_variables(host, false, |name| {
            std::env::var(name).expect("`daemon env` sets it beside QUARTERDECK_TEST_DOCKER")
        }))
    }

    /// A daemon for this test alone, that it may restart, pause and kill; it ends with this value.
    /// `flags` are dockerd's, such as `--live-restore`.
    pub(crate) fn private(flags: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "t{}{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        script("daemon", &[&["start", &name], flags].concat());
        let text = script("daemon", &["env", &name]);
        let lookup = |wanted: &str| {
            text.lines()
                .find_map(|line| {
                    line.strip_prefix("export ")?
                        .strip_prefix(wanted)?
                        .strip_prefix('=')
                })
                .expect("`daemon env` prints it")
                .to_owned()
        };
        Self::from_variables(lookup("DOCKER_HOST"), true, lookup)
    }

    fn from_variables(host: String, private: bool, lookup: impl Fn(&str) -> String) -> Self {
        Self {
            host,
            tls_host: lookup("QUARTERDECK_TEST_DOCKER_TLS"),
            certificates: lookup("QUARTERDECK_TEST_DOCKER_CERTS").into(),
            name: lookup("QUARTERDECK_TEST_DOCKER_NAME"),
            private,
        }
    }

    /// The path of the socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.host
            .strip_prefix("unix://")
            .expect("our daemons listen on a unix socket")
            .into()
    }

    /// Runs Docker's own client; its standard output, trimmed.
    #[track_caller]
    pub(crate) fn docker(&self, arguments: &[&str]) -> String {
        output(
            Command::new("docker")
                .arg("--host")
                .arg(&self.host)
                .args(arguments),
        )
    }

    /// SIGTERM, and starts it again. Private daemons alone.
    pub(crate) fn restart(&self) {
        self.control("restart");
    }

    /// SIGKILL; [`up`](Self::up) starts it again. Private daemons alone.
    pub(crate) fn kill(&self) {
        self.control("kill");
    }

    /// Starts it after [`kill`](Self::kill). Private daemons alone.
    pub(crate) fn up(&self) {
        self.control("up");
    }

    /// SIGSTOP: its connections stay open and say nothing. Private daemons alone.
    pub(crate) fn pause(&self) {
        self.control("pause");
    }

    /// SIGCONT. Private daemons alone.
    pub(crate) fn resume(&self) {
        self.control("resume");
    }

    /// Runs another script of `tests/docker/` on it, such as `quiet`.
    pub(crate) fn script(&self, name: &str, arguments: &[&str]) -> String {
        script(name, &[&[self.name.as_str()], arguments].concat())
    }

    fn control(&self, action: &str) {
        assert!(
            self.private,
            "other tests use the shared daemon: take Daemon::private"
        );
        script("daemon", &[action, &self.name]);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.private {
            script("daemon", &["stop", &self.name]);
        }
    }
}

fn script(name: &str, arguments: &[&str]) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docker/");
    output(Command::new(format!("{folder}{name}")).args(arguments))
}

/// Runs a command to its end; panics with what it wrote when it fails.
#[track_caller]
pub(crate) fn output(command: &mut Command) -> String {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    assert!(
        done.status.success(),
        "{command:?}: {}\n{text}\n{}",
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    text
}
