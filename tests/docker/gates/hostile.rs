//! Gate 1 on the way that everything comes: labels, health checks and logs of real containers, to the bytes that the real
//! console sends to its terminal, and what it leaves there.

use std::{fs, process::Command, time::Duration};

use crate::support::{
    bare::{bare, ran},
    compose::Compose,
    console::{Console, quarterdeck},
    daemon::{Daemon, output},
    docker_or_skip,
    keys::settle,
    server::Server,
    wait::{SOON, wait_until},
};

/// What a terminal would obey: titles, clipboard, modes, replies, screens, and the same in C1.
const HOSTILE: &str = "\\033]0;EVIL\\007\\033]52;c;RVZJTA==\\007\\033[?1049l\\033[2J\\033[6n\\033[5;10r\\033P+q544e\\033\\\\\\302\\2332J\\302\\2350;EVIL\\302\\234\\233\\342\\200\\256\\016\\r\\b";

/// A container outside Compose, whose labels call it a service.
struct Hostile<'d> {
    daemon: &'d Daemon,
    id: String,
}

impl<'d> Hostile<'d> {
    fn run(daemon: &'d Daemon) -> Self {
        let raw = "\u{1b}]0;EVIL\u{7}\u{1b}[2J\u{9b}2J\u{202e}\u{1b}[?1049l";
        let script = format!("while :; do printf '{HOSTILE} line\\n'; sleep 0.2; done");
        let id = output(
            Command::new("docker")
                .args(["--host", &daemon.host, "run", "--detach"])
                .args(["--label", &format!("com.docker.compose.project=evil{raw}")])
                .args(["--label", &format!("com.docker.compose.service=svc{raw}")])
                .args(["--label", "com.docker.compose.container-number=1"])
                .args(["--env", &format!("NAME{raw}=x")])
                .args(["--health-interval", "1s", "--health-retries", "1"])
                .args(["--health-cmd", &format!("printf '{HOSTILE} sick'; exit 1")])
                .args(["qd-busybox:v1", "sh", "-c", &script]),
        );
        Self {
            daemon,
            id: id.trim().to_owned(),
        }
    }
}

impl Drop for Hostile<'_> {
    fn drop(&mut self) {
        let _ = Command::new("docker")
            .args(["--host", &self.daemon.host, "rm", "--force", &self.id])
            .output();
    }
}

#[test]
fn a_hostile_container_does_nothing_to_the_terminal() {
    let daemon = docker_or_skip!();
    let evil = Hostile::run(&daemon);
    // Something harmless beside it, so that the panes are the usual ones.
    let _shop = Compose::up(
        &daemon,
        "harmless",
        "services: {api: {image: 'qd-busybox:v1', stop_grace_period: 1s}}",
    );
    for size in [(80, 24), (200, 60)] {
        let console = quarterdeck(&[])
            .size(size.0, size.1)
            .env("DOCKER_HOST", &daemon.host)
            .env("QUARTERDECK_OPERATOR", "sre-1")
            .start();
        // The name of its project gives way to its own, where there is little room.
        console.expect("svc␛");
        console.keys("/evil\r");
        for (keys, shows) in [
            ("", "svc␛"),
            ("d", "What ran here"),
            ("e", "svc"),
            ("y", "Config"),
            ("l", "line"),
            ("lzy", "line"),
            ("3", "unhealthy"),
            ("2", "Rollouts"),
            ("r", "Restart"),
        ] {
            console.keys(keys);
            console.expect(shows);
            settle(&console);
        }
        ends_well(console);
    }
    drop(evil);
}

