//! A demo whose team has lists of its own offers them, as long as none is where it was started.

use std::fs;

use crate::support::console::quarterdeck;

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
