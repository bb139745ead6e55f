//! For how long it is looked for what came of a send whose answer was lost.

use std::time::Duration;

use tokio::time::Instant;

use super::Patience;

/// Only the time counts in which the server answers: what it did with the send is not shown by one that is away.
pub(super) struct SettleTimer {
    settle: Duration,
    back: Duration,
    began: Instant,
    /// Since when it answers, and shows nothing.
    answers: Option<Instant>,
}

impl SettleTimer {
    /// The answer was lost then.
    pub(super) fn start(patience: &Patience, now: Instant) -> Self {
        Self {
            settle: patience.settle,
            back: patience.back,
            began: now,
            answers: None,
        }
    }

    /// The server was asked at that moment, and shows nothing of it: whether it has been looked for long enough.
    pub(super) fn shows_nothing(&mut self, asked: Instant) -> bool {
        let since = *self.answers.get_or_insert(asked);
        asked.duration_since(since) >= self.settle
    }

    /// The server does not answer: whether it has been waited for long enough.
    pub(super) fn is_away(&mut self, now: Instant) -> bool {
        self.answers = None;
        now.duration_since(self.began) >= self.back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_answers_shows_that_nothing_was_done() {
        let patience = Patience {
            settle: Duration::from_secs(35),
            back: Duration::from_mins(2),
            ..Patience::default()
        };
        let lost = Instant::now();
        let after = |seconds| lost + Duration::from_secs(seconds);
        let mut timer = SettleTimer::start(&patience, lost);
        assert!(!timer.shows_nothing(after(0)));
        assert!(!timer.is_away(after(34)));
        // Its time begins anew once the server is back.
        assert!(!timer.shows_nothing(after(40)));
        assert!(!timer.shows_nothing(after(74)));
        assert!(timer.shows_nothing(after(75)));
        assert!(!timer.is_away(after(119)));
        assert!(timer.is_away(after(120)));
    }
}
