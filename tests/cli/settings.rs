//! Broken settings, no home, no Docker, no terminal: what is said, and the code.

use crate::run::{self, CALM, Home};

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
    for part in [
        "quarterdeck.toml:2",
        "quarterdeck.toml:3",
        "shown below",
        "journal",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let about = ran.out.find("2 mistakes").expect("how many");
    assert!(
        about < ran.out.find("quarterdeck.toml:2").expect("where"),
        "{}",
        ran.out
    );
    let ran = home.run(&["doctor", "--json"]).ends(1);
    let mistakes = ran.json();
    let mistakes = mistakes.iter().filter(|c| c["about"] == "settings");
    assert_eq!(mistakes.count(), 2, "{}", ran.out);
}

#[test]
fn what_needs_no_settings_goes_on_without_them() {
    let home = Home::new();
    std::fs::write(home.path().join("quarterdeck.toml"), "[ui]\ntheme = 3\n")
        .expect("the home is writable");
    home.rehearse(&["restart", "web", "--yes"]).ends(0);
    for (command, says) in [
        (&["audit", CALM][..], "restart shop/web"),
        (&["audit"], "nothing has been done"),
        (&["status", CALM], "shop"),
    ] {
        let ran = home.run(command).ends(0);
        assert!(ran.out.contains(says), "{command:?}: {}", ran.out);
        for part in [
            "quarterdeck.toml:2",
            "1 mistake",
            "going on without the file",
        ] {
            assert!(ran.err.contains(part), "{part}: {}", ran.err);
        }
        assert!(!ran.err.contains("nothing was started"), "{}", ran.err);
    }
    // A word on the command line is no file that could be left aside.
    let ran = home.run(&["status", CALM, "--theme=nope"]).ends(2);
    assert!(ran.err.contains("no theme `nope`"), "{}", ran.err);
}

