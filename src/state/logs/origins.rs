//! What is remembered of each instance, to give its next line its place.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;

use super::entry::{Entry, Key, What};
use crate::domain::{
    log::{Joint, Level, LogId, LogLine, LogOrigin},
    service::ServiceId,
};

/// A line belongs to the one before only when it comes so soon after it, in microseconds.
const SOON: i64 = 1_000_000;
/// And is not one of very many.
const PARTS: u32 = 1_000;
/// Repeats are counted on one line for so long, in microseconds; then another one begins.
const RUN: i64 = 10_000_000;
/// Instances remembered at most.
const MOST: usize = 4_096;

#[derive(Debug)]
struct Origin {
    source: u16,
    /// The last line's time.
    last: i64,
    /// The time by which its last entry was ordered.
    ordered: i64,
    /// The last line.
    key: Option<Key>,
    /// The level of the line that it continues.
    level: Option<Level>,
    /// Within a trace of Python.
    trace: bool,
    /// What it says again and again: its digest, where it stands, and since when.
    run: Option<(u64, Key, i64)>,
    /// Whether the last line said the same as the one before.
    repeated: bool,
}

/// All instances, and the number of the next entry.
#[derive(Debug, Default)]
pub(super) struct Origins {
    of: HashMap<LogId, Origin>,
    sources: Vec<ServiceId>,
    next: u64,
}

/// A line's entry, and the line that it repeats.
pub(super) struct Placed {
    pub(super) entry: Entry,
    pub(super) repeats: Option<Key>,
}

impl Origins {
    /// The entry of a line; it stands at or below `floor`.
    pub(super) fn line(&mut self, from: &Arc<LogOrigin>, line: LogLine, floor: i64) -> Placed {
        let seq = self.number();
        let origin = self.origin(from);
        let micros = line.at.as_microsecond();
        let joined = match line.joint {
            Joint::Continues => line.level.is_none(),
            Joint::Traceback => origin.level >= Some(Level::Error),
            Joint::MayEndTraceback => origin.trace,
            Joint::Alone => false,
        };
        let above = origin
            .key
            .filter(|key| joined && key.part < PARTS && micros.saturating_sub(origin.last) < SOON);
        origin.trace =
            line.joint == Joint::Traceback || (origin.trace && line.joint == Joint::Continues);
        origin.last = micros;
        let key = match above {
            Some(key) => Key {
                part: key.part + 1,
                ..key
            },
            None => Key {
                at: micros.max(floor).max(origin.ordered),
                head: seq,
                part: 0,
            },
        };
        origin.key = Some(key);
        origin.ordered = key.at;
        let mut repeats = None;
        if above.is_none() {
            origin.level = match line.joint {
                Joint::Traceback => line.level.or(Some(Level::Error)),
                _ => line.level,
            };
            let run = origin.run.filter(|(digest, _, since)| {
                *digest == line.digest && micros.saturating_sub(*since) < RUN
            });
            repeats = run.map(|(_, key, _)| key);
            if run.is_none() {
                origin.run = Some((line.digest, key, micros));
            }
            origin.repeated = run.is_some();
        }
        let entry = Entry {
            key,
            origin: Arc::clone(from),
            micros,
            level: origin.level,
            what: What::Line(line.text),
            repeats: 0,
            source: origin.source,
            repeated: origin.repeated,
            shown: false,
            found: false,
        };
        Placed { entry, repeats }
    }

    /// The line that was to be repeated is no more: the last one begins anew.
    pub(super) fn begin_run(&mut self, from: &LogOrigin, key: Key, digest: u64) {
        if let Some(origin) = self.of.get_mut(&from.log) {
            origin.run = Some((digest, key, origin.last));
            origin.repeated = false;
        }
    }

    /// The entry of what is no line.
    pub(super) fn mark(
        &mut self,
        from: &Arc<LogOrigin>,
        at: Option<Timestamp>,
        what: What,
    ) -> Entry {
        let seq = self.number();
        let origin = self.origin(from);
        let last = origin.last;
        let micros = at.map_or(last, Timestamp::as_microsecond);
        origin.last = last.max(micros);
        let at = origin.last.max(origin.key.map_or(i64::MIN, |key| key.at));
        let key = Key {
            at,
            head: seq,
            part: 0,
        };
        // What comes now does not continue what was before it.
        origin.key = None;
        origin.run = None;
        let source = origin.source;
        if what == What::Left {
            self.of.remove(&from.log);
        }
        Entry {
            key,
            origin: Arc::clone(from),
            what,
            micros,
            level: None,
            repeats: 0,
            source,
            repeated: false,
            shown: false,
            found: false,
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn origin(&mut self, from: &Arc<LogOrigin>) -> &mut Origin {
        if self.of.len() >= MOST && !self.of.contains_key(&from.log) {
            self.of.clear();
        }
        let sources = &mut self.sources;
        self.of.entry(from.log.clone()).or_insert_with(|| {
            let known = sources.iter().position(|service| *service == from.service);
            let source = known.unwrap_or_else(|| {
                sources.push(from.service.clone());
                sources.len() - 1
            });
            Origin {
                source: source as u16,
                last: 0,
                ordered: i64::MIN,
                key: None,
                level: None,
                trace: false,
                run: None,
                repeated: false,
            }
        })
    }
}
