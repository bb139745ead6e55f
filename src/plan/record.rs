//! What a plan's executor writes down while it works, and the trait through which it does.
//!
//! The types are an allow-list: there is no place here for a request's body, a variable's value, an argument, a token or
//! an error's text, so none of them can reach the journal. What went wrong is a [`Failure`] of a closed set.

pub use self::id::OperationId;
pub use self::label::Label;
pub use self::operation::{OperationEnd, OperationResult, OperationStart, StepName};
pub use self::step::{Failure, Receipt, StepIntent, StepOutcome, StepResult};
pub use self::target::{Facts, Target};
pub use self::writer::{About, OperationWriter, blocking};

mod id;
mod label;
mod operation;
mod step;
mod target;
mod writer;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::text::SafeText;

/// Where an executor records what it is about to do, and what came of it.
///
/// An executor sends nothing unless [`Recorder::intent`] returned a [`Receipt`]: the intent is then on disk.
/// The calls block (a lock between processes, then the disk): make them from a thread that may.
pub trait Recorder: Send + Sync {
    /// Writes that an action on one target begins, and returns the id that its steps carry. One that takes up another
    /// begins only where that is still to be had ([`RecordError::Taken`]), and none where another console acts on the same
    /// service ([`RecordError::UnderWay`]).
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError>;

    /// Writes that a step is about to be sent. Durable when it returns.
    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError>;

    /// Writes what came of a step. Latency is measured from the receipt.
    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError>;

    /// Writes that an operation is over; without it the next start offers to go on or to put back.
    fn end(&self, end: &OperationEnd) -> Result<(), RecordError>;
}

/// Why something could not be written down. In every case nothing may be sent, unless the operator types `unrecorded`;
/// what [another console has](Self::is_anothers) may not be then either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The disk is full, and the journal's reserve is used up.
    #[error("no space left for the journal in {}, and its reserve is used up", path.display())]
    NoSpace {
        /// The journal's folder.
        path: PathBuf,
    },
    /// Another process holds the journal and does not let go: it is stopped, or its disk hangs.
    #[error("another process holds the journal in {} and does not let go", path.display())]
    Busy {
        /// The journal's folder.
        path: PathBuf,
    },
    /// An operation was to be taken up, or left as it is, that is over or on which another console works.
    #[error("{}", taken(id, by.as_ref()))]
    Taken {
        /// The operation.
        id: OperationId,
        /// Who works on it; `None` where it is over.
        by: Option<Label>,
    },
    /// Another console, which lives, acts on that service.
    #[error(
        "{action} {service} by {by} is under way in another console since {}: one action at a time",
        since.strftime("%H:%M UTC")
    )]
    UnderWay {
        /// What it does.
        action: Label,
        /// To what.
        service: SafeText,
        /// Who sits there.
        by: Label,
        /// When it began.
        since: Timestamp,
    },
    /// It is the action of a step of a checklist whose turn it is not, or of which that could not be written down.
    #[error("{why}")]
    NotItsTurn {
        /// In words.
        why: String,
    },
    /// Reading or writing failed.
    #[error("cannot {doing} {}: {error}", path.display())]
    Io {
        /// What was tried, as a verb: "write to", "open".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        error: String,
    },
}

impl RecordError {
    /// Whether it is another console that has it: nothing is wrong with the journal.
    pub const fn is_anothers(&self) -> bool {
        matches!(self, Self::Taken { .. } | Self::UnderWay { .. })
    }
}

fn taken(id: &OperationId, by: Option<&Label>) -> String {
    match by {
        Some(by) => format!("{by} works on operation {id} in another console"),
        None => format!("operation {id} is over: nothing of it is left to take up"),
    }
}
