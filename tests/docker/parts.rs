//! The parts that the other tests stand on: the daemon, Compose, the proxy.

mod secure;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::support::compose::Compose;
use crate::support::daemon::Daemon;
use crate::support::docker_or_skip;
use crate::support::proxy::{Fault, Proxy, Rule};
use crate::support::wait::{SOON, wait_until};

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    deploy: {replicas: 2, resources: {limits: {memory: 32M}}}
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1:8080/"], interval: 1s}
  broken:
    image: qd-busybox:bad
  sick:
    image: qd-busybox:unhealthy
"#;

/// An answer's first line, or what ended the connection.
fn ask(host: &str, method: &str, path: &str) -> std::io::Result<String> {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let mut answer = Vec::new();
    if let Some(path) = host.strip_prefix("unix://") {
        let mut stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(Duration::from_millis(300)))?;
        stream.write_all(request.as_bytes())?;
        stream.read_to_end(&mut answer)?;
    } else {
        let mut stream = TcpStream::connect(host.trim_start_matches("tcp://"))?;
        stream.set_read_timeout(Some(Duration::from_millis(300)))?;
        stream.write_all(request.as_bytes())?;
        stream.read_to_end(&mut answer)?;
    }
    Ok(String::from_utf8_lossy(&answer)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned())
}

#[test]
fn compose_says_what_runs() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "parts", SHOP);
    wait_until("two healthy replicas of api", SOON, || {
        shop.replicas("api")
            .iter()
            .filter(|r| r.health == "healthy")
            .count()
            == 2
    });
    wait_until("broken has ended with 1", SOON, || {
        shop.replicas("broken")
            .iter()
            .all(|r| r.state == "exited" && r.exit_code == 1)
    });
    wait_until("sick is unhealthy", SOON, || {
        shop.replicas("sick")
            .iter()
            .all(|r| r.health == "unhealthy")
    });

    let project = shop.project.clone();
    let count = || {
        daemon
            .docker(&[
                "ps",
                "--all",
                "--quiet",
                "--filter",
                &format!("label=com.docker.compose.project={project}"),
            ])
            .lines()
            .count()
    };
    assert_eq!(count(), 4);
    drop(shop);
    assert_eq!(count(), 0);
}

#[test]
fn memory_limits_hold() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "limits", SHOP);
    let id = shop.replicas("api")[0].id.clone();
    assert_eq!(
        daemon.docker(&["inspect", "--format", "{{.HostConfig.Memory}}", &id]),
        "33554432"
    );
    let used = daemon.docker(&["stats", "--no-stream", "--format", "{{.MemUsage}}", &id]);
    assert!(used.ends_with("/ 32MiB"), "{used}");
}

#[test]
fn postgres_answers_and_stops_at_once() {
    let daemon = docker_or_skip!();
    let file = "services: {db: {image: \"qd-postgres:15\", environment: {POSTGRES_PASSWORD: pw, POSTGRES_USER: shop, POSTGRES_DB: orders}}}";
    let shop = Compose::up(&daemon, "pg", file);
    wait_until("the database is healthy", SOON, || {
        shop.replicas("db")[0].health == "healthy"
    });
    assert_eq!(
        shop.run(&[
            "exec",
            "-T",
            "db",
            "psql",
            "-U",
            "shop",
            "-d",
            "orders",
            "-Atc",
            "select 6 * 7"
        ]),
        "42"
    );
    shop.run(&["stop", "db"]);
    assert_eq!(
        shop.replicas("db")[0].exit_code,
        0,
        "a fast shutdown, not a kill after the grace period"
    );
}

#[test]
fn a_daemon_of_ones_own_restarts_and_pauses() {
    let _shared = docker_or_skip!();
    let daemon = Daemon::private(&["--live-restore"]);
    let id = daemon.docker(&["run", "--detach", "qd-busybox:v1"]);
    daemon.restart();
    daemon.kill();
    assert!(ask(&daemon.host, "GET", "/_ping").is_err());
    daemon.up();
    assert_eq!(daemon.docker(&["ps", "--quiet", "--no-trunc"]), id);
    daemon.pause();
    assert!(
        ask(&daemon.host, "GET", "/_ping").is_err(),
        "a stopped process answered"
    );
    daemon.resume();
    assert_eq!(
        ask(&daemon.host, "GET", "/_ping").expect("it goes on"),
        "HTTP/1.1 200 OK"
    );
}

