//! The one place of this folder that reads the clocks.

use std::time::Instant;

use jiff::Timestamp;

/// The wall clock, for names and ages.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this folder that reads the wall clock"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// The monotonic clock, for how long it took.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this folder that reads the monotonic clock"
)]
pub(super) fn instant() -> Instant {
    Instant::now()
}
