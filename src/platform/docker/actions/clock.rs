//! The one place where an action reads the wall clock: for the names of what it keeps and makes, never for a decision.

use jiff::Timestamp;

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "an outer folder's one clock; see the module"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
