//! An operator's hand on a world whose clock is moved by hand.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::domain::action::{Action, EnvironmentKind};
use quarterdeck::domain::health::Health;
use quarterdeck::domain::service::{Service, ServiceId};
use quarterdeck::domain::snapshot::Snapshot;
use quarterdeck::domain::source::SourceHealth;
use quarterdeck::plan::record::{
    OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
    StepOutcome,
};
use quarterdeck::plan::{
    Ask, Carry, Confirmed, Keeper, Outcome, Plan, PlanId, Preview, Progress, Refusal, Target,
};
use quarterdeck::platform::sim::{self, SimControl, SimOptions};
use quarterdeck::platform::{CarryRequest, PlatformHandle, Request};
use quarterdeck::text::SafeText;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// What was written down, in order.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) written: Mutex<Vec<Note>>,
    /// So many more entries fit; the next one fails.
    pub(crate) room: AtomicUsize,
}

#[derive(Clone, Debug)]
pub(crate) enum Note {
    Begin(Box<OperationStart>),
    Intent,
    Outcome(StepOutcome),
    End(OperationEnd),
}

impl Notes {
    fn note(&self, note: Note) -> Result<(), RecordError> {
        let fits = self
            .room
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if fits.is_err() {
            return Err(RecordError::NoSpace {
                path: "/journal".into(),
            });
        }
        self.written.lock().unwrap().push(note);
        Ok(())
    }
}

impl Recorder for Notes {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        self.note(Note::Begin(Box::new(start.clone())))?;
        Ok(OperationId::parse("op-1"))
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        self.note(Note::Intent)?;
        Ok(Receipt {
            operation: intent.operation.clone(),
            step: intent.step,
            seq: 0,
            at: Duration::ZERO,
        })
    }

    fn outcome(&self, _: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        self.note(Note::Outcome(outcome.clone()))
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.note(Note::End(end.clone()))
    }
}

struct NoKeeper;

impl Keeper for NoKeeper {
    fn keep(&self, _: &ServiceId, _: &str, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }

    fn recall(&self, _: &ServiceId, _: &str) -> std::io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

/// A plan under way.
pub(crate) struct Way {
    pub(crate) progress: mpsc::Receiver<Progress>,
    pub(crate) stop: CancellationToken,
    pub(crate) told: Vec<Progress>,
}

pub(crate) struct Hand {
    pub(crate) handle: PlatformHandle,
    pub(crate) control: SimControl,
    pub(crate) notes: Arc<Notes>,
}

pub(crate) const ROLL_BACK: Action = Action::RollBack { to: None };

pub(crate) fn rollout(image: &str) -> Action {
    Action::Rollout {
        image: SafeText::name(image),
    }
}

impl Hand {
    pub(crate) async fn on(name: &str) -> Self {
        Self::with(name, |_| {}).await
    }

    pub(crate) async fn with(name: &str, set: impl FnOnce(&mut SimOptions)) -> Self {
        let scenario = sim::load(name.as_ref()).unwrap();
        let mut options = SimOptions::new(scenario, "2026-11-21T14:00:00Z".parse().unwrap());
        options.speed = 0.0;
        set(&mut options);
        let (mut handle, control) = sim::start(options);
        handle
            .state
            .wait_for(|state| state.health == SourceHealth::Live)
            .await
            .unwrap();
        let notes = Notes {
            room: AtomicUsize::new(usize::MAX),
            ..Notes::default()
        };
        Self {
            handle,
            control,
            notes: Arc::new(notes),
        }
    }

    pub(crate) async fn advance(&self, seconds: u64) {
        self.control.advance(Duration::from_secs(seconds)).await;
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.handle.state.borrow().snapshot)
    }

    pub(crate) fn service(&self, name: &str) -> Arc<Service> {
        let snapshot = self.snapshot();
        let found = snapshot.services.iter().find(|s| s.id.is_called(name));
        Arc::clone(found.expect(name))
    }

    /// Names of the services that are not well.
    pub(crate) fn hurt(&self) -> Vec<String> {
        let snapshot = self.snapshot();
        let hurt = snapshot
            .services
            .iter()
            .filter(|s| s.health != Health::Well);
        hurt.map(|s| format!("{}: {}", s.id.name, s.why)).collect()
    }

    pub(crate) fn target(&self, service: &str) -> Target {
        let snapshot = self.snapshot();
        Target::freeze(
            SafeText::name("demo"),
            EnvironmentKind::Production,
            snapshot.host.identity.clone(),
            &self.service(service),
        )
    }

    pub(crate) async fn preview(&self, service: &str, action: Action) -> Result<Preview, Refusal> {
        let ask = Ask {
            action,
            target: self.target(service),
            history: Vec::new(),
            resumes: None,
        };
        let (to, answer) = oneshot::channel();
        let request = Request::Preview(Box::new(ask), to);
        self.handle.requests.send(request).await.unwrap();
        answer.await.unwrap()
    }

    pub(crate) async fn begin(&self, preview: Preview) -> Way {
        let now = Timestamp::UNIX_EPOCH;
        let plan = Plan::new(PlanId(1), preview, now);
        let typed = plan.target().typed_name();
        let agreed = Confirmed {
            by: SafeText::name("sre-1"),
            at: now + SignedDuration::from_secs(1),
            reason: SafeText::name("OPS-7"),
            unrecorded: false,
        };
        let (to, progress) = mpsc::channel(512);
        let stop = CancellationToken::new();
        let carry = Carry {
            plan: plan.confirm(&typed, agreed).unwrap(),
            recorder: Arc::clone(&self.notes) as Arc<dyn Recorder>,
            keeper: Arc::new(NoKeeper),
            progress: to,
            stop: stop.clone(),
        };
        let request = Request::Carry(Box::new(CarryRequest(carry)));
        self.handle.requests.send(request).await.unwrap();
        let mut way = Way {
            progress,
            stop,
            told: Vec::new(),
        };
        // From here on the clock that is moved by hand waits for it.
        let first = way.progress.recv().await.unwrap();
        way.told.push(first);
        way
    }

    /// Moves the clock until the plan has ended.
    pub(crate) async fn finish(&self, way: &mut Way) -> Outcome {
        loop {
            if let Some(Progress::Ended(outcome)) = way.told.last() {
                return outcome.clone();
            }
            match way.progress.try_recv() {
                Ok(progress) => way.told.push(progress),
                Err(mpsc::error::TryRecvError::Empty) => {
                    self.control.advance(Duration::from_millis(100)).await;
                }
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    panic!("no outcome: {:?}", way.told)
                }
            }
        }
    }

    /// Previews, agrees, and waits for the outcome.
    pub(crate) async fn carry(&self, service: &str, action: Action) -> Outcome {
        let preview = self.preview(service, action).await.unwrap();
        let mut way = self.begin(preview).await;
        self.finish(&mut way).await
    }
}
