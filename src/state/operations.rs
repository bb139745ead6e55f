//! This console's own actions: under way, ended, and left over from an earlier console.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Model, Update, Work, rollouts};
use crate::{
    domain::{action::Action, alert::Severity, rollout::Rollout, service::ServiceId},
    plan::{Confirmed, Outcome, Plan, PlanId, Progress, StepState, confirm::STANDING},
    text::SafeText,
};

/// So many that ended are kept.
const ENDED: usize = 50;

/// One action of this console.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What was confirmed.
    pub plan: Plan<Confirmed>,
    /// Its id in the journal, once it has begun.
    pub id: Option<SafeText>,
    /// Where each step is; shorter than the plan's steps while some have not begun.
    pub steps: Vec<Option<StepState>>,
    /// What is being waited for.
    pub waiting: SafeText,
    /// What is being done to put a failure right; empty while nothing failed.
    pub putting_back: SafeText,
    /// Whether the operator asked that no further step be begun.
    pub halting: bool,
    /// How it ended, and when.
    pub ended: Option<(Outcome, Timestamp)>,
}

impl Operation {
    /// Steps that the platform shows as done.
    pub fn done(&self) -> usize {
        self.steps
            .iter()
            .filter(|s| matches!(s, Some(StepState::Done)))
            .count()
    }

    /// The step that is under way, or comes next; counted from 0.
    pub fn at(&self) -> usize {
        let under_way =
            |s: &Option<StepState>| matches!(s, Some(StepState::Running | StepState::Uncertain));
        let last = self.steps.iter().rposition(under_way);
        last.unwrap_or_else(|| self.done())
    }

    /// Whether it is on that service of the daemon of that identity: other daemons may have one of the same name.
    pub fn concerns(&self, identity: &SafeText, service: &ServiceId) -> bool {
        let target = self.plan.target();
        target.identity == *identity && target.service == *service
    }

    /// Whether a rollout that the daemon of that identity shows is the one that this action brought about.
    pub fn covers(&self, identity: &SafeText, rollout: &Rollout) -> bool {
        let began = self.plan.agreed().at;
        self.concerns(identity, &rollout.service)
            && rollout.started >= began - jiff::SignedDuration::from_secs(2)
            && self
                .ended
                .as_ref()
                .is_none_or(|(_, at)| rollout.started <= *at)
    }
}

/// An action that was begun and is not through, by an earlier console or by this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// Its id in the journal.
    pub operation: SafeText,
    /// What it was.
    pub action: Action,
    /// What would put it back; `None` where nothing can.
    pub back: Option<Action>,
    /// To which service.
    pub service: ServiceId,
    /// Steps known to be done.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
    /// Who began it.
    pub by: SafeText,
    /// When.
    pub began: Timestamp,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Operations {
    operations: Vec<Operation>,
    /// What earlier consoles left, and what this one did not bring to its end.
    pub leftovers: Vec<Leftover>,
}

impl Operations {
    /// The action of that plan.
    pub fn get(&self, plan: PlanId) -> Option<&Operation> {
        self.operations.iter().find(|o| o.plan.id() == plan)
    }

    fn get_mut(&mut self, plan: PlanId) -> Option<&mut Operation> {
        self.operations.iter_mut().find(|o| o.plan.id() == plan)
    }

