//! What an executor writes down: before each send, and what came of it.

use std::sync::Arc;

use super::{Move, Went};
use crate::{
    domain::instance::InstanceId,
    plan::{
        Carry, Outcome,
        record::{
            Facts, Failure, Label, OperationEnd, OperationId, OperationResult, OperationStart,
            Receipt, RecordError, Recorder, StepIntent, StepOutcome, StepResult,
        },
    },
    text::SafeText,
};

/// One operation in the journal.
pub(super) struct Book {
    recorder: Arc<dyn Recorder>,
    /// `None` when the operator agreed that it leaves no record.
    operation: Option<OperationId>,
    unrecorded: bool,
    /// Why a step failed, where one did.
    failed: Failure,
    put_back: bool,
    after: Facts,
}

/// Recording blocks: a lock between processes, then the disk.
async fn blocking<T: Send + 'static>(
    write: impl FnOnce() -> Result<T, RecordError> + Send + 'static,
) -> Result<T, RecordError> {
    match tokio::task::spawn_blocking(write).await {
        Ok(written) => written,
        Err(died) => std::panic::resume_unwind(died.into_panic()),
    }
}

fn label(text: &str) -> Label {
    Label::from(text)
}

impl Book {
    /// Writes that the operation begins.
    pub(super) async fn open(
        carry: &Carry,
        after: Option<(SafeText, SafeText)>,
    ) -> Result<Self, RecordError> {
        let mut start = OperationStart::of(&carry.plan);
        if let Some((image, id)) = after {
            start.after.image = Some(label(&image));
            start.after.image_id = Some(label(&id));
        }
        let then = start.after.clone();
        let recorder = Arc::clone(&carry.recorder);
        let unrecorded = carry.plan.agreed().unrecorded;
        let writer = Arc::clone(&recorder);
        let operation = match blocking(move || writer.begin(&start)).await {
            Ok(operation) => Some(operation),
            Err(_) if unrecorded => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            recorder,
            operation,
            unrecorded,
            failed: Failure::Platform,
            put_back: false,
            after: then,
        })
    }

    /// Its id in the journal, as it is shown.
    pub(super) fn id(&self) -> SafeText {
        let id = self.operation.as_ref().map(OperationId::as_str);
        SafeText::name(id.unwrap_or("unrecorded"))
    }

    /// Writes what is about to be sent; nothing is sent unless this went well.
    pub(super) async fn intent(
        &self,
        at: usize,
        step: &Move,
        id: Option<InstanceId>,
    ) -> Result<Option<Receipt>, RecordError> {
        let Some(operation) = self.operation.clone() else {
            return Ok(None);
        };
        let named = step.step();
        let intent = StepIntent {
            operation,
            step: number(at),
            verb: label(&named.verb.to_string()),
            object: label(&named.object),
            object_id: id.map(|id| label(&id.0)).unwrap_or_default(),
            before: Facts::default(),
            after: Facts::default(),
        };
        let writer = Arc::clone(&self.recorder);
        match blocking(move || writer.intent(&intent)).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(_) if self.unrecorded => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes what came of it. A failure here changes nothing that was sent: the intent without an outcome says enough.
    pub(super) async fn outcome(&self, receipt: Option<Receipt>, went: &Went) {
        let Some(receipt) = receipt else { return };
        let (result, id) = match went {
            Went::Done(id) => (StepResult::Done, id.as_ref()),
            Went::Failed(why, _) => (StepResult::Failed { why: *why }, None),
            Went::Changed(_) => (
                StepResult::Failed {
                    why: Failure::Changed,
                },
                None,
            ),
            Went::Unknown(_) => (StepResult::Unverified, None),
            Went::Stopped => (StepResult::NotSent, None),
        };
        let outcome = StepOutcome {
            result,
            object_id: id.map(|id| label(&id.0)).unwrap_or_default(),
        };
        let writer = Arc::clone(&self.recorder);
        if let Err(error) = blocking(move || writer.outcome(&receipt, &outcome)).await {
            log::warn!("the outcome of a step was not recorded: {error}");
        }
    }

    pub(super) const fn failed(&mut self, why: Failure) {
        self.failed = why;
    }

    pub(super) const fn put_back(&mut self) {
        self.put_back = true;
    }

    /// Writes that the operation is over. One that was stopped in the middle is not: the next start offers to go on.
    pub(super) async fn close(&self, outcome: &Outcome, applied: usize) {
        let result = match outcome {
            Outcome::Failed { .. } if self.put_back => OperationResult::PutBack,
            Outcome::Cancelled { .. } if applied > 0 => return,
            other => OperationResult::of(other, self.failed),
        };
        let Some(operation) = self.operation.clone() else {
            return;
        };
        let end = OperationEnd {
            operation,
            result,
            after: if result == OperationResult::Verified {
                self.after.clone()
            } else {
                Facts::default()
            },
        };
        let writer = Arc::clone(&self.recorder);
        if let Err(error) = blocking(move || writer.end(&end)).await {
            log::warn!("the end of an operation was not recorded: {error}");
        }
    }
}

/// The journal counts steps from 1.
const fn number(at: usize) -> u16 {
    at as u16 + 1
}
