//! Nobody said where to go, and there are a cluster and a daemon, both silent: it is drawn first and found out then.

use std::{net::TcpListener, os::unix::net::UnixListener, path::Path};

use crate::support::{
    console::{Console, quarterdeck},
    wait::SOON,
};

/// Started beside a kubeconfig that leads to `server`, and a socket of Docker's on which nobody answers.
fn between(server: &str, socket: &Path) -> Console {
    let start = quarterdeck(&[]).size(120, 30);
    let kubeconfig = start.home().join("kubeconfig");
    let text = format!(
        "current-context: eks-1\nclusters: [{{name: one, cluster: {{server: '{server}'}}}}]\n\
         contexts: [{{name: eks-1, context: {{cluster: one}}}}]\n"
    );
    std::fs::write(&kubeconfig, text).expect("the home is writable");
    start
        .env("KUBECONFIG", &kubeconfig)
        .env("DOCKER_HOST", format!("unix://{}", socket.display()))
        .start()
}

/// It ends where this is said, and what was drawn before that says that both are there.
#[track_caller]
fn drawn_and_then_found(console: &Console, chosen: &str, other: &str) {
    const BOTH: &str = "eks-1 or local";
    console.expect(chosen);
    console.expect_gone(BOTH);
    let all = String::from_utf8_lossy(&console.raw()).into_owned();
    let (first, rest) = all.split_once(BOTH).expect("a frame before it was known");
    assert!(
        !first.contains(chosen),
        "a frame after it was known: {first}"
    );
    assert!(!rest.contains(other), "it came after all: {rest}");
}

#[test]
fn the_first_frame_waits_for_neither_the_cluster_nor_the_daemon() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("docker.sock");
    let _daemon = UnixListener::bind(&socket).expect("a socket");
    let cluster = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = format!("https://{}", cluster.local_addr().expect("it has one"));
    let mut console = between(&server, &socket);
    // A cluster that listens is what is meant.
    drawn_and_then_found(&console, "eks-1  all namespaces", "local@docker");
    console.keys("q");
    assert!(console.wait_exit(SOON).success());
    drop(cluster);
    let console = between(&server, &socket);
    drawn_and_then_found(&console, "local@docker", "eks-1  all");
}
