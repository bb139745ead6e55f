//! Gate 2: no input makes a reader panic or hang.
//!
//! What is private to the library is fuzzed by its own tests: `platform::docker::fuzzed`.

mod checklist;
mod config;
mod expr;
#[path = "../support/fuzz.rs"]
mod harness;
mod text;

pub(crate) use harness::{HANG, each, fuzz, gate, seeds};

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
