//! Waiting longer after each failure, and never in step with others.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// The waits between attempts: 1 s, doubled up to 30 s, each shortened by up to a half at random.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
    longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::at_most(LONGEST)
    }
}

impl Backoff {
    /// Waits that grow to `longest` instead.
    pub(super) fn at_most(longest: Duration) -> Self {
        Self {
            failures: 0,
            longest,
        }
    }

    /// How long to wait now, after one more failure.
    pub(super) fn next(&mut self) -> Duration {
        let whole = FIRST
            .saturating_mul(1 << self.failures.min(5))
            .min(self.longest);
        self.failures += 1;
        // The standard library's keys are random for each state: enough to fall out of step.
        let random = RandomState::new().hash_one(self.failures);
        whole.mul_f64(0.5 + (random % 1000) as f64 / 2000.0)
    }

    /// It worked: the next failure waits shortly again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::default();
        for whole in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let wait = backoff.next().as_secs_f64();
            assert!(wait >= whole / 2.0 && wait <= whole, "{wait} of {whole}");
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
