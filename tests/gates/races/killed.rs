//! A journal whose console dies at one of its writes: from then on nothing of it is written or sent any more.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
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

/// Writes until it dies.
pub(super) struct Mortal {
    pub(super) journal: Arc<Journal>,
    /// Writes that still come through; the last of them is cut off before it or after it.
    left: AtomicUsize,
    before: AtomicBool,
    dead: AtomicBool,
    /// Whether the end of an operation is written.
    ended: AtomicBool,
    /// The steps that were announced.
    pub(super) announced: Mutex<Vec<StepIntent>>,
}

impl Mortal {
    pub(super) fn new(journal: Arc<Journal>) -> Self {
        Self {
            journal,
            left: AtomicUsize::new(usize::MAX),
            before: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            announced: Mutex::default(),
        }
    }

    pub(super) fn dies(&self, write: usize, before: bool) {
        self.left.store(write, Ordering::SeqCst);
        self.before.store(before, Ordering::SeqCst);
    }

    pub(super) fn dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    pub(super) fn ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
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
        let receipt = self.written(|| self.journal.intent(intent))?;
        self.announced
            .lock()
            .expect("no writer panics")
            .push(intent.clone());
        Ok(receipt)
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        self.written(|| self.journal.outcome(receipt, outcome))
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.written(|| {
            self.journal.end(end)?;
            self.ended.store(true, Ordering::SeqCst);
            Ok(())
        })
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