    /// The newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().rev()
    }

    /// Whether it was this console that began that operation.
    pub fn began(&self, operation: &SafeText) -> bool {
        let own = |o: &Operation| o.id.as_ref() == Some(operation);
        self.operations.iter().any(own)
    }

    /// An earlier console's action is taken up, or left as it is: it is not offered any more.
    pub fn settled(&mut self, operation: &SafeText) {
        self.leftovers.retain(|l| l.operation != *operation);
    }

    /// Whether an action began so shortly before `now` that a key which follows was meant for it too.
    pub fn just_begun(&self, now: Timestamp) -> bool {
        self.operations
            .last()
            .is_some_and(|o| now.duration_since(o.plan.agreed().at) < STANDING)
    }

    /// The action under way on that service of the daemon of that identity.
    pub fn under_way(&self, identity: &SafeText, service: &ServiceId) -> Option<&Operation> {
        self.running().find(|o| o.concerns(identity, service))
    }

    /// Another place is shown: what earlier consoles left behind here is not offered there.
    pub(super) fn elsewhere(mut self) -> Self {
        self.leftovers.clear();
        self
    }

    /// The oldest of those that ended are forgotten; the journal has them.
    fn forget_old(&mut self) {
        let ended = self.operations.iter().filter(|o| o.ended.is_some()).count();
        let mut surplus = ended.saturating_sub(ENDED);
        self.operations.retain(|o| {
            let goes = surplus > 0 && o.ended.is_some();
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// Whether a rollout that the daemon of that identity shows is our own way back.
    pub fn rolled_back(&self, identity: &SafeText, rollout: &Rollout) -> bool {
        let back = |o: &&Operation| matches!(o.plan.action(), Action::RollBack { .. });
        self.operations
            .iter()
            .filter(back)
            .any(|o| o.covers(identity, rollout))
    }

    /// Those that still run.
    pub fn running(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|o| o.ended.is_none())
    }
}

/// A plan was confirmed: it is under way from now on.
pub fn begin(model: &mut Model, plan: Plan<Confirmed>) -> Update {
    let steps = vec![None; plan.preview().steps.len()];
    model.operations.operations.push(Operation {
        plan: plan.clone(),
        id: None,
        steps,
        waiting: SafeText::default(),
        putting_back: SafeText::default(),
        halting: false,
        ended: None,
    });
    model.rollouts.cursor.selected = Some(rollouts::RowId::Own(plan.id()));
    rollouts::refresh(model).and(Update::effect(Work::Carry(Box::new(plan))))
}

/// Nothing of it was sent, since nothing could be written down: it never was under way.
pub fn withdraw(model: &mut Model, plan: PlanId) -> Option<Plan<Confirmed>> {
    let operations = &mut model.operations.operations;
    let at = operations.iter().position(|o| o.plan.id() == plan)?;
    let withdrawn = operations.remove(at);
    let _ = rollouts::refresh(model);
    Some(withdrawn.plan)
}

/// No further step of it is to be begun.
pub fn halt(model: &mut Model, plan: PlanId) -> Update {
    let Some(operation) = model.operations.get_mut(plan) else {
        return Update::none();
    };
    if operation.ended.is_some() {
        return Update::none();
    }
    if !operation.putting_back.is_empty() {
        let why = "what failed is being put back: stopping now would leave it half done";
        let now = model.now;
        model
            .notices
            .say(now, Some(Severity::Warning), SafeText::from_static(why));
        return Update::redraw();
    }
    operation.halting = true;
    Update::effect(Work::Halt(plan))
}

/// How far an action is.
pub fn progress(model: &mut Model, plan: PlanId, progress: Progress) -> Update {
    let now = model.now;
    let Some(operation) = model.operations.get_mut(plan) else {
        return Update::none();
    };
    match progress {
        Progress::Begun(id) => operation.id = Some(id),
        Progress::Step(index, state) => {
            if operation.steps.len() <= index {
                operation.steps.resize(index + 1, None);
            }
            operation.steps[index] = Some(state);
            operation.waiting = SafeText::default();
        }
        Progress::Waiting(what) => operation.waiting = what,
        Progress::PuttingBack(how) => operation.putting_back = how,
        Progress::Ended(outcome) => {
            let severity = match &outcome {
                Outcome::Verified(_) => None,
                Outcome::Cancelled { .. } | Outcome::Unverified(_) => Some(Severity::Warning),
                _ => Some(Severity::Critical),
            };
            let text = SafeText::format(format_args!(
                "{} {}: {}",
                operation.plan.action().word(),
                operation.plan.target().service.name,
                outcome.sentence()
            ));
            operation.waiting = SafeText::default();
            operation.ended = Some((outcome, now));
            model.notices.outcome(now, severity, text);
            model.operations.forget_old();
        }
    }
    rollouts::refresh(model).and(Update::redraw())
}

/// An action of this console ended without being through: it is kept for the one who asks. Whoever stopped it knows.
pub fn left(model: &mut Model, left: Leftover) -> Update {
    model.operations.settled(&left.operation);
    model.operations.leftovers.push(left);
    Update::redraw()
}

/// What earlier consoles left is offered.
pub fn unfinished(model: &mut Model, left: Vec<Leftover>) -> Update {
    // A simulated world begins anew with each start: what was left in another one never happened here.
    if model.place.simulated {
        return Update::none();
    }
    model.operations.leftovers = left;
    // Where nothing may be changed there is nothing to choose: a key shows them.
    if model.capabilities.read_only {
        return Update::redraw();
    }
    super::layer::leftover::offer(model)
}
