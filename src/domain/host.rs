//! The machine or cluster under the services.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{domain::rights::Rights, safe, text::SafeText};

/// What the identity of a simulated host begins with.
pub const SIMULATED: &str = "sim:";

/// What is known of the daemon and its host. `None` is "not known", never 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// What the daemon calls itself (`docker info`: Name).
    pub name: SafeText,
    /// An identity that outlives names (`docker info`: ID); a changed one resets everything.
    pub identity: SafeText,
    /// For example `Docker 20.10.24, API 1.41`.
    pub version: SafeText,
    /// Bytes free where the daemon keeps its data, for a local daemon.
    pub disk_free_bytes: Option<u64>,
    /// Size of that file system in bytes.
    pub disk_size_bytes: Option<u64>,
    /// What the account that we use may not do there.
    pub rights: Arc<Rights>,
    /// The one group that is looked at, where all were meant and may not be.
    #[serde(default)]
    pub confined: Option<SafeText>,
    /// What little is left of; `None` where nobody told.
    #[serde(default)]
    pub quotas: Option<Vec<Quota>>,
    /// What may not be looked at there; the pane that would show it says so.
    pub unseen: Vec<Unseen>,
}

/// What a namespace has nearly used up of what it may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// The namespace.
    pub namespace: SafeText,
    /// The quota's own name.
    pub name: SafeText,
    /// Of what: `pods`, `requests.cpu`.
    pub what: SafeText,
    /// How much is used, as the platform writes it.
    pub used: SafeText,
    /// How much may be.
    pub hard: SafeText,
    /// The share that is used, of 100, rounded down.
    pub percent: u32,
}

impl Quota {
    /// What names it: `shop/few pods`.
    pub fn subject(&self) -> SafeText {
        safe!("{}/{} {}", self.namespace, self.name, self.what)
    }
}

/// What may not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// What, as the platform names it: `nodes`.
    pub what: SafeText,
    /// In an operator's words: `you may not list nodes`.
    pub why: SafeText,
}
