//! One operation under way: where it is, what it has sent, what it expects to be shown.

use tokio::time::Instant;

use super::{
    super::{
        Patience,
        aftermath::Aftermath,
        judge::Stale,
        object::{Object, Place},
        order,
        planner::PlanDraft,
        step::StepEnd,
        work::{Act, Goal, Work},
    },
    sending::{Sent, send_change, send_delete},
    waiting::Waited,
};
use crate::{
    plan::{
        Carry, Outcome, Progress, StepState,
        record::{
            About, Facts, Failure, Label, OperationId, OperationResult, OperationStart,
            OperationWriter, RecordError,
        },
    },
    platform::kubernetes::cluster::Cluster,
    safe,
    text::SafeText,
};
/// An operation under way.
pub(super) struct ActionRun<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) carry: &'a Carry,
    pub(super) patience: &'a Patience,
    pub(super) place: Place,
    /// The workload's identity, which it must keep.
    pub(super) uid: String,
    /// What its spec is to show.
    pub(super) goal: Goal,
    /// What it showed before.
    pub(super) was: Goal,
    /// Where it goes, as the preview calls it.
    pub(super) to: SafeText,
    /// A deadline that had passed before we began.
    pub(super) stale: Stale,
    /// When the change was sent.
    pub(super) since: Instant,
    contested: bool,
    order: order::Order,
    writer: OperationWriter,
    begun: usize,
    applied: usize,
    why: Failure,
    /// Whether it was left in the middle, for the next start to offer.
    open: bool,
}

impl<'a> ActionRun<'a> {
    /// Writes that the operation begins.
    pub(super) async fn begin(
        cluster: &'a Cluster,
        carry: &'a Carry,
        patience: &'a Patience,
        draft: &PlanDraft,
    ) -> Result<Self, RecordError> {
        let mut start = OperationStart::of(&carry.plan);
        start.before.image_id = draft.from.as_ref().map(Label::from);
        let target = &draft.preview.ask.target;
        Ok(Self {
            cluster,
            carry,
            patience,
            place: draft.place.clone(),
            uid: target.uid.to_string(),
            goal: draft.goal.clone(),
            was: draft.was.clone(),
            to: draft.preview.to.what.clone(),
            stale: draft.stale.clone(),
            since: Instant::now(),
            contested: draft.contested,
            order: draft.order.clone(),
            writer: OperationWriter::begin(carry, start).await?,
            begun: 0,
            applied: 0,
            why: Failure::Platform,
            open: false,
        })
    }

    /// Its id in the journal.
    pub(super) const fn operation(&self) -> &OperationId {
        self.writer.operation()
    }

    /// Whether the operator told us to stop.
    pub(super) fn stopped(&self) -> bool {
        self.carry.stop.is_cancelled()
    }

    /// The present step, counted from 0.
    pub(super) const fn at(&self) -> usize {
        self.begun.saturating_sub(1)
    }

    /// Steps that took effect.
    pub(super) const fn applied(&self) -> usize {
        self.applied
    }

    /// Tells the listener.
    pub(super) async fn tell(&self, progress: Progress) {
        super::tell(self.carry, progress).await;
    }

    /// One step: the intent, the send, the outcome.
    pub(super) async fn step(&mut self, work: &Work) -> StepEnd {
        self.begun += 1;
        let ended = self.perform(work).await;
        match &ended {
            StepEnd::Done(_) => self.applied += 1,
            StepEnd::Failed(why, _) => self.why = *why,
            StepEnd::Superseded(_) | StepEnd::Reverted(..) => {}
            StepEnd::Unverified(_) | StepEnd::Cancelled => self.open = true,
        }
        if let Some(state) = ended.state() {
            self.tell(Progress::Step(self.at(), state)).await;
        }
        ended
    }

