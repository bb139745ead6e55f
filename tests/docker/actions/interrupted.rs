//! Gate 11: the console killed between any two steps, then gone on with or put back.
//!
//! A kill is the executor's task dropped at a send, before it leaves or before its answer is read, and the journal opened
//! anew. What the platform and the disk see is the same.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use hyper::Method;
use quarterdeck::{
    domain::action::Action,
    journal::Unfinished,
    plan::{Outcome, Preview},
    platform::docker::{actions::Wire, engine::Engine, error::CallError},
    text::SafeText,
};
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    rig::{Rig, engine, journal, rollout, run, scale, verified},
    walks::up_changes_nothing,
};
use crate::support::{compose::Compose, docker_or_skip, gate};

/// Where the console is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kill {
    /// The nth request that changes something never leaves.
    Before(usize),
    /// It leaves; its answer is never read.
    After(usize),
}

/// A wire that ends the console.
#[derive(Clone)]
struct Deadly(Arc<Fate>);

struct Fate {
    engine: Engine,
    kill: Mutex<Option<Kill>>,
    dead: Notify,
    sent: Mutex<Vec<String>>,
}

impl Deadly {
    fn new(host: &str) -> Self {
        Self(Arc::new(Fate {
            engine: engine(host),
            kill: Mutex::default(),
            dead: Notify::new(),
            sent: Mutex::default(),
        }))
    }
}

impl Wire for Deadly {
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        deadline: Duration,
    ) -> Result<Bytes, CallError> {
        if method == Method::GET {
            return self.0.engine.call(method, path, body, deadline).await;
        }
        let now = {
            let mut kill = self.0.kill.lock().unwrap();
            match *kill {
                Some(Kill::Before(0) | Kill::After(0)) => kill.take(),
                Some(Kill::Before(n)) => {
                    *kill = Some(Kill::Before(n - 1));
                    None
                }
                Some(Kill::After(n)) => {
                    *kill = Some(Kill::After(n - 1));
                    None
                }
                None => None,
            }
        };
        if now == Some(Kill::Before(0)) {
            self.0.dead.notify_one();
            return std::future::pending().await;
        }
        self.0.sent.lock().unwrap().push(format!("{method} {path}"));
        let answer = self.0.engine.call(method, path, body, deadline).await;
        if now.is_some() {
            self.0.dead.notify_one();
            return std::future::pending().await;
        }
        answer
    }
}

impl Rig<Deadly> {
    /// Carries out until it is killed; `None` when it ended before.
    fn until_killed(&self, fate: &Fate, preview: Preview, kill: Kill) -> Option<Outcome> {
        *fate.kill.lock().unwrap() = Some(kill);
        run(async {
            tokio::select! {
                outcome = self.carrying(preview, CancellationToken::new()) => Some(outcome),
                () = fate.dead.notified() => None,
            }
        })
    }
}

/// Opens the journal as the next console does, and takes over what was left.
pub(super) fn reopen<W: Wire>(rig: &Rig<W>) -> Unfinished {
    // The former console's hold on its session ends with it; here it is dropped by the copy of its folder.
    let copy = rig.state.path().join("next");
    copy_folder(&rig.state.path().join("journal"), &copy.join("journal"));
    let next = journal(&copy);
    let open = next.unfinished().unwrap();
    assert_eq!(
        open.len(),
        1,
        "exactly the one that was interrupted is offered: {open:?}"
    );
    next.verify().unwrap();
    open.into_iter().next().unwrap()
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let to = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy_folder(&file.path(), &to);
        } else {
            std::fs::copy(file.path(), to).unwrap();
        }
    }
}

/// An action that is interrupted, with what there is before and after it.
struct Case {
    name: &'static str,
    file: &'static str,
    action: fn() -> Action,
    before: &'static str,
    after: &'static str,
    sends: usize,
}

const START_FIRST: &str = "
services:
  api: {image: 'qd-busybox:v1', scale: 2, stop_grace_period: 1s, networks: [default, back]}
networks: {back: {}}
";

const STOP_FIRST: &str = "
services:
  api: {image: 'qd-busybox:v1', stop_grace_period: 1s, volumes: ['data:/data']}
volumes: {data: {}}
";

/// Named by hand, so that it is replaced under that name.
const OWN_NAME: &str = "
services:
  api: {image: 'qd-busybox:v1', stop_grace_period: 1s, container_name: '${COMPOSE_PROJECT_NAME}-api'}
";

const CASES: [Case; 5] = [
    Case {
        name: "start-first",
        file: START_FIRST,
        action: || rollout("v2"),
        before: "api-1 v1 running, api-2 v1 running",
        after: "api-1 v2 running, api-2 v2 running",
        sends: 13,
    },
    Case {
        name: "stop-first",
        file: STOP_FIRST,
        action: || rollout("v2"),
        before: "api-1 v1 running",
        after: "api-1 v2 running",
        sends: 6,
    },
    Case {
        name: "own name",
        file: OWN_NAME,
        action: || rollout("v2"),
        before: "api v1 running",
        after: "api v2 running",
        sends: 7,
    },
    Case {
        name: "more",
        file: STOP_FIRST,
        action: || scale(3),
        before: "api-1 v1 running",
        after: "api-1 v1 running, api-2 v1 running, api-3 v1 running",
        sends: 6,
    },
    Case {
        name: "fewer",
        file: START_FIRST,
        action: || scale(1),
        before: "api-1 v1 running, api-2 v1 running",
        after: "api-1 v1 running",
        sends: 2,
    },
];

