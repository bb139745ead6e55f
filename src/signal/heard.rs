//! How often the services whose logs are followed write errors.
//!
//! Only what was heard is counted: nothing is said of a service whose log nobody follows.

use std::collections::{BTreeMap, HashMap, VecDeque};

use jiff::Timestamp;

use super::subjects::{Figure, Finding};
use crate::{
    domain::{
        alert::Severity,
        log::{LogId, LogItem, LogLine, LogOrigin, gist, grave},
        service::ServiceId,
    },
    text::SafeText,
};

/// What is counted together, in seconds.
const SLOT: i64 = 10;
/// The slots that make the present rate: a minute.
const WINDOW: i64 = 6;
/// The slots before them that make the earlier rate: ten minutes.
const EARLIER: i64 = 60;
/// An earlier rate counts from so many slots on: two minutes.
const TELLING: i64 = 12;
/// Fewer errors a minute are no alert.
const LEAST: u32 = 6;
/// So many times the earlier rate is another one.
const TIMES: f64 = 3.0;

/// What was heard of the logs that are followed.
#[derive(Debug, Default)]
pub(super) struct Heard {
    services: BTreeMap<ServiceId, Errors>,
    /// The newest line of each log.
    newest: HashMap<LogId, Timestamp>,
    /// What they were when the subscription began: it delivers the last lines again.
    before: HashMap<LogId, Timestamp>,
    /// When it began.
    begun: Timestamp,
}

/// The errors of one service.
#[derive(Debug)]
struct Errors {
    /// The first moment of which everything was heard.
    from: Timestamp,
    /// By number of the slot: how many, and when the first one came.
    slots: VecDeque<(i64, u32, Timestamp)>,
    /// What the last one said.
    last: SafeText,
    high: Option<High>,
}

/// A rate that is higher than it was.
#[derive(Clone, Copy, Debug)]
struct High {
    /// Errors a minute before; 0 where nobody listened then.
    earlier: f64,
    /// `None` where nobody listened when it began.
    since: Option<Timestamp>,
}

impl Heard {
    /// From now on the logs of these services are followed, of all where none is named.
    pub(super) fn follow(&mut self, services: &[ServiceId], now: Timestamp) {
        let followed = |id: &ServiceId| services.is_empty() || services.contains(id);
        self.services.retain(|id, _| followed(id));
        self.before = self.newest.clone();
        self.begun = now;
    }

    /// Takes what was heard.
    pub(super) fn take(&mut self, items: &[LogItem], now: Timestamp) {
        for item in items {
            match item {
                LogItem::Line(origin, line) => self.line(origin, line, now),
                LogItem::Left(origin, _) => {
                    self.newest.remove(&origin.log);
                }
                LogItem::Joined(..)
                | LogItem::Dropped(..)
                | LogItem::Unreadable(..)
                | LogItem::Bounded { .. } => {}
            }
        }
    }

    fn line(&mut self, origin: &LogOrigin, line: &LogLine, now: Timestamp) {
        let at = line.at.min(now);
        let newest = self.newest.get_mut(&origin.log);
        let first = newest.is_none();
        if let Some(newest) = newest {
            *newest = at.max(*newest);
        } else {
            self.newest.insert(origin.log.clone(), at);
        }
        let again = self.before.get(&origin.log);
        if again.is_some_and(|before| at <= *before) {
            return;
        }
        if !self.services.contains_key(&origin.service) {
            let errors = Errors::from(self.begun);
            self.services.insert(origin.service.clone(), errors);
        }
        let Some(errors) = self.services.get_mut(&origin.service) else {
            return;
        };
        // Of what was written before anybody listened, only the end is told: so far back everything was heard.
        if first && at < self.begun {
            errors.reaches_back_to(at, self.begun);
        }
        if grave(line) {
            errors.count(at);
            errors.last = gist(line.text.text());
        }
    }

    /// What is wrong with the log of a service at `now`.
    pub(super) fn finding(&mut self, service: &ServiceId, now: Timestamp) -> Option<Finding> {
        let errors = self.services.get_mut(service)?;
        let rate = errors.judge(now);
        let high = errors.high?;
        let what = format!("errors in its log: {rate}/min");
        let mut finding = Finding::new("log-errors", Figure::Log, Severity::Warning, what);
        finding.detail = errors.last.clone();
        finding.since = high.since;
        finding.service = Some(service.clone());
        Some(finding)
    }
}

fn slot(at: Timestamp) -> i64 {
    at.as_second().div_euclid(SLOT)
}

impl Errors {
    const fn from(from: Timestamp) -> Self {
        Self {
            from,
            slots: VecDeque::new(),
            last: SafeText::EMPTY,
            high: None,
        }
    }

    /// The lines of one more instance reach back to a moment. `begun` is where listening began.
    fn reaches_back_to(&mut self, at: Timestamp, begun: Timestamp) {
        self.from = if self.from == begun {
            at
        } else {
            at.max(self.from)
        };
    }

    fn count(&mut self, at: Timestamp) {
        let slot = slot(at);
        // Instances are not heard in one order: a late line goes to its own slot.
        let place = self.slots.partition_point(|(number, ..)| *number < slot);
        match self.slots.get_mut(place) {
            Some((number, count, first)) if *number == slot => {
                *count += 1;
                *first = at.min(*first);
            }
            _ => self.slots.insert(place, (slot, 1, at)),
        }
        while self.slots.len() as i64 > WINDOW + EARLIER {
            self.slots.pop_front();
        }
    }

    /// Judges the rate of the last minute against the one before, and gives it.
    fn judge(&mut self, now: Timestamp) -> u32 {
        let window = slot(now) - WINDOW + 1;
        let (mut rate, mut began) = (0, None);
        for (_, count, first) in self.slots.iter().filter(|(n, ..)| *n >= window) {
            rate += count;
            began = began.or(Some(*first));
        }
        let earlier = self.earlier(window);
        let exceeds = |earlier: f64, times: f64| f64::from(rate) >= earlier * times;
        self.high = match self.high {
            // Well below where it began, so that it does not come and go.
            Some(high) if rate > LEAST / 2 && exceeds(high.earlier, TIMES / 2.0) => Some(high),
            Some(_) => None,
            None if rate >= LEAST && earlier.is_none_or(|e| exceeds(e, TIMES)) => Some(High {
                earlier: earlier.unwrap_or_default(),
                since: began.filter(|_| earlier.is_some()),
            }),
            None => None,
        };
        rate
    }

    /// Errors a minute before a slot, where enough of that time was heard.
    fn earlier(&self, window: i64) -> Option<f64> {
        let from = (slot(self.from) + 1).max(window - EARLIER);
        let heard = window - from;
        let within = self
            .slots
            .iter()
            .filter(|(n, ..)| (from..window).contains(n));
        let count: u32 = within.map(|(_, count, _)| count).sum();
        let minutes = (heard * SLOT) as f64 / 60.0;
        (heard >= TELLING).then(|| f64::from(count) / minutes)
    }
}

#[cfg(test)]
mod tests;
