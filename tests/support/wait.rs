//! Waiting on a condition, never for a time.

use std::time::{Duration, Instant};

/// How long a test waits for what takes well under a second on an idle machine: a busy one takes its time.
pub(crate) const SOON: Duration = Duration::from_mins(1);

/// The one place where tests read the clock.
#[expect(
    clippy::disallowed_methods,
    reason = "a test waits on the real world, whose clock is this one"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The same as a date, to compare with what a server wrote.
#[expect(
    clippy::disallowed_methods,
    reason = "a test waits on the real world, whose clock is this one"
)]
pub(crate) fn timestamp() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The instant `after` from now.
pub(crate) fn deadline(after: Duration) -> Instant {
    now() + after
}

/// What is left until `deadline`; zero when it is past.
pub(crate) fn left(deadline_at: Instant) -> Duration {
    deadline_at.saturating_duration_since(now())
}

/// Asks again and again until there is an answer; panics with `what` when `timeout` is over.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, timeout: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = deadline(timeout);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(!left(end).is_zero(), "waited {timeout:?} in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// [`wait_for`] a condition.
#[track_caller]
pub(crate) fn wait_until(what: &str, timeout: Duration, mut holds: impl FnMut() -> bool) {
    wait_for(what, timeout, || holds().then_some(()));
}
