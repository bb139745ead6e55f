//! Rollout and rollback.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    domain::{action::Action, revision::Revision},
    plan::{Outcome, Progress},
    text::SafeText,
};

use super::{
    rig::{Rig, back, rollout, verified},
    walks::{Plain, up_changes_nothing},
};
use crate::support::{
    compose::Compose,
    daemon::Daemon,
    docker_or_skip,
    wait::{SOON, wait_until},
};

const SHOP: &str = "
volumes: {shared: {}}
services:
  api:
    image: qd-busybox:v1
    scale: 3
    stop_grace_period: 1s
    environment: {PASSWORD: hunter2}
  data:
    image: qd-busybox:v1
    stop_grace_period: 1s
    scale: 2
    volumes: ['shared:/data', '/own']
";

/// The same with a service that holds a port of the host.
fn with_port(port: u16) -> String {
    format!(
        "{SHOP}
  db:
    image: qd-busybox:v1
    stop_grace_period: 1s
    ports: ['{port}:8080']
"
    )
}

#[test]
fn a_rollout_forwards_and_back() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "rollout", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");
    let preview = rig.preview(rollout("v2")).unwrap();
    let changes: Vec<_> = preview
        .changes
        .iter()
        .map(|c| format!("{:?} {} {}", c.kind, c.field, c.value))
        .collect();
    assert!(
        changes.iter().any(|c| c == "Removed env VERSION"),
        "{changes:?}"
    );
    assert!(!format!("{changes:?}{:?}", preview.steps).contains("hunter2"));
    assert!(
        preview.impact.contains("3 of 3 keep serving"),
        "{}",
        preview.impact
    );

    verified(&rig.carry(preview));
    assert_eq!(
        rig.shows(),
        "api-1 v2 running, api-2 v2 running, api-3 v2 running"
    );
    shop.write(&SHOP.replace("v1\n    scale: 3", "v2\n    scale: 3"));
    assert_eq!(shop.replicas("api").len(), 3);
    let kept = daemon.docker(&[
        "images",
        "--format",
        "{{.Repository}}",
        &format!("quarterdeck/{}/api", shop.project),
    ]);
    assert_eq!(kept.lines().count(), 1, "{kept}");
    assert_eq!(rig.kept.all.lock().unwrap().len(), 3);
    assert!(rig.preview(rollout("v2")).is_err(), "it runs that already");

    // The journal's history is empty here: our own tag remembers.
    shop.write(SHOP);
    let preview = rig.preview(back()).unwrap();
    assert!(
        preview.notes.iter().any(|n| n.text.contains("ran before")),
        "{:?}",
        preview.notes
    );
    verified(&rig.carry(preview));
    assert_eq!(
        rig.shows(),
        "api-1 v1 running, api-2 v1 running, api-3 v1 running"
    );
    up_changes_nothing(&shop, &rig, 3);
    assert_eq!(rig.journal.unfinished().unwrap(), []);
    rig.journal.verify().unwrap();
    forget(&daemon, &shop.project);
}

/// Removes the names under which a project's images were kept.
pub(super) fn forget(daemon: &Daemon, project: &str) {
    let names = daemon.docker(&[
        "images",
        "--format",
        "{{.Repository}}:{{.Tag}}",
        &format!("quarterdeck/{project}/*"),
    ]);
    for name in names.lines() {
        daemon.docker(&["rmi", name]);
    }
}

#[test]
fn a_bad_image_stops_the_rollout_and_the_old_one_serves_on() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "bad", &with_port(18_767));
    for image in ["bad", "unhealthy"] {
        for (service, replicas) in [("api", 3), ("db", 1), ("data", 2)] {
            let rig = Rig::compose(&daemon, &shop, service);
            let ids = rig.ids();
            let outcome = rig.act(rollout(image));
            let Outcome::Failed { why, now, .. } = &outcome else {
                panic!("{service} {image}: {outcome:?}")
            };
            assert!(
                why.contains(if image == "bad" {
                    "exit 1"
                } else {
                    "unhealthy"
                }),
                "{why}"
            );
            assert!(now.contains("the old") && now.contains("serves"), "{now}");
            assert_eq!(rig.ids(), ids, "{service}: the same containers");
            assert!(
                rig.inspects()
                    .iter()
                    .all(|c| c["State"]["Status"] == "running")
            );
            assert!(
                rig.told
                    .lock()
                    .unwrap()
                    .iter()
                    .any(|p| matches!(p, Progress::PuttingBack(_)))
            );
            assert_eq!(rig.journal.unfinished().unwrap(), []);
            up_started_nothing_anew(&shop, &rig, replicas);
        }
    }
    forget(&daemon, &shop.project);
}

