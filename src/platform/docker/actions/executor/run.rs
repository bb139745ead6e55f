//! One operation under way: where it is, what it expects to find, what it made.

use std::collections::HashMap;

use tokio::time::{Instant, sleep};

use super::super::{
    container::Container,
    healthy::{Patience, Readiness, readiness},
    names, planner,
    planner::PlanDraft,
    reference::keep_tag,
    wire::{Wire, container},
    work::{Act, Group, Name, Who, Work},
    world::{self, World},
};
use super::{
    recording::{facts, start},
    sending::{Order, Reply, Sent, grace, send, settle, started},
};
use crate::{
    clock,
    domain::service::ServiceId,
    plan::{
        Carry, Outcome, Progress, SeenInstance, StepState,
        record::{
            About, Facts, Failure, Label, OperationId, OperationResult, OperationWriter,
            RecordError, StepResult,
        },
    },
    platform::docker::error::CallError,
    safe,
    text::SafeText,
};

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StepEnd {
    /// The platform shows it.
    Done,
    /// It did not happen, or what was waited for did not come.
    Failed(Failure, SafeText),
    /// What it was about is no longer what was agreed to; nothing was sent.
    Superseded(SafeText),
    /// Its answer was lost and reading did not settle it.
    Unverified(SafeText),
    /// It could not be written down; nothing was sent.
    Unrecorded(SafeText),
    /// The operator told us to stop while it waited.
    Cancelled,
}

/// An operation under way.
pub(super) struct ActionRun<'a, W> {
    wire: &'a W,
    carry: &'a Carry,
    patience: Patience,
    writer: OperationWriter,
    service: ServiceId,
    /// What each container is expected to be.
    expected: HashMap<String, SeenInstance>,
    /// How often each had been restarted by its policy when we last started it.
    restarts: HashMap<String, i64>,
    /// Steps begun, those of the way back among them.
    begun: usize,
    applied: usize,
    why: Failure,
    /// Whether this is the way back: what is there is taken as it is.
    back: bool,
    made: Option<String>,
    removed: bool,
    touched: bool,
    /// Whether it was left in the middle, for the next start to offer.
    open: bool,
    /// Whether the listener was told last that the daemon is away.
    away: bool,
}

impl<'a, W: Wire> ActionRun<'a, W> {
    /// Writes that the operation begins.
    pub(super) async fn begin(
        wire: &'a W,
        carry: &'a Carry,
        patience: Patience,
        draft: &PlanDraft,
        world: &World,
    ) -> Result<Self, RecordError> {
        let writer = OperationWriter::begin(carry, start(carry, draft)).await?;
        let seen = world
            .containers
            .iter()
            .map(|c| (c.id().to_owned(), planner::seen(c)));
        Ok(Self {
            wire,
            carry,
            patience,
            writer,
            service: draft.preview.ask.target.service.clone(),
            expected: seen.collect(),
            restarts: HashMap::new(),
            begun: 0,
            applied: 0,
            why: Failure::Platform,
            back: false,
            made: None,
            removed: false,
            touched: false,
            open: false,
            away: false,
        })
    }

    /// Its id in the journal.
    pub(super) const fn operation(&self) -> &OperationId {
        self.writer.operation()
    }

    /// Begins the work on another replica: keeps what will be removed, before anything of it is touched.
    ///
    /// # Errors
    /// Why it can't be kept; nothing was sent for this replica.
    pub(super) async fn enter(&mut self, group: &Group) -> Result<(), SafeText> {
        self.made = None;
        self.removed = false;
        self.touched = false;
        for work in &group.works {
            let Act::Remove(Who::There(id)) = &work.act else {
                continue;
            };
            // One that is gone by now is found out by its own step.
            let Some(old) = self.read(id).await.map_err(|error| error.text())? else {
                continue;
            };
            let (revision, description) = (old.image_id().to_owned(), old.0.to_string());
            let kept = self
                .writer
                .keep(self.service.clone(), revision, description.into_bytes())
                .await;
            kept.map_err(|error| {
                safe!(
                    "{} can't be kept, so it is not removed: {error}",
                    old.name()
                )
            })?;
        }
        Ok(())
    }

    /// Begins the way back.
    pub(super) const fn leave(&mut self) {
        self.back = true;
    }

    /// Whether the operator told us to stop.
    pub(super) fn stopped(&self) -> bool {
        self.carry.stop.is_cancelled()
    }

