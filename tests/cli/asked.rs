//! At a terminal: questions, the typed name, ctrl-C on the way, and the console's own refusals.

use rustix::process::Signal;

use crate::run::{CALM, Home};
use crate::support::console::{Console, quarterdeck};
use crate::support::wait::{SOON, wait_until};

#[test]
fn it_asks_who_acts_and_whether_to_go_on() {
    let mut console = quarterdeck(&["scale", "web", "4", CALM, "--speed=50"])
        .size(120, 40)
        .start();
    console.expect("Who acts?");
    console.keys("ana\n");
    console.expect("Go on? [y/N]");
    console.keys("y\n");
    console.expect("verified");
    assert_eq!(console.wait_exit(SOON).code(), Some(0));
}

#[test]
fn no_is_no() {
    let mut console = quarterdeck(&["scale", "web", "4", CALM, "--operator=ana"])
        .size(120, 40)
        .start();
    console.expect("Go on? [y/N]");
    console.keys("\n");
    console.expect("nothing was sent");
    assert_eq!(console.wait_exit(SOON).code(), Some(4));
}

#[test]
fn what_is_dear_wants_its_name() {
    for (typed, code) in [("shop/postgres\n", 4), ("shop/web\n", 0)] {
        let mut console = quarterdeck(&["stop", "web", CALM, "--speed=50", "--operator=ana"])
            .size(120, 40)
            .start();
        console.expect("Type shop/web to go on:");
        console.keys(typed);
        assert_eq!(
            console.wait_exit(SOON).code(),
            Some(code),
            "{}",
            console.screen()
        );
    }
}

#[test]
fn stopped_on_the_way_it_says_how_far_it_came() {
    let mut console = quarterdeck(&[
        "restart",
        "web",
        CALM,
        "--speed=2",
        "--operator=ana",
        "--yes",
    ])
    .size(120, 40)
    .start();
    console.expect("operation ");
    console.signal(Signal::INT);
    console.expect("no further step is begun");
    console.expect("stopped:");
    assert_eq!(
        console.wait_exit(SOON).code(),
        Some(7),
        "{}",
        console.screen()
    );
}

/// A console in whose home a command was left in its middle.
fn interrupted() -> Console {
    let mut console = quarterdeck(&[
        "scale",
        "web",
        "5",
        CALM,
        "--speed=0.1",
        "--operator=ana",
        "--yes",
    ])
    .size(120, 40)
    .start();
    console.expect("operation ");
    console.expect("1/");
    console.signal(Signal::INT);
    console.expect("no further step is begun");
    console.signal(Signal::INT);
    assert_eq!(
        console.wait_exit(SOON).code(),
        Some(7),
        "{}",
        console.screen()
    );
    // What was written last may still be on its way to the screen.
    wait_until("it says how to go on", SOON, || {
        console.screen().contains("quarterdeck resume")
    });
    console
}

#[test]
fn left_in_its_middle_it_is_offered_again() {
    let console = interrupted();
    let home = Home::at(console.home());
    let ran = home.rehearse(&["resume"]).ends(0);
    assert!(
        ran.out.contains("scale shop/web") && ran.out.contains("--put-back"),
        "{}",
        ran.out
    );
    let ran = home.rehearse(&["resume", "--go-on", "--yes"]).ends(0);
    assert!(ran.out.contains("verified"), "{}", ran.out);
    let ran = home.rehearse(&["resume"]).ends(0);
    assert_eq!(ran.out, "nothing is unfinished here\n");
    home.rehearse(&["resume", "--go-on", "--yes"]).ends(2);
}

#[test]
fn what_somebody_took_up_meanwhile_is_not_done_twice() {
    let left = interrupted();
    let asked = |operator, speed| {
        let console = quarterdeck(&["resume", "--go-on", CALM, operator, speed])
            .env("HOME", left.home())
            .size(120, 40)
            .start();
        console.expect("Go on? [y/N]");
        console
    };
    let mut ben = asked("--operator=ben", "--speed=50");
    let cleo = asked("--operator=cleo", "--speed=0.1");
    cleo.keys("y\n");
    cleo.expect("1/");
    ben.keys("y\n");
    ben.expect("superseded: cleo works on operation ");
    ben.expect("nothing was sent");
    assert_eq!(ben.wait_exit(SOON).code(), Some(6), "{}", ben.screen());
    // While she works on it, nobody is offered to end it either.
    let home = Home::at(left.home());
    home.rehearse(&["resume", "--leave"]).ends(2);
}

#[test]
fn a_list_that_is_stopped_in_an_action_stays_open_and_goes_on() {
    let run = [
        "checklist",
        "run",
        "day.md",
        CALM,
        "--operator=ana",
        "--yes",
    ];
    let start = quarterdeck(&[&run[..], &["--speed=2"]].concat()).size(120, 40);
    let list = "- [ ] Restart web `do: restart web` `check: healthy(web)`\n";
    std::fs::write(start.home().join("day.md"), list).expect("the home is writable");
    let mut console = start.start();
    console.expect("operation ");
    console.signal(Signal::INT);
    console.expect("no further step is begun");
    console.expect("stopped:");
    let code = console.wait_exit(SOON).code();
    assert_eq!(code, Some(7), "{}", console.screen());
    wait_until("it says how to go on", SOON, || {
        console
            .screen()
            .contains("the run stays open: go on with it by")
    });
    let home = Home::at(console.home());
    let left = home.rehearse(&["checklist", "show", "--json"]).ends(0);
    let run = left.json()[0]["run"].as_str().expect("a run").to_owned();
    let ran = home.rehearse(&["checklist", "run", "--resume", &run, "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(
        home.rehearse(&["resume"]).ends(0).out,
        "nothing is unfinished here\n"
    );
}

#[test]
fn a_dumb_terminal_is_told_about() {
    let mut console = quarterdeck(&["demo"]).env("TERM", "dumb").start();
    console.expect("TERM is dumb");
    console.expect("quarterdeck status --demo");
    assert_eq!(console.wait_exit(SOON).code(), Some(2));
}

#[test]
fn a_demo_says_which_settings_it_goes_on_without() {
    let start = quarterdeck(&["demo"]).size(120, 40);
    std::fs::write(start.home().join("quarterdeck.toml"), "[ui]\ntheme = 3\n")
        .expect("the home is writable");
    let mut console = start.start();
    console.expect("1 mistake in the settings; going on without the file");
    console.expect("quarterdeck doctor --demo");
    console.keys("q");
    assert_eq!(console.wait_exit(SOON).code(), Some(0));
}

#[test]
fn a_journal_that_cannot_be_written_says_what_mends_it() {
    let start = quarterdeck(&["demo"]).size(80, 24);
    let state = start.home().join("state");
    std::fs::write(&state, "a file, not a folder").expect("the home is writable");
    let console = start.env("QUARTERDECK_STATE_DIR", &state).start();
    console.expect("all of it");
    console.keys("!");
    console.expect("chown, chmod");
    console.expect("QUARTERDECK_STATE_DIR");
}

#[test]
fn the_console_opens_at_a_service() {
    let console = quarterdeck(&["postgres", CALM, "--operator=ana"])
        .size(120, 40)
        .start();
    console.expect("Logs postgres");
    let console = quarterdeck(&["postgrex", CALM]).size(120, 40).start();
    console.expect("there is no service postgrex: did you mean shop/postgres?");
}
