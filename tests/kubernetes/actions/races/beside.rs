//! A journal beside which somebody acts in the worst moment.

use std::sync::Mutex;

use quarterdeck::plan::record::{
    OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
    StepOutcome,
};

use crate::support::mortal::Mortal;

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

/// Its console may die as well.
pub(super) struct Beside {
    pub(super) mortal: Mortal,
    somebody: Mutex<Option<(When, Deed)>>,
}

impl Beside {
    pub(super) fn new(mortal: Mortal) -> Self {
        Self {
            mortal,
            somebody: Mutex::default(),
        }
    }

    /// Somebody acts then.
    pub(super) fn at(&self, when: When, deed: Deed) {
        *self.somebody.lock().expect("no writer panics") = Some((when, deed));
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

impl Recorder for Beside {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        self.mortal.begin(start)
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        self.moment(When::Intent);
        self.mortal.intent(intent)
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        self.moment(When::Outcome);
        self.mortal.outcome(receipt, outcome)
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.mortal.end(end)
    }
}