    /// The present step, counted from 0.
    pub(super) const fn at(&self) -> usize {
        self.begun.saturating_sub(1)
    }

    /// The step that would come now, counted from 0.
    pub(super) const fn next(&self) -> usize {
        self.begun
    }

    /// Steps of the plan that took effect.
    pub(super) const fn applied(&self) -> usize {
        self.applied
    }

    /// What was made for the present replica.
    pub(super) fn made(&self) -> Option<&str> {
        self.made.as_deref()
    }

    /// Whether the present replica's old container was removed by us.
    pub(super) const fn removed(&self) -> bool {
        self.removed
    }

    /// Whether anything was sent for the present replica.
    pub(super) const fn touched(&self) -> bool {
        self.touched
    }

    /// The service's containers now; waits for a daemon that is away.
    pub(super) async fn containers(&mut self) -> Result<Vec<Container>, CallError> {
        let began = Instant::now();
        loop {
            match world::containers(self.wire, &self.service).await {
                Err(error) if self.waits_for(&error, began) => self.pause(&error).await,
                read => return read,
            }
        }
    }

    /// Tells the listener.
    pub(super) async fn tell(&self, progress: Progress) {
        super::tell(self.carry, progress).await;
    }

    /// One step: what must still be true, the intent, the send, the outcome. The way back is not stopped: half of it
    /// would leave two of what there should be one of.
    pub(super) async fn step(&mut self, work: &Work) -> StepEnd {
        self.begun += 1;
        let ended = self.perform(work).await;
        match &ended {
            StepEnd::Done if !self.back => self.applied += 1,
            StepEnd::Failed(why, _) if !self.back => self.why = *why,
            StepEnd::Unverified(_) | StepEnd::Cancelled => self.open = true,
            _ => {}
        }
        let state = match &ended {
            StepEnd::Done => StepState::Done,
            StepEnd::Failed(_, why) | StepEnd::Superseded(why) | StepEnd::Unrecorded(why) => {
                StepState::Failed(why.clone())
            }
            StepEnd::Unverified(_) => StepState::Uncertain,
            StepEnd::Cancelled => return ended,
        };
        self.tell_step(state).await;
        ended
    }

    /// It came to its end after all: nothing is left in the middle.
    pub(super) const fn close(&mut self) {
        self.open = false;
    }

    /// Writes that the operation is over. One that was left in the middle stays open, so that the next start offers it.
    pub(super) async fn end(&mut self, outcome: &Outcome) {
        let untouched = matches!(outcome, Outcome::Cancelled { applied: 0 });
        let left = self.open || (matches!(outcome, Outcome::Cancelled { .. }) && !untouched);
        if left {
            return;
        }
        let containers = world::containers(self.wire, &self.service)
            .await
            .unwrap_or_default();
        let after = Facts {
            replicas: u32::try_from(containers.len()).ok().filter(|n| *n > 0),
            ..containers.first().map(facts).unwrap_or_default()
        };
        let result = OperationResult::of(outcome, self.why);
        self.writer.end(result, after).await;
    }

    async fn tell_step(&self, state: StepState) {
        if !self.back {
            self.tell(Progress::Step(self.at(), state)).await;
        }
    }

    async fn perform(&mut self, work: &Work) -> StepEnd {
        let about = match self.about(&work.act).await {
            Ok(about) => about,
            Err(ended) => return ended,
        };
        let told = self.told(work, about.as_ref());
        let receipt = match self.writer.intent(self.at(), &work.step, told).await {
            Ok(receipt) => receipt,
            Err(error) => return StepEnd::Unrecorded(safe!("{error}")),
        };
        self.tell_step(StepState::Running).await;
        let (ended, made) = match (&work.act, about) {
            (Act::Await(_), Some(container)) => (self.wait(container).await, None),
            (act, about) => {
                self.touched = true;
                let order = self.order(act, about.as_ref());
                let sent = match send(self.wire, &order).await {
                    Reply::Known(sent) => sent,
                    Reply::Lost(lost) => {
                        if !lost.answered {
                            self.tell_step(StepState::Uncertain).await;
                        }
                        settle(self.wire, &order, &self.patience, lost).await
                    }
                };
                match sent {
                    Sent::Shown(made) => {
                        self.happened(act, &order, about.as_ref(), made.as_deref())
                            .await;
                        (StepEnd::Done, made)
                    }
                    Sent::Not(why, words) => (StepEnd::Failed(why, words), None),
                    Sent::Gone => (
                        StepEnd::Superseded(safe!(
                            "{} is gone: somebody removed it",
                            work.step.object
                        )),
                        None,
                    ),
                    Sent::Unknown(words) => (StepEnd::Unverified(words), None),
                }
            }
        };
        let result = match &ended {
            StepEnd::Done => StepResult::Done,
            StepEnd::Failed(why, _) => StepResult::Failed { why: *why },
            StepEnd::Superseded(_) => StepResult::Failed { why: Failure::Gone },
            StepEnd::Unverified(_) => StepResult::Unverified,
            // A wait that was broken off: nothing was sent, and there is nothing to say of it.
            StepEnd::Unrecorded(_) | StepEnd::Cancelled => StepResult::NotSent,
        };
        let made = Label::from(made.unwrap_or_default());
        self.writer.outcome(receipt, result, made).await;
        ended
    }

