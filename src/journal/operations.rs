//! Which operations were left in the middle.

use std::collections::BTreeMap;
use std::iter::successors;
use std::path::Path;

use jiff::Timestamp;

use super::audit::entries;
use super::entry::Entry;
use super::record::{Began, Outcome, Record};
use super::session;
use super::who::Who;
use crate::plan::record::{
    Label, OperationEnd, OperationId, OperationResult, OperationStart, RecordError, StepIntent,
    StepOutcome, Target,
};
use crate::text::SafeText;

/// An operation that began and never ended, and whose console is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id.
    pub id: OperationId,
    /// What it was to do.
    pub start: OperationStart,
    /// When it began.
    pub began: Timestamp,
    /// The steps that were about to be sent, in order. One without an outcome was sent or not: the platform knows.
    pub steps: Vec<Attempted>,
    worker: Worker,
}

/// The console that works on an operation, or did last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Worker {
    session: Label,
    /// Who sits at it.
    by: Label,
}

impl Worker {
    fn of(session: Label, who: &Who) -> Self {
        let by = if who.operator.is_empty() {
            &who.os_user
        } else {
            &who.operator
        };
        let by = by.clone();
        Self { session, by }
    }
}

/// A step that was about to be sent, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// What was to be sent.
    pub intent: StepIntent,
    /// What came of it.
    pub outcome: Option<StepOutcome>,
}

impl Unfinished {
    /// How many steps are known to have come through, out of how many.
    pub fn progress(&self) -> (usize, usize) {
        use crate::plan::record::StepResult::Done;
        let is_done = |step: &&Attempted| step.outcome.as_ref().is_some_and(|o| o.result == Done);
        (
            self.steps.iter().filter(is_done).count(),
            self.start.steps.len(),
        )
    }
}

/// The operations without an end whose console is gone, oldest first.
pub(super) fn unfinished(journal: &Path) -> Result<Vec<Unfinished>, RecordError> {
    let open = Open::read(journal)?;
    let lives = |worker: &Worker| session::lives(journal, &worker.session);
    let gone = |operation: &&Unfinished| open.worker(operation, lives).is_none();
    Ok(open.0.values().filter(gone).cloned().collect())
}

/// An operation that the console of the session `own` may take up.
pub(super) fn claimable(
    journal: &Path,
    id: &OperationId,
    own: &Label,
) -> Result<Unfinished, RecordError> {
    let open = Open::read(journal)?;
    let taken = |by| RecordError::Taken { id: id.clone(), by };
    let operation = open.0.get(id).ok_or_else(|| taken(None))?;
    let other =
        |worker: &Worker| worker.session != *own && session::lives(journal, &worker.session);
    match open.worker(operation, other) {
        Some(worker) => Err(taken(Some(worker.by.clone()))),
        None => Ok(operation.clone()),
    }
}

/// Whether an action may begin on a service, for the console of the session `own`: none of another one that lives is under
/// way there.
pub(super) fn free(
    journal: &Path,
    (action, target): (&str, &Target),
    own: &Label,
) -> Result<(), RecordError> {
    // A simulated world is its console's own, whatever it is called.
    if target.is_simulated() || !session::others_live(journal, own) {
        return Ok(());
    }
    let open = Open::read(journal)?;
    let in_the_way = open.0.into_values().find(|other| {
        let session = &other.worker.session;
        other.start.target.is_same_service(target)
            && session != own
            && session::lives(journal, session)
            && !other.gives_way_to(action)
    });
    in_the_way.map_or(Ok(()), |other| {
        Err(RecordError::UnderWay {
            service: SafeText::name(other.start.target.service_id().to_string()),
            action: other.start.action,
            by: other.worker.by,
            since: other.began,
        })
    })
}

/// The operations without an end that are about the same steps, the first one first.
pub(super) fn same(journal: &Path, id: &OperationId) -> Result<Vec<Unfinished>, RecordError> {
    let mut open = Open::read(journal)?;
    let same = open.0.get(id).map(|one| open.same(one));
    // By their ids they sort by the time at which they began.
    let same = same.unwrap_or_default().into_iter();
    Ok(same.filter_map(|id| open.0.remove(&id)).collect())
}

/// When a service was rolled back, where nothing was rolled out since.
pub(super) fn last_rollback(
    journal: &Path,
    wanted: &Target,
) -> Result<Option<Timestamp>, RecordError> {
    let mut open = BTreeMap::new();
    let mut last = None;
    entries(journal, |entry| match entry.record {
        Record::OperationBegin(Began { operation, start })
            if start.target.is_same_service(wanted)
                && matches!(start.action.as_str(), "rollout" | "rollback") =>
        {
            open.insert(operation, start.action.as_str() == "rollback");
        }
        Record::OperationEnd(end) if end.result == OperationResult::Verified => {
            if let Some(back) = open.remove(&end.operation) {
                last = back.then_some(entry.time);
            }
        }
        _ => {}
    })?;
    Ok(last)
}

/// The operations without an end so far.
#[derive(Default)]
struct Open(BTreeMap<OperationId, Unfinished>);

impl Open {
    fn read(journal: &Path) -> Result<Self, RecordError> {
        let mut open = Self::default();
        entries(journal, |entry| open.take_in(entry))?;
        Ok(open)
    }

    /// Who of a kind works on an operation: on itself, on what went on with it, or on what it went on with. All those
    /// are about the same steps.
    fn worker(&self, on: &Unfinished, is: impl Fn(&Worker) -> bool) -> Option<&Worker> {
        let first = &self.first(on).id;
        let same = self.0.values().filter(|o| self.first(o).id == *first);
        same.map(|o| &o.worker).find(|worker| is(worker))
    }

