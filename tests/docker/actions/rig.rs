//! One Compose project or container, the actions on it, and a real journal beside them.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    domain::{
        action::{Action, EnvironmentKind},
        instance::InstanceId,
        revision::Revision,
        service::ServiceId,
    },
    journal::{self, Journal, Who},
    plan::{
        Ask, Carry, Confirmed, Keeper, Outcome, Plan, PlanId, Preview, Progress, Refusal,
        SeenInstance, Target,
    },
    platform::docker::{
        actions::{Actions, Patience, Wire},
        engine::Engine,
        host::Address,
        transport::Transport,
    },
    text::SafeText,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::support::{compose::Compose, daemon::Daemon};

/// Short waits: what is tested is that it waits, not for how long.
pub(super) const PATIENCE: Patience = Patience {
    steady: Duration::from_millis(700),
    poll: Duration::from_millis(50),
    slack: Duration::from_secs(20),
    settle: Duration::from_secs(2),
    back: Duration::from_mins(1),
};

/// A service with everything that acting on it takes.
pub(super) struct Rig<W> {
    pub(super) actions: Actions<W>,
    pub(super) service: ServiceId,
    pub(super) state: TempDir,
    pub(super) journal: Arc<Journal>,
    pub(super) kept: Arc<Kept>,
    pub(super) history: Vec<Revision>,
    /// What carrying out told, of the last action.
    pub(super) told: Mutex<Vec<Progress>>,
    daemon: String,
    /// Who the daemon says it is.
    pub(super) identity: SafeText,
}

/// Keeps descriptions in memory.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) all: Mutex<Vec<(String, Vec<u8>)>>,
    pub(super) full: std::sync::atomic::AtomicBool,
}

impl Keeper for Kept {
    fn keep(&self, _: &ServiceId, revision: &str, description: &[u8]) -> io::Result<()> {
        if self.full.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.all
            .lock()
            .unwrap()
            .push((revision.to_owned(), description.to_owned()));
        Ok(())
    }

    fn recall(&self, _: &ServiceId, revision: &str) -> io::Result<Option<Vec<u8>>> {
        let all = self.all.lock().unwrap();
        Ok(all
            .iter()
            .rev()
            .find(|(r, _)| r == revision)
            .map(|(_, d)| d.clone()))
    }
}

/// The Engine at a unix socket.
pub(super) fn engine(host: &str) -> Engine {
    let path = host.strip_prefix("unix://").expect("a unix socket");
    let transport = Transport::new(&Address::Unix(path.into()), false).expect("no TLS is in it");
    Engine::new(transport)
}

/// Runs what is asynchronous to its end.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

pub(super) fn journal(state: &Path) -> Arc<Journal> {
    Arc::new(journal::open(state, Who::here("tester")).unwrap())
}

impl Rig<Engine> {
    /// A service of a Compose project.
    pub(super) fn compose(daemon: &Daemon, compose: &Compose, service: &str) -> Self {
        Self::new(
            &daemon.host,
            engine(&daemon.host),
            &compose.project,
            service,
        )
    }

    /// A container outside Compose.
    pub(super) fn container(daemon: &Daemon, name: &str) -> Self {
        Self::new(&daemon.host, engine(&daemon.host), "", name)
    }
}

impl<W: Wire> Rig<W> {
    /// `daemon` is asked for what the target is; `wire` is what the actions go through.
    pub(super) fn new(daemon: &str, wire: W, project: &str, service: &str) -> Self {
        let state = tempfile::tempdir().unwrap();
        Self {
            actions: Actions::new(wire, PATIENCE),
            service: ServiceId {
                group: SafeText::name(project),
                name: SafeText::name(service),
            },
            journal: journal(state.path()),
            state,
            kept: Arc::default(),
            history: Vec::new(),
            told: Mutex::default(),
            daemon: daemon.to_owned(),
            identity: identity(daemon),
        }
    }

    /// The service's containers, by number.
    pub(super) fn inspects(&self) -> Vec<Value> {
        let mut all = inspects(&self.daemon, &self.service);
        all.sort_by_key(|c| c["Name"].as_str().unwrap_or_default().to_owned());
        all
    }

    /// The question, about what is there now.
    pub(super) fn ask(&self, action: Action) -> Ask {
        let containers = self.inspects();
        let text = |value: &Value| SafeText::name(value.as_str().unwrap_or_default());
        let seen = containers.iter().map(|c| SeenInstance {
            id: InstanceId(text(&c["Id"])),
            name: SafeText::name(
                c["Name"]
                    .as_str()
                    .unwrap_or_default()
                    .trim_start_matches('/'),
            ),
            number: 0,
            started: c["State"]["StartedAt"]
                .as_str()
                .and_then(|at| at.parse().ok()),
            image_id: text(&c["Image"]),
        });
        Ask {
            action,
            target: Target {
                environment: SafeText::from_static("test"),
                kind: EnvironmentKind::Development,
                identity: self.identity.clone(),
                service: self.service.clone(),
                seen: seen.collect(),
                replicas: containers.len() as u32,
                image: containers
                    .first()
                    .map(|c| text(&c["Config"]["Image"]))
                    .unwrap_or_default(),
                ..Target::default()
            },
            history: self.history.clone(),
            resumes: None,
        }
    }

