//! Broken settings, no home, no Docker, no terminal: what is said, and the code.

use crate::run::{Home, ran};

#[test]
fn every_mistake_is_shown_and_nothing_starts() {
    let home = Home::new();
    std::fs::write(
        home.path().join("quarterdeck.toml"),
        "[environment.shop]\nkind = \"prodution\"\nread_onli = true\n",
    )
    .expect("the home is writable");
    for command in [&["status"][..], &["restart", "web", "--yes"], &[]] {
        let ran = home.run(command).ends(2);
        for part in [
            "quarterdeck.toml:2",
            "quarterdeck.toml:3",
            "production",
            "read_only",
        ] {
            assert!(ran.err.contains(part), "{part}: {}", ran.err);
        }
        assert_eq!(ran.out, "");
    }
    // The doctor looks at what is ill.
    let ran = home.run(&["doctor"]).ends(1);
    assert!(
        ran.err.contains("quarterdeck.toml:2") && ran.out.contains("settings"),
        "{}\n{}",
        ran.out,
        ran.err
    );
}

#[test]
fn an_option_wins_over_the_variable() {
    let home = Home::new();
    let mut command = home.command(&[
        "restart",
        "web",
        "--yes",
        "--demo",
        "--speed=50",
        "--operator=ana",
    ]);
    ran(command.env("QUARTERDECK_OPERATOR", "bob")).ends(0);
    let told = home.run(&["audit", "--demo"]).ends(0);
    assert!(
        told.out.contains("ana") && !told.out.contains("bob"),
        "{}",
        told.out
    );
}

#[test]
fn without_docker_it_says_what_was_tried_and_offers_the_demo() {
    let home = Home::new();
    for command in [
        &["status"][..],
        &["logs"],
        &["alerts"],
        &["scale", "api", "2", "--yes"],
    ] {
        let ran = home.run(command).ends(3);
        for part in ["no.sock", "DOCKER_HOST", "quarterdeck demo"] {
            assert!(ran.err.contains(part), "{part}: {}", ran.err);
        }
    }
}

#[test]
fn without_a_home_looking_works() {
    let home = Home::new();
    let mut command = home.command(&["status", "--demo"]);
    ran(command.env_remove("HOME")).ends(0);
}

#[test]
fn without_a_terminal_the_console_says_what_there_is() {
    let ran = Home::new().run(&["demo"]).ends(2);
    assert!(ran.err.contains("quarterdeck status"), "{}", ran.err);
    assert!(
        !ran.err.contains("Location"),
        "no report for what is no bug: {}",
        ran.err
    );
}

#[test]
fn the_scenarios_are_listed() {
    let ran = Home::new().run(&["demo", "--list"]).ends(0);
    assert!(ran.out.starts_with("three-tier-template"), "{}", ran.out);
    let ran = Home::new().run(&["status", "--demo=nothing"]).ends(2);
    assert!(ran.err.contains("three-tier-template"), "{}", ran.err);
}

#[test]
fn a_secret_in_the_environment_is_never_printed() {
    let home = Home::new();
    for command in [
        &["status", "--demo", "-vv"][..],
        &["doctor", "-vv"],
        &["doctor", "--demo", "--json"],
        &[
            "restart",
            "web",
            "--yes",
            "--demo",
            "--speed=50",
            "--operator=ana",
            "-vv",
        ],
        &["audit", "--demo", "--json"],
        &["man"],
    ] {
        let mut command = home.command(command);
        command
            .env("DATABASE_URL", "postgres://shop:canary-7f3a@db/shop")
            .env("DOCKER_HOST", "tcp://me:canary-7f3a@127.0.0.1:1")
            .env("QUARTERDECK_TOKEN", "canary-7f3a");
        let ran = ran(&mut command);
        assert!(!ran.out.contains("canary-7f3a"), "{}", ran.out);
        assert!(!ran.err.contains("canary-7f3a"), "{}", ran.err);
    }
}
