//! A gate of checklists: nothing is proved by absence.

use std::fs;

use crate::support::{
    compose::Compose,
    cut::{LIST, Witnesses},
    daemon::Daemon,
    docker_or_skip,
    wait::{SOON, wait_until},
    walked::Walked,
};

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1:8080/"], interval: 1s}
"#;

#[test]
fn who_is_cut_in_the_middle_of_a_list_proves_nothing_of_it() {
    let _ = docker_or_skip!();
    let Some(witnesses) = Witnesses::start() else {
        return;
    };
    let daemon = Daemon::private(&[]);
    let shop = Compose::up(&daemon, "cut", SHOP);
    wait_until("api is healthy", SOON, || {
        shop.replicas("api")[0].health == "healthy"
    });
    let environment = [("DOCKER_HOST", daemon.host.clone())];
    let walked = Walked::new(LIST, &["--wait=5m"], &environment);
    let settings = witnesses.settings(&format!("docker.projects = ['{}']", shop.project));
    fs::write(walked.home().join("quarterdeck.toml"), settings).expect("it is written");
    witnesses.each_cut(&walked, || daemon.pause(), || daemon.resume());
}
