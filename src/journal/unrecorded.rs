//! Acting although nothing can be written, because the operator typed `unrecorded`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::syslog::{SOCKET, Syslog};
use super::{Journal, Who, unpoisoned};
use crate::domain::service::ServiceId;
use crate::plan::Keeper;
use crate::plan::record::{
    OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder, StepIntent,
    StepOutcome, Target,
};

/// A recorder that writes what it can, and tells the system's log of an operation that it cannot. It refuses only what
/// another console has: that the journal can't be written was accepted, and not that two do the same.
pub struct Unrecorded(Option<Arc<Journal>>);

impl Unrecorded {
    /// To that journal, as far as it can be written.
    pub const fn to(journal: Arc<Journal>) -> Self {
        Self(Some(journal))
    }

    /// To the system's log alone: there is no journal at all.
    pub const fn nowhere() -> Self {
        Self(None)
    }
}

/// Keeps nothing, and says so: whoever asks must not remove what could not be kept.
pub struct NothingKept;

impl Keeper for NothingKept {
    fn keep(&self, _: &ServiceId, _: &str, _: &[u8]) -> io::Result<()> {
        Err(io::Error::other("there is no place to keep it"))
    }

    fn recall(&self, _: &ServiceId, _: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

impl Recorder for Unrecorded {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        let Some(journal) = &self.0 else {
            let who = Who::here(start.by.as_str());
            say(&Syslog::new(SOCKET.into()), &who, start);
            return Ok(Journal::new_id());
        };
        match journal.begin(start) {
            Err(error) if !error.is_anothers() => {
                let who = unpoisoned(&journal.who).clone();
                say(&journal.syslog, &who, start);
                Ok(Journal::new_id())
            }
            begun => begun,
        }
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        let written = self.0.as_ref().and_then(|j| j.intent(intent).ok());
        Ok(written.unwrap_or_else(|| Receipt {
            operation: intent.operation.clone(),
            step: intent.step,
            seq: 0,
            at: Duration::ZERO,
        }))
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        if let Some(journal) = &self.0 {
            drop(journal.outcome(receipt, outcome));
        }
        Ok(())
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        if let Some(journal) = &self.0 {
            drop(journal.end(end));
        }
        Ok(())
    }
}

/// Tells the system's log of an operation that the journal does not hold.
fn say(syslog: &Syslog, who: &Who, start: &OperationStart) {
    let Target {
        context,
        project,
        service,
        ..
    } = &start.target;
    let Who {
        operator, os_user, ..
    } = who;
    let action = &start.action;
    syslog.warn(&format!(
        "UNRECORDED {action} of {project}/{service} in {context} by {operator} ({os_user})"
    ));
}
