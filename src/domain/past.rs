//! A change that was made before, as a journal tells it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{domain::service::ServiceId, text::SafeText};

/// One change: what, to which service, by whom, when, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Its number in the journal.
    pub seq: u64,
    /// The operation that it was; empty where nobody here made it, and it was only noticed.
    pub operation: SafeText,
    /// Whose.
    pub service: ServiceId,
    /// What was done: `rollback`, `scale`; empty where that is not known.
    pub action: SafeText,
    /// What was there before; empty where that says nothing.
    pub from: SafeText,
    /// What was to be there after.
    pub to: SafeText,
    /// Who agreed to it; empty where nobody knows.
    pub by: SafeText,
    /// When it ended; when it began, where it did not.
    pub at: Timestamp,
    /// How it ended, in words.
    pub outcome: SafeText,
    /// Whether that is what was wanted.
    pub well: bool,
}

/// Of which moment the newest of each is: there was one of `at` too.
pub fn keep_newest<K: Ord>(newest: &mut BTreeMap<K, Timestamp>, of: K, at: Timestamp) {
    let newest = newest.entry(of).or_insert(at);
    *newest = at.max(*newest);
}
