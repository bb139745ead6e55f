//! Gate 2: no input makes a reader panic or hang.
//!
//! What is private to the library is fuzzed by its own tests: `platform::docker::fuzzed`.

mod checklist;
mod config;
mod expr;
#[path = "../support/fuzz.rs"]
mod harness;
mod text;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

pub(crate) use harness::{HANG, fuzz, gate};

/// Gives `target` the inputs as they are, however long: those that were once too much for it.
///
/// # Panics
///
/// As [`fuzz`].
pub(crate) fn each(name: &str, inputs: &[&[u8]], target: impl Fn(&[u8]) + Send + Sync + 'static) {
    harness::run(name, inputs, 0..inputs.len() as u64, target);
}

/// Gives `target` so many seeds, of which it makes what it likes; one that takes longer than `hang` is taken for a hang, see
/// [`HANG`].
///
/// # Panics
///
/// As [`fuzz`].
pub(crate) fn seeds(
    name: &str,
    count: usize,
    hang: Duration,
    target: impl Fn(u64) + Send + Sync + 'static,
) {
    harness::supervised(
        name,
        harness::asked_for(count),
        hang,
        |_| String::new(),
        target,
    );
}

#[test]
#[should_panic(expected = "panicked (ESC)")]
fn a_panic_is_found() {
    fuzz("a panic", &[b"harmless"], |bytes| {
        assert!(!bytes.contains(&0x1B), "ESC");
    });
}

/// Whether an input with which `goes_on` goes on and on is found; nothing goes on after that.
fn is_found(goes_on: fn()) {
    let found = Arc::new(AtomicBool::new(false));
    let stops = Arc::clone(&found);
    let fuzzed = std::panic::catch_unwind(move || {
        fuzz("a hang", &[b"quick", b"endless"], move |bytes| {
            while bytes == b"endless" && !stops.load(Ordering::Relaxed) {
                goes_on();
            }
        });
    });
    found.store(true, Ordering::Relaxed);
    let words = fuzzed.expect_err("it hangs");
    let words = words.downcast_ref::<String>().expect("words");
    // A mutation may have made the same input: which lane is told of is by chance.
    let wanted = [
        "hung for more than 1s, with QUARTERDECK_FUZZ_SEED=",
        ", at\nb\"endless\"",
    ];
    assert!(wanted.iter().all(|part| words.contains(part)), "{words}");
}

#[test]
fn a_hang_is_found() {
    is_found(|| std::thread::park_timeout(HANG));
    is_found(std::hint::spin_loop);
}
