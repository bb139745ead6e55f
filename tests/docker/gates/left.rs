//! What a killed console left is offered by the next one, and each answer brings it to an end.

use std::{fs, path::Path, time::Duration};

use rustix::process::Signal;

use crate::support::{
    bare::{bare, ran},
    compose::{Compose, Replica},
    console::{Console, quarterdeck},
    daemon::Daemon,
    docker_or_skip,
    wait::{SOON, wait_until},
};

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    deploy: {replicas: 2}
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1:8080/"], interval: 1s}
"#;

/// An action of several steps takes so long on a busy machine.
const THROUGH: Duration = Duration::from_mins(1);

fn serves(shop: &Compose, image: &str) -> bool {
    let well = |replica: &Replica| replica.health == "healthy" && replica.image == image;
    let all = shop.replicas("api");
    all.len() == 2 && all.iter().all(well)
}

fn open(daemon: &Daemon, shop: &Compose, state: &Path) -> Console {
    let start = quarterdeck(&["--operator", "ana"])
        .size(160, 40)
        .env("DOCKER_HOST", &daemon.host)
        .env("QUARTERDECK_STATE_DIR", state);
    let environment = format!(
        "[environment.here]\nkind = 'development'\ndocker.projects = ['{}']\n",
        shop.project
    );
    fs::write(start.home().join("quarterdeck.toml"), environment).expect("it is written");
    start.start()
}

/// A rollout of v2 whose console is killed when its first new copy has been made, then this answer to the next one's offer.
fn interrupted(daemon: &Daemon, answer: &str, verb: &str, then: &str) {
    let shop = Compose::up(daemon, "left", SHOP);
    wait_until("two healthy copies", SOON, || {
        serves(&shop, "qd-busybox:v1")
    });
    let state = tempfile::tempdir().expect("a folder");
    let mut console = open(daemon, &shop, state.path());
    console.expect("2/2");
    console.keys("/api\rR");
    console.expect("Roll out  ");
    console.keys("\x15v2\r");
    console.agree("roll out", &["Roll out", "v2"]);
    // Nor is it asked here: Compose fails where a copy goes while it looks.
    let project = format!("label=com.docker.compose.project={}", shop.project);
    let made = ["ps", "--filter", &project, "--format", "{{.Image}}"];
    wait_until("a copy of v2", SOON, || {
        daemon.docker(&made).contains("qd-busybox:v2")
    });
    console.signal(Signal::KILL);
    console.wait_exit(SOON);
    assert!(!serves(&shop, "qd-busybox:v2"), "nothing was interrupted");

    let console = open(daemon, &shop, state.path());
    console.expect(&format!("Unfinished  {}/api", shop.project));
    console.expect("It was begun by ana");
    console.keys(answer);
    console.agree(verb, &[]);
    console.expect_within(THROUGH, "it is verified", |screen| {
        screen.contents().contains("verified")
    });
    assert!(serves(&shop, then), "what was asked for does not serve");
    console.expect_gone("L unfinished");
    let home = console.home();
    let mut resume = bare(&home, &["resume"]);
    resume
        .env("DOCKER_HOST", &daemon.host)
        .env("QUARTERDECK_STATE_DIR", state.path());
    let listed = ran(&mut resume).ends(0).out;
    assert_eq!(listed, "nothing is unfinished here\n");
}

#[test]
fn a_killed_rollout_is_gone_on_with() {
    let daemon = docker_or_skip!();
    interrupted(&daemon, "\t\r", "roll out", "qd-busybox:v2");
}

#[test]
fn a_killed_rollout_is_put_back() {
    let daemon = docker_or_skip!();
    interrupted(&daemon, "\t\t\r", "roll back", "qd-busybox:v1");
}
