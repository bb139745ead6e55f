//! A list that is rehearsed from the console of a real deployment: on a copy, and nothing of it reaches the daemon.

use std::fs;

use crate::support::{
    bare::{bare, ran},
    compose::Compose,
    console::{Console, quarterdeck},
    daemon::Daemon,
    docker_or_skip,
    proxy::Proxy,
    wait::{SOON, wait_until},
    walker::Walker,
};

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    deploy: {replicas: 2}
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1:8080/"], interval: 1s}
"#;

/// What it rolls out is nowhere: a rehearsal needs no image.
const LIST: &str = "---
name: Deploy day
environment: production
abort-when: ready(api) < 1
---
- [ ] Support is there
- [ ] Roll out api `do: rollout api v9` `check: rolled_out(api)`
- [ ] It stays well `soak: ready(api) >= 2 for 2s`
- [ ] Users are told
";

/// A shop in production, a proxy before its daemon, and a console on both with the list.
#[track_caller]
fn desk(daemon: &Daemon, name: &str) -> (Compose, Proxy, Console) {
    let shop = Compose::up(daemon, name, SHOP);
    wait_until("api is healthy", SOON, || {
        let all = shop.replicas("api");
        all.iter().filter(|r| r.health == "healthy").count() == 2
    });
    let proxy = Proxy::unix(&daemon.host);
    let start = quarterdeck(&[])
        .size(120, 40)
        .env("DOCKER_HOST", &proxy.host)
        .env("QUARTERDECK_OPERATOR", "sre-1");
    let settings = format!(
        "[environment.shop]\nkind = 'production'\ndocker.projects = ['{}']\n",
        shop.project
    );
    fs::write(start.home().join("quarterdeck.toml"), settings).expect("the home is writable");
    fs::write(start.home().join("day.md"), LIST).expect("the home is writable");
    let console = start.start();
    console.expect("2/2");
    (shop, proxy, console)
}

#[test]
fn a_list_is_rehearsed_on_a_copy_and_nothing_of_it_reaches_the_daemon() {
    let daemon = docker_or_skip!();
    let (shop, proxy, console) = desk(&daemon, "rehearse");
    let before = shop.ps();
    console.keys("c");
    console.expect("Deploy day");
    console.expect("r rehearse");
    console.keys("r");
    let walker = Walker(&console);
    let rehearses = || {
        let screen = console.screen();
        assert!(screen.starts_with(" REHEARSAL  PRODUCTION"), "{screen}");
    };
    walker.comes_to("Support is there", "space it is done");
    console.expect("B end rehearsal");
    // Whoever still asked it anything would be told no, and ask again.
    proxy.refuse();
    let (sent, accepted) = (proxy.requests().len(), proxy.accepted());

    rehearses();
    walker.says("Support is there");
    walker.comes_to("Roll out api", "space show the plan");
    console.keys(" ");
    console.expect("⏎ roll out");
    rehearses();
    console.agree("roll out", &["v1", "v9"]);
    walker.sees("Roll out api", "");
    rehearses();
    walker.sees("It stays well", "");
    walker.comes_to("Users are told", "space it is done");

    // What is let go wrong is seen, and nothing happens by itself.
    console.keys("F");
    console.expect("Let go wrong");
    console.keys("jj\r");
    console.expect("ABORT?");
    rehearses();
    console.keys("F");
    console.expect("Let go wrong");
    console.keys("G\r");
    console.expect_gone("ABORT?");
    walker.says("Users are told");
    walker.ends(4);
    rehearses();
    assert_eq!((proxy.requests().len(), proxy.accepted()), (sent, accepted));

    // Back: what runs is as it was, and is shown again.
    proxy.heal();
    console.keys("B");
    console.expect("the rehearsal is over: this is shop again");
    console.expect("2/2");
    console.expect("v1");
    let screen = console.screen();
    assert!(screen.starts_with(" PRODUCTION"), "{screen}");
    assert!(
        !screen.contains("REHEARSAL") && !screen.contains("v9"),
        "{screen}"
    );
    assert_eq!(proxy.mutating(), []);
    assert_eq!(shop.ps(), before);
    console.keys("c");
    console.expect("Deploy day");
    assert!(
        !console.screen().contains("Not ended"),
        "{}",
        console.screen()
    );

    // It is written down, apart from what was done for real.
    let home = console.home();
    let told = |arguments: &[&str]| ran(&mut bare(&home, arguments)).ends(0).out;
    assert!(!told(&["checklist", "show"]).contains("Deploy day"));
    assert!(!told(&["audit"]).contains("v9"));
    assert!(told(&["checklist", "show", "--demo"]).contains("Deploy day"));
}

#[test]
fn a_rehearsal_that_is_left_in_its_middle_leaves_nothing_behind() {
    let daemon = docker_or_skip!();
    let (_shop, proxy, mut console) = desk(&daemon, "halfway");
    // In the middle of an action of the first one, and once more.
    for _ in 0..2 {
        console.keys("c");
        console.expect("r rehearse");
        console.keys("r");
        let walker = Walker(&console);
        walker.says("Support is there");
        walker.does("Roll out api", "roll out", &["v9"]);
        console.expect("under way");
        console.keys("B");
        console.expect("this is shop again");
        console.expect("2/2");
        console.expect_gone("REHEARSAL");
    }
    assert_eq!(proxy.mutating(), []);
    // Nothing is under way here: it is left at once.
    console.keys("q");
    assert!(console.wait_exit(SOON).success());
}
