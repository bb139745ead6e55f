//! Gate 14: secrets in environment, arguments, labels, health checks and errors stay where they are: not on the screen,
//! not in the journal, not in an error, a panic's report or a program's arguments.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rustix::process::Pid;

use crate::support::{
    compose::Compose,
    console::{Console, Start, quarterdeck},
    daemon::Daemon,
    docker_or_skip,
    keys::settle,
    proxy::{Fault, Proxy, Rule},
    wait::{SOON, wait_until},
};

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    command: [serve, --password, CANARY, --token=CANARY, "postgres://shop:CANARY@db/shop"]
    environment: {DATABASE_URL: "postgres://shop:CANARY@db/shop", PLAIN: CANARY}
    labels: {traefik.basicauth.users: "ops:CANARY", api.token: CANARY}
    healthcheck:
      test: [CMD, wget, --header, "Authorization: Bearer CANARY", -qO-, "http://127.0.0.1:8080/"]
      interval: 1s
"#;

/// A console on the project, under the eyes of the test alone.
fn beside(host: &str, project: &str) -> Start {
    let start = quarterdeck(&[])
        .size(120, 40)
        .env("DOCKER_HOST", host)
        .env("QUARTERDECK_OPERATOR", "sre-1")
        .env("SHOP_PASSWORD", "CANARY");
    let settings =
        format!("[environment.here]\nkind = 'development'\ndocker.projects = ['{project}']\n");
    fs::write(start.home().join("quarterdeck.toml"), settings).expect("the home is writable");
    start
}

fn shop(daemon: &Daemon) -> Compose {
    let shop = Compose::up(daemon, "canary", SHOP);
    wait_until("it serves", SOON, || {
        shop.replicas("api").iter().any(|r| r.health == "healthy")
    });
    shop
}

/// Nothing that came to the terminal holds it; a frame is judged as it was shown, and as bytes.
#[track_caller]
fn unseen(console: &Console) {
    let raw = String::from_utf8_lossy(&console.raw()).into_owned();
    if let Some(at) = raw.find("CANARY") {
        let from = raw.floor_char_boundary(at.saturating_sub(200));
        let to = raw.ceil_char_boundary((at + 100).min(raw.len()));
        panic!("it came to the terminal: {:?}", &raw[from..to]);
    }
    arguments(console.pid());
}

/// Neither we nor what we started carries it in its arguments.
#[track_caller]
fn arguments(console: Pid) {
    let mut ours = vec![console.to_string()];
    for process in fs::read_dir("/proc").expect("Linux has it").flatten() {
        let name = process.file_name().to_string_lossy().into_owned();
        let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit(") ").next().and_then(|s| s.split(' ').nth(1));
        if parent.is_some_and(|parent| ours.contains(&parent.to_owned())) {
            ours.push(name);
        }
    }
    for process in ours {
        let arguments = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments);
        assert!(!arguments.contains("CANARY"), "{arguments}");
    }
}

/// Files under `folder` that hold it.
fn holding(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path));
        } else if String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).contains("CANARY") {
            found.push(path);
        }
    }
    found
}

#[test]
fn no_secret_is_shown_or_written_down() {
    let daemon = docker_or_skip!();
    let shop = shop(&daemon);
    let mut console = beside(&daemon.host, &shop.project).start();
    console.expect("api");
    for (view, shows) in [
        ("d", "DATABASE_URL"),
        ("e", "Events"),
        ("y", "Config"),
        ("ywv", "Config"),
        (":", "Command"),
        ("D", "Diagnostics"),
        ("4", "listening"),
    ] {
        console.keys(view);
        console.expect(shows);
        settle(&console);
        unseen(&console);
    }
    // An action with all it shows before, while and after; what it keeps of the container holds the secrets, for its way
    // back, in files of the operator's own.
    console.keys("R");
    console.expect("Roll out");
    console.keys("qd-busybox:v2\r");
    console.expect("step");
    wait_until("the new one serves", SOON, || {
        console.keys("\r");
        let replicas = shop.replicas("api");
        replicas.len() == 1 && replicas[0].image == "qd-busybox:v2"
    });
    console.expect("verified");
    unseen(&console);
    console.keys("q");
    assert!(console.wait_exit(Duration::from_secs(2)).success());
    unseen(&console);
    let held = holding(&console.home());
    assert!(!held.is_empty(), "the test looks at the wrong place");
    for path in held {
        use std::os::unix::fs::PermissionsExt as _;
        assert!(path.to_string_lossy().contains("/revisions/"), "{path:?}");
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{path:?}");
    }
}

