//! Gate 1 without a screen: whatever is typed, named or told, standard output and standard error hold nothing that a
//! terminal obeys.

use std::os::unix::ffi::OsStrExt as _;

use crate::run::{self, CALM, Home};
use crate::support::console::quarterdeck;
use crate::support::wait::SOON;

/// A title, the clipboard, screens, a question, scrolling, C1, and marks that reorder.
const EVIL: &str = "\u{1b}]0;EVIL\u{7}\u{1b}]52;c;RVZJTA==\u{7}\u{1b}[?1049l\u{1b}[2J\u{1b}[6n\u{1b}[5;10r\u{9b}2J\u{202e}\u{200b}\u{8}\r";

/// Nothing but text and ends of lines.
#[track_caller]
pub(crate) fn harmless(text: &str) {
    let obeyed = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
                | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
    };
    if let Some(at) = text.find(obeyed) {
        let from = text.floor_char_boundary(at.saturating_sub(80));
        let to = text.ceil_char_boundary((at + 80).min(text.len()));
        panic!("{:?}", &text[from..to]);
    }
}

#[test]
fn what_is_typed_is_not_repeated_as_it_is() {
    let home = Home::new();
    let demo = format!("--demo=no{EVIL}.toml");
    let config = format!("--config={EVIL}.toml");
    let env = format!("--env={EVIL}");
    let theme = format!("--theme={EVIL}");
    let host = format!("--docker-host=unix:///{EVIL}");
    let to = format!("--to={EVIL}");
    for arguments in [
        &["status", EVIL, CALM][..],
        &[EVIL, CALM],
        &["status", &demo],
        &["status", &config],
        &["status", &env],
        &["status", &theme],
        &["status", &host],
        &["doctor", &host],
        &["doctor", &config],
        &["logs", EVIL, CALM],
        &["logs", "web", "--grep", EVIL, CALM],
        &["rollback", "web", &to, "--yes", "--operator=ana", CALM],
        &[
            "rollout",
            "web",
            EVIL,
            "--yes",
            "--operator=ana",
            CALM,
            "--speed=50",
        ],
        &["resume", EVIL, "--leave", CALM],
        &["audit", "--operation", EVIL, CALM],
        &["audit", "--since", EVIL],
        &["status", "--speed", EVIL],
        &["completions", EVIL],
        &["status", &format!("--{EVIL}")],
    ] {
        let ran = home.run(arguments);
        assert!(!(ran.out.is_empty() && ran.err.is_empty()) || arguments.contains(&"--grep"));
        harmless(&ran.out);
        harmless(&ran.err);
    }
}

#[test]
fn what_a_file_a_variable_or_an_operator_says_is_not_repeated_as_it_is() {
    let home = Home::new();
    let evil = |argument: &str| argument.replace("EVIL", EVIL);
    let act = [
        "restart".to_owned(),
        "web".to_owned(),
        "--yes".to_owned(),
        CALM.to_owned(),
        "--speed=50".to_owned(),
        evil("--operator=ana EVIL"),
        evil("--reason=OPS-7 EVIL"),
    ];
    let act: Vec<&str> = act.iter().map(String::as_str).collect();
    let ran = home.run(&act).ends(0);
    harmless(&ran.out);
    for more in [&[][..], &["--steps"], &["--json"], &["verify"]] {
        let ran = home.run(&[&["audit", CALM], more].concat()).ends(0);
        assert!(ran.out.contains("ana") || more == ["verify"], "{}", ran.out);
        harmless(&ran.out);
    }
    let settings = home.path().join("quarterdeck.toml");
    let text = evil("operator = 3 # EVIL\n'a EVIL' = 1\n[environment.'EVIL']\n");
    std::fs::write(settings, text).expect("the home is writable");
    for command in [
        &["status"][..],
        &["doctor"],
        &["doctor", "--json"],
        &["audit"],
    ] {
        let mut command = home.command(command);
        let variable = std::ffi::OsStr::from_bytes(b"bad\x9b2J\x1b[2J");
        let ran = run::ran(command.env("QUARTERDECK_MOUSE", variable));
        assert!(ran.code.is_some_and(|code| code < 3), "{}", ran.err);
        harmless(&ran.out);
        harmless(&ran.err);
    }
}

