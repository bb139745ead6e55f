//! How a step of an operation ended: what the journal, the listener and the operator are told of it.

use std::time::Duration;

use crate::{
    plan::{
        Outcome, StepState,
        record::{Failure, StepResult},
    },
    safe,
    text::SafeText,
};

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StepEnd {
    /// The cluster shows it, in these words.
    Done(SafeText),
    /// It did not happen, or what was waited for did not come.
    Failed(Failure, SafeText),
    /// What it was about is no longer what was agreed to.
    Superseded(SafeText),
    /// It was done, and somebody undid it, so long after.
    Reverted(SafeText, Duration),
    /// Its answer was lost and reading did not settle it.
    Unverified(SafeText),
    /// The operator told us to stop while it waited: nothing was sent, and there is nothing to say of it.
    Cancelled,
}

impl StepEnd {
    /// As the journal has it.
    pub(super) const fn result(&self) -> StepResult {
        match self {
            Self::Done(_) => StepResult::Done,
            Self::Failed(why, _) => StepResult::Failed { why: *why },
            Self::Superseded(_) | Self::Reverted(..) => StepResult::Failed {
                why: Failure::Changed,
            },
            Self::Unverified(_) => StepResult::Unverified,
            Self::Cancelled => StepResult::NotSent,
        }
    }

    /// As the listener is told.
    pub(super) fn state(&self) -> Option<StepState> {
        Some(match self {
            Self::Done(_) => StepState::Done,
            Self::Failed(_, words) | Self::Superseded(words) => StepState::Failed(words.clone()),
            Self::Reverted(by, _) => StepState::Failed(safe!("undone by {by}")),
            Self::Unverified(_) => StepState::Uncertain,
            Self::Cancelled => return None,
        })
    }

    /// What the cluster shows.
    ///
    /// # Errors
    /// The operation ends here: that step is its last one, so many took effect, and where it failed, `now` is what is so.
    pub(super) fn shows(
        self,
        step: usize,
        applied: usize,
        now: SafeText,
    ) -> Result<SafeText, Outcome> {
        Err(match self {
            Self::Done(words) => return Ok(words),
            Self::Failed(_, why) => Outcome::Failed {
                step,
                applied,
                why,
                now,
            },
            Self::Superseded(why) => Outcome::Superseded { applied, why },
            Self::Reverted(by, after) => Outcome::Reverted { by, after },
            Self::Unverified(why) => Outcome::Unverified(why),
            Self::Cancelled => Outcome::Cancelled { applied },
        })
    }
}
