//! One step of an operation: what is about to be sent, and what came of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::id::OperationId;
use super::label::Label;
use super::target::Facts;

/// A step that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepIntent {
    /// The operation that it belongs to.
    pub operation: OperationId,
    /// Which step, from 1.
    pub step: u16,
    /// What is done: `create`, `stop`, `rename`.
    pub verb: Label,
    /// To which object: its name.
    pub object: Label,
    /// The object's identity, where it exists already.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub object_id: Label,
    /// What was seen.
    #[serde(default)]
    pub before: Facts,
    /// What shall be.
    #[serde(default)]
    pub after: Facts,
}

/// The proof that an intent is durable; only a [`super::Recorder`] gives one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The operation.
    pub operation: OperationId,
    /// Which step, from 1.
    pub step: u16,
    /// The intent's number in the journal.
    pub seq: u64,
    /// When the intent was durable, on the recorder's own monotonic clock.
    pub at: Duration,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOutcome {
    /// How it went.
    pub result: StepResult,
    /// The identity of what the step made: a new container's id.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub object_id: Label,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case", tag = "is")]
#[strum(serialize_all = "kebab-case")]
pub enum StepResult {
    /// The platform shows it.
    Done,
    /// It did not happen.
    Failed {
        /// Why.
        why: Failure,
    },
    /// The answer was lost: it may have happened or not.
    Unverified,
    /// It was not sent after all.
    NotSent,
}

/// Why a step failed. A closed set, since the words of an error may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Failure {
    /// The object is no longer what was seen.
    Changed,
    /// The object is gone.
    Gone,
    /// The platform refused: not allowed.
    Forbidden,
    /// The platform refused: the request conflicts with something there.
    Conflict,
    /// The image is not there.
    ImageMissing,
    /// The replica ended instead of running.
    Exited,
    /// The replica runs but does not become healthy.
    Unhealthy,
    /// It took longer than it may.
    TimedOut,
    /// The platform cannot be reached.
    Offline,
    /// No space is left where it was to go.
    NoSpace,
    /// What was made does not pass its check: a backup that cannot be read back.
    CheckFailed,
    /// A command in the service ended with an error.
    CommandFailed,
    /// The platform gave another error; the diagnostics of that moment have its words.
    Platform,
}
