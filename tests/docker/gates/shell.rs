//! A shell inside a container, from a key to the console whole again.

use std::time::Duration;

use crate::support::{
    compose::Compose,
    console::{Console, quarterdeck},
    docker_or_skip,
    wait::wait_until,
};

const SHOP: &str = r"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
";

/// The frames of the panes stand on every row between header and hints, from the first column to the last.
#[track_caller]
fn whole(console: &Console, columns: u16, rows: usize) {
    console.expect("q quit");
    console.expect_within(Duration::from_secs(5), "a whole screen", |screen| {
        let drawn: Vec<String> = screen.rows(0, columns).collect();
        let framed = |row: &String| {
            row.starts_with(['┌', '│', '├', '└']) && row.ends_with(['┐', '│', '┤', '┘'])
        };
        drawn.len() == rows && drawn[1..rows - 1].iter().all(framed)
    });
}

#[test]
fn a_shell_takes_the_terminal_and_gives_it_back_whole() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "inside", SHOP);
    let start = quarterdeck(&[])
        .env("DOCKER_HOST", &daemon.host)
        .env("QUARTERDECK_OPERATOR", "sre-1");
    std::fs::write(
        start.home().join("quarterdeck.toml"),
        format!(
            "[environment.here]\nkind = 'development'\ndocker.projects = ['{}']\n",
            shop.project
        ),
    )
    .expect("the home is writable");
    let mut console = start.start();
    console.expect("1/1");
    whole(&console, 80, 24);

    console.keys("x");
    console.expect_gone("Rollouts");
    // What is typed is the shell's: q does not leave the console.
    console.keys("echo q-$((20 + 3)); stty size\n");
    console.expect("q-23");
    console.expect("24 80");
    console.resize(100, 30);
    console.keys("until stty size | grep -q '30 100'; do :; done; echo wid''er\n");
    console.expect("wider");
    console.keys("exit\n");
    console.expect_gone("q-23");
    whole(&console, 100, 30);

    // One that goes away under the operator gives the terminal back as well.
    console.keys("x");
    console.expect_gone("Rollouts");
    console.keys("echo in''side\n");
    console.expect("inside");
    console.resize(80, 24);
    daemon.docker(&["kill", &shop.ps()[0].id]);
    console.expect("Rollouts");
    whole(&console, 80, 24);

    console.keys("?");
    console.expect("Help");
    console.keys("\x1b");
    console.expect("Rollouts");
    console.keys("q");
    assert!(console.wait_exit(Duration::from_secs(2)).success());
    wait_until("the terminal is as it was", Duration::from_secs(2), || {
        console.left_changed().is_empty()
    });
}
