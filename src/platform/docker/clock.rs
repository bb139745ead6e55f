//! The one place here that reads a clock.

use jiff::Timestamp;

/// Now, by this machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "reading a platform needs the time; nothing else in this folder asks the system for it"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
