//! Short messages at the bottom of the screen.

use jiff::{SignedDuration, Timestamp};

use crate::{domain::alert::Severity, text::SafeText};

/// How long a message stands.
const STANDS: SignedDuration = SignedDuration::from_secs(8);
/// How long the outcome of an action stands, unless a key is pressed before.
const OUTCOME_STANDS: SignedDuration = SignedDuration::from_secs(15);

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad; `None` is good news.
    pub severity: Option<Severity>,
    /// What.
    pub text: SafeText,
    until: Timestamp,
    outcome: bool,
}

/// The messages, newest last.
#[derive(Clone, Debug, Default)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// Tells the operator something.
    pub fn say(&mut self, now: Timestamp, severity: Option<Severity>, text: SafeText) {
        self.push(now + STANDS, severity, text, false);
    }

    /// Tells how an action ended. It stands longer, and goes when a key is pressed: somebody was there to read it.
    pub fn outcome(&mut self, now: Timestamp, severity: Option<Severity>, text: SafeText) {
        self.push(now + OUTCOME_STANDS, severity, text, true);
    }

    fn push(
        &mut self,
        until: Timestamp,
        severity: Option<Severity>,
        text: SafeText,
        outcome: bool,
    ) {
        self.0.retain(|notice| notice.text != text);
        self.0.push(Notice {
            severity,
            text,
            until,
            outcome,
        });
    }

    /// A key was pressed: outcomes have been seen. Says whether anything went.
    pub fn seen(&mut self) -> bool {
        let before = self.0.len();
        self.0.retain(|notice| !notice.outcome);
        self.0.len() != before
    }

    /// The newest one.
    pub fn latest(&self) -> Option<&Notice> {
        self.0.last()
    }

    /// Drops what has stood long enough; says whether anything went.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.0.len();
        self.0.retain(|notice| notice.until > now);
        self.0.len() != before
    }
}
