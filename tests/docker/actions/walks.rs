//! Scale, restart, start and stop, as they go when nothing goes wrong.

use quarterdeck::domain::action::Action;

use super::rig::{Rig, rollout, scale, verified};
use crate::support::{compose::Compose, daemon::Daemon, docker_or_skip};

const SHOP: &str = "
networks: {back: {}}
services:
  api:
    image: qd-busybox:v1
    scale: 2
    stop_grace_period: 1s
    ports: ['8080']
    environment: {PASSWORD: hunter2}
    networks: {default: {aliases: [shop-api]}, back: {}}
";

/// `up` again changes nothing: the same containers, in the same run.
#[track_caller]
pub(super) fn up_changes_nothing(
    compose: &Compose,
    rig: &Rig<impl quarterdeck::platform::docker::actions::Wire>,
    scale: usize,
) {
    let before: Vec<_> = rig
        .inspects()
        .iter()
        .map(|c| (c["Id"].clone(), c["State"]["StartedAt"].clone()))
        .collect();
    let scale = format!("{}={scale}", rig.service.name);
    compose.run(&[
        "up",
        "--detach",
        "--no-deps",
        "--scale",
        &scale,
        &rig.service.name,
    ]);
    let after: Vec<_> = rig
        .inspects()
        .iter()
        .map(|c| (c["Id"].clone(), c["State"]["StartedAt"].clone()))
        .collect();
    assert_eq!(before, after, "a following `up` made something anew");
}

#[test]
fn scaling_up_and_down_looks_like_composes_own() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "scale", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");

    verified(&rig.act(scale(4)));
    assert_eq!(
        rig.shows(),
        "api-1 v1 running, api-2 v1 running, api-3 v1 running, api-4 v1 running"
    );
    let names: Vec<_> = shop
        .replicas("api")
        .into_iter()
        .map(|r| (r.name, r.state))
        .collect();
    let expected: Vec<_> = (1..=4)
        .map(|n| (format!("{}-api-{n}", shop.project), "running".to_owned()))
        .collect();
    assert_eq!(names, expected);
    up_changes_nothing(&shop, &rig, 4);
    let third = &rig.inspects()[2];
    assert_eq!(
        third["Config"]["Labels"]["com.docker.compose.container-number"],
        "3"
    );
    let networks = third["NetworkSettings"]["Networks"].as_object().unwrap();
    assert_eq!(networks.len(), 2);
    let aliases = networks[&format!("{}_default", shop.project)]["Aliases"]
        .as_array()
        .unwrap();
    assert!(aliases.iter().any(|a| a == "shop-api"), "{aliases:?}");
    assert!(
        aliases
            .iter()
            .any(|a| *a == format!("{}-api-3", shop.project)),
        "{aliases:?}"
    );
    assert!(
        aliases
            .iter()
            .all(|a| *a != format!("{}-api-1", shop.project)),
        "{aliases:?}"
    );

    let first_two = rig.ids()[..2].to_vec();
    verified(&rig.act(scale(2)));
    assert_eq!(rig.ids(), first_two, "the highest numbers go");
    up_changes_nothing(&shop, &rig, 2);
}

#[test]
fn what_cannot_scale_says_why() {
    let daemon = docker_or_skip!();
    let named = format!("named-{}", std::process::id());
    let fixed = format!(
        "{SHOP}
  db:
    image: qd-busybox:v1
    stop_grace_period: 1s
    ports: ['18765:8080']
  named:
    image: qd-busybox:v1
    stop_grace_period: 1s
    container_name: {named}
"
    );
    let shop = Compose::up(&daemon, "refuse", &fixed);
    let why = |service: &str, replicas| {
        let rig = Rig::compose(&daemon, &shop, service);
        rig.preview(scale(replicas))
            .expect_err("it can't be done")
            .why
            .to_string()
    };
    assert!(why("db", 2).contains("18765"), "{}", why("db", 2));
    assert!(
        why("named", 2).contains("container_name"),
        "{}",
        why("named", 2)
    );
    assert!(why("api", 2).contains("nothing to do"), "{}", why("api", 2));
    assert!(why("api", 0).contains("no copy left"), "{}", why("api", 0));
    assert!(
        why("gone", 2).contains("no container"),
        "{}",
        why("gone", 2)
    );
}

#[test]
fn a_restart_goes_one_by_one_and_keeps_the_containers() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "restart", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");
    let started = || -> Vec<_> {
        rig.inspects()
            .iter()
            .map(|c| c["State"]["StartedAt"].to_string())
            .collect()
    };
    let (ids, before) = (rig.ids(), started());
    verified(&rig.act(Action::Restart));
    let after = started();
    assert_eq!(rig.ids(), ids);
    assert!(
        before[0] < after[0] && after[0] < after[1],
        "{before:?} {after:?}"
    );
    up_changes_nothing(&shop, &rig, 2);
}

#[test]
fn stop_and_start() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "power", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");
    let ids = rig.ids();
    assert!(rig.preview(Action::Start).is_err(), "it runs already");
    verified(&rig.act(Action::Stop));
    assert_eq!(rig.shows(), "api-1 v1 exited, api-2 v1 exited");
    assert!(rig.preview(Action::Stop).is_err(), "it is stopped already");
    assert!(rig.preview(Action::Restart).is_err(), "nothing runs");
    verified(&rig.act(Action::Start));
    assert_eq!(
        (rig.shows().as_str(), rig.ids()),
        ("api-1 v1 running, api-2 v1 running", ids)
    );
}

/// A container outside Compose that ends with this value.
pub(super) struct Plain<'a>(pub(super) &'a Daemon, pub(super) String);

impl Plain<'_> {
    pub(super) fn run<'a>(daemon: &'a Daemon, name: &str, options: &[&str]) -> Plain<'a> {
        let name = format!("{name}-{}", std::process::id());
        let command = ["run", "--detach", "--stop-timeout", "1", "--name", &name];
        daemon.docker(&[&command[..], options].concat());
        Plain(daemon, name)
    }
}

impl Drop for Plain<'_> {
    fn drop(&mut self) {
        self.0.docker(&["rm", "--force", "--volumes", &self.1]);
    }
}

#[test]
fn a_single_container_is_rolled_out_too_and_cannot_scale() {
    let daemon = docker_or_skip!();
    let plain = Plain::run(
        &daemon,
        "plain",
        &[
            "--env",
            "MODE=x",
            "--hostname",
            "chosen",
            "--label",
            "team=x",
            "qd-busybox:v1",
        ],
    );
    let rig = Rig::container(&daemon, &plain.1);
    assert!(
        rig.preview(scale(2))
            .expect_err("one container")
            .why
            .contains("single container")
    );
    verified(&rig.act(rollout("v2")));
    assert_eq!(rig.shows(), format!("{} v2 running", plain.1));
    let is = &rig.inspects()[0]["Config"];
    let env: Vec<_> = is["Env"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|v| v.as_str())
        .collect();
    assert!(
        env.contains(&"MODE=x") && env.contains(&"VERSION=2") && !env.contains(&"VERSION=1"),
        "{env:?}"
    );
    assert_eq!(
        (&is["Hostname"], &is["Labels"]["team"]),
        (&"chosen".into(), &"x".into())
    );
    assert_eq!(is["Labels"]["org.opencontainers.image.version"], "2.0.0");
    verified(&rig.act(Action::Restart));
}
