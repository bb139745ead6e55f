//! Since when a copy is in a crash loop, where nobody watched it begin: what a platform tells of it later says so as long as
//! the loop is all that the copy has ever done.

use std::time::Duration;

use jiff::Timestamp;

/// How a platform starts again what ends by itself: the waits between two runs double, up to the longest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
    /// Restarts before the first wait.
    pub(super) at_once: u32,
    /// On average no run of a loop is longer than that, what the platform itself takes for a restart included.
    pub(super) run: Duration,
}

impl Manner {
    /// When it began: with the copy itself, where its life up to its last end is no longer than so many restarts take.
    /// `None` where it may have served before.
    pub(super) fn began(
        self,
        made: Timestamp,
        ended: Timestamp,
        restarts: u32,
    ) -> Option<Timestamp> {
        let lived = Duration::try_from(ended.duration_since(made)).ok()?;
        let ran = lived.saturating_sub(self.waited(restarts.saturating_sub(self.at_once)));
        (ran <= self.run * restarts.saturating_add(1)).then_some(made)
    }

    fn waited(self, times: u32) -> Duration {
        let (mut sum, mut wait) = (Duration::ZERO, self.first_wait);
        for waited in 0..times {
            if wait >= self.longest_wait {
                return sum + self.longest_wait * (times - waited);
            }
            sum += wait;
            wait *= 2;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_began_with_its_copy_where_that_never_did_anything_else() {
        let manner = Manner {
            first_wait: Duration::from_secs(10),
            longest_wait: Duration::from_mins(5),
            at_once: 1,
            run: Duration::from_secs(15),
        };
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let began = |ended, restarts| manner.began(at(0), at(ended), restarts);
        // Waits of 0, 10, 20, 40 and 80 s, and six runs of a second each.
        assert_eq!(began(156, 5), Some(at(0)));
        assert_eq!(began(3600, 5), None);
        // An hour of waiting five minutes again and again.
        assert_eq!(began(310 + 11 * 300, 17), Some(at(0)));
        assert_eq!(began(86_400, 17), None);
        assert_eq!(began(-1, 5), None, "clocks that differ tell nothing");
    }
}
