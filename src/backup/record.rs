//! The journal's side of a backup: what is written before and after each step.

use std::sync::Arc;

use crate::plan::{
    Carry, Outcome, Step,
    record::{
        Facts, Failure, Label, OperationEnd, OperationId, OperationResult, OperationStart, Receipt,
        RecordError, Recorder, StepIntent, StepOutcome, StepResult,
    },
};

/// One operation in the journal.
pub(super) struct Book {
    recorder: Arc<dyn Recorder>,
    /// `None` when the operator agreed that it leaves no record.
    pub(super) operation: Option<OperationId>,
    unrecorded: bool,
}

/// Runs what blocks where it may.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(died) => std::panic::resume_unwind(died.into_panic()),
    }
}

impl Book {
    /// Writes that the operation begins.
    pub(super) async fn open(carry: &Carry) -> Result<Self, RecordError> {
        let (recorder, start) = (Arc::clone(&carry.recorder), OperationStart::of(&carry.plan));
        let unrecorded = carry.plan.agreed().unrecorded;
        let operation = match blocking(move || recorder.begin(&start)).await {
            Ok(operation) => Some(operation),
            Err(_) if unrecorded => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            recorder: Arc::clone(&carry.recorder),
            operation,
            unrecorded,
        })
    }

    /// Writes what is about to be done; nothing is done unless this went well.
    pub(super) async fn intent(
        &self,
        at: usize,
        step: &Step,
        object_id: &str,
    ) -> Result<Option<Receipt>, RecordError> {
        let Some(operation) = self.operation.clone() else {
            return Ok(None);
        };
        let intent = StepIntent {
            operation,
            step: number(at),
            verb: Label::from(step.verb.to_string()),
            object: Label::from(&step.object),
            object_id: Label::from(object_id),
            before: Facts::default(),
            after: Facts::default(),
        };
        let recorder = Arc::clone(&self.recorder);
        match blocking(move || recorder.intent(&intent)).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(_) if self.unrecorded => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes what came of a step. What was done is done: the intent without an outcome says enough.
    pub(super) async fn outcome(&self, receipt: Option<Receipt>, result: StepResult) {
        let Some(receipt) = receipt else { return };
        let outcome = StepOutcome {
            result,
            object_id: Label::default(),
        };
        let recorder = Arc::clone(&self.recorder);
        if let Err(error) = blocking(move || recorder.outcome(&receipt, &outcome)).await {
            log::warn!("the outcome of a step was not recorded: {error}");
        }
    }

    /// Writes that it is over. A backup that failed has left nothing to go on with, or to put back.
    pub(super) async fn close(self, outcome: &Outcome, why: Failure) {
        let Some(operation) = self.operation else {
            return;
        };
        let end = OperationEnd {
            operation,
            result: OperationResult::of(outcome, why),
            after: Facts::default(),
        };
        let recorder = self.recorder;
        if let Err(error) = blocking(move || recorder.end(&end)).await {
            log::warn!("the end of an operation was not recorded: {error}");
        }
    }
}

/// The journal counts steps from 1.
const fn number(at: usize) -> u16 {
    at as u16 + 1
}
