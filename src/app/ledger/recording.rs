//! What the record of an action came to: whether it began, and whether it came to its end.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::plan::record::{
    OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
    StepOutcome,
};

/// What is remembered of the record of an action.
#[derive(Default)]
pub(in crate::app) struct Memory {
    refused: OnceLock<RecordError>,
    open: Mutex<Option<OperationId>>,
}

impl Memory {
    /// Why the journal did not let it begin; `None` while it did.
    pub(in crate::app) fn refused(&self) -> Option<RecordError> {
        self.refused.get().cloned()
    }

    /// The operation, where it began and its end was not written.
    pub(in crate::app) fn open(&self) -> Option<OperationId> {
        let open = self.open.lock();
        open.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is(&self, open: Option<OperationId>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = open;
    }
}

/// A recorder that remembers.
pub(super) struct Remembering {
    pub(super) recorder: Arc<dyn Recorder>,
    pub(super) memory: Arc<Memory>,
}

impl Recorder for Remembering {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        let begun = self.recorder.begin(start);
        match &begun {
            Ok(operation) => self.memory.is(Some(operation.clone())),
            // Set once: an operation begins once.
            Err(error) => drop(self.memory.refused.set(error.clone())),
        }
        begun
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        self.recorder.intent(intent)
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        self.recorder.outcome(receipt, outcome)
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.recorder.end(end)?;
        self.memory.is(None);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, time::Duration};

    use super::*;
    use crate::plan::record::{Facts, OperationResult};

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
            let memory = Arc::new(Memory::default());
            let recorder = Remembering {
                recorder: Arc::new(Full(full)),
                memory: Arc::clone(&memory),
            };
            let began = recorder.begin(&OperationStart {
                action: "restart".into(),
                target: crate::plan::record::Target::default(),
                by: "".into(),
                reason: "".into(),
                before: Facts::default(),
                after: Facts::default(),
                steps: Vec::new(),
                resumes: None,
            });
            assert_eq!(began.is_err(), full);
            assert_eq!(memory.refused().is_some(), full);
            assert_eq!(memory.open().is_some(), !full);
            if let Ok(operation) = began {
                let ended = recorder.end(&OperationEnd {
                    operation,
                    result: OperationResult::Verified,
                    after: Facts::default(),
                });
                assert_eq!((ended, memory.open()), (Ok(()), None));
            }
        }
    }
}
