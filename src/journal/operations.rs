//! Which operations were left in the middle.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::audit::entries;
use super::entry::Entry;
use super::record::{Began, Outcome, Record};
use super::session;
use crate::plan::record::{
    Label, OperationEnd, OperationId, OperationResult, OperationStart, RecordError, StepIntent,
    StepOutcome, Target,
};

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
    /// The console that works on it.
    session: Label,
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
    let mut open = Open::default();
    entries(journal, |entry| open.take_in(entry))?;
    let gone = |operation: &Unfinished| !session::lives(journal, &operation.session);
    Ok(open.0.into_values().filter(gone).collect())
}

/// An operation that has not ended, whoever works on it.
pub(super) fn open(journal: &Path, id: &OperationId) -> Result<Option<Unfinished>, RecordError> {
    let mut open = Open::default();
    entries(journal, |entry| open.take_in(entry))?;
    Ok(open.0.remove(id))
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
    fn take_in(&mut self, entry: Entry) {
        match entry.record {
            Record::OperationBegin(Began {
                operation,
                mut start,
            }) => {
                start.by = entry.who.operator;
                if let Some(resumed) = start.resumes.as_ref().and_then(|id| self.0.get_mut(id)) {
                    resumed.session = entry.session.clone();
                }
                let unfinished = Unfinished {
                    id: operation.clone(),
                    start,
                    began: entry.time,
                    steps: Vec::new(),
                    session: entry.session,
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
                    operation.session = entry.session;
                }
            }
            Record::OperationEnd(end) => self.end(&end),
            Record::Acknowledgement(_)
            | Record::Backup(_)
            | Record::Revision(_)
            | Record::Note { .. }
            | Record::Gap(_)
            | Record::Unknown => {}
        }
    }

    /// One that went on with another, or put it back, ends that one as well, unless it did not come through.
    fn end(&mut self, end: &OperationEnd) {
        use OperationResult::{PutBack, Unverified, Verified};
        let ended = self.0.remove(&end.operation);
        let resumed = ended.and_then(|operation| operation.start.resumes);
        if let Some(resumed) = resumed
            && matches!(end.result, Verified | Unverified | PutBack)
        {
            self.0.remove(&resumed);
        }
    }
}

impl Unfinished {
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
