//! The one place of this folder that reads a clock or draws lots.

use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use jiff::Timestamp;

/// The wall clock, for people.
#[expect(
    clippy::disallowed_methods,
    reason = "an entry carries the time at which it was written"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// The monotonic clock, for latencies.
#[expect(
    clippy::disallowed_methods,
    reason = "a latency must not jump with the wall clock"
)]
pub(super) fn monotonic() -> Instant {
    Instant::now()
}

/// A number that tells apart what begins in the same millisecond; not a secret.
pub(super) fn lot() -> u64 {
    // Every `RandomState` has keys of its own, from the system's randomness.
    RandomState::new().hash_one(0)
}
