//! How a rehearsal is begun, and what one console tells the next.

use crate::support::{
    bare::{bare, ran},
    console::{Console, quarterdeck},
    wait::{SOON, timestamp},
};

/// A shop in which nothing happens by itself.
const CALM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/calm.toml");

/// The time of day at the end of the first line, in seconds.
fn clock(screen: &vt100::Screen) -> Option<i64> {
    let head = screen.contents();
    let head = head.lines().next()?.trim_end().strip_suffix(" UTC")?;
    let time: jiff::civil::Time = head.rsplit(' ').next()?.parse().ok()?;
    Some(i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second()))
}

/// How many seconds the clock on the screen is ahead of that on the wall.
fn ahead(screen: &vt100::Screen) -> i64 {
    let wall = timestamp().as_second() % 86_400;
    clock(screen).map_or(0, |shown| (shown - wall).rem_euclid(86_400))
}

#[test]
fn at_another_speed_the_clock_parts_from_that_on_the_wall() {
    let console = quarterdeck(&["demo", CALM, "--speed", "500"])
        .size(160, 30)
        .start();
    console.expect("postgres");
    // At the speed of the wall this would never be.
    console.expect_within(SOON, "ten minutes ahead", |screen| {
        (600..43_200).contains(&ahead(screen))
    });
}

#[test]
fn the_same_seed_plays_the_same_story_and_another_one_another() {
    let home = tempfile::tempdir().expect("a folder");
    let story = |seed| {
        let arguments = [
            "status", "--demo", "--at", "60s", "--speed", "0", "--seed", seed,
        ];
        let out = ran(&mut bare(home.path(), &arguments)).out;
        assert!(out.contains("postgres"), "{out}");
        out
    };
    assert_eq!(story("7"), story("7"));
    assert_ne!(story("7"), story("8"));
}

fn troubled(operator: &str, state: &std::path::Path) -> Console {
    let arguments = ["demo", "--at", "60s", "--operator", operator];
    let console = quarterdeck(&arguments)
        .env("QUARTERDECK_STATE_DIR", state)
        .size(160, 40)
        .start();
    console.expect("new since deploy");
    console
}

#[test]
fn what_one_console_acknowledged_is_silenced_by_that_name_in_the_next() {
    let state = tempfile::tempdir().expect("a folder");
    let console = troubled("ana", state.path());
    assert!(!console.screen().contains("silenced"));
    console.keys("3a");
    console.expect("silenced 1");
    console.expect("ana until");
    drop(console);
    let console = troubled("ben", state.path());
    console.expect("silenced 1");
    console.expect("ana until");
}
