//! What a console wrote down before it was killed.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use quarterdeck::{
    domain::service::ServiceId,
    journal::Journal,
    plan::{
        Keeper,
        record::{
            OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
            StepOutcome,
        },
    },
};

/// A journal, and what of it is asked for at the end.
pub(super) struct Noted {
    pub(super) journal: Arc<Journal>,
    /// Whether the end of an operation is written.
    ended: AtomicBool,
    /// The steps that were announced.
    pub(super) announced: Mutex<Vec<StepIntent>>,
}

impl Noted {
    pub(super) fn new(journal: Arc<Journal>) -> Self {
        Self {
            journal,
            ended: AtomicBool::new(false),
            announced: Mutex::default(),
        }
    }

    pub(super) fn ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }
}

impl Recorder for Noted {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        self.journal.begin(start)
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        let receipt = self.journal.intent(intent)?;
        let mut announced = self.announced.lock().expect("no writer panics");
        announced.push(intent.clone());
        Ok(receipt)
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        self.journal.outcome(receipt, outcome)
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.journal.end(end)?;
        self.ended.store(true, Ordering::SeqCst);
        Ok(())
    }
}

/// The simulator keeps its revisions itself.
pub(super) struct NoKeeper;

impl Keeper for NoKeeper {
    fn keep(&self, _: &ServiceId, _: &str, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn recall(&self, _: &ServiceId, _: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}
