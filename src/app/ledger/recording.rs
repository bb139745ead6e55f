//! Telling apart an action that ended from one that never began, because the journal did not let it.

use std::sync::{Arc, OnceLock};

use crate::plan::record::{
    OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
    StepOutcome,
};

/// Why the journal did not let the operation begin; empty while it did.
pub(in crate::app) type Refused = Arc<OnceLock<RecordError>>;

/// A recorder that remembers why an operation could not begin.
pub(super) struct Remembering {
    pub(super) recorder: Arc<dyn Recorder>,
    pub(super) refused: Refused,
}

impl Recorder for Remembering {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        self.recorder.begin(start).inspect_err(|error| {
            // Set once: an operation begins once.
            let _ = self.refused.set(error.clone());
        })
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        self.recorder.intent(intent)
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        self.recorder.outcome(receipt, outcome)
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.recorder.end(end)
    }
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, time::Duration};

    use super::*;

    struct Full(bool);

    impl Recorder for Full {
        fn begin(&self, _: &OperationStart) -> Result<OperationId, RecordError> {
            if self.0 {
                return Err(RecordError::NoSpace {
                    path: PathBuf::from("/state"),
                });
            }
            Ok(OperationId::parse("1"))
        }

        fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
            Ok(Receipt {
                operation: intent.operation.clone(),
                step: intent.step,
                seq: 0,
                at: Duration::ZERO,
            })
        }

        fn outcome(&self, _: &Receipt, _: &StepOutcome) -> Result<(), RecordError> {
            Ok(())
        }

        fn end(&self, _: &OperationEnd) -> Result<(), RecordError> {
            Ok(())
        }
    }

    #[test]
    fn an_operation_that_could_not_be_written_down_is_told_from_one_that_ended() {
        for full in [true, false] {
            let refused = Refused::default();
            let recorder = Remembering {
                recorder: Arc::new(Full(full)),
                refused: Arc::clone(&refused),
            };
            let began = recorder.begin(&OperationStart {
                action: "restart".into(),
                target: crate::plan::record::Target::default(),
                by: "".into(),
                reason: "".into(),
                before: crate::plan::record::Facts::default(),
                after: crate::plan::record::Facts::default(),
                steps: Vec::new(),
                resumes: None,
            });
            assert_eq!(began.is_err(), full);
            assert_eq!(refused.get().is_some(), full);
        }
    }
}
