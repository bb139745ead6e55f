//! How many lines came when: the rate, and levels over time.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use crate::domain::log::Level;

/// Spans of time that are counted apart, at most; then each becomes twice as long.
const SPANS: usize = 4_096;
/// Seconds over which a rate is taken.
const RATE_SECONDS: i64 = 5;

/// Lines in a span of time: those that are well, warnings, errors.
pub type Counts = [u32; 3];

/// Lines by the time that they say.
#[derive(Debug)]
pub struct Tally {
    /// Seconds of a span.
    step: i64,
    spans: BTreeMap<i64, Counts>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            step: 1,
            spans: BTreeMap::new(),
        }
    }
}

const fn class(level: Option<Level>) -> usize {
    match level {
        Some(Level::Error | Level::Fatal) => 2,
        Some(Level::Warn) => 1,
        _ => 0,
    }
}

impl Tally {
    pub(super) fn add(&mut self, at: Timestamp, level: Option<Level>) {
        let span = at.as_second().div_euclid(self.step);
        self.spans.entry(span).or_default()[class(level)] += 1;
        if self.spans.len() > SPANS {
            self.step *= 2;
            for (span, counts) in std::mem::take(&mut self.spans) {
                let merged = self.spans.entry(span.div_euclid(2)).or_default();
                merged
                    .iter_mut()
                    .zip(counts)
                    .for_each(|(sum, count)| *sum += count);
            }
        }
    }

    pub(super) fn remove(&mut self, at: Timestamp, level: Option<Level>) {
        let span = at.as_second().div_euclid(self.step);
        if let Some(counts) = self.spans.get_mut(&span) {
            let count = &mut counts[class(level)];
            *count = count.saturating_sub(1);
            if *counts == Counts::default() {
                self.spans.remove(&span);
            }
        }
    }

    /// Lines over time in so many columns: the second at which the first begins, the seconds of each, and the counts.
    /// A few lines that are much older than the rest are left out.
    pub fn columns(&self, columns: usize) -> Option<(i64, i64, Vec<Counts>)> {
        let last = *self.spans.last_key_value()?.0;
        let total: u64 = self.spans.values().map(|counts| sum(*counts)).sum();
        let mut seen = 0;
        let first = self.spans.iter().rev().find(|(_, counts)| {
            seen += sum(**counts);
            seen * 10 >= total * 9
        });
        let first = first.map_or(last, |(span, _)| *span);
        let columns = i64::try_from(columns.max(1)).ok()?;
        let end = (last + 1) * self.step;
        let seconds = ((end - first * self.step).max(60)).div_euclid(columns) + 1;
        // Aligned, so that bars do not change their heights as time goes on.
        let begin = end.div_euclid(seconds) * seconds - (columns - 1) * seconds;
        let mut counts = vec![Counts::default(); columns as usize];
        for (span, more) in self.spans.range(begin.div_euclid(self.step)..) {
            let column = (span * self.step - begin).div_euclid(seconds).max(0) as usize;
            if let Some(column) = counts.get_mut(column) {
                column
                    .iter_mut()
                    .zip(more)
                    .for_each(|(sum, count)| *sum += count);
            }
        }
        Some((begin, seconds, counts))
    }
}

/// All lines of a span.
pub fn sum(counts: Counts) -> u64 {
    counts.iter().map(|count| u64::from(*count)).sum()
}

/// Lines by the time of their arrival. What was there before the subscription is no rate.
#[derive(Debug, Default)]
pub struct Rate {
    began: Option<i64>,
    seconds: VecDeque<(i64, u64)>,
}

impl Rate {
    pub(super) fn add(&mut self, now: Timestamp, lines: u64) {
        let now = now.as_second();
        let began = *self.began.get_or_insert(now);
        if now <= began {
            return;
        }
        match self.seconds.back_mut() {
            Some((second, count)) if *second == now => *count += lines,
            _ => self.seconds.push_back((now, lines)),
        }
        while self
            .seconds
            .front()
            .is_some_and(|(second, _)| *second < now - RATE_SECONDS)
        {
            self.seconds.pop_front();
        }
    }

    /// Lines a second over the last few whole seconds; `None` while there was none yet.
    pub fn per_second(&self, now: Timestamp) -> Option<f32> {
        let now = now.as_second();
        let whole = (now - self.began? - 1).min(RATE_SECONDS);
        if whole < 1 {
            return None;
        }
        let within = now - whole..now;
        let lines: u64 = self
            .seconds
            .iter()
            .filter(|(s, _)| within.contains(s))
            .map(|(_, n)| n)
            .sum();
        Some(lines as f32 / whole as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn levels_over_time_leave_out_what_is_very_old() {
        let mut tally = Tally::default();
        tally.add(at(1_000), None);
        for second in 0..100 {
            tally.add(
                at(1_000_000 + second),
                (second == 99).then_some(Level::Error),
            );
        }
        let (begin, seconds, counts) = tally.columns(20).unwrap();
        assert!(begin >= 1_000_000 - 20 * seconds && seconds <= 6);
        assert_eq!(counts.iter().map(|c| c[2]).sum::<u32>(), 1);
        assert!(counts.iter().map(|c| sum(*c)).sum::<u64>() >= 90);
    }

    #[test]
    fn counting_takes_bounded_room() {
        let mut tally = Tally::default();
        for second in 0..50_000 {
            tally.add(at(second), None);
        }
        assert!(tally.spans.len() <= SPANS);
        for second in 0..50_000 {
            tally.remove(at(second), None);
        }
        assert!(tally.spans.is_empty());
    }

    #[test]
    fn a_rate_is_taken_over_whole_seconds_after_the_first() {
        let mut rate = Rate::default();
        rate.add(at(10), 5_000);
        assert_eq!(rate.per_second(at(11)), None);
        for second in 11..15 {
            rate.add(at(second), 100);
        }
        assert_eq!(rate.per_second(at(14)), Some(100.0));
        assert_eq!(rate.per_second(at(60)), Some(0.0));
    }
}
