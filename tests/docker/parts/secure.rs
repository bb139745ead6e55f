//! The proxy before a server that speaks TLS, with Docker's own client on the other side.

use std::process::{Command, Output, Stdio};

use crate::support::daemon::Daemon;
use crate::support::docker_or_skip;
use crate::support::proxy::{Fault, Papers, Proxy, Rule};
use crate::support::wait::{SOON, wait_until};

fn client(daemon: &Daemon, host: &str) -> Command {
    let mut command = Command::new("docker");
    let file = |name: &str| daemon.certificates.join(name);
    command
        .args(["--host", host, "--tlsverify", "--tlscacert"])
        .arg(file("ca.pem"))
        .arg("--tlscert")
        .arg(file("cert.pem"))
        .arg("--tlskey")
        .arg(file("key.pem"))
        .args(["ps", "--quiet", "--no-trunc"]);
    command
}

/// What Docker's client says: its output, or its error.
fn ps(daemon: &Daemon, proxy: &Proxy) -> Result<String, String> {
    let Output {
        status,
        stdout,
        stderr,
    } = client(daemon, &proxy.host).output().expect("it is there");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if status.success() {
        Ok(text(&stdout))
    } else {
        Err(text(&stderr))
    }
}

fn terminating(daemon: &Daemon) -> Proxy {
    let file = |name: &str| daemon.certificates.join(name);
    let papers = Papers {
        ca: &file("ca.pem"),
        server: (&file("server.pem"), &file("server-key.pem")),
        client: Some((&file("cert.pem"), &file("key.pem"))),
    };
    Proxy::terminating(&daemon.tls_host, &papers)
}

#[test]
fn tls_passes_untouched_and_breaks_by_the_byte() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::passing(&daemon.tls_host);
    ps(&daemon, &proxy).expect("all is well");
    assert!(proxy.requests().is_empty(), "what is sealed was read");
    for (fault, said) in [
        (Fault::Truncate(3), "EOF"),
        (Fault::Reset(3), "reset by peer"),
        // Beyond the handshake, so that it breaks what the server says.
        (Fault::Truncate(900), "EOF"),
    ] {
        let before = proxy.accepted();
        proxy.on_next_connection(fault.clone());
        // Docker's client asks again on a new connection where the first request was a ping.
        let answer = ps(&daemon, &proxy);
        let broke = answer.as_ref().is_err_and(|error| error.contains(said));
        assert!(
            broke || proxy.accepted() > before + 1,
            "{fault:?}: {answer:?}"
        );
    }
    proxy.refuse();
    ps(&daemon, &proxy).expect_err("refused");
    proxy.heal();
    ps(&daemon, &proxy).expect("healed");
}

#[test]
fn what_tls_hides_is_read_and_answered_where_it_ends() {
    let daemon = docker_or_skip!();
    let proxy = terminating(&daemon);
    ps(&daemon, &proxy).expect("all is well");
    let listed = |requests: Vec<crate::support::proxy::Request>| {
        let lists = requests.into_iter();
        lists
            .filter(|r| r.path.contains("/containers/json"))
            .count()
    };
    assert_eq!(listed(proxy.requests()), 1);
    assert!(proxy.mutating().is_empty());
    assert!(
        proxy.requests()[0]
            .header("user-agent")
            .is_some_and(|agent| agent.contains("Docker")),
        "{:?}",
        proxy.requests()
    );
    for (fault, said) in [
        (
            Fault::Answer(503, r#"{"message":"on purpose"}"#.to_owned()),
            "on purpose",
        ),
        (Fault::Truncate(60), "EOF"),
        // Not before the first byte of the answer: there, the client asks again by itself.
        (Fault::Reset(60), "reset by peer"),
    ] {
        proxy.on(Rule::once("/containers/json", fault.clone()));
        let answer = ps(&daemon, &proxy);
        let broke = answer.as_ref().is_err_and(|error| error.contains(said));
        assert!(broke, "{fault:?}: {answer:?}");
    }
    ps(&daemon, &proxy).expect("the faults are used up");
}

#[test]
fn a_blackhole_holds_back_what_follows_after_healing() {
    let daemon = docker_or_skip!();
    let proxy = terminating(&daemon);
    proxy.on(Rule::once("/containers/json", Fault::Blackhole(30)));
    let mut asking = client(&daemon, &proxy.host)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it is there");
    wait_until("it fell silent", SOON, || proxy.silent() == 1);
    assert_eq!(
        asking.try_wait().expect("it is ours"),
        None,
        "an answer came"
    );
    proxy.heal();
    wait_until("the rest of the answer", SOON, || {
        asking.try_wait().expect("it is ours").is_some()
    });
    assert!(asking.wait().expect("it is ours").success());
}
