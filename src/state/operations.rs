//! This console's own actions: under way, ended, and left over from an earlier console.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Model, Update, Work, rollouts};
use crate::{
    domain::{
        action::Action,
        alert::{Alert, Severity},
        host::SIMULATED,
        rollout::Rollout,
        service::ServiceId,
    },
    plan::{Confirmed, Outcome, Plan, PlanId, Progress, StepState, confirm::STANDING},
    safe,
    text::SafeText,
};

/// So many that ended are kept.
const ENDED: usize = 50;

/// So far the times of two clocks may be apart: the platform's are whole seconds, where it writes them down so.
pub(super) const CLOCKS: SignedDuration = SignedDuration::from_secs(2);

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
    /// Whether the operator asked for the way back: its dialog opens as soon as this one has ended.
    pub then_back: bool,
    /// How it ended, and when.
    pub ended: Option<(Outcome, Timestamp)>,
    /// Critical alerts on its service that stood when it was verified, and stand still.
    pub remain: usize,
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

    /// How it ended in one sentence; empty while it runs.
    pub fn sentence(&self) -> String {
        let ended = self.ended.as_ref();
        ended.map_or_else(String::new, |(outcome, _)| {
            outcome.beside(self.remain, &self.plan.target().service)
        })
    }

    /// The critical alerts on its service, where it was verified on the daemon of that identity.
    fn critical(&self, identity: &SafeText, alerts: &[Alert]) -> usize {
        let service = &self.plan.target().service;
        let verified = matches!(self.ended, Some((Outcome::Verified(_), _)));
        let on_it =
            |a: &&Alert| a.severity == Severity::Critical && a.service.as_ref() == Some(service);
        if verified && self.concerns(identity, service) {
            alerts.iter().filter(on_it).count()
        } else {
            0
        }
    }

    /// Whether it is on that service of the daemon of that identity: other daemons may have one of the same name.
    pub fn concerns(&self, identity: &SafeText, service: &ServiceId) -> bool {
        let target = self.plan.target();
        target.identity == *identity && target.service == *service
    }

    /// Whether a rollout that the daemon of that identity shows is the one that this action brought about.
    pub fn covers(&self, identity: &SafeText, rollout: &Rollout) -> bool {
        let began = self.plan.agreed().at;
        // A restart brings no other version: whoever does is somebody else.
        let ours = *self.plan.action() != Action::Restart || rollout.from == rollout.to;
        ours && self.concerns(identity, &rollout.service)
            && rollout.started >= began - CLOCKS
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
        // A simulated world has ended with all that went on in it.
        let simulated = |o: &Operation| o.plan.target().identity.starts_with(SIMULATED);
        self.operations.retain(|operation| !simulated(operation));
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

    /// Which of our own actions brought a rollout about that the daemon of that identity shows.
    pub fn behind(&self, identity: &SafeText, rollout: &Rollout) -> Option<&Operation> {
        self.newest_first().find(|o| o.covers(identity, rollout))
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
        then_back: false,
        ended: None,
        remain: 0,
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

/// What this console brings to a service at the moment is not to go on, and the way back is wanted instead: one key, when it
/// is stuck. `None` where nothing of that kind is under way on it.
pub fn give_up(model: &mut Model, service: &ServiceId) -> Option<Update> {
    let identity = &model.source.snapshot.host.identity;
    let operation = model.operations.under_way(identity, service)?;
    // A way back that is under way is no mistake: the same key once more does not end it.
    let brings = matches!(
        operation.plan.action(),
        Action::Rollout { .. } | Action::Restart
    );
    if !brings || !operation.putting_back.is_empty() {
        return None;
    }
    let (plan, word) = (operation.plan.id(), operation.plan.action().word());
    model.operations.get_mut(plan)?.then_back = true;
    let words = safe!(
        "no further step of {word} {}: the way back opens once it has ended",
        service.name
    );
    let now = model.now;
    model.notices.say(now, None, words);
    Some(halt(model, plan).and(Update::redraw()))
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
            operation.waiting = SafeText::default();
            operation.ended = Some((outcome, now));
            let identity = &model.source.snapshot.host.identity;
            operation.remain = operation.critical(identity, model.alerts.all());
            let severity = match &operation.ended {
                Some((Outcome::Verified(_), _)) if operation.remain == 0 => None,
                Some((
                    Outcome::Verified(_) | Outcome::Cancelled { .. } | Outcome::Unverified(_),
                    _,
                )) => Some(Severity::Warning),
                _ => Some(Severity::Critical),
            };
            let text = SafeText::format(format_args!(
                "{} {}: {}",
                operation.plan.action().word(),
                operation.plan.target().service.name,
                operation.sentence()
            ));
            let back = operation
                .then_back
                .then(|| operation.plan.target().service.clone());
            model.notices.outcome(now, severity, text);
            model.operations.forget_old();
            // A dialog does not come between somebody and what is on top.
            if let Some(service) = back.filter(|_| model.layers.is_empty()) {
                let way_back = Action::RollBack { to: None };
                let update = super::layer::plan::act(model, way_back, vec![service]);
                return rollouts::refresh(model).and(update);
            }
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

/// Other alerts stand now: of those that remained after an action, some may be over. What is new is not of before.
pub(super) fn recount(model: &mut Model) {
    let identity = &model.source.snapshot.host.identity;
    for operation in &mut model.operations.operations {
        let critical = operation.critical(identity, model.alerts.all());
        operation.remain = operation.remain.min(critical);
    }
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
