//! Something that wants an operator's eye.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{domain::service::ServiceId, text::SafeText};

/// How much it hurts. Ordered worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Users are hurt.
    Critical,
    /// They soon may be.
    Warning,
}

impl Severity {
    /// How bad it is, in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
}

/// What an alert is known by, stable while it lasts: rule and subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub SafeText);

/// Something that wants an operator's eye.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Rule and subject.
    pub fingerprint: Fingerprint,
    /// How much it hurts.
    pub severity: Severity,
    /// In an operator's words: `api: crash loop, exit 1`.
    pub summary: SafeText,
    /// More, when there is more: last output of the check, the limit and the figure.
    pub detail: SafeText,
    /// Whose it is; `None` for the host.
    pub service: Option<ServiceId>,
    /// When it began, as far as the platform says so; `None` is never "new".
    pub since: Option<Timestamp>,
    /// When it was first seen: it began then at the latest.
    pub seen: Timestamp,
    /// Where it comes from: `platform`, `check`, `alertmanager`.
    pub source: SafeText,
    /// Whether somebody has silenced it there.
    #[serde(default)]
    pub silenced: bool,
}

/// An operator's word that an alert is known; it ends by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Which alert.
    pub fingerprint: Fingerprint,
    /// Who said so.
    pub by: SafeText,
    /// When.
    pub at: Timestamp,
    /// Until when it is quiet; never for ever.
    pub until: Timestamp,
}
