//! One copy after another, each well before the next is touched, and none ended before its time.

use quarterdeck::{
    domain::action::Action,
    plan::{Outcome, Progress},
};

use super::{
    images::forget,
    rig::{Rig, rollout, scale, verified},
};
use crate::support::{
    compose::Compose,
    daemon::Daemon,
    docker_or_skip,
    wait::{SOON, wait_until},
};

/// A service whose copies tell each other's volume how they are, with the program that each runs and what its check asks.
fn shop(daemon: &Daemon, name: &str, program: &str, check: &str) -> Compose {
    let file = format!(
        "
volumes: {{told: {{}}}}
services:
  api:
    image: qd-busybox:v1
    scale: 2
    stop_grace_period: 1s
    volumes: ['told:/told']
    command: [sh, -c, '{program}; exec serve']
    healthcheck: {{test: [CMD-SHELL, '{check}'], interval: 1s, retries: 3, start_period: 10s}}
"
    );
    let shop = Compose::up(daemon, name, &file);
    wait_until("two copies are healthy", SOON, || {
        let copies = shop.replicas("api");
        copies
            .iter()
            .filter(|copy| copy.health == "healthy")
            .count()
            == 2
    });
    shop
}

/// What the copies told, a line each.
fn told(daemon: &Daemon, shop: &Compose) -> Vec<String> {
    let volume = format!("{}_told:/told", shop.project);
    let cat = [
        "run",
        "--rm",
        "--volume",
        &volume,
        "qd-busybox:v1",
        "cat",
        "/told/all",
    ];
    let all = daemon.docker(&cat);
    all.lines().map(str::to_owned).collect()
}

#[test]
fn each_copy_is_healthy_before_the_next_one_is_touched() {
    let daemon = docker_or_skip!();
    let slowly = "rm -f /tmp/ready; echo $$HOSTNAME begins >>/told/all; sleep 2; \
                  echo $$HOSTNAME serves >>/told/all; touch /tmp/ready";
    let shop = shop(&daemon, "turns", slowly, "test -e /tmp/ready");
    let rig = Rig::compose(&daemon, &shop, "api");
    let mut before = told(&daemon, &shop).len();
    for (action, begun) in [
        (Action::Restart, 2),
        (Action::Stop, 0),
        (Action::Start, 2),
        (scale(4), 2),
    ] {
        let what = format!("{action:?}");
        verified(&rig.act(action));
        let all = told(&daemon, &shop);
        let turns: Vec<_> = all[before..].chunks(2).collect();
        before = all.len();
        assert_eq!(turns.len(), begun, "{what}: {turns:?}");
        for turn in turns {
            let copy = turn[0].trim_end_matches(" begins");
            assert_eq!(
                turn,
                [format!("{copy} begins"), format!("{copy} serves")],
                "{what}"
            );
        }
    }
}

#[test]
fn a_restart_stops_at_a_copy_that_does_not_get_well() {
    let daemon = docker_or_skip!();
    let once = "rm -f /tmp/ready; test -e /tmp/been || touch /tmp/ready; touch /tmp/been";
    let shop = shop(&daemon, "sick", once, "test -e /tmp/ready");
    let rig = Rig::compose(&daemon, &shop, "api");
    let started = || {
        rig.inspects()
            .into_iter()
            .map(|mut c| c["State"]["StartedAt"].take())
    };
    let before: Vec<_> = started().collect();
    let outcome = rig.act(Action::Restart);
    let Outcome::Failed { why, .. } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("unhealthy"), "{outcome:?}");
    let after: Vec<_> = started().collect();
    assert!(
        before[0] != after[0] && before[1] == after[1],
        "{before:?} {after:?}"
    );
    assert_eq!(rig.journal.unfinished().unwrap(), []);
}

#[test]
fn a_new_copy_that_does_not_get_well_is_put_back() {
    let daemon = docker_or_skip!();
    // Whoever begins once it is closed stays unwell.
    let while_open = "test -e /told/closed || touch /told/$$HOSTNAME";
    let shop = shop(&daemon, "closed", while_open, "test -e /told/$$HOSTNAME");
    let rig = Rig::compose(&daemon, &shop, "api");
    let ids = rig.ids();
    daemon.docker(&["exec", &ids[0], "touch", "/told/closed"]);
    let outcome = rig.act(scale(4));
    let Outcome::Failed { why, .. } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("unhealthy"), "{outcome:?}");
    assert_eq!(rig.shows(), "api-1 v1 running, api-2 v1 running");
    assert_eq!(rig.ids(), ids, "the same ones, and nothing of ours");
    let made = std::mem::take(&mut *rig.told.lock().unwrap());
    let put_back = |told: &Progress| matches!(told, Progress::PuttingBack(_));
    assert!(made.iter().any(put_back), "{made:?}");
    assert_eq!(rig.journal.unfinished().unwrap(), []);
}

/// Longer than Docker's own 10 s, which hold where the description says nothing.
#[test]
fn a_copy_has_its_own_grace_period_to_end_in() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(
        &daemon,
        "grace",
        "
volumes: {told: {}}
services:
  restarted: &slow
    image: qd-busybox:v1
    stop_grace_period: 1m
    volumes: ['told:/told']
    command:
      - sh
      - -c
      - |
        trap 'sleep 11; echo $$HOSTNAME >>/told/all; exit 0' TERM
        touch /tmp/ready
        while :; do sleep 1; done
    healthcheck: {test: [CMD, test, -e, /tmp/ready], interval: 1s}
  stopped: *slow
  replaced: *slow
",
    );
    wait_until("all are ready to end", SOON, || {
        shop.ps()
            .iter()
            .filter(|copy| copy.health == "healthy")
            .count()
            == 3
    });
    let acts = [
        ("restarted", Action::Restart),
        ("stopped", Action::Stop),
        ("replaced", rollout("v2")),
    ];
    let ended: Vec<String> = std::thread::scope(|scope| {
        let acts = acts.map(|(service, action)| {
            let (daemon, shop) = (&daemon, &shop);
            scope.spawn(move || {
                let rig = Rig::compose(daemon, shop, service);
                let old = rig.ids().remove(0);
                verified(&rig.act(action));
                old[..12].to_owned()
            })
        });
        acts.into_iter()
            .map(|act| act.join().expect("it is done"))
            .collect()
    });
    let told = told(&daemon, &shop);
    for one in ended {
        assert!(told.contains(&one), "{one} was killed: {told:?}");
    }
    forget(&daemon, &shop.project);
}
