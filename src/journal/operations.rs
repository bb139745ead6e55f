//! Which operations were left in the middle.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::audit::entries;
use super::record::{Began, Record};
use super::session;
use crate::plan::record::{
    Label, OperationId, OperationStart, RecordError, StepIntent, StepOutcome,
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
    /// Who began it.
    pub operator: Label,
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
    let mut open = BTreeMap::new();
    entries(journal, |entry| match entry.record {
        Record::OperationBegin(Began { operation, start }) => {
            let (began, operator, session) = (entry.time, entry.who.operator, entry.session);
            let id = operation.clone();
            open.insert(
                operation,
                Unfinished {
                    id,
                    start,
                    began,
                    operator,
                    session,
                    steps: Vec::new(),
                },
            );
        }
        Record::Intent(intent) => {
            if let Some(operation) = open.get_mut(&intent.operation) {
                operation.intent(intent);
            }
        }
        Record::Outcome(outcome) => {
            let step = open.get_mut(&outcome.operation).and_then(|operation| {
                operation
                    .steps
                    .iter_mut()
                    .find(|step| step.intent.step == outcome.step)
            });
            if let Some(step) = step {
                step.outcome = Some(outcome.outcome);
            }
        }
        Record::TakenOver { operation } => {
            if let Some(operation) = open.get_mut(&operation) {
                operation.session = entry.session;
            }
        }
        Record::OperationEnd(end) => {
            open.remove(&end.operation);
        }
        _ => {}
    })?;
    Ok(open
        .into_values()
        .filter(|operation| !session::lives(journal, &operation.session))
        .collect())
}

impl Unfinished {
    /// An intent written twice, since the disk did not confirm the first, is one.
    fn intent(&mut self, intent: StepIntent) {
        match self
            .steps
            .iter_mut()
            .find(|step| step.intent.step == intent.step)
        {
            Some(step) => {
                *step = Attempted {
                    intent,
                    outcome: None,
                }
            }
            None => self.steps.push(Attempted {
                intent,
                outcome: None,
            }),
        }
    }
}
