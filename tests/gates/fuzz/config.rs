//! Settings, keymaps and themes: whatever a file holds, there is a report that can be shown, and never a panic.

use std::path::Path;
use std::sync::Arc;

use quarterdeck::config::report::{Report, Source};
use quarterdeck::config::{Variables, keymap, settings, theme};
use quarterdeck::domain::key::KeyChord;

use super::fuzz;

const SETTINGS: &[&[u8]] = &[
    b"read_only = '${RO:-true}'\nknown_good_after = '1h30m'\n[environment.shop]\nkind = 'production'\n",
    b"[environment.a]\ndocker = { host = 'tcp://${HOST}:1', tls = { ca = 'c' }, projects = ['p'] }\n",
    b"[threshold]\nmemory = { warning = '80%', critical = '90%', for = '2m' }\n[service.api]\nthreshold.memory.warning = '1%'\n",
    b"[backup.pg]\npostgres = { service = 's', database = 'd' }\nto = '/b'\nkeep = { days = 0x1E }\n[backup.v]\nvolume = 'v'\n",
    b"[ui]\ntheme = 'nord'\nmouse = false\n[logs]\nmemory = '64 MiB'\nsince = 'all'\n",
    b"[[a]]\nb.c.d = 1979-05-27T07:32:00Z\ne = \"\"\"\n\\u00e9${X}\"\"\"\nf = [1, 2.5, inf, {}]\n",
];

const KEYMAPS: &[&[u8]] = &[
    b"base = 'vim'\n[services]\nscale = ['s', 'ctrl-alt-up']\nstop = []\n",
    b"[anywhere]\nquit = 'ctrl-c'\n[dialog]\nconfirm = 'enter'\n[input]\ncancel = 'x'\n",
    b"[logs]\nfollow = ['F', 'end', 'f12', 'shift-tab', '-', 'ctrl--', '\xc3\xa9']\nsave = 'ctrl-i'\n",
];

const THEMES: &[&[u8]] = &[
    b"base = 'mono'\ncritical = 'red on black bold'\nwarning = '#ff5f5f on 17 underlined'\n",
    b"text = 'default on on default peach'\n[palette]\npeach = '#ffaa88'\nred = 'light-red'\nbad = '#\xc3\xa9a'\n",
];

/// A report can be shown, with nothing in it that a terminal would obey.
fn shown(report: &Report) {
    for problem in report.problems() {
        assert!(
            !problem.to_string().contains(char::is_control),
            "{problem:?}"
        );
    }
    // Drawing takes most of the time, so that not every report is drawn.
    if report.problems().len() % 5 == 1 {
        let text = report.to_string();
        assert!(
            text.chars().all(|c| c == '\n' || !c.is_control()),
            "{text:?}"
        );
    }
}

fn source(input: &[u8]) -> Arc<Source> {
    Source::new(Path::new("fuzz.toml"), String::from_utf8_lossy(input))
}

#[test]
fn settings() {
    let variables: Variables = [("HOST", "db"), ("QUARTERDECK_THEME", "nord")]
        .into_iter()
        .collect();
    fuzz("settings", SETTINGS, move |input| {
        let mut report = Report::default();
        settings::parse(&source(input), &variables, &mut report);
        shown(&report);
    });
}

#[test]
fn keymaps() {
    fuzz("keymaps", KEYMAPS, |input| {
        let mut report = Report::default();
        keymap::parse(&source(input), &mut report);
        shown(&report);
    });
}

#[test]
fn themes() {
    fuzz("themes", THEMES, |input| {
        let mut report = Report::default();
        theme::parse("fuzz", &source(input), &mut report);
        shown(&report);
    });
}

#[test]
fn keys() {
    fuzz(
        "keys",
        &[b"ctrl-alt-shift-page-up", b"f12", b"-", b"ctrl--"],
        |input| {
            if let Ok(chord) = String::from_utf8_lossy(input).parse::<KeyChord>() {
                assert_eq!(chord.to_string().parse(), Ok(chord));
            }
        },
    );
}
