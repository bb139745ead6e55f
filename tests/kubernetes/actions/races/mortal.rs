//! A journal whose console dies at one of its writes, or beside which somebody acts in the worst moment.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use quarterdeck::{
    journal::Journal,
    plan::record::{
        OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
        StepOutcome,
    },
};

/// When somebody acts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    /// Between the preview and its confirmation.
    Preview,
    /// Between the last look and the send.
    Intent,
    /// Once the send is answered.
    Outcome,
}

type Deed = Box<dyn FnOnce() + Send>;

/// Writes until it dies.
pub(super) struct Mortal {
    journal: Arc<Journal>,
    /// Writes that still come through; the next one is cut off before it or after it.
    left: AtomicUsize,
    before: AtomicBool,
    dead: AtomicBool,
    somebody: Mutex<Option<(When, Deed)>>,
}

impl Mortal {
    pub(super) fn new(journal: Arc<Journal>) -> Self {
        Self {
            journal,
            left: AtomicUsize::new(usize::MAX),
            before: AtomicBool::new(false),
            dead: AtomicBool::new(false),
            somebody: Mutex::default(),
        }
    }

    pub(super) fn dies(&self, write: usize, before: bool) {
        self.left.store(write, Ordering::SeqCst);
        self.before.store(before, Ordering::SeqCst);
    }

    /// Somebody acts then.
    pub(super) fn at(&self, when: When, deed: Deed) {
        *self.somebody.lock().expect("no writer panics") = Some((when, deed));
    }

    pub(super) fn dead(&self) -> bool {
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

    fn moment(&self, now: When) {
        let deed = {
            let mut somebody = self.somebody.lock().expect("no writer panics");
            somebody.take_if(|(when, _)| *when == now)
        };
        if let Some((_, deed)) = deed {
            deed();
        }
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
        self.moment(When::Intent);
        self.written(|| self.journal.intent(intent))
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        self.moment(When::Outcome);
        self.written(|| self.journal.outcome(receipt, outcome))
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.written(|| self.journal.end(end))
    }
}
