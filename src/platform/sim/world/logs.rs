//! What services write, kept as small entries that become text only when somebody reads them.

use std::{collections::VecDeque, sync::Arc};

use jiff::SignedDuration;

use super::{SECOND, Tick, World, ticks};
use crate::{
    domain::log::{LogLine, LogOrigin, RawLine, Stream, last_words},
    platform::sim::{
        chance::Chance,
        scenario::{Fill, Index, LogSpec, On},
    },
    text::SafeText,
};

/// Entries kept of each service; older ones are let go.
const KEPT: usize = 8_192;
/// Lines a second in which a store says that it turns callers away.
const REFUSALS: f32 = 2.0;

/// One entry of a log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Milliseconds since the story began.
    millis: i64,
    /// Lines that the service had written before it.
    pub(crate) before: u64,
    pub(crate) origin: u32,
    /// Which run of the process wrote it.
    pub(crate) run: u32,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// The replica was made.
    Joined,
    /// It is gone.
    Left,
    /// By a template of the service.
    Line {
        spec: u16,
        revision: u16,
        lines: u16,
        ms: f32,
        chance: Chance,
    },
    /// One of very many, numbered.
    Flood(u64),
}

impl Entry {
    pub(crate) const fn lines(&self) -> u64 {
        match self.what {
            What::Joined | What::Left => 0,
            What::Line { lines, .. } => lines as u64,
            What::Flood(_) => 1,
        }
    }
}

/// Who writes, for as long as anybody may read it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) shared: Arc<LogOrigin>,
    number: u32,
}

/// The newest entries of a service.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    entries: VecDeque<Entry>,
    /// Entries that were there before the first one kept.
    gone: u64,
    /// Lines written so far.
    pub(crate) lines: u64,
}

impl Ring {
    fn push(&mut self, mut entry: Entry) {
        entry.before = self.lines;
        self.lines += entry.lines();
        if self.entries.len() == KEPT {
            self.entries.pop_front();
            self.gone += 1;
        }
        self.entries.push_back(entry);
    }

    /// The number of the entry to come.
    pub(crate) fn end(&self) -> u64 {
        self.gone + self.entries.len() as u64
    }

    /// The first entry still there at or after number `from`, with its number, and those behind it.
    pub(crate) fn from(&self, from: u64) -> impl Iterator<Item = (u64, &Entry)> {
        let skip = from.saturating_sub(self.gone) as usize;
        let first = self.gone + skip as u64;
        (first..).zip(self.entries.range(skip.min(self.entries.len())..))
    }

    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }
}

impl World {
    /// How many lines are written, against the scenario's own number.
    pub fn set_log_factor(&mut self, factor: f32) {
        self.log_factor = factor.max(0.0);
    }

    /// So many more lines a second, spread over all services.
    pub const fn set_flood(&mut self, lines_per_s: u32) {
        self.flood = lines_per_s;
    }

    /// Lines written so far, over all services.
    pub fn lines_written(&self) -> u64 {
        self.services.iter().map(|s| s.ring.lines).sum()
    }

    pub(crate) fn origin(&self, entry: &Entry) -> &Arc<LogOrigin> {
        &self.origins[entry.origin as usize].shared
    }

    pub(crate) fn entry_time(&self, entry: &Entry) -> jiff::Timestamp {
        self.origin
            .saturating_add(SignedDuration::from_millis(entry.millis))
            .expect("a signed duration always saturates")
    }

    /// A replica begins to write.
    pub(super) fn join(&mut self, service: Index, at: usize) {
        let replica = &self.services[service].replicas[at];
        let name = &self.scenario.services[service].name;
        // A pod is told from its like by the end of its name.
        let label = if self.scenario.cluster() {
            format!("{name} {}", replica.name.rsplit('-').next().unwrap_or(""))
        } else {
            format!("{name} {}", replica.number)
        };
        let origin = Origin {
            shared: Arc::new(LogOrigin {
                service: self.services[service].id.clone(),
                log: replica.id.clone().into(),
                label: SafeText::name(&label),
            }),
            number: replica.number,
        };
        let n = self.origins.len() as u32;
        self.origins.push(origin);
        self.services[service].replicas[at].origin = n;
        self.push(service, at, 0, What::Joined);
    }

