//! Seeds by the million, on every core: inputs made from a corpus by mutation, or whatever else a seed stands for.
//!
//! A failure prints its seed; `QUARTERDECK_FUZZ_SEED=<seed>` runs that one alone, `<from>..<to>` so many of them.
//! The library's own tests take this file in too, where what is fuzzed is private: what the gates alone need stands with them.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

#[path = "gate.rs"]
pub(crate) mod gate;

/// An input that takes longer is a hang. What counts is the time that its thread runs or sleeps: a busy machine, which keeps
/// it from running, makes no hang of it.
pub(crate) const HANG: Duration = Duration::from_secs(1);

const MAX_INPUT_BYTES: usize = 16 * 1024;

/// Gives `target` each of the corpus as it is and 100,000 mutations (10 million at full size).
///
/// # Panics
///
/// When the target panicked or hung: with the input, and the seed that makes it again.
pub(crate) fn fuzz(name: &str, corpus: &[&[u8]], target: impl Fn(&[u8]) + Send + Sync + 'static) {
    let inputs = gate::size(100_000, 10_000_000) + corpus.len();
    run(name, corpus, asked_for(inputs), target);
}

/// Gives `target` the inputs that those seeds make of a corpus.
pub(crate) fn run(
    name: &str,
    corpus: &[&[u8]],
    seeds: Range<u64>,
    target: impl Fn(&[u8]) + Send + Sync + 'static,
) {
    let corpus: Arc<[Box<[u8]>]> = corpus.iter().map(|&input| input.into()).collect();
    let shown = Arc::clone(&corpus);
    let shown = move |seed| format!(", at\nb\"{}\"", input(&shown, seed).escape_ascii());
    supervised(name, seeds, HANG, shown, move |seed| {
        target(&input(&corpus, seed));
    });
}

/// The seeds that somebody asks for, or the first so many.
pub(crate) fn asked_for(count: usize) -> Range<u64> {
    let Ok(asked) = std::env::var("QUARTERDECK_FUZZ_SEED") else {
        return 0..count as u64;
    };
    let number = |text: &str| text.parse().ok();
    let range = match asked.split_once("..") {
        Some((from, to)) => number(from).zip(number(to)),
        None => number(&asked).map(|seed| (seed, seed + 1)),
    };
    let (from, to) = range.expect("QUARTERDECK_FUZZ_SEED is a number, or two as in 5..10");
    from..to
}

/// What the lanes share: the seeds that are left, and what to do with each.
struct Work<T> {
    next: AtomicU64,
    end: u64,
    lanes: Vec<Lane>,
    target: T,
}

/// A thread that works.
struct Lane {
    /// The seed that it is at.
    at: AtomicU64,
    /// Where the kernel tells of it.
    stat: OnceLock<PathBuf>,
}

/// A lane that is at no seed any more.
const THROUGH: u64 = u64::MAX;

/// What the kernel counts a thread's time in.
const TICK: Duration = Duration::from_millis(10);

impl<T: Fn(u64)> Work<T> {
    fn lane(&self, lane: usize) {
        let lane = &self.lanes[lane];
        if let Ok(own) = std::fs::read_link("/proc/thread-self") {
            let _ = lane.stat.set(Path::new("/proc").join(own).join("stat"));
        }
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end {
                break;
            }
            lane.at.store(seed, Ordering::Relaxed);
            (self.target)(seed);
        }
        lane.at.store(THROUGH, Ordering::Relaxed);
    }

    /// No lane takes another seed.
    fn stop(&self) {
        self.next.store(self.end, Ordering::Relaxed);
    }
}

impl Lane {
    const fn new() -> Self {
        Self {
            at: AtomicU64::new(THROUGH),
            stat: OnceLock::new(),
        }
    }

    fn at(&self) -> u64 {
        self.at.load(Ordering::Relaxed)
    }

    /// How long it has run so far, and whether it runs or would, if a core were free; `None` where nobody tells.
    fn ran(&self) -> Option<(Duration, bool)> {
        let stat = std::fs::read_to_string(self.stat.get()?).ok()?;
        // The name before them may hold anything.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<u32>().ok();
        Some((TICK * (ticks(11)? + ticks(12)?), fields[0] == "R"))
    }
}

/// What was seen of a lane.
#[derive(Default)]
struct Seen {
    /// The seed that it was at.
    at: u64,
    /// How long it had run by then.
    ran: Duration,
    /// How long it has run or slept at that seed.
    spent: Duration,
}

