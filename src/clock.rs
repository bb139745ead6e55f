//! The one place that reads the clocks. Only the outer folders may use it, as the table in ARCHITECTURE.md has it: to the
//! pure ones time comes in as data.

use std::time::Instant;

use jiff::Timestamp;

/// The wall clock: for people, for names and for ages.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// The monotonic clock: for deadlines and for how long something took.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the monotonic clock"
)]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