/// After a way back the old container runs again; `up` leaves it alone.
fn up_started_nothing_anew(
    shop: &Compose,
    rig: &Rig<impl quarterdeck::platform::docker::actions::Wire>,
    replicas: usize,
) {
    let ids = rig.ids();
    assert_eq!(ids.len(), replicas);
    up_changes_nothing(shop, rig, replicas);
}

#[test]
fn a_release_that_is_stuck_is_rolled_back() {
    let daemon = docker_or_skip!();
    for image in ["bad", "unhealthy"] {
        let file = SHOP.replace("scale: 3", "scale: 3\n    restart: always");
        let shop = Compose::up(&daemon, "stuck", &file);
        let mut rig = Rig::compose(&daemon, &shop, "api");
        let good = rig.inspects()[0]["Image"].as_str().unwrap().to_owned();
        // What somebody else did: all of it is on the bad release, and it never gets well.
        shop.write(&file.replacen("qd-busybox:v1", &format!("qd-busybox:{image}"), 1));
        shop.run(&["up", "--detach", "--no-deps", "api"]);
        wait_until("the release is stuck", SOON, || {
            rig.inspects().iter().all(|c| {
                c["RestartCount"].as_i64() > Some(0)
                    || c["State"]["Health"]["Status"] == "unhealthy"
            })
        });
        let at = Timestamp::UNIX_EPOCH;
        rig.history = vec![Revision {
            id: SafeText::name(&good),
            image: SafeText::from_static("qd-busybox:v1"),
            version: SafeText::from_static("v1"),
            first_seen: at,
            last_seen: at,
            healthy: Duration::from_hours(1),
            known_good: Some(at),
            current: false,
            available: true,
        }];
        let preview = rig.preview(back()).unwrap();
        assert_eq!(
            preview.ask.action,
            Action::RollBack {
                to: Some(SafeText::name(&good))
            }
        );
        assert!(
            preview
                .notes
                .iter()
                .any(|n| n.text.contains("last known good")),
            "{:?}",
            preview.notes
        );
        assert!(
            preview
                .notes
                .iter()
                .any(|n| n.text.contains("rolls forward again")),
            "{:?}",
            preview.notes
        );
        verified(&rig.carry(preview));
        assert_eq!(
            rig.shows(),
            "api-1 v1 running, api-2 v1 running, api-3 v1 running"
        );
        shop.write(&file);
        assert_eq!(rig.ids().len(), 3);
        forget(&daemon, &shop.project);
    }
}

/// What the journal tells of an image that ran under a moving name, last at that hour.
fn remembered(id: &str, image: &str, hour: i64) -> Revision {
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
    Revision {
        id: SafeText::name(id),
        image: SafeText::name(image),
        version: SafeText::from_static("latest"),
        first_seen: at,
        last_seen: at,
        healthy: Duration::ZERO,
        known_good: None,
        current: false,
        available: true,
    }
}

#[test]
fn a_moving_tag_moves_back() {
    let daemon = docker_or_skip!();
    let tag = format!("qd-moving-{}:latest", std::process::id());
    daemon.docker(&["tag", "qd-busybox:v1", &tag]);
    let file = SHOP.replacen("qd-busybox:v1", &tag, 1);
    let shop = Compose::up(&daemon, "moving", &file);
    let rig = Rig::compose(&daemon, &shop, "api");
    daemon.docker(&["tag", "qd-busybox:v2", &tag]);
    verified(&rig.act(rollout("latest")));
    up_changes_nothing(&shop, &rig, 3);
    let ran = rig.inspects()[0]["Image"].clone();

    let mut rig = rig;
    let v1 = daemon.docker(&["inspect", "--format", "{{.Id}}", "qd-busybox:v1"]);
    rig.history = vec![remembered(&v1, &tag, 0)];
    verified(&rig.act(back()));
    assert_eq!(
        daemon.docker(&["inspect", "--format", "{{.Id}}", &tag]),
        v1,
        "the name is the old image's again"
    );
    assert!(
        rig.inspects()
            .iter()
            .all(|c| c["Image"] == v1.as_str() && c["Image"] != ran)
    );
    up_changes_nothing(&shop, &rig, 3);
    forget(&daemon, &shop.project);
    drop(shop);
    daemon.docker(&["rmi", &tag]);
}

