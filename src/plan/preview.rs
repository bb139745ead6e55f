//! What an action would do, before anybody agrees to it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{alert::Severity, revision::Revision},
    plan::{confirm::Risk, owner::Owner, target::Ask},
    text::SafeText,
};

/// Where things stand before or after, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The version or the number: `v1.8.2`, `3 replicas`.
    pub what: SafeText,
    /// What is known of it: `served 5d 22h, health not observed`.
    pub facts: SafeText,
}

/// Whether a line of a diff goes or comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeKind {
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// A line of the diff. Of environment variables it holds the name; a value only where [`Change::secret`] hides it
/// until the operator asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Goes or comes.
    pub kind: ChangeKind,
    /// `image`, `env`, `label`, `cmd` …
    pub field: SafeText,
    /// The value, or the variable's name.
    pub value: SafeText,
    /// A value that is shown on request alone, and never recorded.
    #[serde(skip)]
    pub secret: Option<SafeText>,
}

/// Something to know before agreeing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How much it matters; `None` is a check that passed.
    pub severity: Option<Severity>,
    /// In words.
    pub text: SafeText,
}

/// Something that is worth a second look before agreeing.
pub(crate) fn warning(text: SafeText) -> Note {
    Note {
        severity: Some(Severity::Warning),
        text,
    }
}

/// A check that passed.
pub(crate) fn passed(text: SafeText) -> Note {
    Note {
        severity: None,
        text,
    }
}

/// What a step does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Verb {
    /// Gives an image a name by which it is kept.
    Tag,
    /// Makes a container.
    Create,
    /// Connects a container to a network.
    Connect,
    /// Starts it.
    Start,
    /// Stops it, with its grace period.
    Stop,
    /// Restarts it in place.
    Restart,
    /// Renames it.
    Rename,
    /// Removes it.
    Remove,
    /// Waits until it serves; sends nothing.
    Await,
    /// Reads the data out.
    Dump,
    /// Checks what was read.
    Verify,
    /// Changes what the platform then carries out by itself.
    Patch,
}

/// One step: one send, or one thing to wait for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    pub verb: Verb,
    /// To what, by name.
    pub object: SafeText,
}

/// What an action would do. Everything the dialog shows, and all that is needed to carry it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The question it answers; its action is resolved (a rollback names its revision).
    pub ask: Ask,
    /// Where things stand.
    pub now: Side,
    /// Where they would stand.
    pub to: Side,
    /// What changes.
    pub changes: Vec<Change>,
    /// What does not come back, or does not follow.
    pub remains: Vec<SafeText>,
    /// Warnings and checks, worst first.
    pub notes: Vec<Note>,
    /// One after another. Never empty: an action with nothing to do is a [`Refusal`].
    pub steps: Vec<Step>,
    /// What users notice meanwhile: `one at a time; 4 of 5 keep serving`.
    pub impact: SafeText,
    /// How long it may take.
    pub estimate: Option<Duration>,
    /// How it must be confirmed.
    pub risk: Risk,
    /// The revisions to choose from, for a rollback.
    pub choices: Vec<Revision>,
    /// Who would put it back, and what to change there instead.
    pub owner: Option<Owner>,
}

/// Why an action can't be done, and what could be done instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why not.
    pub why: SafeText,
    /// What to do instead; may be empty.
    pub instead: SafeText,
    /// Whether that is because everything is so already: there is nothing to do.
    #[serde(default)]
    pub so_already: bool,
}

/// What to do instead where the deployment is no longer as it was seen.
pub const LOOK_AGAIN: SafeText = SafeText::from_static("close this and look again");

impl Refusal {
    /// Whether the answer can be another one as soon as it is seen how things are.
    pub fn looks_again(&self) -> bool {
        self.instead == LOOK_AGAIN
    }

    /// There is nothing to do, since it is so already.
    pub const fn already(why: SafeText) -> Self {
        Self {
            why,
            instead: SafeText::EMPTY,
            so_already: true,
        }
    }
}
