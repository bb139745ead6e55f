//! The action of a step: that it begins is durable before anything of it is sent.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::{Conductor, unpoisoned};
use crate::{
    checklist::{Event, ItemId, RunId, What},
    plan::{
        Outcome,
        record::{
            Facts, OperationEnd, OperationId, OperationResult, OperationStart, Receipt,
            RecordError, Recorder, StepIntent, StepOutcome,
        },
    },
    text::SafeText,
};

/// A step whose action is carried out.
#[derive(Clone)]
pub struct Step {
    conductor: Arc<Conductor>,
    run: RunId,
    item: ItemId,
    by: SafeText,
    /// Tells the time of the place where it acts.
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    operation: Arc<OnceLock<OperationId>>,
    result: Arc<OnceLock<OperationResult>>,
}

impl Step {
    /// An item of a run that is open there.
    pub fn new(
        conductor: Arc<Conductor>,
        (run, item): (RunId, ItemId),
        by: SafeText,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Self {
        Self {
            conductor,
            run,
            item,
            by,
            now,
            operation: Arc::default(),
            result: Arc::default(),
        }
    }

    /// Writes down how it ended, where it had begun. Where that cannot be written it is owed for as long as this console
    /// lives; after it, whoever goes on reads it from the operation's own record.
    pub(in crate::app) async fn ended(&self, outcome: &Outcome) {
        let Some(operation) = self.operation.get().cloned() else {
            return;
        };
        // What ended without a word of its own was lost on the way.
        let result = self.result.get().copied();
        let what = What::DoEnded {
            item: self.item,
            operation,
            result: result.unwrap_or(OperationResult::Unverified),
            words: SafeText::line(outcome.sentence()),
        };
        let (conductor, run, event) = (
            Arc::clone(&self.conductor),
            self.run.clone(),
            self.event(what),
        );
        let written = move || {
            conductor.owe(run.clone(), event);
            conductor.settle_up(&run)
        };
        let _ = spawn_blocking(written).await;
    }

    fn tell(&self, what: What) -> Result<(), SafeText> {
        let refused = self.conductor.record(&self.run, &[self.event(what)])?;
        refused.map_or(Ok(()), |why| Err(SafeText::line(why.to_string())))
    }

    fn event(&self, what: What) -> Event {
        Event::new((self.now)(), self.by.clone(), what)
    }
}

impl Conductor {
    fn owe(&self, run: RunId, event: Event) {
        unpoisoned(&self.owed).push((run, event));
    }

    /// Writes down how actions of a run ended that could not be written before.
    pub(super) fn settle_up(&self, run: &RunId) -> Result<(), SafeText> {
        // Held until it is written, so that it is written by one.
        let mut owed = unpoisoned(&self.owed);
        let of_it = owed.iter().filter(|(of, _)| of == run);
        let events: Vec<Event> = of_it.map(|(_, event)| event.clone()).collect();
        if !events.is_empty() {
            self.record(run, &events)?;
            owed.retain(|(of, _)| of != run);
        }
        Ok(())
    }
}

/// A recorder that binds the operation to its step.
pub(in crate::app) struct Binding {
    pub(in crate::app) recorder: Arc<dyn Recorder>,
    pub(in crate::app) step: Step,
}

impl Recorder for Binding {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        let operation = self.recorder.begin(start)?;
        let (item, began) = (self.step.item, operation.clone());
        let told = self.step.tell(What::DoBegun {
            item,
            operation: began.clone(),
        });
        if let Err(why) = told {
            // Nothing was sent, and nothing will be.
            self.recorder.end(&OperationEnd {
                operation,
                result: OperationResult::Superseded,
                after: Facts::default(),
            })?;
            return Err(RecordError::NotItsTurn {
                why: why.to_string(),
            });
        }
        // Set once: an operation begins once.
        let _ = self.step.operation.set(began);
        Ok(operation)
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        self.recorder.intent(intent)
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        self.recorder.outcome(receipt, outcome)
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        // Set once: an operation ends once.
        let _ = self.step.result.set(end.result);
        self.recorder.end(end)
    }
}