#[test]
fn any_image_that_ran_here_is_there_to_go_back_to() {
    let _shared = docker_or_skip!();
    let daemon = Daemon::private(&[]);
    let tag = "moving:latest";
    // Each takes the name from the one before, which has none then but ours.
    let image = |version: u32| {
        let from = daemon.docker(&["create", "qd-busybox:v1"]);
        let version = format!("ENV VERSION={version}");
        let id = daemon.docker(&["commit", "--change", &version, &from, tag]);
        daemon.docker(&["rm", &from]);
        id
    };
    let oldest = image(11);
    let shop = Compose::up(&daemon, "any", &SHOP.replacen("qd-busybox:v1", tag, 1));
    let mut rig = Rig::compose(&daemon, &shop, "api");
    let [before, _] = [12, 13].map(|version| {
        let id = image(version);
        verified(&rig.act(rollout("latest")));
        id
    });
    rig.history = [(&before, 2), (&oldest, 1)]
        .map(|(id, hour)| remembered(id, tag, hour))
        .into();
    daemon.docker(&["image", "prune", "--force"]);

    let to = |id: &str| Action::RollBack {
        to: Some(SafeText::name(id)),
    };
    let proposed = rig.preview(back()).expect("there is a way back");
    assert_eq!(proposed.ask.action, to(&before), "the one before");
    verified(&rig.act(to(&oldest)));
    let copies = rig.inspects();
    assert_eq!(copies.len(), 3);
    assert!(
        copies.iter().all(|c| c["Image"] == oldest.as_str()),
        "{copies:#?}"
    );
    up_changes_nothing(&shop, &rig, 3);
}

#[test]
fn one_port_or_one_volume_stops_the_old_one_first() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "first", &with_port(18_766));
    for (service, word, replicas) in [("db", "18766", 1), ("data", "/data", 2)] {
        let rig = Rig::compose(&daemon, &shop, service);
        let preview = rig.preview(rollout("v2")).unwrap();
        assert!(
            preview.notes.iter().any(|n| n.text.contains("stops first")
                && (n.text.contains(word) || n.text.contains("/own"))),
            "{:?}",
            preview.notes
        );
        verified(&rig.carry(preview));
        assert_eq!(rig.ids().len(), replicas);
        assert!(
            rig.shows().split(", ").all(|c| c.ends_with("v2 running")),
            "{}",
            rig.shows()
        );
    }
    forget(&daemon, &shop.project);
}

#[test]
fn data_in_volumes_without_a_name_follows() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "anon", SHOP);
    let rig = Rig::compose(&daemon, &shop, "data");
    for (n, id) in rig.ids().iter().enumerate() {
        daemon.docker(&["exec", id, "sh", "-c", &format!("echo {n} >/own/mark")]);
    }
    verified(&rig.act(rollout("v2")));
    for (n, id) in rig.ids().iter().enumerate() {
        assert_eq!(
            daemon.docker(&["exec", id, "cat", "/own/mark"]),
            n.to_string()
        );
    }
    let plain = Plain::run(&daemon, "anonplain", &["--volume", "/own", "qd-busybox:v1"]);
    let rig = Rig::container(&daemon, &plain.1);
    daemon.docker(&["exec", &plain.1, "sh", "-c", "echo kept >/own/mark"]);
    verified(&rig.act(rollout("v2")));
    assert_eq!(
        daemon.docker(&["exec", &plain.1, "cat", "/own/mark"]),
        "kept"
    );
    forget(&daemon, &shop.project);
}

#[test]
fn an_image_that_is_not_here_is_refused_with_what_brings_it() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "nopull", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");
    let refusal = rig.preview(rollout("v99")).expect_err("nobody has it");
    assert!(
        refusal.instead.contains("docker pull qd-busybox:v99"),
        "{refusal:?}"
    );
    let refusal = rig.preview(back()).expect_err("nothing ran before");
    assert!(refusal.why.contains("v1"), "{refusal:?}");
}
