//! Numbers drawn by lot.

use std::hash::{BuildHasher, RandomState};

/// A number that tells apart what begins in the same millisecond; not a secret.
pub(super) fn lot() -> u64 {
    // Every `RandomState` has keys of its own, from the system's randomness.
    RandomState::new().hash_one(0)
}
