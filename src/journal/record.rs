//! The kinds of entries. Every field is named here; there is no place for anything else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::checklist::{Event, RunId};
use crate::plan::record::{
    Label, OperationEnd, OperationId, OperationStart, StepIntent, StepOutcome, Target,
};

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Record {
    /// An action on one target begins.
    OperationBegin(Began),
    /// A step is about to be sent.
    Intent(StepIntent),
    /// What came of a step.
    Outcome(Outcome),
    /// An operation is over.
    OperationEnd(OperationEnd),
    /// Another console goes on with an operation whose own is gone. Written by early versions; now what begins says
    /// itself what it resumes.
    TakenOver {
        /// The operation.
        operation: OperationId,
    },
    /// Its console does not work on an operation any more, and it has no end: whoever comes first may take it up.
    LetGo {
        /// The operation.
        operation: OperationId,
    },
    /// Somebody says that they have seen an alert.
    Acknowledgement(Acknowledgement),
    /// A backup was made.
    Backup(Backup),
    /// A revision of a service was seen at work.
    Revision(RevisionNote),
    /// Something happened in a run of a checklist.
    Checklist(Box<Walked>),
    /// Words of an operator.
    Note {
        /// The words.
        text: Label,
    },
    /// The chain has a hole here, and why.
    Gap(Gap),
    /// A kind that a later version of the console wrote.
    #[serde(other)]
    Unknown,
}

impl Record {
    /// The operation that it belongs to.
    pub const fn operation(&self) -> Option<&OperationId> {
        match self {
            Self::OperationBegin(began) => Some(&began.operation),
            Self::Intent(intent) => Some(&intent.operation),
            Self::Outcome(outcome) => Some(&outcome.operation),
            Self::OperationEnd(end) => Some(&end.operation),
            Self::TakenOver { operation } | Self::LetGo { operation } => Some(operation),
            Self::Backup(backup) => backup.operation.as_ref(),
            Self::Checklist(walked) => walked.event.what.operation(),
            Self::Acknowledgement(_)
            | Self::Revision(_)
            | Self::Note { .. }
            | Self::Gap(_)
            | Self::Unknown => None,
        }
    }
}

/// An operation that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Began {
    /// Its id.
    pub operation: OperationId,
    /// What it is.
    pub start: OperationStart,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The operation.
    pub operation: OperationId,
    /// Which step, from 1.
    pub step: u16,
    /// The intent's number.
    pub intent: u64,
    /// How it went.
    pub outcome: StepOutcome,
    /// From the durable intent to the outcome, in milliseconds.
    pub latency_ms: u64,
}

/// Something that happened in a run of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walked {
    /// Which run.
    pub run: RunId,
    /// What is walked.
    pub list: Label,
    /// The daemon's or the cluster's own id.
    pub cluster: Label,
    /// Where the list's file was read; at the start alone.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub path: Label,
    /// What happened.
    pub event: Event,
}

/// Somebody says that they have seen an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The daemon's or the cluster's own id; a fingerprint is unique only there.
    pub cluster: Label,
    /// The alert's identity: rule and subject.
    pub fingerprint: Label,
    /// Who says so.
    pub by: Label,
    /// Until when it stays quiet; a time that has passed takes it back.
    pub until: Timestamp,
}

/// A backup's manifest, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The operation that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// Of which service.
    pub target: Target,
    /// Of what: a database's name, a volume's name.
    pub what: Label,
    /// Where it lies: a path.
    pub place: Label,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Label,
    /// How it was checked: `read back`, `restored`; empty when it was not.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub checked: Label,
}

/// A revision of a service was seen at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionNote {
    /// The service.
    pub target: Target,
    /// The image's id: `sha256:…`.
    pub image_id: Label,
    /// The image as it was asked for: `shop/api:v4`.
    pub image: Label,
    /// The part of the image's name that tells releases apart: `v4`.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub version: Label,
    /// What was seen.
    pub seen: Sighting,
}

/// What was seen of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Sighting {
    /// It runs.
    Running,
    /// It was healthy for so many seconds more.
    Healthy {
        /// Seconds that were watched, since the note before.
        seconds: u64,
    },
    /// It was healthy for long enough to go back to.
    KnownGood,
}

/// A hole in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The number of the last entry that this one follows.
    pub after: u64,
    /// Why.
    pub cause: GapCause,
}

/// Why the chain has a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapCause {
    /// The disk did not confirm the entry after `after`; it may be there or not, and its file ended.
    SyncFailed,
    /// Entries that were once durable are no longer there.
    EntriesLost,
    /// The head, which names the last entry, was gone: entries may be missing.
    HeadLost,
}