    /// The container that a step is about, as it is now, if it still is what was agreed to.
    async fn about(&mut self, act: &Act) -> Result<Option<Container>, StepEnd> {
        let who = match act {
            Act::Tag { .. } | Act::Create { .. } => return Ok(None),
            Act::Connect(who, ..)
            | Act::Start(who)
            | Act::Stop(who)
            | Act::Restart(who)
            | Act::Rename(who, _)
            | Act::Remove(who)
            | Act::Await(who) => who,
        };
        let id = match who {
            Who::There(id) => id.clone(),
            Who::Made => self
                .made
                .clone()
                .expect("a plan makes a container before it uses it"),
        };
        let is = self
            .read(&id)
            .await
            .map_err(|error| StepEnd::Failed(Failure::Offline, safe!("{error}")))?;
        let seen = self.expected.get(&id);
        let name = seen.map(|seen| seen.name.clone()).unwrap_or_default();
        let Some(is) = is else {
            return Err(StepEnd::Superseded(safe!(
                "{name} is gone: somebody removed it"
            )));
        };
        let Some(seen) = seen.filter(|_| !self.back && !matches!(act, Act::Await(_))) else {
            return Ok(Some(is));
        };
        if !planner::same_run(seen, &is) {
            return Err(StepEnd::Superseded(safe!("{name} was started again since")));
        }
        if is.name() != &*seen.name {
            return Err(StepEnd::Superseded(safe!(
                "{name} is called {} now",
                is.name()
            )));
        }
        Ok(Some(is))
    }

    /// What the journal is told of a step.
    fn told(&self, work: &Work, about: Option<&Container>) -> About {
        let after = match &work.act {
            Act::Rename(_, name) => Facts {
                name: Some(Label::from(self.name(name))),
                ..Facts::default()
            },
            Act::Create { base, body } => Facts {
                name: Some(Label::from(names::new(base, self.operation().as_str()))),
                image: body["Image"].as_str().map(Label::from),
                ..Facts::default()
            },
            Act::Tag { image, .. } => Facts {
                image_id: Some(Label::from(image.as_str())),
                ..Facts::default()
            },
            _ => Facts::default(),
        };
        About {
            id: Label::from(about.map(Container::id).unwrap_or_default()),
            before: about.map(facts).unwrap_or_default(),
            after,
        }
    }

    fn name(&self, name: &Name) -> String {
        match name {
            Name::Final(name) => name.clone(),
            Name::Old(base) => names::old(base, self.operation().as_str()),
        }
    }

    /// What goes over the wire for a step.
    fn order(&self, act: &Act, about: Option<&Container>) -> Order {
        let id = about.map(|c| c.id().to_owned()).unwrap_or_default();
        let before = about.map(started).unwrap_or_default();
        let grace = about.map(grace).unwrap_or_default();
        match act {
            Act::Tag {
                image,
                repository,
                tag,
            } => Order::Tag {
                image: image.clone(),
                repository: repository.clone(),
                tag: tag.clone().unwrap_or_else(|| keep_tag(clock::now())),
            },
            Act::Create { base, body } => Order::Create {
                name: names::new(base, self.operation().as_str()),
                body: body.clone(),
            },
            Act::Connect(_, network, endpoint) => Order::Connect {
                id,
                network: network.clone(),
                endpoint: endpoint.clone(),
            },
            // A wait sends nothing and never comes here.
            Act::Start(_) | Act::Await(_) => Order::Start { id, before },
            Act::Stop(_) => Order::Stop { id, grace },
            Act::Restart(_) => Order::Restart { id, grace, before },
            Act::Rename(_, name) => Order::Rename {
                id,
                name: self.name(name),
            },
            Act::Remove(_) => Order::Remove { id },
        }
    }