    /// A replica is gone.
    pub(super) fn leave(&mut self, service: Index, at: usize) {
        self.push(service, at, 0, What::Left);
    }

    fn push(&mut self, service: Index, at: usize, offset_ms: i64, what: What) {
        let replica = &self.services[service].replicas[at];
        let entry = Entry {
            // A tick is the end of the time that it stands for: nothing is written in the future.
            millis: (self.tick - 1) * 100 + offset_ms,
            before: 0,
            origin: replica.origin,
            run: replica.run,
            what,
        };
        self.services[service].ring.push(entry);
    }

    /// Writes what a replica writes on an occasion: every template that fits, in the scenario's order.
    pub(super) fn write(&mut self, service: Index, at: usize, on: On) {
        let scenario = Arc::clone(&self.scenario);
        let replica = &self.services[service].replicas[at];
        let (revision, cause) = (replica.revision, self.services[service].figures.cause);
        for (n, spec) in scenario.services[service].logs.iter().enumerate() {
            if spec.on == on && fits(spec, revision, cause, on == On::Exit) {
                self.put(service, at, n, 0, Chance::new(n as u64));
            }
        }
    }

    fn put(&mut self, service: Index, at: usize, spec: usize, offset_ms: i64, salt: Chance) {
        let now = &self.services[service];
        let revision = now.replicas[at].revision;
        let chance = self
            .chance_of(service)
            .at(salt.bits())
            .at(u64::from(now.replicas[at].origin));
        // Half of all requests take a fourth of the 95th percentile or less.
        let ms = now.figures.p95_ms * (0.15 + 0.9 * chance.unit() * chance.unit());
        let what = What::Line {
            spec: spec as u16,
            revision: revision as u16,
            lines: self.scenario.services[service].logs[spec].template.lines(),
            ms,
            chance,
        };
        self.push(service, at, offset_ms, what);
    }

    /// Everything that is written in this tick about requests and by the clock.
    pub(super) fn write_logs(&mut self) {
        for service in 0..self.services.len() {
            self.write_by_the_clock(service);
            self.write_requests(service);
        }
        self.write_flood();
    }

    fn write_by_the_clock(&mut self, service: Index) {
        let scenario = Arc::clone(&self.scenario);
        for (n, spec) in scenario.services[service].logs.iter().enumerate() {
            let On::Every(every) = spec.on else { continue };
            for at in 0..self.services[service].replicas.len() {
                let replica = &self.services[service].replicas[at];
                let due = replica.running()
                    && self.tick.rem_euclid(ticks(every))
                        == (at * 13 + n * 7).cast_signed() as Tick % ticks(every);
                if due && fits(spec, replica.revision, None, false) {
                    self.put(service, at, n, 50, Chance::new(n as u64));
                }
            }
        }
    }

    fn write_requests(&mut self, service: Index) {
        let tick = self.tick;
        let scenario = Arc::clone(&self.scenario);
        let spec = &scenario.services[service];
        let figures = self.services[service].figures;
        let serving: Vec<usize> = (0..self.services[service].replicas.len())
            .filter(|&at| self.services[service].replicas[at].serves(tick, spec))
            .collect();
        if serving.is_empty() || spec.load.logs <= 0.0 {
            return;
        }
        // Errors are written down more diligently than what goes well.
        let errors = spec.load.logs * figures.fails * 2.0;
        let refusals = if figures.refuses > 0.0 { REFUSALS } else { 0.0 };
        let per_tick = (spec.load.logs + errors + refusals) * self.log_factor / SECOND as f32;
        let now = &mut self.services[service];
        now.log_debt += per_tick;
        let count = now.log_debt.floor();
        now.log_debt -= count;
        for n in 0..count as u64 {
            let draw = self.chance_of(service).at(100 + n);
            let at = serving[draw.at(0).below(serving.len() as u64) as usize];
            let share = refusals / (spec.load.logs + errors + refusals);
            let on = if draw.at(1).unit() < share {
                On::Refused
            } else if draw.at(2).unit() < figures.fails {
                On::Error
            } else {
                On::Request
            };
            let revision = self.services[service].replicas[at].revision;
            if let Some(chosen) = choose(&spec.logs, on, revision, figures.cause, draw.at(3)) {
                let slot = 100 / count as u64;
                let offset = (n * slot + draw.at(4).below(slot.max(1))).cast_signed();
                self.put(service, at, chosen, offset, draw);
            }
        }
    }

