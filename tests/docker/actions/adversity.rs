//! What goes wrong on the way: somebody else, the daemon, the connection, the disk.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use hyper::Method;
use quarterdeck::{
    domain::action::Action,
    journal::Filter,
    plan::{Outcome, Progress, StepState},
    platform::docker::{actions::Wire, engine::Engine, error::CallError},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    rig::{Rig, engine, rollout, run, scale, verified},
    walks::up_changes_nothing,
};
use crate::support::{
    compose::Compose,
    daemon::Daemon,
    docker_or_skip,
    proxy::{Fault, Proxy, Rule},
};

const SHOP: &str = "
services:
  api:
    image: qd-busybox:v1
    scale: 2
    stop_grace_period: 1s
";

#[test]
fn a_container_removed_under_the_open_dialog_supersedes_it() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "removed", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");
    let ask = rig.ask(rollout("v2"));
    let preview = rig.preview(rollout("v2")).unwrap();
    let ids = rig.ids();
    daemon.docker(&["rm", "--force", &ids[1]]);

    let refusal = run(rig.actions.preview(ask)).expect_err("it was frozen before");
    assert!(refusal.why.contains("api-2 is gone"), "{refusal:?}");
    let outcome = rig.carry(preview);
    let Outcome::Superseded { applied: 0, why } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("api-2 is gone"), "{why}");
    assert_eq!(rig.ids(), ids[..1], "nothing was touched");
    assert_eq!(
        rig.journal.search(&Filter::default()).unwrap(),
        [],
        "nothing began"
    );
}

#[test]
fn a_container_restarted_under_the_open_dialog_supersedes_it() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "restarted", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");
    let preview = rig.preview(scale(1)).unwrap();
    daemon.docker(&["restart", &rig.ids()[0]]);
    let outcome = rig.carry(preview);
    let Outcome::Superseded { applied: 0, why } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("api-1 was started again"), "{why}");
    assert_eq!(rig.ids().len(), 2);
}

/// Calls something just before the nth request that changes something goes out.
struct Before<F> {
    engine: Engine,
    nth: Mutex<Option<(usize, F)>>,
}

impl<F: FnOnce() + Send> Wire for Before<F> {
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        deadline: Duration,
    ) -> Result<Bytes, CallError> {
        if method != Method::GET {
            let mut nth = self.nth.lock().unwrap();
            match nth.take() {
                Some((0, act)) => act(),
                Some((n, act)) => *nth = Some((n - 1, act)),
                None => {}
            }
        }
        self.engine.call(method, path, body, deadline).await
    }
}

#[test]
fn the_old_one_removed_by_somebody_in_the_middle_leaves_nothing_of_ours() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "middle", SHOP);
    let ids = Rig::compose(&daemon, &shop, "api").ids();
    let (first, host) = (ids[0].clone(), daemon.host.clone());
    // Tag, create, start of the new one: before the start the old one goes.
    let remove = move || {
        let done = std::process::Command::new("docker")
            .args(["--host", &host, "rm", "--force", &first])
            .output()
            .unwrap();
        assert!(done.status.success());
    };
    let wire = Before {
        engine: engine(&daemon.host),
        nth: Mutex::new(Some((2, remove))),
    };
    let rig = Rig::new(&daemon.host, wire, &shop.project, "api");
    let outcome = rig.act(rollout("v2"));
    let Outcome::Superseded { why, .. } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("gone"), "{why}");
    assert_eq!(
        rig.ids(),
        ids[1..],
        "what they removed stays removed, and ours is gone"
    );
}

#[test]
fn an_answer_lost_on_either_side_of_the_send_is_settled_by_reading() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    // Done, but nobody said so: the rollout goes on and is verified. Each kind of request once.
    let shop = Compose::up(&daemon, "answers", &SHOP.replace("scale: 2", "scale: 1"));
    let rig = Rig::new(&daemon.host, engine(&proxy.host), &shop.project, "api");
    for path in [
        "/tag",
        "/create",
        "/start",
        "/stop",
        "/containers/",
        "/rename",
    ] {
        let method = if path == "/containers/" {
            "DELETE"
        } else {
            "POST"
        };
        proxy.on(Rule::once(path, Fault::LoseAnswer).method(method));
    }
    verified(&rig.act(rollout("v2")));
    assert_eq!(rig.shows(), "api-1 v2 running");
    let told = rig.told.lock().unwrap().clone();
    let uncertain = told
        .iter()
        .filter(|p| matches!(p, Progress::Step(_, StepState::Uncertain)))
        .count();
    assert_eq!(uncertain, 6, "{told:?}");
    let mut sent: Vec<_> = proxy
        .mutating()
        .into_iter()
        .map(|r| format!("{} {}", r.method, r.path))
        .collect();
    let all = sent.len();
    sent.sort();
    sent.dedup();
    assert_eq!((sent.len(), all), (6, 6), "each once: {sent:?}");

    // Never arrived, and nothing shows it: not verified, not sent again, not called failed.
    for (path, kept) in [("/create", 1), ("/start", 2), ("/stop", 2)] {
        let before = proxy.mutating().len();
        proxy.on(Rule::once(path, Fault::LoseRequest).method("POST"));
        let outcome = rig.act(rollout("v1"));
        assert!(
            matches!(outcome, Outcome::Unverified(_)),
            "{path}: {outcome:?}"
        );
        assert_eq!(rig.ids().len(), kept, "{path}");
        let sends = proxy.mutating()[before..]
            .iter()
            .filter(|r| r.path.contains(path))
            .count();
        assert_eq!(sends, 1, "{path}");
        // The next action settles what is left, and then does its own.
        verified(&rig.act(rollout("v1")));
        assert_eq!(rig.shows(), "api-1 v1 running");
        verified(&rig.act(rollout("v2")));
    }
    up_changes_nothing_but_the_image(&shop, &rig);
}