/// The same container, told of without a screen.
#[test]
fn a_hostile_container_does_nothing_through_the_command_line() {
    let daemon = docker_or_skip!();
    let _evil = Hostile::run(&daemon);
    let home = tempfile::tempdir().expect("a temporary folder");
    let run = |arguments: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_quarterdeck"))
            .args(arguments)
            .env_clear()
            .envs([("LANG", "C.UTF-8"), ("TERM", "xterm-256color")])
            .env("QUARTERDECK_OPERATOR", "sre-1")
            .env("HOME", home.path())
            .env("DOCKER_HOST", &daemon.host)
            .current_dir(home.path())
            .output()
            .expect("the binary starts");
        let text = |bytes| String::from_utf8(bytes).expect("it writes UTF-8");
        let (out, err) = (text(ran.stdout), text(ran.stderr));
        // Not a terminal: no sequence is ours.
        assert!(!out.contains(obeyed), "{arguments:?}: {out:?}");
        assert!(!err.contains(obeyed), "{arguments:?}: {err:?}");
        out
    };
    let known = |arguments: &[&str]| {
        wait_until("the container is told of", SOON, || {
            run(arguments).contains("evil")
        });
    };
    known(&["status"]);
    known(&["status", "--json"]);
    known(&["alerts"]);
    known(&["alerts", "--json"]);
    let status: serde_json::Value =
        serde_json::from_str(&run(&["status", "--json"])).expect("one JSON object");
    let services = status["services"].as_array().expect("a list");
    let evil = |s: &&serde_json::Value| s["project"].as_str().is_some_and(|p| p.contains("evil"));
    let evil = services.iter().find(evil).expect("it is shown");
    let part = |key: &str| evil[key].as_str().expect("a text").to_owned();
    let name = format!("{}/{}", part("project"), part("name"));
    for arguments in [&["logs", &name][..], &["logs", &name, "--json"]] {
        assert!(run(arguments).contains("line"), "{arguments:?}");
    }
    for arguments in [
        &["restart", &name, "--yes", "--dry-run"][..],
        &["scale", &name, "2", "--yes"],
        &["restart", &name, "--yes"],
        &["audit"],
        &["audit", "--steps"],
        &["audit", "--json"],
        &["doctor"],
    ] {
        run(arguments);
    }
}

/// What others tell of alerts is theirs: it is shown as it is, and obeyed by nobody.
#[test]
fn hostile_labels_of_alerts_are_made_visible() {
    let daemon = docker_or_skip!();
    // As JSON has it, and YAML too.
    let hostile = r"\u001b]0;EVIL\u0007\u001b]52;c;RVZJTA==\u0007\u001b[2J\u009b2J\u202e\r\u000e\b\u001b[?1049l";
    let long = "x".repeat(20_000);
    let rules = format!(
        "groups: [{{name: all, rules: [{{alert: \"Soon{hostile}\", expr: 'vector(1)', for: 1h,\n  \
         labels: {{severity: critical, service: \"{hostile}\"}}, annotations: {{summary: \"why{hostile}\"}}}}]}}]\n"
    );
    let (Some(prometheus), Some(alertmanager)) =
        (Server::prometheus(&[], &rules), Server::alertmanager())
    else {
        return;
    };
    for (name, more) in [("Now", hostile), ("Long", long.as_str())] {
        let alert = format!(
            r#"[{{"labels": {{"alertname": "{name}{more}", "severity": "critical{hostile}", "service": "{more}"}},
                 "annotations": {{"summary": "why{more}", "runbook_url": "{more}"}}, "generatorURL": "http://{name}/"}}]"#
        );
        alertmanager.request("POST", "/api/v2/alerts", &alert);
    }
    let settings = format!(
        "[environment.here]\nkind = 'development'\ndocker.projects = ['none']\nalertmanager = '{}'\n\
         prometheus = {{ url = '{}', every = '1s' }}\n",
        alertmanager.url(),
        prometheus.url()
    );
    let visible = "␛]0;EVIL^G␛]52;c;RVZJTA==^G␛[2J<U+009B>2J<U+202E>^M^N^H␛[?1049l";
    for size in [(80, 24), (200, 60)] {
        let start = quarterdeck(&[])
            .size(size.0, size.1)
            .env("DOCKER_HOST", &daemon.host);
        fs::write(start.home().join("quarterdeck.toml"), &settings).expect("it is written");
        let console = start.start();
        console.keys("3");
        for name in ["Soon␛]0;EVIL^G", "Now␛]0;EVIL^G", "Longxxx"] {
            console.expect(name);
        }
        if size.0 == 200 {
            console.expect(&format!("Now{visible}"));
            console.expect(&format!("Soon{visible}"));
        }
        for keys in ["\r", "y", "e", "d"] {
            console.keys(&format!("3{keys}"));
            settle(&console);
        }
        ends_well(console);
    }
    let home = tempfile::tempdir().expect("a temporary folder");
    fs::write(home.path().join("quarterdeck.toml"), &settings).expect("it is written");
    for arguments in [&["alerts"][..], &["alerts", "--json"]] {
        let mut command = bare(home.path(), arguments);
        let told = ran(command.env("DOCKER_HOST", &daemon.host)).ends(0).out;
        assert!(!told.contains(obeyed), "{told:?}");
        assert!(told.contains(&format!("Now{visible}")), "{told}");
    }
}

