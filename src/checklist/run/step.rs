//! How far one item of a run is.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::author;
use crate::{plan::record::OperationId, text::SafeText};

/// How far an item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum State {
    /// Nothing happened yet.
    #[default]
    Pending,
    /// Being looked at, acting, or soaking.
    Running,
    /// It proved itself; a gate: go.
    Passed,
    /// A person said so.
    Attested,
    /// It proved to be otherwise, went wrong, or took too long; a gate: no go.
    Failed,
    /// Left out, with a reason.
    Skipped,
    /// Left out, and a second person answers for it.
    Waived,
    /// It had passed; its evidence is old, or what it was about has changed.
    Stale,
    /// The connection was lost while it acted.
    Uncertain,
}

impl State {
    /// Whether nothing more has to happen.
    pub const fn is_settled(self) -> bool {
        matches!(
            self,
            Self::Passed | Self::Attested | Self::Skipped | Self::Waived
        )
    }
}

/// One item of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// How far it is.
    pub state: State,
    /// Who brought it there.
    pub by: SafeText,
    /// At whose console, where that was not theirs.
    pub entered_by: Option<SafeText>,
    /// When that was.
    pub at: Option<Timestamp>,
    /// What shows it: the values of a check, the outcome of an action, the reason of a skip.
    pub words: SafeText,
    /// When its turn came, or something first happened to it.
    pub opened: Option<Timestamp>,
    /// Since when it is waited for, as its timeout counts: its turn, its action, or when it was no longer proved.
    pub since: Option<Timestamp>,
    /// Its last action.
    pub operation: Option<OperationId>,
    /// Whether its action is verified, and only what else must be true is open.
    pub done: bool,
    /// Whether something of its action may have been sent.
    pub acted: bool,
    /// Since when what must hold for a time has held.
    pub clock: Option<Timestamp>,
    /// How often that clock started again.
    pub resets: u32,
    /// The last time that it did, and why.
    pub last_reset: Option<(Timestamp, SafeText)>,
    /// Who said go.
    pub go: Vec<SafeText>,
    /// What was noted on it.
    pub notes: Vec<Note>,
}

/// What somebody had to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: SafeText,
    /// At whose console it was entered, where that was not theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<SafeText>,
    /// What.
    pub text: SafeText,
}

impl Note {
    /// Who, and at whose console.
    pub fn author(&self) -> String {
        author(&self.by, self.entered_by.as_ref())
    }
}

impl Step {
    /// Who brought it there, and at whose console.
    pub fn author(&self) -> String {
        author(&self.by, self.entered_by.as_ref())
    }

    /// What was last said of it: `attested 2026-11-21 14:02:11 UTC by ana`.
    pub(in crate::checklist) fn said(&self) -> String {
        let at = self.at.map_or_else(String::new, moment);
        format!("{} {at} by {}", self.state, self.author())
    }

    /// How long it took, from its turn until it was settled; `None` while it is not.
    pub fn took(&self) -> Option<Duration> {
        let settled = self.at.filter(|_| self.state.is_settled())?;
        Some(between(self.opened?, settled))
    }

    /// Whether its action is under way.
    pub const fn is_acting(&self) -> bool {
        matches!(self.state, State::Running) && self.operation.is_some() && !self.done
    }

    /// Whether it is waited for: it may take too long.
    pub const fn is_awaited(&self) -> bool {
        matches!(self.state, State::Pending | State::Running | State::Stale)
    }

    /// Whether what was proved before it was proved of another world. Where its action failed, it is to be seen what of
    /// that world is left.
    pub const fn has_acted(&self) -> bool {
        self.acted && !matches!(self.state, State::Failed)
    }
}

/// As the record has it.
pub(in crate::checklist) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// From one moment to a later one; nothing where clocks went back.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
