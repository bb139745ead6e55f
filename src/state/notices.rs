//! Short messages at the bottom of the screen.

use jiff::{SignedDuration, Timestamp};

use crate::{domain::alert::Severity, text::SafeText};

/// How long a message stands.
const STANDS: SignedDuration = SignedDuration::from_secs(8);

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad; `None` is good news.
    pub severity: Option<Severity>,
    /// What.
    pub text: SafeText,
    until: Timestamp,
}

/// The messages, newest last.
#[derive(Clone, Debug, Default)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// Tells the operator something.
    pub fn say(&mut self, now: Timestamp, severity: Option<Severity>, text: SafeText) {
        self.0.retain(|notice| notice.text != text);
        self.0.push(Notice {
            severity,
            text,
            until: now + STANDS,
        });
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
