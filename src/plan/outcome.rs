//! How an action ended, and no better than it did.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    domain::service::ServiceId,
    text::{SafeText, counted},
};

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The platform shows what was wanted, in the words given (`3/3 on v1.8.1, healthy`).
    Verified(SafeText),
    /// Sent, and what came of it is not known: an answer was lost and reading did not settle it.
    Unverified(SafeText),
    /// A step failed.
    Failed {
        /// Which, counted from 0.
        step: usize,
        /// How many steps before it had taken effect.
        applied: usize,
        /// Why.
        why: SafeText,
        /// What was done about it: "the old one serves again"; may be empty.
        now: SafeText,
    },
    /// What was confirmed is no longer what is there; nothing (more) was sent. Says what changed.
    Superseded {
        /// How many steps had taken effect.
        applied: usize,
        /// What changed, and by whom if known.
        why: SafeText,
    },
    /// It was done, and somebody undid it.
    Reverted {
        /// Who or what.
        by: SafeText,
        /// How long it had lasted.
        after: Duration,
    },
    /// The operator stopped it (or the console ended): no further step was begun.
    Cancelled {
        /// How many steps had taken effect.
        applied: usize,
    },
}

impl Outcome {
    /// How it ended, where so many critical alerts stand on the service: what was verified is no better than what is left.
    pub fn beside(&self, alerts: usize, service: &ServiceId) -> String {
        let (sentence, name) = (self.sentence(), &service.name);
        match alerts {
            0 => sentence,
            1 => format!("{sentence}; 1 critical alert remains on {name}"),
            n => format!("{sentence}; {n} critical alerts remain on {name}"),
        }
    }

    /// The journal's word, and the screen's.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Verified(_) => "verified",
            Self::Unverified(_) => "not verified",
            Self::Failed { .. } => "failed",
            Self::Superseded { .. } => "superseded",
            Self::Reverted { .. } => "undone",
            Self::Cancelled { .. } => "stopped",
        }
    }

    /// The whole outcome in one sentence, the word first.
    pub fn sentence(&self) -> String {
        let word = self.word();
        match self {
            Self::Verified(what) | Self::Unverified(what) => format!("{word}: {what}"),
            Self::Failed {
                step,
                applied,
                why,
                now,
            } => {
                let back = if now.is_empty() {
                    String::new()
                } else {
                    format!("; {now}")
                };
                format!(
                    "{word} at step {}: {why} ({applied} done before{back})",
                    step + 1
                )
            }
            Self::Superseded { applied: 0, why } => format!("{word}: {why}; nothing was sent"),
            Self::Superseded { applied, why } => {
                format!("{word}: {why}; {} had been done", counted(*applied, "step"))
            }
            Self::Reverted { by, after } => format!("{word} by {by} {} s later", after.as_secs()),
            Self::Cancelled { applied } => {
                format!(
                    "{word}: {} had been done, no further one was begun",
                    counted(*applied, "step")
                )
            }
        }
    }
}
