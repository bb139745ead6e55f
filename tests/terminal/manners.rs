//! Gate 10: however it ends, the terminal is as it was, within two seconds.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::{
    console::{Console, program, quarterdeck},
    gate,
    wait::{SOON, wait_until},
};

/// The longest that leaving may take.
const AT_ONCE: Duration = Duration::from_secs(2);

fn demo() -> Console {
    let console = quarterdeck(&["demo", "--speed", "20"]).start();
    console.expect("postgres");
    console
}

/// What was written last may still be on its way to the screen.
#[track_caller]
pub(crate) fn left_as_found(console: &Console) {
    wait_until("the terminal is as it was", AT_ONCE, || {
        console.left_changed().is_empty()
    });
}

#[test]
fn q_leaves() {
    let mut console = demo();
    console.keys("q");
    assert!(console.wait_exit(AT_ONCE).success());
    left_as_found(&console);
}

#[test]
fn signals_end_it_with_their_number() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT] {
        let mut console = demo();
        console.signal(signal);
        let status = console.wait_exit(AT_ONCE);
        assert_eq!(status.code(), Some(128 + signal.as_raw()));
        left_as_found(&console);
    }
}

/// At whichever turn of the loop: in the first frame, with a layer on top, while an action runs.
#[test]
fn a_signal_at_any_point() {
    for point in 0..gate::size(30, 200) {
        let mut console = quarterdeck(&["demo", "--speed", "20"]).start();
        let bytes = point * 997;
        wait_until("that many bytes", SOON, || console.received() >= bytes);
        console.keys(["u", "j", "?", ":", "4z", "/x"][point % 6]);
        console.signal([Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT][point % 4]);
        console.wait_exit(SOON);
        left_as_found(&console);
    }
}

/// Debug builds panic at the turn of the loop that a variable names.
#[test]
fn a_panic_at_any_point() {
    for point in 0..gate::size(30, 200) {
        let turn = (1 + point * 3).to_string();
        let mut console = quarterdeck(&["demo", "--speed", "20"])
            .env("QUARTERDECK_PANIC_AT_TURN", &turn)
            .start();
        let status = console.wait_exit(SOON);
        assert_eq!(status.code(), Some(101), "turn {turn}");
        left_as_found(&console);
        let shown = console.screen();
        assert!(
            shown.contains("panicked on purpose"),
            "the report can be read:\n{shown}"
        );
    }
}

/// What is on screen would stand still, and nobody would know.
#[test]
fn a_panic_beside_the_loop_ends_it_as_well() {
    let mut console = quarterdeck(&["demo", "--speed", "20"])
        .env("QUARTERDECK_PANIC_AT_TURN", "20")
        .env("QUARTERDECK_PANIC_BESIDE", "1")
        .start();
    let status = console.wait_exit(SOON);
    assert_eq!(status.code(), Some(101));
    left_as_found(&console);
    let shown = console.screen();
    assert!(shown.contains("panicked on purpose"), "{shown}");
}

#[test]
fn a_closed_terminal_ends_it() {
    let mut console = demo();
    console.hang_up();
    console.wait_exit(AT_ONCE);
}

/// crossterm alone would spin for ever.
#[test]
fn a_closed_terminal_ends_it_though_hang_ups_are_ignored() {
    let script = format!(
        "trap '' HUP; exec {} demo",
        env!("CARGO_BIN_EXE_quarterdeck")
    );
    let mut console = program("/bin/sh", &["-c", &script]).start();
    console.expect("postgres");
    console.hang_up();
    console.wait_exit(AT_ONCE);
}

#[test]
fn ctrl_z_steps_aside_and_comes_back_whole() {
    let mut console = demo();
    console.keys("\x1a");
    wait_until("the terminal is given back", AT_ONCE, || {
        console.left_changed().is_empty()
    });
    console.signal(Signal::CONT);
    console.expect("postgres");
    console.expect("Rollouts");
    console.keys("q");
    assert!(console.wait_exit(AT_ONCE).success());
    left_as_found(&console);
}

#[test]
fn any_size_will_do() {
    let mut console = demo();
    for (columns, rows) in [
        (1, 1),
        (0, 0),
        (2, 40),
        (300, 2),
        (40, 10),
        (500, 200),
        (80, 24),
    ] {
        console.resize(columns, rows);
    }
    console.expect("postgres");
    console.expect("? help");
    console.keys("q");
    assert!(console.wait_exit(AT_ONCE).success());
    left_as_found(&console);
}

#[test]
fn a_paste_is_never_a_key() {
    let mut console = demo();
    // Without a text field it goes nowhere, least of all to `q`.
    console.keys("\x1b[200~qqq\r\x1b[201~");
    console.keys("/");
    console.keys("\x1b[200~neu\rron\x1b[201~");
    console.expect("neuron");
    console.expect_gone("postgres 1/1");
    console.keys("\x1b");
    console.expect("postgres");
    console.keys("q");
    assert!(console.wait_exit(AT_ONCE).success());
}
