//! One service, looked at closely.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{health::Health, revision::Revision, service::ServiceId},
    text::SafeText,
};

/// A reason why a service is not well, most likely cause first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How bad.
    pub health: Health,
    /// In words: `exit 1 three times in 40 s`.
    pub text: SafeText,
    /// Since when, where known.
    pub since: Option<Timestamp>,
}

/// Something that happened, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// By the platform's clock.
    pub at: Timestamp,
    /// Whose; `None` for the host.
    pub service: Option<ServiceId>,
    /// `api-2 died, exit 137`.
    pub text: SafeText,
    /// How bad.
    pub health: Health,
}

/// A labelled fact: `restart policy`, `unless-stopped`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What.
    pub name: SafeText,
    /// Its value.
    pub value: SafeText,
}

/// What is known of a service beyond its row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Why it is not well; empty when it is.
    pub evidence: Vec<Evidence>,
    /// Command, restart policy, networks, mounts, limits, stop grace period, owner …
    pub facts: Vec<Fact>,
    /// Its health check: command, interval, last runs.
    pub checks: Vec<Fact>,
    /// What happened to it, newest first.
    pub happenings: Vec<Happening>,
    /// What ran before, newest first; the journal adds to what the platform knows.
    pub revisions: Vec<Revision>,
    /// Names of its environment variables; never their values.
    pub environment: Vec<SafeText>,
    /// Who needs it, by their own word (`depends_on`).
    pub needed_by: Vec<ServiceId>,
}

/// Something that happened on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlatformEvent {
    /// In words, for the events view.
    Happened(Happening),
    /// Events between the two moments may have been missed.
    Gap {
        /// The last one seen before.
        from: Timestamp,
        /// The first one seen after.
        to: Timestamp,
    },
}