/// The file still names v1: `up` brings that back, and names it by the number that Compose knew the replica by.
fn up_changes_nothing_but_the_image(shop: &Compose, rig: &Rig<Engine>) {
    shop.run(&["up", "--detach"]);
    let shown = rig.shows();
    assert!(
        ["api-2 v1 running", "api-3 v1 running"].contains(&&*shown),
        "{shown}"
    );
    up_changes_nothing(shop, rig, 1);
}

#[test]
fn a_server_error_is_settled_by_reading() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    let shop = Compose::up(&daemon, "errors", SHOP);
    let rig = Rig::new(&daemon.host, engine(&proxy.host), &shop.project, "api");
    let ids = rig.ids();
    // The daemon says that it could not start it, and indeed it is not running.
    let words = r#"{"message":"no room at the inn"}"#;
    proxy.on(Rule::once("/start", Fault::Answer(500, words.into())).method("POST"));
    let outcome = rig.act(rollout("v2"));
    let Outcome::Failed { why, now, .. } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(
        why.contains("no room at the inn") && now.contains("the old"),
        "{why} | {now}"
    );
    assert_eq!(rig.ids(), ids);
}

#[test]
fn what_can_not_be_kept_is_not_removed() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "keeper", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");
    let ids = rig.ids();
    rig.kept.full.store(true, Ordering::Relaxed);
    let outcome = rig.act(rollout("v2"));
    let Outcome::Failed { why, .. } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("can't be kept"), "{why}");
    assert_eq!(rig.ids(), ids, "the old ones serve");
    assert!(
        rig.inspects()
            .iter()
            .all(|c| c["State"]["Status"] == "running")
    );
}

#[test]
fn told_to_stop_it_begins_no_further_step_and_is_offered_again() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "cancel", SHOP);
    let stop = CancellationToken::new();
    let token = stop.clone();
    let wire = Before {
        engine: engine(&daemon.host),
        nth: Mutex::new(Some((2, move || token.cancel()))),
    };
    let rig = Rig::new(&daemon.host, wire, &shop.project, "api");
    let preview = rig.preview(rollout("v2")).unwrap();
    let outcome = run(rig.carrying(preview, stop));
    assert_eq!(outcome, Outcome::Cancelled { applied: 3 });
    assert_eq!(rig.ids().len(), 3, "two and the one being brought");
    let taken = super::interrupted::reopen(&rig);
    assert_eq!(taken.progress().0, 3);
}

#[test]
fn told_to_stop_while_a_failure_is_put_back_it_is_put_back_all_the_same() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "unstoppable", SHOP);
    let stop = CancellationToken::new();
    let token = stop.clone();
    // Tag, create, start; the next is the first step of the way back.
    let wire = Before {
        engine: engine(&daemon.host),
        nth: Mutex::new(Some((3, move || token.cancel()))),
    };
    let rig = Rig::new(&daemon.host, wire, &shop.project, "api");
    let preview = rig.preview(rollout("unhealthy")).unwrap();
    let outcome = run(rig.carrying(preview, stop));
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
    assert_eq!(rig.shows(), "api-1 v1 running, api-2 v1 running");
}

/// A wire that asks, at each request that changes something, whether its intent is on the disk.
struct Durable {
    engine: Engine,
    journal: PathBuf,
    sends: Arc<Mutex<Vec<String>>>,
}

impl Wire for Durable {
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        deadline: Duration,
    ) -> Result<Bytes, CallError> {
        if method != Method::GET {
            let text: String = std::fs::read_dir(&self.journal)
                .unwrap()
                .filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok())
                .collect();
            let entries: Vec<Value> = text
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect();
            let last = entries
                .last()
                .expect("the journal has an entry")
                .to_string();
            let verb = match method {
                Method::DELETE => "remove",
                _ => path.split('?').next().unwrap().rsplit('/').next().unwrap(),
            };
            assert!(
                last.contains("intent") && last.contains(verb),
                "{verb} is sent after {last}"
            );
            self.sends.lock().unwrap().push(verb.to_owned());
        }
        self.engine.call(method, path, body, deadline).await
    }
}

