//! What happened, as a person reads it.

use super::{End, Finding, What};
use crate::{safe, text::SafeText};

impl What {
    /// In one line, without who and when.
    pub fn sentence(&self) -> SafeText {
        match self {
            Self::Started(start) => match &start.list {
                Some(list) => safe!("begun: {list}"),
                None => SafeText::from_static("begun"),
            },
            Self::Checked {
                item,
                found,
                evidence,
            } => {
                let found = match found {
                    Finding::True => "holds",
                    Finding::False => "does not hold",
                    Finding::Unknown => "is not known",
                };
                safe!("step {item} {found}: {evidence}")
            }
            Self::Attested { item } => safe!("step {item} attested"),
            Self::TakenBack { item, reason } => safe!("step {item} taken back: {reason}"),
            Self::Skipped { item, reason } => safe!("step {item} skipped: {reason}"),
            Self::Waived { item, reason } => safe!("step {item} waived: {reason}"),
            Self::Noted { item, text } => match item {
                Some(item) => safe!("note on step {item}: {text}"),
                None => safe!("note: {text}"),
            },
            Self::DoBegun { item, operation } => safe!("step {item} acts: operation {operation}"),
            Self::DoEnded { item, words, .. } => safe!("step {item} ended: {words}"),
            Self::Uncertain { item, why } => safe!("step {item} is uncertain: {why}"),
            Self::Resolved {
                item,
                happened,
                unsent,
                evidence,
            } => {
                let found = match (happened, unsent) {
                    (true, _) => "it had happened",
                    (false, true) => "it had not happened",
                    // Some of it may have been done, or be under way.
                    (false, false) => "it had not happened, or not all of it",
                };
                safe!("step {item}: {found}: {evidence}")
            }
            Self::SoakBegun { item, evidence } => safe!("step {item} holds: {evidence}"),
            Self::SoakReset { item, evidence } => safe!("step {item} begins again: {evidence}"),
            Self::SoakHeld { item, evidence } => safe!("step {item} held: {evidence}"),
            Self::TimedOut { item } => safe!("step {item} took too long"),
            Self::Go { item } => safe!("step {item}: go"),
            Self::NoGo { item, reason } => safe!("step {item}: no go: {reason}"),
            Self::WentStale { item, why } => safe!("step {item} is stale: {why}"),
            Self::BreachBegun { evidence } => safe!("the abort criterion is met: {evidence}"),
            Self::BreachEnded { evidence } => {
                safe!("the abort criterion is met no more: {evidence}")
            }
            Self::ControlGiven { to } => safe!("control offered to {to}"),
            Self::ControlTaken { first_is_gone } => {
                if *first_is_gone {
                    SafeText::from_static("control taken: the console that had it is gone")
                } else {
                    SafeText::from_static("control taken")
                }
            }
            Self::Resumed => SafeText::from_static("gone on with in another console"),
            Self::FileChanged { .. } => SafeText::from_static("the list's file has changed"),
            Self::Ended(End::Done) => SafeText::from_static("done"),
            Self::Ended(End::Left { reason }) => safe!("left: {reason}"),
        }
    }

    /// Whether a person said it, or would ask for it first: not what a look told, nor what an action of its own record came to.
    pub const fn is_said(&self) -> bool {
        !matches!(
            self,
            Self::Checked { .. }
                | Self::DoBegun { .. }
                | Self::DoEnded { .. }
                | Self::SoakBegun { .. }
                | Self::SoakReset { .. }
                | Self::SoakHeld { .. }
                | Self::WentStale { .. }
        )
    }
}
