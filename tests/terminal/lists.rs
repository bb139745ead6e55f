//! A demo whose team has lists of its own offers them, as long as none is where it was started; and a rehearsal opens with
//! the list that was named.

use std::fs;

use crate::support::console::{Console, quarterdeck};

#[test]
fn a_demo_offers_its_teams_lists_and_those_that_are_here_before_them() {
    let console = quarterdeck(&["demo", "ancient-compute"]).start();
    console.expect("backend");
    console.keys("c");
    console.expect("Pre-Deployment");
    drop(console);

    let start = quarterdeck(&["demo", "ancient-compute"]);
    fs::write(start.home().join("mine.md"), "# Mine\n- [ ] All is well\n").expect("it is written");
    let console = start.start();
    console.expect("backend");
    console.keys("c");
    console.expect("mine.md");
    console.expect_gone("Pre-Deployment");
}

/// A rehearsal of a file with that text.
fn rehearsed(text: &str) -> Console {
    let arguments = ["demo", "--checklist", "day.md", "--operator", "ana"];
    let start = quarterdeck(&arguments).size(100, 30);
    fs::write(start.home().join("day.md"), text).expect("it is written");
    start.start()
}

#[test]
fn a_rehearsal_opens_with_its_walk() {
    let console =
        rehearsed("# Day\n- [ ] Support is there\n- [ ] All is well `check: healthy(*)`\n");
    console.expect("you have control");
    console.expect("space it is done");
    assert!(
        console.screen().starts_with(" REHEARSAL"),
        "{}",
        console.screen()
    );
    console.keys(" ");
    console.expect("says ana");
}

#[test]
fn of_several_lists_one_is_chosen() {
    let console = rehearsed("# Day\n## Before\n- [ ] Sing\n## After\n- [ ] Dance\n- [ ] Rest\n");
    console.expect(" Checklists ");
    console.expect("all of it  2 lists, 3 items");
    console.keys("jj\r");
    console.expect("you have control");
    console.expect("0 of 2");
    console.expect("Dance");
    assert!(!console.screen().contains("Sing"), "{}", console.screen());
}