    /// The one from which a chain of operations began, each of which went on with the one before.
    fn first<'a>(&'a self, of: &'a Unfinished) -> &'a Unfinished {
        let before = |o: &&'a Unfinished| self.0.get(o.start.resumes.as_ref()?);
        // A journal that somebody wrote by hand may hold a ring.
        let chain = successors(Some(of), before).take(self.0.len());
        chain.last().unwrap_or(of)
    }

    fn take_in(&mut self, entry: Entry) {
        match entry.record {
            Record::OperationBegin(Began {
                operation,
                mut start,
            }) => {
                let worker = Worker::of(entry.session, &entry.who);
                start.by = entry.who.operator;
                if let Some(resumed) = start.resumes.as_ref().and_then(|id| self.0.get_mut(id)) {
                    resumed.worker = worker.clone();
                }
                let unfinished = Unfinished {
                    id: operation.clone(),
                    start,
                    began: entry.time,
                    steps: Vec::new(),
                    worker,
                };
                self.0.insert(operation, unfinished);
            }
            Record::Intent(intent) => {
                if let Some(operation) = self.0.get_mut(&intent.operation) {
                    operation.intent(intent);
                }
            }
            Record::Outcome(outcome) => {
                if let Some(operation) = self.0.get_mut(&outcome.operation) {
                    operation.outcome(outcome);
                }
            }
            Record::TakenOver { operation } => {
                if let Some(operation) = self.0.get_mut(&operation) {
                    operation.worker = Worker::of(entry.session, &entry.who);
                }
            }
            Record::LetGo { operation } => self.let_go(&operation, &entry.session),
            Record::OperationEnd(end) => self.end(&end, &entry.session),
            Record::Acknowledgement(_)
            | Record::Backup(_)
            | Record::Revision(_)
            | Record::Checklist(_)
            | Record::Note { .. }
            | Record::Gap(_)
            | Record::Unknown => {}
        }
    }

    /// One that went on with another, or put it back, ends that one as well, and all that it had gone on with, unless it
    /// did not come through; so does leaving it as it is. One that was verified ends what was left on its service before:
    /// going on with that would undo it.
    fn end(&mut self, end: &OperationEnd, session: &Label) {
        use OperationResult::{LeftAsIs, PutBack, Unverified, Verified};
        let settles = matches!(end.result, Verified | Unverified | PutBack | LeftAsIs);
        let same = self.0.get(&end.operation).filter(|_| settles);
        let same = same.map_or_else(Vec::new, |ended| self.same(ended));
        self.let_go(&end.operation, session);
        let Some(ended) = self.0.remove(&end.operation) else {
            return;
        };
        self.0.retain(|id, _| !same.contains(id));
        if end.result == Verified {
            self.0.retain(|_, left| {
                left.began >= ended.began
                    || !left.start.target.is_same_service(&ended.start.target)
                    || !takes_the_place(ended.start.action.as_str(), left.start.action.as_str())
            });
        }
    }

    /// That console works on it no more, nor on what it went on with.
    fn let_go(&mut self, operation: &OperationId, session: &Label) {
        let same = self.0.get(operation).map(|one| self.same(one));
        for id in same.unwrap_or_default() {
            let one = self.0.get_mut(&id);
            if let Some(one) = one.filter(|one| one.worker.session == *session) {
                one.worker.session = Label::default();
            }
        }
    }

    /// The operations that are about the same steps.
    fn same(&self, of: &Unfinished) -> Vec<OperationId> {
        let first = &self.first(of).id;
        let same = self.0.values().filter(|o| self.first(o).id == *first);
        same.map(|o| o.id.clone()).collect()
    }
}

/// Whether what `later` brought about is what `earlier` was to bring about, or instead of it.
fn takes_the_place(later: &str, earlier: &str) -> bool {
    let brings = |word| matches!(word, "rollout" | "rollback");
    later == earlier || (brings(later) && (brings(earlier) || earlier == "restart"))
}

impl Unfinished {
    /// Whether it keeps that action from nobody: all of it is sent, the platform carries it out by itself, and what it
    /// brings may be stuck, which is when somebody has to get it back.
    fn gives_way_to(&self, later: &str) -> bool {
        let gets_back = matches!(later, "rollback" | "abort" | "pause");
        let mut steps = self.start.steps.iter();
        let is_rolled = steps.any(|step| step.verb.as_str() == "patch");
        let last = self.steps.last().map(|step| &step.intent);
        let watches = last.is_some_and(|intent| {
            intent.verb.as_str() == "await" && usize::from(intent.step) == self.start.steps.len()
        });
        gets_back && later != self.start.action.as_str() && is_rolled && watches
    }

    /// An intent written twice, since the disk did not confirm the first, is one.
    fn intent(&mut self, intent: StepIntent) {
        let known = self
            .steps
            .iter_mut()
            .find(|step| step.intent.step == intent.step);
        let attempted = Attempted {
            intent,
            outcome: None,
        };
        match known {
            Some(step) => *step = attempted,
            None => self.steps.push(attempted),
        }
    }

    fn outcome(&mut self, outcome: Outcome) {
        let step = self
            .steps
            .iter_mut()
            .find(|step| step.intent.step == outcome.step);
        if let Some(step) = step {
            step.outcome = Some(outcome.outcome);
        }
    }
}
