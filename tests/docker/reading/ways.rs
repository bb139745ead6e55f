//! The ways to a daemon that is elsewhere: by TLS with the files of `DOCKER_CERT_PATH`, and by a real `ssh` to a real `sshd`.

use std::process::Command;

use crate::support::{
    bare::{bare, ran},
    console::{Start, quarterdeck},
    daemon::Daemon,
    docker_or_skip,
    sshd::Sshd,
    wait::{SOON, wait_until},
};

/// A container of a test's own; it goes with this value.
struct Copy<'a>(&'a Daemon, String);

impl<'a> Copy<'a> {
    fn new(daemon: &'a Daemon, stem: &str) -> Self {
        let name = format!("{stem}-{}", std::process::id());
        let stops = ["--stop-timeout", "0", "qd-busybox:v1"];
        daemon.docker(&[&["run", "--detach", "--name", &name][..], &stops].concat());
        Self(daemon, name)
    }

    fn started(&self) -> String {
        let of = ["inspect", "--format", "{{.State.StartedAt}}", &self.1];
        self.0.docker(&of)
    }
}

impl Drop for Copy<'_> {
    fn drop(&mut self) {
        self.0.docker(&["rm", "--force", &self.1]);
    }
}

/// By that way it is read, changed, and what others do there is seen at once.
fn leads_there(copy: &Copy<'_>, by: impl Fn(&[&str]) -> Command, console: Start) {
    let name = copy.1.as_str();
    let shown = ran(&mut by(&["status", "--json", name])).ends(0).json();
    assert_eq!(shown[0]["services"][0]["ready"], 1, "{shown:?}");
    let before = copy.started();
    ran(&mut by(&["restart", name, "--yes"])).ends(0);
    assert_ne!(copy.started(), before);

    let mut console = console.start();
    console.keys(&format!("/{name}\r"));
    console.expect("1/1");
    copy.0.docker(&["stop", name]);
    console.expect("0/1");
    console.keys("q");
    assert!(console.wait_exit(SOON).success());
}

#[test]
fn a_daemon_is_reached_by_tls_with_the_files_of_the_environment() {
    let daemon = docker_or_skip!();
    let copy = Copy::new(&daemon, "sealed");
    let home = tempfile::tempdir().expect("a folder");
    let variables = |files: &std::path::Path| {
        [
            ("DOCKER_HOST", daemon.tls_host.clone()),
            ("DOCKER_TLS_VERIFY", "1".to_owned()),
            ("DOCKER_CERT_PATH", files.display().to_string()),
        ]
    };
    let by = |arguments: &[&str]| {
        let mut command = bare(home.path(), arguments);
        command.env("QUARTERDECK_OPERATOR", "ana");
        command.envs(variables(&daemon.certificates));
        command
    };
    let console = variables(&daemon.certificates)
        .into_iter()
        .fold(quarterdeck(&[]), |start, (name, value)| {
            start.env(name, value)
        });
    leads_there(&copy, by, console);

    // Who shows no certificate is not let in, and a daemon that another one vouches for is not believed.
    let ca = tempfile::tempdir().expect("a folder");
    std::fs::copy(daemon.certificates.join("ca.pem"), ca.path().join("ca.pem")).expect("copied");
    let another = tempfile::tempdir().expect("a folder");
    std::fs::copy(
        daemon.certificates.join("cert.pem"),
        another.path().join("ca.pem"),
    )
    .expect("copied");
    for (files, says) in [(ca.path(), "ertificate"), (another.path(), "nknown")] {
        let refused = ran(bare(home.path(), &["status"]).envs(variables(files))).ends(3);
        assert!(refused.err.contains(says), "{}", refused.err);
    }
}

#[test]
fn a_daemon_is_reached_by_one_ssh_a_console() {
    let daemon = docker_or_skip!();
    let copy = Copy::new(&daemon, "afar");
    let sshd = Sshd::start();
    let host = sshd.host(&daemon.socket());
    let home = tempfile::tempdir().expect("a folder");
    let by = |arguments: &[&str]| {
        let mut command = bare(home.path(), arguments);
        command.env("QUARTERDECK_OPERATOR", "ana");
        command
            .env("DOCKER_HOST", &host)
            .env("PATH", sshd.path("key"));
        command
    };
    let console = quarterdeck(&[])
        .env("DOCKER_HOST", &host)
        .env("PATH", sshd.path("key"));
    leads_there(&copy, by, console);
    assert_eq!(sshd.logins(), 3, "two commands and a console");
    wait_until("each ssh has ended with its console", SOON, || {
        sshd.sessions() == 0
    });

    let mut stranger = by(&["status"]);
    let refused = ran(stranger.env("PATH", sshd.path("stranger"))).ends(3);
    assert!(
        refused.err.contains("Permission denied (publickey)"),
        "{}",
        refused.err
    );
    assert_eq!(sshd.logins(), 3);
}