#[test]
fn the_proxy_stalls_heals_cuts_and_refuses() {
    let daemon = docker_or_skip!();
    for proxy in [Proxy::unix(&daemon.host), Proxy::tcp(&daemon.host)] {
        let ping = || ask(&proxy.host, "GET", "/_ping");
        assert_eq!(ping().expect("all is well"), "HTTP/1.1 200 OK");
        proxy.stall();
        assert_eq!(
            ping().expect_err("silent").kind(),
            std::io::ErrorKind::WouldBlock
        );
        proxy.heal();
        assert_eq!(ping().expect("healed"), "HTTP/1.1 200 OK");
        proxy.refuse();
        assert!(
            ping().map_or(true, |line| line.is_empty()),
            "refused connections end without an answer"
        );
        proxy.heal();
        assert_eq!(ping().expect("healed again"), "HTTP/1.1 200 OK");
        assert!(proxy.requests().len() >= 3);
        assert!(proxy.mutating().is_empty());
    }
}

#[test]
fn the_proxy_resets() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::tcp(&daemon.host);
    let mut stream =
        TcpStream::connect(proxy.host.trim_start_matches("tcp://")).expect("it listens");
    stream
        .write_all(b"GET /events HTTP/1.1\r\nHost: docker\r\n\r\n")
        .expect("it takes bytes");
    wait_until("the request was seen", SOON, || proxy.requests().len() == 1);
    proxy.reset();
    let error = stream
        .read_to_end(&mut Vec::new())
        .expect_err("RST is an error, FIN is not");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn the_proxy_loses_requests_and_answers() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    let id = daemon.docker(&["create", "qd-busybox:v1"]);
    let running = || daemon.docker(&["inspect", "--format", "{{.State.Running}}", &id]) == "true";
    let start = || ask(&proxy.host, "POST", &format!("/containers/{id}/start")).unwrap_or_default();

    proxy.on(Rule::once("/start", Fault::LoseRequest).method("POST"));
    assert_eq!(start(), "");
    assert!(!running(), "the daemon saw a lost request");

    proxy.on(Rule::once("/start", Fault::Answer(500, "{}".into())));
    assert_eq!(start(), "HTTP/1.1 500 Fault");
    assert!(
        !running(),
        "the daemon saw a request that was answered for it"
    );

    proxy.on(Rule::once("/start", Fault::LoseAnswer));
    assert_eq!(start(), "");
    wait_until("the daemon did what nobody heard of", SOON, running);

    proxy.on(Rule::once("/_ping", Fault::Truncate(8)));
    assert_eq!(
        ask(&proxy.host, "GET", "/_ping").unwrap_or_default(),
        "HTTP/1.1"
    );

    proxy.on(Rule::once("/stop", Fault::Silence));
    assert!(
        ask(&proxy.host, "POST", &format!("/containers/{id}/stop?t=0")).is_err(),
        "an answer came through"
    );
    wait_until("the daemon did it in silence", SOON, || !running());

    assert_eq!(proxy.mutating().len(), 4);
    daemon.docker(&["rm", "--force", "--volumes", &id]);
}

#[test]
fn the_proxy_finds_requests_however_they_are_cut() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    let sent = b"POST /first HTTP/1.1\r\nHost: docker\r\nContent-Length: 9\r\n\r\nGET / HT\r\
        GET /second HTTP/1.1\r\nHost: docker\r\n\r\n\
        PUT /third HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nGET \r\n0\r\n\r\n\
        HEAD /fourth HTTP/1.1\r\nHost: docker\r\n\r\n";
    let mut stream =
        UnixStream::connect(proxy.host.trim_start_matches("unix://")).expect("it listens");
    for byte in sent {
        stream.write_all(&[*byte]).expect("it takes bytes");
    }
    let lines = || {
        proxy
            .requests()
            .iter()
            .map(|r| format!("{} {}", r.method, r.path))
            .collect::<Vec<_>>()
    };
    wait_until("four requests", SOON, || lines().len() == 4);
    assert_eq!(
        lines(),
        ["POST /first", "GET /second", "PUT /third", "HEAD /fourth"]
    );
    assert_eq!(proxy.mutating().len(), 2);
}