    /// What it would mean.
    pub(super) fn preview(&self, action: Action) -> Result<Preview, Refusal> {
        run(self.actions.preview(self.ask(action)))
    }

    /// Does it, as if somebody had pressed Enter.
    pub(super) fn act(&self, action: Action) -> Outcome {
        let preview = self.preview(action).expect("it can be done");
        self.carry(preview)
    }

    /// Carries out what was previewed.
    pub(super) fn carry(&self, preview: Preview) -> Outcome {
        run(self.carrying(preview, CancellationToken::new()))
    }

    /// The same, to be driven and dropped by the caller.
    pub(super) async fn carrying(&self, preview: Preview, stop: CancellationToken) -> Outcome {
        let (progress, mut told) = mpsc::channel(1024);
        let carry = Carry {
            plan: confirmed(preview),
            recorder: Arc::clone(&self.journal) as _,
            keeper: Arc::clone(&self.kept) as _,
            progress,
            stop,
        };
        let outcome = self.actions.carry(carry).await;
        let mut all = Vec::new();
        told.recv_many(&mut all, 1024).await;
        assert_eq!(
            all.last(),
            Some(&Progress::Ended(outcome.clone())),
            "the end is told last"
        );
        *self.told.lock().unwrap() = all;
        outcome
    }

    /// `api-1 v1 running`, `api-2 v2 exited`: names without the project.
    pub(super) fn shows(&self) -> String {
        let project = format!("/{}-", self.service.group);
        let lines = self.inspects().into_iter().map(|c| {
            let name = c["Name"].as_str().unwrap_or_default().to_owned();
            let name = name
                .strip_prefix(&project)
                .unwrap_or(name.trim_start_matches('/'))
                .to_owned();
            let image = c["Config"]["Image"]
                .as_str()
                .unwrap_or_default()
                .rsplit(':')
                .next()
                .unwrap_or_default()
                .to_owned();
            format!(
                "{name} {image} {}",
                c["State"]["Status"].as_str().unwrap_or_default()
            )
        });
        lines.collect::<Vec<_>>().join(", ")
    }

    /// The ids, by name.
    pub(super) fn ids(&self) -> Vec<String> {
        self.inspects()
            .iter()
            .map(|c| c["Id"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

/// A plan that somebody read for a second and agreed to.
pub(super) fn confirmed(preview: Preview) -> Plan<Confirmed> {
    let agreed = Confirmed {
        by: SafeText::from_static("tester"),
        at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1),
        reason: SafeText::from_static("a test"),
        unrecorded: false,
    };
    let name = preview.ask.target.typed_name();
    Plan::new(PlanId(1), preview, Timestamp::UNIX_EPOCH)
        .confirm(&name, agreed)
        .expect("it stood for long enough")
}

/// Who a daemon says it is.
fn identity(daemon: &str) -> SafeText {
    let info: Value = run(async { engine(daemon).get("/info").await.unwrap() });
    SafeText::name(info["ID"].as_str().expect("a daemon has an id"))
}

/// Every container of a service, whole.
fn inspects(daemon: &str, service: &ServiceId) -> Vec<Value> {
    let filter = if service.group.is_empty() {
        serde_json::json!({ "name": [format!("^/{}($|\\.)", &*service.name)] })
    } else {
        serde_json::json!({ "label": [
            format!("com.docker.compose.project={}", service.group),
            format!("com.docker.compose.service={}", service.name),
        ]})
    };
    let filter = filter
        .to_string()
        .bytes()
        .fold(String::new(), |encoded, b| encoded + &format!("%{b:02x}"));
    run(async {
        let engine = engine(daemon);
        let list: Vec<Value> = engine
            .get(&format!("/containers/json?all=1&filters={filter}"))
            .await
            .unwrap();
        let mut all = Vec::new();
        for container in list {
            let id = container["Id"].as_str().unwrap_or_default();
            all.push(engine.get(&format!("/containers/{id}/json")).await.unwrap());
        }
        all
    })
}

pub(super) fn rollout(image: &str) -> Action {
    Action::Rollout {
        image: SafeText::name(image),
    }
}

pub(super) fn scale(replicas: u32) -> Action {
    Action::Scale { replicas }
}

pub(super) fn back() -> Action {
    Action::RollBack { to: None }
}

/// Asserts that it is verified.
#[track_caller]
pub(super) fn verified(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
}