/// Whether a terminal obeys it, where no sequence is ours.
fn obeyed(c: char) -> bool {
    c.is_control() && c != '\n' || ('\u{202A}'..='\u{202E}').contains(&c)
}

/// Leaves; nothing was sent to the terminal that is not the console's own, and it is as it was.
fn ends_well(mut console: Console) {
    console.keys("q");
    assert!(console.wait_exit(Duration::from_secs(2)).success());
    wait_until("the terminal is as it was", SOON, || {
        console.left_changed().is_empty()
    });
    if let Some(foreign) = foreign(&console.raw()) {
        panic!("no word of ours: {foreign}");
    }
    let left = String::from_utf8_lossy(&console.raw())
        .matches("\x1b[?1049l")
        .count();
    assert_eq!(left, 1, "the other screen is left once, at the end");
}

/// The first thing among the bytes that the console has no reason to send; the clipboard's is looked into.
fn foreign(bytes: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Some(format!("not UTF-8 at {}", error.valid_up_to())),
    };
    let mut rest = text;
    while let Some(at) =
        rest.find(|c: char| c.is_control() || ('\u{202A}'..='\u{202E}').contains(&c))
    {
        rest = &rest[at..];
        let Some(length) = ours(rest) else {
            return Some(format!("{:?}", rest.chars().take(20).collect::<String>()));
        };
        rest = &rest[length..];
    }
    None
}

/// Rows that move up, as the console has the terminal do it: a region, line feeds on its last row, and the whole screen
/// again. Nothing of it stands alone.
fn moved(text: &str) -> Option<usize> {
    let (region, _) = text.strip_prefix("\x1b[")?.split_once('r')?;
    let (top, bottom) = region.split_once(';')?;
    let _: (u16, u16) = (top.parse().ok()?, bottom.parse().ok()?);
    let fed = text.strip_prefix(&format!("\x1b[{region}r\x1b[{bottom}H\n"))?;
    let rest = fed.trim_start_matches('\n').strip_prefix("\x1b[r")?;
    Some(text.len() - rest.len())
}

/// The length of a word of the console's own to the terminal.
fn ours(text: &str) -> Option<usize> {
    if let Some(copied) = text.strip_prefix("\x1b]52;c;") {
        let end = copied.find('\x1b')?;
        let plain = copied[..end]
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
        let closed = copied[end..].starts_with("\x1b\\");
        return (plain && closed && !copied[..end].contains("RVZJTA"))
            .then_some("\x1b]52;c;".len() + end + 2);
    }
    // A bell of our own for a new alert; the hostile ones come with a title before them.
    if text.starts_with('\x07') {
        return Some(1);
    }
    if let Some(length) = moved(text) {
        return Some(length);
    }
    let body = text.strip_prefix("\x1b[")?;
    let end = body.find(|c: char| !matches!(c, '0'..='9' | ';' | '?'))?;
    let known = match (&body[..end], body.as_bytes()[end]) {
        ("?25" | "?1049" | "?2004" | "?1000" | "?1006" | "?2026", b'h' | b'l') => true,
        ("", b'J') => true,
        (parameters, b'm' | b'H' | b'C') => !parameters.contains('?'),
        _ => false,
    };
    known.then_some("\x1b[".len() + end + 1)
}
