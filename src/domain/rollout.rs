//! A change of what runs, while it happens and just after.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{domain::service::ServiceId, text::SafeText};

/// Where a rollout is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RolloutState {
    /// New copies come, old ones go.
    Progressing,
    /// Nothing moves, for the reason given.
    Stuck(SafeText),
    /// It waits for somebody, as it was told to: paused, or held at a partition.
    Held(SafeText),
    /// Every copy is new and serves.
    Done,
    /// It ended without getting there.
    Failed(SafeText),
    /// Another one began before it ended.
    Superseded,
}

impl RolloutState {
    /// Whether it still runs (a stuck one does, and one that waits).
    pub const fn open(&self) -> bool {
        matches!(self, Self::Progressing | Self::Stuck(_) | Self::Held(_))
    }

    /// Why it does not get there.
    pub const fn reason(&self) -> Option<&SafeText> {
        match self {
            Self::Stuck(why) | Self::Held(why) | Self::Failed(why) => Some(why),
            Self::Progressing | Self::Done | Self::Superseded => None,
        }
    }
}

/// One copy in a rollout's line of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// Serves.
    Ready,
    /// On its way up.
    Starting,
    /// On its way down.
    Draining,
    /// Broken.
    Failed,
    /// Not begun.
    Waiting,
}

/// One rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// Whose.
    pub service: ServiceId,
    /// The version before; empty where it is not known.
    pub from: SafeText,
    /// The version to come.
    pub to: SafeText,
    /// When the first new copy was made, by the platform's clock.
    pub started: Timestamp,
    /// It was under way when it was first looked at, and nobody says since when: `started` is that look.
    #[serde(default)]
    pub began_before: bool,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Where it is.
    pub state: RolloutState,
    /// The new copies.
    pub new: Vec<Mark>,
    /// The old ones still there.
    pub old: Vec<Mark>,
    /// How many new ones there should be at the end.
    pub wanted: u32,
    /// Who or what began it, where that is known ("you", "compose").
    pub by: SafeText,
}

impl Rollout {
    /// When it began; `None` where nobody knows.
    pub fn began(&self) -> Option<Timestamp> {
        (!self.began_before).then_some(self.started)
    }

    /// New copies that serve.
    pub fn ready(&self) -> u32 {
        self.new.iter().filter(|m| **m == Mark::Ready).count() as u32
    }
}