impl Seen {
    /// Looks again, so long after the last time.
    fn again(&mut self, lane: &Lane, after: Duration) {
        let (at, (ran, runs)) = (lane.at(), lane.ran().unwrap_or_default());
        self.spent = match at == self.at && at != THROUGH {
            true if runs => self.spent + ran.saturating_sub(self.ran),
            true => self.spent + after,
            false => Duration::ZERO,
        };
        (self.at, self.ran) = (at, ran);
    }
}

/// Runs `target` on a thread for each core, so that this one can tell a hang.
pub(crate) fn supervised(
    name: &str,
    seeds: Range<u64>,
    hang: Duration,
    shown: impl Fn(u64) -> String,
    target: impl Fn(u64) + Send + Sync + 'static,
) {
    let lanes = std::thread::available_parallelism().map_or(1, usize::from);
    let work = Arc::new(Work {
        next: AtomicU64::new(seeds.start),
        end: seeds.end,
        lanes: (0..lanes).map(|_| Lane::new()).collect(),
        target,
    });
    let (finished, outcome) = mpsc::channel();
    for lane in 0..lanes {
        let (work, finished) = (Arc::clone(&work), finished.clone());
        std::thread::spawn(move || {
            let run = catch_unwind(AssertUnwindSafe(|| work.lane(lane)));
            // Nobody listens any more when another lane has failed.
            let _ = finished.send((lane, run));
        });
    }
    if let Some((seed, failure)) = wait(&outcome, hang, &work.lanes) {
        work.stop();
        let input = shown(seed);
        panic!("{name}: {failure}, with QUARTERDECK_FUZZ_SEED={seed}{input}");
    }
}

type Outcomes = mpsc::Receiver<(usize, std::thread::Result<()>)>;

/// The seed with which something went wrong and what, once all are through or a seed has not ended in time.
fn wait(outcome: &Outcomes, hang: Duration, lanes: &[Lane]) -> Option<(u64, String)> {
    let mut seen: Vec<Seen> = lanes.iter().map(|_| Seen::default()).collect();
    let mut through = 0;
    while through < lanes.len() {
        match outcome.recv_timeout(hang / 10) {
            Ok((_, Ok(()))) => through += 1,
            Ok((lane, Err(panic))) => {
                return Some((lanes[lane].at(), format!("panicked ({})", message(&*panic))));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Some((THROUGH, "ended without an outcome".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => {
                for (seen, lane) in seen.iter_mut().zip(lanes) {
                    seen.again(lane, hang / 10);
                }
                if let Some(seen) = seen.iter().find(|seen| seen.spent >= hang) {
                    return Some((seen.at, format!("hung for more than {hang:?}")));
                }
            }
        }
    }
    None
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// The input of one seed: the corpus first, then mutations of it.
fn input(corpus: &[Box<[u8]>], seed: u64) -> Vec<u8> {
    if let Some(whole) = corpus.get(seed as usize) {
        return whole.to_vec();
    }
    let mut random = fastrand::Rng::with_seed(seed);
    let mut bytes = random
        .choice(corpus)
        .map(|input| input.to_vec())
        .unwrap_or_default();
    for _ in 0..random.u32(1..8) {
        mutate(&mut bytes, corpus, &mut random);
    }
    bytes.truncate(MAX_INPUT_BYTES);
    bytes
}

/// Bytes that mean something to one reader or another.
const TELLING: &[u8] = b"\x00\x01\x02\x07\x08\t\n\r\x18\x1b\x7f\x80\x90\x9b\x9c\x9d\xc2\xe2\xf0\xff []{}()<>;:,.=\"'\\/#$%@*+-_?mM09aZ";

fn mutate(bytes: &mut Vec<u8>, corpus: &[Box<[u8]>], random: &mut fastrand::Rng) {
    let at = random.usize(..=bytes.len());
    let end = (at + random.usize(..=16)).min(bytes.len());
    let telling = *random.choice(TELLING).expect("there are some");
    match random.u8(..10) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
        1 if at < bytes.len() => bytes[at] = random.u8(..),
        2 if at < bytes.len() => bytes[at] = telling,
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..end)),
        5 => {
            let again = bytes[at..end].repeat(random.usize(1..4));
            bytes.splice(at..at, again);
        }
        6 => {
            let many = if random.u8(..) == 0 {
                4096
            } else {
                1 << random.u32(0..9)
            };
            bytes.splice(at..at, std::iter::repeat_n(telling, many));
        }
        7 => {
            let other = random
                .choice(corpus)
                .map(|other| &**other)
                .unwrap_or_default();
            let from = random.usize(..=other.len());
            bytes.splice(at..at, other[from..].iter().copied());
        }
        8 => {
            let c = random.char('\u{80}'..);
            bytes.splice(at..at, c.to_string().into_bytes());
        }
        _ => bytes.insert(at, telling),
    }
}
