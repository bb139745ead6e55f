//! Short messages at the bottom of the screen, and all that were said before.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use crate::{domain::alert::Severity, text::SafeText};

/// How long a message stands.
const STANDS: SignedDuration = SignedDuration::from_secs(8);
/// How long one stands that must not be missed.
const CRITICAL_STANDS: SignedDuration = SignedDuration::from_secs(60);
/// So many are remembered.
const REMEMBERED: usize = 200;
/// How long the outcome of an action stands, unless a key is pressed before.
const OUTCOME_STANDS: SignedDuration = SignedDuration::from_secs(15);

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad; `None` is good news.
    pub severity: Option<Severity>,
    /// What.
    pub text: SafeText,
    /// When it was said.
    pub at: Timestamp,
    until: Timestamp,
    outcome: bool,
}

/// The messages, newest last.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    standing: Vec<Notice>,
    /// All of them, those that still stand included.
    said: VecDeque<Notice>,
}

impl Notices {
    /// Tells the operator something.
    pub fn say(&mut self, now: Timestamp, severity: Option<Severity>, text: SafeText) {
        let stands = match severity {
            Some(Severity::Critical) => CRITICAL_STANDS,
            Some(Severity::Warning) | None => STANDS,
        };
        self.push(now, stands, severity, text);
    }

    /// Tells how an action ended. It stands longer, and goes when a key is pressed: somebody was there to read it.
    pub fn outcome(&mut self, now: Timestamp, severity: Option<Severity>, text: SafeText) {
        self.push(now, OUTCOME_STANDS, severity, text);
    }

    fn push(
        &mut self,
        now: Timestamp,
        stands: SignedDuration,
        severity: Option<Severity>,
        text: SafeText,
    ) {
        let notice = Notice {
            severity,
            text,
            at: now,
            until: now + stands,
            outcome: stands == OUTCOME_STANDS,
        };
        self.standing.retain(|other| other.text != notice.text);
        if self.said.len() == REMEMBERED {
            self.said.pop_front();
        }
        self.said.push_back(notice.clone());
        self.standing.push(notice);
    }

    /// A key was pressed: outcomes have been seen. Says whether anything went.
    pub fn seen(&mut self) -> bool {
        let before = self.standing.len();
        self.standing.retain(|notice| !notice.outcome);
        self.standing.len() != before
    }

    /// The newest one.
    pub fn latest(&self) -> Option<&Notice> {
        self.standing.last()
    }

    /// All that were said, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Notice> {
        self.said.iter().rev()
    }

    /// Drops what has stood long enough; says whether anything went.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.standing.len();
        self.standing.retain(|notice| notice.until > now);
        self.standing.len() != before
    }
}
