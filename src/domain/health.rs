//! How well something is, worst first.

use serde::{Deserialize, Serialize};

/// How well a service or an instance is. Ordered worst first, so sorting puts what matters at the top.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Health {
    /// Users are hurt now: unavailable, crash-looping, unhealthy.
    Critical,
    /// It serves, and something needs a look.
    Warning,
    /// Nothing is known; never drawn as well.
    #[default]
    Unknown,
    /// As it should be.
    Well,
    /// Stopped on purpose: exited with 0, or stopped by someone.
    Off,
}

impl Health {
    /// The state in a word, for terminals and readers that have no colour.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Well => "well",
            Self::Off => "stopped",
        }
    }
}
