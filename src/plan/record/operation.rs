//! An operation: one action on one target, with all its steps.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::label::Label;
use super::step::Failure;

/// Names an operation: short, unique, and sorting by the time it began, such as `1kq3v9z7m-7f3q`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(Label);

impl OperationId {
    /// The id of an operation that began at `unix_millis`; `random` keeps two of one millisecond apart.
    pub fn new(unix_millis: u64, random: u64) -> Self {
        let mut text = base32(unix_millis, 9);
        text.push('-');
        text.push_str(&base32(random, 5));
        Self(Label::from(text))
    }

    /// An id that somebody typed or a file holds.
    pub fn parse(text: &str) -> Self {
        Self(Label::from(text))
    }

    /// The id as it is printed.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The lowest `digits` base-32 digits of `value`. The alphabet sorts as its values do, and has no i, l, o or u to misread.
fn base32(value: u64, digits: u32) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..digits)
        .rev()
        .map(|digit| char::from(ALPHABET[(value >> (5 * digit)) as usize & 31]))
        .collect()
}

/// What an operation works on, as it was frozen when its dialog opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The connection's name: a Docker context, a Kubernetes context.
    pub context: Label,
    /// Who answers there: the daemon's or the cluster's own id.
    pub cluster: Label,
    /// The Compose project, the namespace, or nothing.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub project: Label,
    /// The service's name.
    pub service: Label,
    /// The identities of the objects seen: container ids, or a UID.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Label>,
}

/// What is worth remembering of a service or a replica, before or after. Absent: not touched, or not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How many replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// The image as it was asked for: `shop/api:v4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Label>,
    /// The image's own id: `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<Label>,
    /// The object's name, where a step renames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
    /// A word for its state: `running`, `exited`, `healthy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Label>,
}

/// One step of the plan, as the preview named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepName {
    /// What is done: `create`, `stop`, `rename`.
    pub verb: Label,
    /// To which object: a container's name.
    pub object: Label,
}

/// An operation that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationStart {
    /// The action's name: `scale`, `restart`, `rollout`, `rollback`, `backup`, `start`, `stop`.
    pub action: Label,
    /// On what.
    pub target: Target,
    /// Why: the reason or the ticket that the operator gave.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub reason: Label,
    /// What was seen.
    pub before: Facts,
    /// What shall be.
    pub after: Facts,
    /// All the steps, in order, so that an interrupted operation can say how far it came.
    pub steps: Vec<StepName>,
    /// The interrupted operation that this one finishes or puts back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<OperationId>,
}

/// An operation that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationEnd {
    /// Which one.
    pub operation: OperationId,
    /// How it ended.
    pub result: OperationResult,
    /// What the platform showed at the end.
    #[serde(default)]
    pub after: Facts,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case", tag = "is")]
#[strum(serialize_all = "kebab-case")]
pub enum OperationResult {
    /// The platform showed what was asked for.
    Verified,
    /// The platform could not be asked; it may have happened or not.
    Unverified,
    /// A step failed; those before it stand.
    Failed {
        /// The step, from 1.
        step: u16,
        /// Why.
        why: Failure,
    },
    /// What was done is undone, and the former state serves again.
    PutBack,
    /// A newer operation took its place.
    Superseded,
    /// Somebody or something else undid it.
    Reverted,
    /// The operator stopped it before it was through.
    Cancelled,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time() {
        let ids = [
            (1, 99),
            (31, 0),
            (32, 7),
            (1_800_000_000_000, 1),
            (1_800_000_000_001, 0),
        ]
        .map(|(millis, random)| OperationId::new(millis, random));
        assert!(ids.is_sorted());
        assert_eq!(ids[3].as_str().len(), 15);
    }
}
