//! How much of what is shown can be believed right now.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{signals::Signals, snapshot::Snapshot},
    text::SafeText,
};

/// How the connection to a platform is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceHealth {
    /// The first answer has not come yet.
    #[default]
    Connecting,
    /// Proof of life is recent.
    Live,
    /// Back again, and still reading what was missed.
    CatchingUp,
    /// No proof of life for too long: figures are the last known ones.
    Stale,
    /// Refused or gone.
    Offline,
    /// The credentials no longer work.
    LoginExpired,
}

impl SourceHealth {
    /// Whether figures are the last known ones.
    pub const fn is_stale(self) -> bool {
        matches!(self, Self::Stale | Self::Offline | Self::LoginExpired)
    }

    /// As the header says it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connecting => "CONNECTING",
            Self::Live => "LIVE",
            Self::CatchingUp => "CATCHING UP",
            Self::Stale => "STALE",
            Self::Offline => "OFFLINE",
            Self::LoginExpired => "LOGIN EXPIRED",
        }
    }
}

/// The latest state of a platform; latest wins.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SourceState {
    /// How the connection is.
    pub health: SourceHealth,
    /// When the platform last proved that it lives.
    pub proof: Option<Timestamp>,
    /// Counts published states; a larger one is newer.
    pub generation: u64,
    /// What went wrong, when something did, and in a second sentence what mends it.
    pub problem: SafeText,
    /// What is there. Unchanged services are shared with the snapshot before.
    pub snapshot: Arc<Snapshot>,
    /// What is told beside the platform.
    #[serde(default)]
    pub signals: Arc<Signals>,
}

impl SourceState {
    /// Up to when the platform is known: now, or its last proof of life. Time alone changes nothing of what is not known.
    pub fn known_until(&self, now: Timestamp) -> Timestamp {
        let frozen = self.proof.filter(|_| self.health.is_stale());
        frozen.map_or(now, |proof| proof.min(now))
    }
}