    /// What is expected from now on.
    async fn happened(
        &mut self,
        act: &Act,
        order: &Order,
        about: Option<&Container>,
        made: Option<&str>,
    ) {
        let id = match (act, about, made) {
            (Act::Create { .. }, _, Some(made)) => {
                self.made = Some(made.to_owned());
                made.to_owned()
            }
            (Act::Remove(who), ..) => {
                self.removed |= !self.back && matches!(who, Who::There(_));
                return;
            }
            (_, Some(about), _) => about.id().to_owned(),
            _ => return,
        };
        let renamed = match order {
            Order::Rename { name, .. } => Some(name.as_str()),
            _ => None,
        };
        if let Some(name) = renamed
            && let Some(seen) = self.expected.get_mut(&id)
        {
            seen.name = SafeText::name(name);
            return;
        }
        if matches!(act, Act::Create { .. } | Act::Start(_) | Act::Restart(_))
            && let Ok(Some(is)) = container(self.wire, &id).await
        {
            self.expect(&is);
            // A start by hand sets Docker's count to nothing; what it shows by now are crashes.
            self.restarts.insert(id, 0);
        }
    }

    fn expect(&mut self, is: &Container) {
        self.expected.insert(is.id().to_owned(), planner::seen(is));
    }

    /// Waits until a replica serves.
    async fn wait(&mut self, first: Container) -> StepEnd {
        let limit = self.patience.limit(&first);
        let began = Instant::now();
        let id = first.id().to_owned();
        let mut is = first;
        let restarts = *self
            .restarts
            .entry(id.clone())
            .or_insert_with(|| is.restarts());
        let mut told = SafeText::default();
        let (mut run, mut since) = (started(&is), Instant::now());
        loop {
            if started(&is) != run || !is.running() {
                (run, since) = (started(&is), Instant::now());
            }
            match readiness(&is, restarts, since.elapsed() >= self.patience.steady) {
                Readiness::Serves => {
                    self.expect(&is);
                    return StepEnd::Done;
                }
                Readiness::Broken(why, words) => return StepEnd::Failed(why, words),
                Readiness::Waits(words, _) if began.elapsed() >= limit => {
                    return StepEnd::Failed(
                        Failure::TimedOut,
                        safe!("{words}: not in {} s", limit.as_secs()),
                    );
                }
                Readiness::Waits(words, _) if words != told || self.away => {
                    self.away = false;
                    self.tell(Progress::Waiting(words.clone())).await;
                    told = words;
                }
                Readiness::Waits(..) => {}
            }
            tokio::select! {
                () = self.carry.stop.cancelled(), if !self.back => return StepEnd::Cancelled,
                () = sleep(self.patience.poll) => {}
            }
            is = match self.read(&id).await {
                Ok(Some(is)) => is,
                Ok(None) => {
                    return StepEnd::Superseded(safe!(
                        "{} is gone: somebody removed it",
                        is.name()
                    ));
                }
                Err(error) => return StepEnd::Unverified(safe!("{error}")),
            };
        }
    }

    /// A container as it is now; waits for a daemon that is away.
    async fn read(&mut self, id: &str) -> Result<Option<Container>, CallError> {
        let began = Instant::now();
        loop {
            match container(self.wire, id).await {
                Err(error) if self.waits_for(&error, began) => self.pause(&error).await,
                read => return read,
            }
        }
    }

    /// Waits between two looks for a daemon that is away, and says so.
    async fn pause(&mut self, error: &CallError) {
        if !self.away {
            self.away = true;
            let words = safe!("the daemon is away: {error}");
            self.tell(Progress::Waiting(words)).await;
        }
        sleep(self.patience.poll).await;
    }

    /// Whether a daemon that did not answer may still come back.
    fn waits_for(&self, error: &CallError, began: Instant) -> bool {
        let away = error.status().is_none_or(|status| status >= 500);
        away && began.elapsed() < self.patience.back && (self.back || !self.stopped())
    }
}
