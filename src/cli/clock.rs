//! The one place of this folder that reads the clock.

use jiff::Timestamp;

/// The wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this folder that reads the clock"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
