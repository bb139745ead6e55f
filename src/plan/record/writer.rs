//! An executor's side of the journal, the same for every executor: what is written before and after each send.

use std::{io, sync::Arc};

use super::{
    Facts, Label, OperationEnd, OperationId, OperationResult, OperationStart, Receipt, RecordError,
    Recorder, StepIntent, StepOutcome, StepResult,
};
use crate::{
    domain::service::ServiceId,
    plan::{Carry, Keeper, Step},
};

/// Runs what blocks where it may.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(died) => std::panic::resume_unwind(died.into_panic()),
    }
}

/// Writes one operation down.
pub struct OperationWriter {
    recorder: Arc<dyn Recorder>,
    keeper: Arc<dyn Keeper>,
    operation: OperationId,
}

/// What a step is about, as it was seen, and what it shall be.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The object's identity; empty where it is yet to be made.
    pub id: Label,
    /// What was seen.
    pub before: Facts,
    /// What shall be.
    pub after: Facts,
}

impl OperationWriter {
    /// Writes that the operation begins.
    ///
    /// # Errors
    /// It can't be written down; nothing may be sent.
    pub async fn begin(carry: &Carry, start: OperationStart) -> Result<Self, RecordError> {
        let recorder = Arc::clone(&carry.recorder);
        let operation = blocking(move || recorder.begin(&start)).await?;
        Ok(Self {
            recorder: Arc::clone(&carry.recorder),
            keeper: Arc::clone(&carry.keeper),
            operation,
        })
    }

    /// Its id in the journal.
    pub const fn operation(&self) -> &OperationId {
        &self.operation
    }

    /// Writes that a step, counted from 0, is about to be sent. Durable when it returns.
    ///
    /// # Errors
    /// It can't be written down; the step may not be sent.
    pub async fn intent(
        &self,
        at: usize,
        step: &Step,
        about: About,
    ) -> Result<Receipt, RecordError> {
        let intent = StepIntent {
            operation: self.operation.clone(),
            // The journal counts from 1.
            step: u16::try_from(at + 1).unwrap_or(u16::MAX),
            verb: Label::from(step.verb.to_string()),
            object: Label::from(&step.object),
            object_id: about.id,
            before: about.before,
            after: about.after,
        };
        let recorder = Arc::clone(&self.recorder);
        blocking(move || recorder.intent(&intent)).await
    }

    /// Writes what came of a step, and the identity of what it made. What was done is done: a journal that fails now changes
    /// nothing about it, and the next intent finds out.
    pub async fn outcome(&self, receipt: Receipt, result: StepResult, made: Label) {
        let recorder = Arc::clone(&self.recorder);
        let outcome = StepOutcome {
            result,
            object_id: made,
        };
        let written = blocking(move || recorder.outcome(&receipt, &outcome)).await;
        if let Err(error) = written {
            log::error!("the outcome of a step could not be recorded: {error}");
        }
    }

    /// Writes that the operation is over. Without it the next start offers to go on, or to put back.
    pub async fn end(&self, result: OperationResult, after: Facts) {
        let recorder = Arc::clone(&self.recorder);
        let end = OperationEnd {
            operation: self.operation.clone(),
            result,
            after,
        };
        let written = blocking(move || recorder.end(&end)).await;
        if let Err(error) = written {
            log::error!("the end of an operation could not be recorded: {error}");
        }
    }

    /// Keeps the description of what ran, before it is removed.
    ///
    /// # Errors
    /// It can't be kept, and so may not be removed.
    pub async fn keep(
        &self,
        service: ServiceId,
        revision: String,
        description: Vec<u8>,
    ) -> io::Result<()> {
        let keeper = Arc::clone(&self.keeper);
        blocking(move || keeper.keep(&service, &revision, &description)).await
    }
}