#[test]
fn nothing_is_sent_without_a_durable_intent() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "durable", SHOP);
    let state = tempfile::tempdir().unwrap();
    let sends = Arc::<Mutex<Vec<String>>>::default();
    let wire = Durable {
        engine: engine(&daemon.host),
        journal: state.path().join("journal"),
        sends: Arc::clone(&sends),
    };
    let mut rig = Rig::new(&daemon.host, wire, &shop.project, "api");
    rig.journal = super::rig::journal(state.path());
    verified(&rig.act(rollout("v2")));
    let Outcome::Failed { .. } = rig.act(rollout("bad")) else {
        panic!("it is bad")
    };
    verified(&rig.act(scale(1)));
    verified(&rig.act(Action::Restart));
    let sends = sends.lock().unwrap();
    for verb in [
        "tag", "create", "start", "stop", "remove", "rename", "restart",
    ] {
        assert!(sends.iter().any(|s| s == verb), "{verb}: {sends:?}");
    }
    // No secret reached the disk either.
    rig.journal.verify().unwrap();
}

#[test]
fn nothing_is_sent_when_nothing_can_be_written() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "nojournal", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");
    let preview = rig.preview(rollout("v2")).unwrap();
    std::fs::remove_dir_all(rig.state.path()).unwrap();
    std::fs::write(rig.state.path(), "no folder").unwrap();
    let ids = rig.ids();
    let outcome = rig.carry(preview);
    let Outcome::Failed {
        applied: 0, why, ..
    } = &outcome
    else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("nothing was sent"), "{why}");
    assert_eq!(rig.ids(), ids);
    std::fs::remove_file(rig.state.path()).unwrap();
    std::fs::create_dir(rig.state.path()).unwrap();
}

#[test]
fn canary_secrets_stay_out_of_preview_progress_and_journal() {
    let daemon = docker_or_skip!();
    let file = SHOP.replace(
        "scale: 2",
        "environment: {PASSWORD: canary-7d1f}\n    command: [sh, -c, 'X=canary-7d1f exec serve']",
    );
    let shop = Compose::up(&daemon, "secrets", &file);
    let rig = Rig::compose(&daemon, &shop, "api");
    let preview = rig.preview(rollout("v2")).unwrap();
    let shown = serde_json::to_string(&preview).unwrap();
    assert!(!shown.contains("canary"), "{shown}");
    verified(&rig.carry(preview));
    let Outcome::Failed { .. } = rig.act(rollout("unhealthy")) else {
        panic!("it is unhealthy")
    };
    assert!(!format!("{:?}", rig.told.lock().unwrap()).contains("canary"));
    for file in std::fs::read_dir(rig.state.path().join("journal")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("canary"));
    }
    let kept = rig.kept.all.lock().unwrap();
    assert!(
        kept.iter()
            .any(|(_, d)| String::from_utf8_lossy(d).contains("canary")),
        "what is kept is whole"
    );
}

#[test]
fn a_second_action_on_the_same_service_is_refused() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "second", SHOP);
    let rig = Rig::compose(&daemon, &shop, "api");
    let (first, second) = (
        rig.preview(rollout("v2")).unwrap(),
        rig.preview(rollout("v2")).unwrap(),
    );
    let ask = rig.ask(Action::Restart);
    run(async {
        let one = rig.carrying(first, CancellationToken::new());
        let two = async {
            tokio::task::yield_now().await;
            assert!(
                rig.actions
                    .preview(ask)
                    .await
                    .expect_err("busy")
                    .why
                    .contains("under way")
            );
            rig.carrying(second, CancellationToken::new()).await
        };
        let (one, two) = tokio::join!(biased; one, two);
        verified(&one);
        assert!(
            matches!(two, Outcome::Superseded { applied: 0, .. }),
            "{two:?}"
        );
    });
    assert_eq!(rig.shows(), "api-1 v2 running, api-2 v2 running");
}

#[test]
fn a_daemon_restarted_in_the_middle_ends_in_an_honest_outcome() {
    let _shared = docker_or_skip!();
    let daemon = Arc::new(Daemon::private(&[]));
    let file = SHOP.replace("stop_grace", "restart: always\n    stop_grace");
    for nth in [2, 4] {
        let shop = Compose::up(&daemon, "reboot", &file);
        let restarted = Arc::clone(&daemon);
        let wire = Before {
            engine: engine(&daemon.host),
            nth: Mutex::new(Some((nth, move || restarted.restart()))),
        };
        let rig = Rig::new(&daemon.host, wire, &shop.project, "api");
        let outcome = rig.act(rollout("v2"));
        let shows = rig.shows();
        match &outcome {
            Outcome::Verified(_) => assert_eq!(shows, "api-1 v2 running, api-2 v2 running"),
            Outcome::Superseded { .. } | Outcome::Failed { .. } => {
                assert!(
                    !shows.contains(".new-") && !shows.contains(".old-"),
                    "{shows}"
                );
                assert_eq!(rig.ids().len(), 2, "{shows}");
            }
            Outcome::Unverified(_) => {}
            other => panic!("{other:?}"),
        }
        // Whatever came of it, the same action again brings it there.
        if !matches!(outcome, Outcome::Verified(_)) {
            verified(&rig.act(rollout("v2")));
        }
        assert_eq!(rig.shows(), "api-1 v2 running, api-2 v2 running");
    }
}
