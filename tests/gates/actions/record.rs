//! A journal in memory, that the scripted Engine asks whether a send was announced.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use quarterdeck::{
    domain::service::ServiceId,
    plan::{
        Keeper,
        record::{
            OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
            StepOutcome,
        },
    },
};

#[derive(Default)]
pub(super) struct Ledger(Mutex<Book>);

#[derive(Default)]
struct Book {
    open: Vec<(OperationId, OperationStart)>,
    began: u64,
    intents: usize,
    announced: Option<StepIntent>,
}

impl Ledger {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the announcement of a send: each counts once.
    pub(super) fn announced(&self) -> Option<StepIntent> {
        self.book().announced.take()
    }

    pub(super) fn intents(&self) -> usize {
        self.book().intents
    }

    /// The last operation without an end.
    pub(super) fn open(&self) -> Option<(OperationId, OperationStart)> {
        self.book().open.last().cloned()
    }
}

impl Recorder for Ledger {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        let mut book = self.book();
        book.began += 1;
        let id = OperationId::new(1_800_000_000_000 + book.began, book.began);
        book.open.push((id.clone(), start.clone()));
        Ok(id)
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        let mut book = self.book();
        book.intents += 1;
        book.announced = Some(intent.clone());
        Ok(Receipt {
            operation: intent.operation.clone(),
            step: intent.step,
            seq: book.intents as u64,
            at: Duration::ZERO,
        })
    }

    fn outcome(&self, _: &Receipt, _: &StepOutcome) -> Result<(), RecordError> {
        Ok(())
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.book().open.retain(|(id, _)| *id != end.operation);
        Ok(())
    }
}

impl Keeper for Ledger {
    fn keep(&self, _: &ServiceId, _: &str, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn recall(&self, _: &ServiceId, _: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}
