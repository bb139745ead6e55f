//! Acting although nothing can be written, because the operator typed `unrecorded`.

use std::sync::Arc;
use std::time::Duration;

use super::Journal;
use crate::plan::record::{
    OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
    StepOutcome,
};

/// A recorder that never refuses: it writes what it can, and tells the system's log of an operation that it cannot.
pub struct Unrecorded(pub Arc<Journal>);

impl Recorder for Unrecorded {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        Ok(self.0.begin(start).unwrap_or_else(|_| {
            self.0.say_unrecorded(start);
            Journal::new_id()
        }))
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        Ok(self.0.intent(intent).unwrap_or_else(|_| Receipt {
            operation: intent.operation.clone(),
            step: intent.step,
            seq: 0,
            at: Duration::ZERO,
        }))
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        drop(self.0.outcome(receipt, outcome));
        Ok(())
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        drop(self.0.end(end));
        Ok(())
    }
}