    fn write_flood(&mut self) {
        if self.flood == 0 {
            return;
        }
        let count = self.flood.div_ceil(SECOND as u32);
        let writers: Vec<(Index, usize)> = (0..self.services.len())
            .flat_map(|service| {
                let replicas = self.services[service].replicas.iter().enumerate();
                replicas
                    .filter(|(_, r)| r.running())
                    .map(move |(at, _)| (service, at))
                    .collect::<Vec<_>>()
            })
            .collect();
        if writers.is_empty() {
            return;
        }
        for n in 0..count {
            let writer = u64::from(n) * writers.len() as u64 / u64::from(count);
            let (service, at) = writers[writer as usize];
            let number = self.services[service].ring.lines;
            let offset = i64::from(n * 100 / count);
            self.push(service, at, offset, What::Flood(number));
        }
    }

    /// The lines of an entry, as bytes, as a platform delivers them.
    pub(crate) fn render(&self, service: Index, entry: &Entry) -> Vec<RawLine> {
        let at = self.entry_time(entry);
        match entry.what {
            What::Joined | What::Left => Vec::new(),
            What::Flood(n) => {
                let line = format!("level=info msg=\"one of very many\" n={n}");
                vec![RawLine {
                    at,
                    stream: Stream::Out,
                    bytes: line.into_bytes().into(),
                }]
            }
            What::Line {
                spec,
                revision,
                ms,
                chance,
                ..
            } => {
                let spec_of = &self.scenario.services[service];
                let log = &spec_of.logs[usize::from(spec)];
                let text = log.template.fill(&Fill {
                    at,
                    replica: self.origins[entry.origin as usize].number,
                    version: &spec_of.revisions[usize::from(revision)].version,
                    ms,
                    chance,
                });
                text.split('\n')
                    .map(|line| RawLine {
                        at,
                        stream: log.stream,
                        bytes: line.as_bytes().into(),
                    })
                    .collect()
            }
        }
    }
}

/// Lines that are looked at for what a process said last.
const LAST_LINES: usize = 12;

impl World {
    /// What the present run of a replica said last.
    pub(super) fn last_words(&self, service: Index, at: usize) -> SafeText {
        let replica = &self.services[service].replicas[at];
        let own = |entry: &&Entry| entry.origin == replica.origin && entry.run == replica.run;
        let newest_first = self.services[service].ring.all().rev().filter(own);
        let mut entries: Vec<&Entry> = newest_first.take(LAST_LINES).collect();
        entries.reverse();
        let lines: Vec<LogLine> = entries
            .into_iter()
            .flat_map(|entry| self.render(service, entry))
            .map(|raw| LogLine::read(&raw))
            .collect();
        last_words(&lines)
    }
}

/// Whether a template is for this revision and this reason.
fn fits(spec: &LogSpec, revision: usize, cause: Option<Index>, any_cause: bool) -> bool {
    spec.revision.is_none_or(|r| r == revision)
        && (any_cause || spec.because.is_none() || spec.because == cause)
}

/// One of the templates for an occasion, by weight; those that name the reason go first.
fn choose(
    logs: &[LogSpec],
    on: On,
    revision: usize,
    cause: Option<Index>,
    chance: Chance,
) -> Option<usize> {
    let fitting = |exact: bool| {
        logs.iter().enumerate().filter(move |(_, spec)| {
            spec.on == on
                && fits(spec, revision, cause, false)
                && (!exact || spec.because.is_some())
        })
    };
    let exact = cause.is_some() && fitting(true).next().is_some();
    let total: f32 = fitting(exact).map(|(_, spec)| spec.weight).sum();
    let mut left = chance.unit() * total;
    for (n, spec) in fitting(exact) {
        left -= spec.weight;
        if left < 0.0 {
            return Some(n);
        }
    }
    None
}