#[test]
fn what_a_list_says_is_not_repeated_as_it_is() {
    let home = Home::new();
    let list = home.path().join("day.md");
    let text = "# Day EVIL\n- [ ] Sing EVIL\n\n```sh\nmake\tEVIL\n```\n\nOver EVIL\n";
    std::fs::write(&list, text.replace("EVIL", EVIL)).expect("the home is writable");
    let list = list.display().to_string();
    let run = [
        "checklist",
        "run",
        &list,
        CALM,
        "--operator=ana",
        "--attest=1",
    ];
    let ran = home.run(&run).ends(0);
    harmless(&ran.out);
    harmless(&ran.err);
    let id = ran.err.lines().find_map(|line| line.split("run ").nth(1));
    let id = id.expect("it has a name").to_owned();
    for arguments in [
        &["checklist", "lint", &list][..],
        &["checklist", "list", &list],
        &["checklist", "show", CALM],
        &["checklist", "show", &id, CALM],
        &["checklist", "export", &id, CALM],
        &["checklist", "export", &id, "--format=json", CALM],
    ] {
        let ran = home.run(arguments).ends(0);
        assert!(
            ran.out.contains("Day") || arguments.contains(&"lint"),
            "{}",
            ran.out
        );
        // A list keeps its tabs and its ends of lines.
        harmless(&ran.out.replace("make\t", "make ").replace("\r\n", "\n"));
        harmless(&ran.err);
    }
}

#[test]
fn what_a_lists_file_is_called_is_not_repeated_as_it_is() {
    let home = Home::new();
    let named = |name: &str, text: &str| {
        // A name holds no slash, and no more than 255 bytes.
        let path = home.path().join(name.replace("EVIL", EVIL));
        std::fs::write(&path, text.replace("EVIL", EVIL)).expect("the home is writable");
        path.display().to_string()
    };
    let good = named("EVIL.md", "# Day\n- [ ] Sing\n");
    let wrong = named("EVIL bad.md", "# EVIL\n- [ ] EVIL `check: helthy(EVIL)`\n");
    for (code, arguments) in [
        (0, &["checklist", "lint", &good][..]),
        (1, &["checklist", "lint", &wrong]),
        (1, &["checklist", "lint", "--json", &wrong]),
        (0, &["checklist", "list", &good]),
        (1, &["checklist", "list"]),
        (1, &["demo", "--checklist", &wrong]),
        (2, &["demo", "--checklist", &format!("{wrong} away")]),
    ] {
        let ran = home.run(arguments).ends(code);
        assert!(!(ran.out.is_empty() && ran.err.is_empty()), "{arguments:?}");
        harmless(&ran.out);
        harmless(&ran.err);
    }
}

/// Debug builds panic at the turn of the loop that a variable names, with the words of another.
#[test]
fn a_panic_repeats_nothing_as_it_is() {
    let mut console = quarterdeck(&["demo"])
        .env("QUARTERDECK_PANIC_AT_TURN", "5")
        .env("QUARTERDECK_PANIC_WORDS", EVIL)
        .start();
    assert_eq!(console.wait_exit(SOON).code(), Some(101));
    let raw = String::from_utf8(console.raw()).expect("it writes UTF-8");
    let report = raw.rsplit("\x1b[?1049l").next().expect("a report");
    assert!(report.contains("on purpose"), "{report}");
    // The report has colours of its own, and the terminal ends lines with both.
    let plain: String = without_colours(report).replace("\r\n", "\n");
    harmless(&plain);
}

/// Without sequences that only choose a colour.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_digit() && c != ';');
        if let Some(end) = end.filter(|end| piece[*end..].starts_with('m')) {
            plain.push_str(&piece[end + 1..]);
        } else {
            plain.push_str("\x1b[");
            plain.push_str(piece);
        }
    }
    plain
}