/// A daemon, or a registry behind it, that says in its error what it was given.
#[test]
fn an_error_that_repeats_what_was_sent() {
    let daemon = docker_or_skip!();
    let shop = shop(&daemon);
    let proxy = Proxy::unix(&daemon.host);
    let body = r#"{"message":"bad create: {\"Env\":[\"DATABASE_URL=postgres://shop:CANARY@db/shop\"],\"Cmd\":[\"--password\",\"CANARY\"]}"}"#;
    proxy.on(
        Rule::once("/containers/create", Fault::Answer(500, body.to_owned()))
            .method("POST")
            .times(20),
    );
    let mut console = beside(&proxy.host, &shop.project).start();
    console.expect("api");
    // No plan is made before the daemon has said who it is.
    wait_until("a plan can be made", SOON, || {
        console.keys("r");
        console.screen().contains("Restart")
    });
    settle(&console);
    console.keys("R");
    console.expect("Roll out");
    console.keys("qd-busybox:v2\r");
    console.expect("step");
    wait_until("it was sent", SOON, || {
        console.keys("\r");
        proxy
            .requests()
            .iter()
            .any(|r| r.path.contains("/containers/create"))
    });
    console.expect("failed");
    unseen(&console);
    settle(&console);
    console.keys("2d");
    settle(&console);
    console.keys("q");
    console.wait_exit(Duration::from_secs(2));
    unseen(&console);
    let outside = |path: &PathBuf| !path.to_string_lossy().contains("/revisions/");
    let held: Vec<_> = holding(&console.home())
        .into_iter()
        .filter(outside)
        .collect();
    assert!(held.is_empty(), "{held:?}");
}

/// The same without a screen: what is printed, what it says of itself at its most talkative, and what it records.
#[test]
fn the_command_line_tells_no_secret() {
    let daemon = docker_or_skip!();
    let shop = shop(&daemon);
    let home = tempfile::tempdir().expect("a temporary folder");
    let api = format!("{}/api", shop.project);
    for (arguments, shows) in [
        (&["status", "--json"][..], "api"),
        (&["alerts", "--json"], ""),
        (&["logs", &api], "listening"),
        (&["logs", &api, "--json"], "listening"),
        (&["rollout", &api, "v2", "--dry-run"], "qd-busybox:v2"),
        (&["rollout", &api, "v2", "--yes"], "verified"),
        (&["rollback", &api, "--yes", "--json"], "verified"),
        (&["audit"], "rollout"),
        (&["audit", "--steps"], "step 1"),
        (&["audit", "--json"], "sentence"),
        (&["doctor"], "platform"),
    ] {
        let ran = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
            .args(arguments)
            .arg("-vv")
            .env_clear()
            .env("QUARTERDECK_OPERATOR", "sre-1")
            .env("SHOP_PASSWORD", "CANARY")
            .env("HOME", home.path())
            .env("DOCKER_HOST", &daemon.host)
            .current_dir(home.path())
            .output()
            .expect("the binary starts");
        let (out, err) = (&ran.stdout, &ran.stderr);
        let (out, err) = (String::from_utf8_lossy(out), String::from_utf8_lossy(err));
        assert!(out.contains(shows), "{arguments:?}: {out}\n{err}");
        assert!(
            !out.contains("CANARY") && !err.contains("CANARY"),
            "{arguments:?}: {out}\n{err}"
        );
    }
    let outside = |path: &PathBuf| !path.to_string_lossy().contains("/revisions/");
    let held: Vec<_> = holding(home.path()).into_iter().filter(outside).collect();
    assert!(held.is_empty(), "{held:?}");
}

/// What the console logs of itself stands in its diagnostics: an error of the daemon's comes there too.
#[test]
fn the_consoles_own_log_holds_no_secret() {
    let daemon = docker_or_skip!();
    let shop = shop(&daemon);
    let proxy = Proxy::unix(&daemon.host);
    let body = r#"{"message":"no way through http://deploy:CANARY@proxy:3128 to postgres://shop:CANARY@db/shop"}"#;
    proxy.on(Rule::once("/info", Fault::Answer(500, body.to_owned())).times(20));
    let mut console = beside(&proxy.host, &shop.project).start();
    console.keys("D");
    console.expect("who the daemon is was not told");
    settle(&console);
    unseen(&console);
    console.keys("\x03");
    console.wait_exit(Duration::from_secs(2));
    unseen(&console);
}

/// Debug builds panic at the turn of the loop that a variable names.
#[test]
fn a_panic_tells_no_secret() {
    let daemon = docker_or_skip!();
    let shop = shop(&daemon);
    for turn in ["5", "40"] {
        let mut console = beside(&daemon.host, &shop.project)
            .env("QUARTERDECK_PANIC_AT_TURN", turn)
            .env("RUST_BACKTRACE", "full")
            .start();
        assert_eq!(console.wait_exit(SOON).code(), Some(101));
        let raw = console.raw();
        assert!(raw.windows(7).any(|w| w == b"purpose"), "no report");
        unseen(&console);
    }
}

/// What is wrong with a setting is said without the value of a variable in it.
#[test]
fn a_mistake_in_the_settings_tells_no_secret() {
    let start = quarterdeck(&[])
        .size(120, 40)
        .env("SHOP_PASSWORD", "CANARY");
    let settings = "[ui]\ntheme = '${SHOP_PASSWORD}'\nmouse = '${SHOP_PASSWORD}'\n[environment.a]\nkind = '${SHOP_PASSWORD}'\n";
    fs::write(start.home().join("quarterdeck.toml"), settings).expect("the home is writable");
    let mut console = start.start();
    assert!(!console.wait_exit(SOON).success());
    console.expect("nothing was started");
    unseen(&console);
}