#[test]
fn killed_between_any_two_steps_it_goes_on_or_is_put_back() {
    let daemon = docker_or_skip!();
    let mut points = Vec::new();
    for case in &CASES {
        for send in 0..case.sends {
            for kill in [Kill::Before(send), Kill::After(send)] {
                points.push((case, kill, true));
                points.push((case, kill, false));
            }
        }
    }
    // A spread of them: every case, both sides, both ways.
    let size = gate::size(25, points.len());
    let chosen = (0..size).map(|i| &points[i * points.len() / size]);
    for (case, kill, go_on) in chosen {
        interrupt(&daemon, case, *kill, *go_on);
    }
}

fn interrupt(daemon: &crate::support::daemon::Daemon, case: &Case, kill: Kill, go_on: bool) {
    let what = format!(
        "{} {kill:?}, {}",
        case.name,
        if go_on { "gone on" } else { "put back" }
    );
    let shop = Compose::up(daemon, "killed", case.file);
    let wire = Deadly::new(&daemon.host);
    let rig = Rig::new(&daemon.host, wire.clone(), &shop.project, "api");
    assert_eq!(rig.shows(), case.before, "{what}");
    let preview = rig.preview((case.action)()).unwrap();
    let ended = rig.until_killed(&wire.0, preview, kill);
    assert_eq!(ended, None, "{what}: it has as many sends as the case says");

    let left = reopen(&rig);
    let action = if go_on {
        left.start.action()
    } else {
        left.start.back()
    };
    let mut ask = rig.ask(action.expect("both ways are known"));
    ask.resumes = Some(SafeText::name(left.id.as_str()).into());
    match run(rig.actions.preview(ask)) {
        Ok(preview) => {
            let outcome = rig.carry(preview);
            assert!(
                matches!(outcome, Outcome::Verified(_)),
                "{what}: {outcome:?}; {}",
                rig.shows()
            );
        }
        // Killed before its first effect, or after its last.
        Err(refusal) => assert!(
            refusal.why.contains("already"),
            "{what}: {refusal:?}; {}",
            rig.shows()
        ),
    }
    let (expected, replicas) = if go_on {
        (case.after, case.after)
    } else {
        (case.before, case.before)
    };
    assert_eq!(rig.shows(), expected, "{what}");

    // What makes or removes a container names it, so the same words twice would be a second send.
    let mut times = HashMap::<String, usize>::new();
    for send in wire.0.sent.lock().unwrap().iter() {
        if send.contains("/create") || send.starts_with("DELETE") {
            *times.entry(send.clone()).or_default() += 1;
        }
    }
    assert!(times.values().all(|n| *n == 1), "{what}: {times:?}");
    let same_image = go_on == expected.contains("v1") || !go_on;
    if same_image {
        up_changes_nothing(&shop, &rig, replicas.split(", ").count());
    }
    forget_kept(daemon, &shop);
}

#[test]
fn killed_between_any_two_steps_compose_gets_along_with_what_is_left() {
    let daemon = docker_or_skip!();
    let ups: [&[&str]; 2] = [&[], &["--force-recreate"]];
    let mut points = Vec::new();
    for case in &CASES {
        for send in 0..case.sends {
            for kill in [Kill::Before(send), Kill::After(send)] {
                points.extend(ups.map(|options| (case, kill, options)));
            }
        }
    }
    let size = gate::size(25, points.len());
    for (case, kill, options) in (0..size).map(|i| points[i * points.len() / size]) {
        compose_takes_over(&daemon, case, kill, options);
    }
}

/// Somebody deploys while nobody has looked at what the console left.
fn compose_takes_over(
    daemon: &crate::support::daemon::Daemon,
    case: &Case,
    kill: Kill,
    options: &[&str],
) {
    let what = format!("{} {kill:?}, then up {}", case.name, options.join(" "));
    // It takes its time to end, so that what Compose does to several of them really overlaps.
    let slow =
        "stop_grace_period: 1s, command: ['sh', '-c', \"trap '' TERM; while :; do sleep 1; done\"]";
    let file = case.file.replace("stop_grace_period: 1s", slow);
    let shop = Compose::up(daemon, "amid", &file);
    let wire = Deadly::new(&daemon.host);
    let rig = Rig::new(&daemon.host, wire.clone(), &shop.project, "api");
    let copies = rig.ids().len();
    let preview = rig.preview((case.action)()).unwrap();
    assert_eq!(rig.until_killed(&wire.0, preview, kill), None, "{what}");

    assert_eq!(shop.replicas("api").len(), rig.ids().len(), "{what}");
    let up = [&["up", "--detach", "--timeout", "1"], options].concat();
    shop.run(&up);
    let states: Vec<_> = shop.replicas("api").into_iter().map(|r| r.state).collect();
    assert_eq!(states, vec!["running"; copies], "{what}: {}", rig.shows());
    // The image of one, not a part of a name that was drawn by lot.
    assert!(!rig.shows().contains(" v2 "), "{what}: {}", rig.shows());
    forget_kept(daemon, &shop);
}

/// Takes away the names under which an action kept what it replaced.
fn forget_kept(daemon: &crate::support::daemon::Daemon, shop: &Compose) {
    let names = format!("quarterdeck/{}/*", shop.project);
    let format = "{{.Repository}}:{{.Tag}}";
    for name in daemon
        .docker(&["images", "--format", format, &names])
        .lines()
    {
        daemon.docker(&["rmi", name]);
    }
}

#[test]
fn cases_have_the_sends_they_say() {
    let daemon = docker_or_skip!();
    for case in &CASES {
        let shop = Compose::up(&daemon, "sends", case.file);
        let wire = Deadly::new(&daemon.host);
        let rig = Rig::new(&daemon.host, wire.clone(), &shop.project, "api");
        verified(&rig.act((case.action)()));
        let sent = wire.0.sent.lock().unwrap();
        assert_eq!(sent.len(), case.sends, "{}: {sent:?}", case.name);
        forget_kept(&daemon, &shop);
    }
}