    async fn perform(&mut self, work: &Work) -> StepEnd {
        let about = About {
            id: Label::from(match &work.act {
                Act::Delete(_, uid) => uid.as_str(),
                _ => self.uid.as_str(),
            }),
            before: facts(&self.was),
            after: facts(&self.goal),
        };
        let receipt = match self.writer.intent(self.at(), &work.step, about).await {
            Ok(receipt) => receipt,
            Err(error) => {
                let why = safe!("nothing more was sent: {error}");
                return StepEnd::Failed(Failure::NoSpace, why);
            }
        };
        let running = Progress::Step(self.at(), StepState::Running);
        self.tell(running).await;
        let ended = match &work.act {
            Act::Change => {
                self.since = Instant::now();
                let order = self.order.clone();
                self.sent(send_change(self, &order).await)
            }
            Act::Delete(pod, uid) => {
                let order = order::delete(&self.place, pod, uid);
                self.sent(send_delete(self, &order, uid).await)
            }
            Act::Await => self.wait().await.into(),
        };
        self.writer
            .outcome(receipt, ended.result(), Label::default())
            .await;
        ended
    }

    fn sent(&mut self, sent: Sent) -> StepEnd {
        match sent {
            Sent::Shown(answer) => {
                // What the server made of it counts: defaults, and webhooks that change what passes. Of a number of copies it
                // answers with a Scale, which is another shape.
                if let (Goal::Template { .. } | Goal::Image { .. }, Some(object)) =
                    (&self.goal, answer.map(Object))
                {
                    self.goal = self.goal.as_now(&object);
                }
                StepEnd::Done(self.to.clone())
            }
            Sent::Not(why, words) => StepEnd::Failed(why, words),
            Sent::Changed(words) => StepEnd::Superseded(words),
            Sent::Unknown(words) => StepEnd::Unverified(words),
        }
    }

    /// Watches on for a while where somebody is known to undo such a change.
    pub(super) async fn hold(&self) -> Waited {
        if self.contested {
            self.stays(self.patience.hold).await
        } else {
            Waited::Shown(SafeText::EMPTY)
        }
    }

    /// What is to be watched now that it is done.
    pub(super) fn aftermath(self) -> Aftermath {
        Aftermath {
            service: self.carry.plan.target().service.clone(),
            word: self.carry.plan.action().word(),
            place: self.place,
            uid: self.uid,
            goal: self.goal,
            was: self.was,
            since: self.since,
        }
    }

    /// Writes that the operation is over. One that was left in the middle stays open, so that the next start offers it.
    pub(super) async fn end(&self, outcome: &Outcome) {
        let untouched = matches!(outcome, Outcome::Cancelled { applied: 0 });
        if !untouched && (self.open || matches!(outcome, Outcome::Cancelled { .. })) {
            return;
        }
        let result = OperationResult::of(outcome, self.why);
        self.writer.end(result, facts(&self.goal)).await;
    }
}

impl From<Waited> for StepEnd {
    fn from(waited: Waited) -> Self {
        match waited {
            Waited::Shown(words) => Self::Done(words),
            Waited::Failed(why, words) => Self::Failed(why, words),
            Waited::Superseded(words) => Self::Superseded(words),
            Waited::Reverted(by, after) => Self::Reverted(by, after),
            Waited::Unknown(words) => Self::Unverified(words),
            Waited::Cancelled => Self::Cancelled,
        }
    }
}

/// What the journal is told of what is wanted.
fn facts(goal: &Goal) -> Facts {
    let mut facts = Facts::default();
    match goal {
        Goal::Replicas(replicas) => facts.replicas = Some(*replicas),
        Goal::Image { image, .. } => facts.image = Some(Label::from(image.as_str())),
        Goal::Template { template, .. } => {
            let image = super::super::object::text(template, "/spec/containers/0/image");
            facts.image = Some(Label::from(image));
        }
        Goal::Paused(true) => facts.state = Some(Label::from("paused")),
        Goal::Suspended(true) => facts.state = Some(Label::from("suspended")),
        // To the second, as it is written.
        Goal::Restarted(at) => facts.started = at.parse().ok(),
        Goal::Paused(false) | Goal::Suspended(false) => {}
    }
    facts
}
