//! Gate 9: a terminal that stops reading stops nothing else.

use std::{fs, time::Duration};

use super::manners::left_as_found;
use crate::support::{
    console::{Console, quarterdeck},
    gate,
    wait::{SOON, deadline, left, wait_until},
};

fn resident_kib(console: &Console) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", console.pid())).expect("it runs");
    let line = status
        .lines()
        .find(|l| l.starts_with("VmRSS:"))
        .expect("Linux says so");
    line.split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number")
}

#[test]
fn collecting_goes_on_and_the_screen_is_whole_again() {
    let mut console = quarterdeck(&["demo"]).start();
    console.expect("postgres");
    console.read(false);
    // Which the demo's story has after 15 s.
    let released = |screen: &vt100::Screen| screen.contents().contains("v1.8.2");
    assert!(!console.with_screen(released), "there is nothing to miss");
    let before = resident_kib(&console);
    let seconds = gate::size(20, 600);
    let header = |screen: &vt100::Screen| screen.contents_between(0, 0, 0, 200);
    let shown = console.with_screen(header);
    // Time itself is what is waited for: for so long nothing is read.
    let quiet = Duration::from_secs(seconds as u64);
    let end = deadline(quiet);
    wait_until("the time is over", quiet * 2, || left(end).is_zero());
    let grown = resident_kib(&console).saturating_sub(before);
    assert!(grown < 10 * 1024, "grew by {grown} KiB");
    console.read(true);
    console.expect_within(Duration::from_secs(1), "a new clock", |screen| {
        header(screen) != shown
    });
    console.expect_within(Duration::from_secs(1), "what nobody saw begin", released);
    console.expect("Rollouts");
    console.keys("q");
    assert!(console.wait_exit(Duration::from_secs(2)).success());
    left_as_found(&console);
}

#[test]
fn it_can_be_ended_while_nobody_reads() {
    let mut console = quarterdeck(&["demo"]).start();
    console.expect("postgres");
    console.read(false);
    wait_until("something waits to be read", SOON, || console.pending());
    console.signal(rustix::process::Signal::TERM);
    console.wait_exit(Duration::from_secs(2));
}
