//! A console's way to act on a namespace: the platform, a real journal beside it, and what each action told.

use std::{io, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    domain::{
        action::{Action, EnvironmentKind},
        revision::Revision,
        service::{Service, ServiceId},
    },
    journal::{self, Journal, Who},
    plan::{
        Ask, Carry, Confirmed, Keeper, Outcome, Plan, PlanId, Preview, Progress, Refusal, Target,
        record::Recorder,
    },
    platform::{
        CarryRequest, PlatformHandle, Request,
        kubernetes::{self, KubernetesOptions, Patience},
    },
    text::SafeText,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::support::{
    cluster::{Cluster, Namespace},
    wait::SOON,
};

/// Short waits: what is tested is that it waits, not for how long.
pub(crate) const PATIENCE: Patience = Patience {
    poll: Duration::from_millis(50),
    settle: Duration::from_secs(2),
    back: Duration::from_secs(30),
    stall: Duration::from_secs(40),
    hold: Duration::from_secs(3),
    beside: Duration::from_secs(2),
    after: Duration::from_mins(1),
};

/// One console on one namespace.
pub(crate) struct Rig {
    pub(crate) platform: PlatformHandle,
    pub(crate) journal: Arc<Journal>,
    pub(crate) history: Vec<Revision>,
    pub(crate) state: TempDir,
    namespace: SafeText,
}

/// Keeps nothing: a cluster keeps its revisions itself.
struct Nowhere;

impl Keeper for Nowhere {
    fn keep(&self, _: &ServiceId, _: &str, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn recall(&self, _: &ServiceId, _: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

impl Rig {
    /// On a namespace, as the administrator.
    pub(crate) fn new(cluster: &Cluster, namespace: &Namespace<'_>) -> Self {
        Self::with(cluster.options(namespace), namespace)
    }

    /// By those options.
    pub(crate) fn with(options: KubernetesOptions, namespace: &Namespace<'_>) -> Self {
        let state = tempfile::tempdir().expect("a temporary folder");
        let journal = journal::open(state.path(), Who::here("tester")).expect("a journal");
        Self {
            platform: kubernetes::start(KubernetesOptions {
                patience: PATIENCE,
                ..options
            }),
            journal: Arc::new(journal),
            history: Vec::new(),
            state,
            namespace: SafeText::name(&namespace.name),
        }
    }

    /// A service once it is as wanted.
    pub(crate) async fn service(
        &self,
        name: &str,
        mut wanted: impl FnMut(&Service) -> bool,
    ) -> Arc<Service> {
        let id = self.id(name);
        let mut state = self.platform.state.clone();
        let mut found = None;
        let waited = tokio::time::timeout(SOON, async {
            let seen = state
                .wait_for(|state| {
                    found = state.snapshot.service(&id).cloned();
                    found.as_deref().is_some_and(&mut wanted)
                })
                .await;
            seen.expect("the platform lives");
        });
        let in_time = waited.await.is_ok();
        assert!(in_time, "{name} is {found:#?}");
        found.expect("it was there")
    }

    pub(crate) fn id(&self, name: &str) -> ServiceId {
        ServiceId {
            group: self.namespace.clone(),
            name: SafeText::name(name),
        }
    }

    /// The question, about what is shown now.
    pub(crate) async fn ask(&self, name: &str, action: Action) -> Ask {
        let service = self.service(name, |_| true).await;
        let identity = self.platform.state.borrow().snapshot.host.identity.clone();
        let environment = SafeText::from_static("test");
        let kind = EnvironmentKind::Development;
        Ask {
            action,
            target: Target::freeze(environment, kind, identity, &service),
            history: self.history.clone(),
            resumes: None,
        }
    }

    /// What it would mean.
    pub(crate) async fn preview(&self, name: &str, action: Action) -> Result<Preview, Refusal> {
        let ask = self.ask(name, action).await;
        self.previewed(ask).await
    }

    /// What a question would mean.
    pub(crate) async fn previewed(&self, ask: Ask) -> Result<Preview, Refusal> {
        let (to, answer) = oneshot::channel();
        let request = Request::Preview(Box::new(ask), to);
        self.platform
            .requests
            .send(request)
            .await
            .expect("it takes requests");
        answer.await.expect("it answers")
    }

    /// Does it, as if somebody had pressed Enter.
    pub(crate) async fn act(&self, name: &str, action: Action) -> Outcome {
        let preview = self.preview(name, action).await.expect("it can be done");
        self.carry(preview).await
    }

    /// Carries out what was previewed.
    pub(crate) async fn carry(&self, preview: Preview) -> Outcome {
        let stop = CancellationToken::new();
        let recorder = Arc::clone(&self.journal) as Arc<dyn Recorder>;
        self.carrying(preview, stop, recorder).await.ended().await.0
    }

    /// The same, under way.
    pub(crate) async fn carrying(
        &self,
        preview: Preview,
        stop: CancellationToken,
        recorder: Arc<dyn Recorder>,
    ) -> Carrying {
        let (progress, told) = mpsc::channel(1024);
        let carry = Carry {
            plan: confirmed(preview),
            recorder,
            keeper: Arc::new(Nowhere),
            progress,
            stop,
        };
        let request = Request::Carry(Box::new(CarryRequest(carry)));
        self.platform
            .requests
            .send(request)
            .await
            .expect("it takes requests");
        Carrying { told }
    }
}

/// An action under way.
pub(crate) struct Carrying {
    pub(crate) told: mpsc::Receiver<Progress>,
}

impl Carrying {
    /// How it ended, and all that was told before.
    pub(crate) async fn ended(mut self) -> (Outcome, Vec<Progress>) {
        let mut all = Vec::new();
        let outcome = tokio::time::timeout(Duration::from_secs(90), async {
            loop {
                match self.told.recv().await.expect("it ends with an outcome") {
                    Progress::Ended(outcome) => return outcome,
                    other => all.push(other),
                }
            }
        });
        let Ok(outcome) = outcome.await else {
            panic!("no end: {all:#?}");
        };
        (outcome, all)
    }

    /// Waits until something was told.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&Progress) -> bool) {
        let mut all = Vec::new();
        let told = tokio::time::timeout(SOON, async {
            while let Some(progress) = self.told.recv().await {
                if wanted(&progress) {
                    return true;
                }
                all.push(progress);
            }
            false
        });
        let told = told.await.unwrap_or_default();
        assert!(told, "{what}, but it told {all:#?}");
    }
}

/// A plan that somebody read for a second and agreed to.
pub(crate) fn confirmed(preview: Preview) -> Plan<Confirmed> {
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

/// An object as the API server has it.
pub(crate) fn object(namespace: &Namespace<'_>, what: &str) -> Value {
    let json = namespace.kubectl(&["get", what, "--output=json", "--show-managed-fields"]);
    serde_json::from_str(&json).expect("kubectl prints JSON")
}

/// The part of an object at a JSON pointer.
pub(crate) fn part(namespace: &Namespace<'_>, what: &str, pointer: &str) -> Value {
    object(namespace, what)
        .pointer(pointer)
        .cloned()
        .unwrap_or_default()
}

/// Asserts that it is verified.
#[track_caller]
pub(crate) fn verified(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
}

/// The words of a change's refusal.
pub(crate) fn refused(answer: Result<Preview, Refusal>) -> String {
    match answer {
        Ok(preview) => panic!("it can be done: {preview:#?}"),
        Err(refusal) => format!("{} | {}", refusal.why, refusal.instead),
    }
}

pub(crate) fn rollout(image: &str) -> Action {
    Action::Rollout {
        image: SafeText::name(image),
    }
}

pub(crate) const fn scale(replicas: u32) -> Action {
    Action::Scale { replicas }
}

pub(crate) const fn back() -> Action {
    Action::RollBack { to: None }
}

pub(crate) fn back_to(revision: &str) -> Action {
    Action::RollBack {
        to: Some(SafeText::name(revision)),
    }
}
