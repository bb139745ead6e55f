//! Gate 2: no input makes a reader panic or hang.
//!
//! Inputs are made from a corpus by seeded mutation. A failure prints the seed of its input;
//! `QUARTERDECK_FUZZ_SEED=<seed> cargo test --test gates <name>` runs that one alone.

mod config;
mod text;

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// An input that takes longer is a hang.
const HANG: Duration = Duration::from_secs(1);

const MAX_INPUT_BYTES: usize = 16 * 1024;

/// Gives `target` each of the corpus as it is and 100,000 mutations (10 million at full size).
///
/// # Panics
///
/// When the target panicked or hung: with the input, and the seed that makes it again.
pub(crate) fn fuzz(name: &str, corpus: &[&[u8]], target: impl Fn(&[u8]) + Send + Sync + 'static) {
    let inputs = if crate::full_size() {
        10_000_000
    } else {
        100_000
    };
    let seeds = asked_for(inputs + corpus.len() as u64);
    run(name, corpus, seeds, target);
}

/// Gives `target` the inputs as they are, however long: those that were once too much for it.
///
/// # Panics
///
/// As [`fuzz`].
pub(crate) fn each(name: &str, inputs: &[&[u8]], target: impl Fn(&[u8]) + Send + Sync + 'static) {
    run(name, inputs, 0..inputs.len() as u64, target);
}

/// Gives `target` so many seeds, of which it makes sessions of its own.
///
/// # Panics
///
/// As [`fuzz`].
pub(crate) fn sessions(
    name: &str,
    ci: u64,
    full: u64,
    target: impl Fn(u64) + Send + Sync + 'static,
) {
    let count = if crate::full_size() { full } else { ci };
    supervised(name, asked_for(count), |_| String::new(), target);
}

fn run(
    name: &str,
    corpus: &[&[u8]],
    seeds: Range<u64>,
    target: impl Fn(&[u8]) + Send + Sync + 'static,
) {
    let corpus: Arc<[Box<[u8]>]> = corpus.iter().map(|&input| input.into()).collect();
    let shown = Arc::clone(&corpus);
    let shown = move |seed| format!(", at\nb\"{}\"", input(&shown, seed).escape_ascii());
    supervised(name, seeds, shown, move |seed| {
        target(&input(&corpus, seed));
    });
}

/// The seed that somebody asks for alone, or the first so many.
fn asked_for(count: u64) -> Range<u64> {
    match std::env::var("QUARTERDECK_FUZZ_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("QUARTERDECK_FUZZ_SEED is a number");
            seed..seed + 1
        }
        Err(_) => 0..count,
    }
}

/// Runs `target` on a thread of its own, so that this one can tell a hang.
fn supervised(
    name: &str,
    seeds: Range<u64>,
    shown: impl Fn(u64) -> String,
    target: impl Fn(u64) + Send + Sync + 'static,
) {
    let current = Arc::new(AtomicU64::new(seeds.start));
    let (finished, outcome) = mpsc::channel();
    std::thread::spawn({
        let current = Arc::clone(&current);
        move || {
            let run = catch_unwind(AssertUnwindSafe(|| {
                for seed in seeds {
                    current.store(seed, Ordering::Relaxed);
                    target(seed);
                }
            }));
            // Nobody listens any more when the run was taken for a hang.
            let _ = finished.send(run);
        }
    });
    if let Some(failure) = wait(&outcome, &current) {
        let seed = current.load(Ordering::Relaxed);
        let input = shown(seed);
        panic!("{name}: {failure}, with QUARTERDECK_FUZZ_SEED={seed}{input}");
    }
}

/// What went wrong, once all is done or an input has not ended in time.
fn wait(outcome: &mpsc::Receiver<std::thread::Result<()>>, current: &AtomicU64) -> Option<String> {
    loop {
        let before = current.load(Ordering::Relaxed);
        match outcome.recv_timeout(HANG) {
            Ok(Ok(())) => return None,
            Ok(Err(panic)) => return Some(format!("panicked ({})", message(&*panic))),
            Err(RecvTimeoutError::Disconnected) => {
                return Some("ended without an outcome".to_owned());
            }
            Err(RecvTimeoutError::Timeout) if current.load(Ordering::Relaxed) == before => {
                return Some(format!("hung for more than {HANG:?}"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
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

#[test]
#[should_panic(expected = "panicked (ESC)")]
fn a_panic_is_found() {
    fuzz("a panic", &[b"harmless"], |bytes| {
        assert!(!bytes.contains(&0x1B), "ESC");
    });
}

#[test]
#[should_panic(expected = "hung for more than 1s, with QUARTERDECK_FUZZ_SEED=1")]
fn a_hang_is_found() {
    fuzz("a hang", &[b"quick", b"endless"], |bytes| {
        if bytes == b"endless" {
            loop {
                std::thread::park();
            }
        }
    });
}
