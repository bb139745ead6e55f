//! A journal whose console dies at one of its writes: from then on nothing of it is written or sent any more.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use quarterdeck::plan::record::{
    OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
    StepOutcome,
};

/// Writes until it dies.
pub(crate) struct Mortal {
    journal: Arc<dyn Recorder>,
    /// Writes that still come through; the next one is cut off before it or after it.
    left: AtomicUsize,
    before: AtomicBool,
    dead: AtomicBool,
}

impl Mortal {
    pub(crate) fn new(journal: Arc<dyn Recorder>) -> Self {
        Self {
            journal,
            left: AtomicUsize::new(usize::MAX),
            before: AtomicBool::new(false),
            dead: AtomicBool::new(false),
        }
    }

    /// After so many more writes it dies, before the next one is on the disk or after that.
    pub(crate) fn dies(&self, write: usize, before: bool) {
        self.left.store(write, Ordering::SeqCst);
        self.before.store(before, Ordering::SeqCst);
    }

    pub(crate) fn dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    fn written<T>(&self, write: impl FnOnce() -> Result<T, RecordError>) -> Result<T, RecordError> {
        if self.dead() {
            return Err(dead());
        }
        let left = self.left.load(Ordering::SeqCst);
        if left > 0 {
            self.left.store(left - 1, Ordering::SeqCst);
            return write();
        }
        self.dead.store(true, Ordering::SeqCst);
        if !self.before.load(Ordering::SeqCst) {
            write()?;
        }
        Err(dead())
    }
}

fn dead() -> RecordError {
    RecordError::NoSpace {
        path: "/killed".into(),
    }
}

impl Recorder for Mortal {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        self.written(|| self.journal.begin(start))
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        self.written(|| self.journal.intent(intent))
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        self.written(|| self.journal.outcome(receipt, outcome))
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.written(|| self.journal.end(end))
    }
}