#[test]
fn a_mistake_names_who_said_it() {
    let home = Home::new();
    let ran = home.run(&["status", "-e", "nope"]).ends(2);
    assert!(
        ran.err.contains("--env") && ran.err.contains("`nope`"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("QUARTERDECK_ENVIRONMENT"), "{}", ran.err);
    let mut command = home.command(&["status"]);
    let ran = run::ran(command.env("QUARTERDECK_ENVIRONMENT", "nope")).ends(2);
    assert!(ran.err.contains("QUARTERDECK_ENVIRONMENT"), "{}", ran.err);
    let missing = home.run(&["status", "--config=no.toml"]).ends(2);
    assert!(missing.err.contains("--config names it"), "{}", missing.err);
    let mut command = home.command(&["status"]);
    let ran = run::ran(command.env("QUARTERDECK_CONFIG", "no.toml")).ends(2);
    assert!(
        ran.err.contains("QUARTERDECK_CONFIG names it"),
        "{}",
        ran.err
    );
}

#[test]
fn one_slip_is_one_mistake() {
    let home = Home::new();
    for text in [
        "operator = \n",
        "operator = \n[ui]\nutc = true\n",
        "operator = ",
        "x = \n",
        "[ui]\nmouse = \n",
    ] {
        std::fs::write(home.path().join("quarterdeck.toml"), text).expect("it is writable");
        let ran = home.run(&["status"]).ends(2);
        assert!(ran.err.contains("1 mistake in the settings"), "{}", ran.err);
    }
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
    run::ran(command.env("QUARTERDECK_OPERATOR", "bob")).ends(0);
    let told = home.run(&["audit", "--demo"]).ends(0);
    assert!(
        told.out.contains("ana") && !told.out.contains("bob"),
        "{}",
        told.out
    );
}

#[test]
fn a_kubeconfig_that_leads_nowhere_is_named_before_docker_is_blamed() {
    let home = Home::new();
    let broken = home.path().join("broken");
    std::fs::write(&broken, "garbage: [\n").unwrap();
    for (kubeconfig, words) in [
        (home.path().join("nope"), "KUBECONFIG names has no context"),
        (broken, "broken"),
    ] {
        let mut command = home.command(&["status"]);
        let said = run::ran(command.env("KUBECONFIG", &kubeconfig)).err;
        let first = said.lines().next().unwrap_or_default();
        assert!(first.contains(words), "{said}");
        assert!(first.contains("Docker was looked for instead"), "{said}");
    }
    let said = home.run(&["status"]).err;
    assert!(!said.contains("instead"), "{said}");
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
    run::ran(command.env_remove("HOME")).ends(0);
}

#[test]
fn without_a_terminal_the_console_says_what_there_is() {
    let ran = Home::new().run(&["demo"]).ends(2);
    assert!(
        ran.err.contains("quarterdeck status --demo\n"),
        "{}",
        ran.err
    );
    assert!(
        !ran.err.contains("Location"),
        "no report for what is no bug: {}",
        ran.err
    );
}

#[test]
fn a_word_that_is_no_command_is_told_the_nearest() {
    let home = Home::new();
    for (typed, nearest) in [
        ("statsu", "did you mean status?"),
        ("wep", "did you mean web?"),
    ] {
        let ran = home.run(&[typed, CALM]).ends(2);
        assert!(
            ran.err
                .contains(&format!("neither a command nor a service {typed}"))
                && ran.err.contains(nearest),
            "{}",
            ran.err
        );
    }
    let ran = home.run(&["bogus", CALM]).ends(2);
    assert!(
        ran.err.contains("the commands are demo, status,"),
        "{}",
        ran.err
    );
    // Without a platform nobody knows its services.
    let ran = home.run(&["statsu"]).ends(2);
    assert!(
        ran.err.contains("there is no command statsu") && ran.err.contains("did you mean status?"),
        "{}",
        ran.err
    );
    let ran = home.run(&["web", CALM]).ends(2);
    assert!(
        ran.err.contains("quarterdeck logs shop/web --demo="),
        "{}",
        ran.err
    );
}

#[test]
fn a_hint_is_a_command_that_works_as_typed() {
    let home = Home::new();
    let scenario = home.path().join("my shop.toml");
    let calm = CALM.trim_start_matches("--demo=");
    std::fs::copy(calm, &scenario).expect("the home is writable");
    let demo = format!("--demo={}", scenario.display());
    let ran = home.run(&["status", "nothing-of-the-kind", &demo]).ends(2);
    let hint = ran
        .err
        .split(": ")
        .find_map(|part| part.strip_suffix(" shows what there is\n"));
    let hint = hint.unwrap_or_else(|| panic!("no hint: {}", ran.err));
    // The first alone: the folder may be called so too.
    let typed = hint.replacen("quarterdeck", env!("CARGO_BIN_EXE_quarterdeck"), 1);
    let mut shell = std::process::Command::new("sh");
    let ran = run::ran(shell.args(["-c", &typed]).env("HOME", home.path())).ends(0);
    assert!(ran.out.contains("postgres"), "{}", ran.out);
}

#[test]
fn the_scenarios_are_listed() {
    let ran = Home::new().run(&["demo", "--list"]).ends(0);
    assert!(ran.out.starts_with("three-tier-template"), "{}", ran.out);
    for name in ["spiral-core", "specify", "arches", "ancient-compute"] {
        assert!(ran.out.contains(&format!("\n{name} ")), "{}", ran.out);
    }
    let ran = Home::new().run(&["status", "--demo=nothing"]).ends(2);
    assert!(ran.err.contains("three-tier-template"), "{}", ran.err);
}

/// A stand-in for ssh writes down what it was given.
#[test]
fn ssh_is_given_no_secret() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let (bin, given) = (home.path().join("bin"), home.path().join("given"));
    std::fs::create_dir(&bin).expect("the home is writable");
    let ssh = bin.join("ssh");
    let script = format!(
        "#!/bin/sh\necho \"$0 $@\" >> {}\nexit 255\n",
        given.display()
    );
    std::fs::write(&ssh, script).expect("it is writable");
    let executable = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(&ssh, executable).expect("it is ours");
    for (address, code, called) in [
        // A password in the address is refused before anything is started.
        ("ssh://me:canary-7f3a@box", 3, false),
        ("ssh://me@box", 3, true),
    ] {
        let mut command = home.command(&["status", "-vv", "--operator=canary-7f3a"]);
        command
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("DOCKER_HOST", address)
            .env("DATABASE_URL", "postgres://shop:canary-7f3a@db/shop")
            .env("SSH_PASSWORD", "canary-7f3a");
        let ran = run::ran(&mut command).ends(code);
        assert!(!ran.err.contains("canary-7f3a"), "{}", ran.err);
        let given = std::fs::read_to_string(&given).unwrap_or_default();
        assert_eq!(given.contains(" me@box"), called, "{given}");
        assert!(!given.contains("canary-7f3a"), "{given}");
    }
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
        let ran = run::ran(&mut command);
        assert!(!ran.out.contains("canary-7f3a"), "{}", ran.out);
        assert!(!ran.err.contains("canary-7f3a"), "{}", ran.err);
    }
}
