//! What is taken out of the console, and what the console takes: files, the clipboard, the mouse.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use vt100::MouseProtocolMode;

use crate::support::{
    console::{Console, quarterdeck},
    wait::{SOON, wait_for},
};

/// A shop in which nothing happens by itself.
const CALM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/calm.toml");

/// What begins and ends a text for the clipboard.
const COPY: &[u8] = b"\x1b]52;c;";
const COPIED: u8 = 0x1b;

/// The file of that ending, once it has been written.
fn file(folder: &Path, ending: &str) -> PathBuf {
    wait_for("a file that was saved", SOON, || {
        let mut all = fs::read_dir(folder).expect("a folder").flatten();
        let ours = |file: &fs::DirEntry| {
            let ends = file.file_name().to_string_lossy().ends_with(ending);
            ends && file.metadata().is_ok_and(|about| about.len() > 0)
        };
        Some(all.find(ours)?.path())
    })
}

/// The text that the terminal was last asked to put on the clipboard.
fn copied(console: &Console) -> String {
    let encoded = wait_for("a text for the clipboard", SOON, || {
        let raw = console.raw();
        let at = raw.windows(COPY.len()).rposition(|bytes| bytes == COPY)?;
        let rest = &raw[at + COPY.len()..];
        let end = rest.iter().position(|&byte| byte == COPIED)?;
        Some(rest[..end].to_vec())
    });
    let text = STANDARD.decode(encoded).expect("base64");
    String::from_utf8(text).expect("text")
}

#[test]
fn a_raw_object_is_copied_whole_and_saved_to_a_file_that_was_not_there() {
    let console = quarterdeck(&["demo", CALM]).size(160, 30).start();
    console.expect("postgres");
    console.keys("/web\ry");
    console.expect("\"Config\"");
    console.keys("S");
    let file = file(&console.home(), ".json");
    let saved = fs::read_to_string(&file).expect("text");
    let object: serde_json::Value = serde_json::from_str(&saved).expect("JSON");
    assert!(object.is_object() || object.is_array(), "{saved}");
    console.keys("y");
    assert_eq!(copied(&console).trim_end(), saved.trim_end());
    // Of the same object it would be the same file, and somebody may have written in it since.
    fs::write(&file, "mine").expect("it is written");
    console.keys("S\x1b");
    console.expect("not saved to ");
    console.expect("File exists");
    assert_eq!(fs::read_to_string(&file).expect("text"), "mine");
}

#[test]
fn the_logs_are_saved_as_they_are_shown() {
    let console = quarterdeck(&["demo", CALM]).size(160, 30).start();
    console.expect("GET / HTTP/1.1");
    console.keys("4S\r");
    console.expect("saved to logs-");
    let saved = fs::read_to_string(file(&console.home(), ".log")).expect("text");
    assert!(saved.contains("GET / HTTP/1.1"), "{saved}");
}

fn takes_the_mouse(console: &Console, takes: bool) {
    let what = format!("the mouse taken: {takes}");
    console.expect_within(SOON, &what, |screen| {
        (screen.mouse_protocol_mode() != MouseProtocolMode::None) == takes
    });
}

#[test]
fn the_mouse_is_given_to_the_terminal_by_a_key_and_taken_back_by_the_same() {
    let console = quarterdeck(&["demo", CALM]).start();
    console.expect("postgres");
    takes_the_mouse(&console, true);
    console.keys("M");
    takes_the_mouse(&console, false);
    console.keys("M");
    takes_the_mouse(&console, true);
}

#[test]
fn where_the_mouse_is_not_wanted_it_is_never_asked_for() {
    for (argument, settings) in [("--no-mouse", ""), ("--utc", "[ui]\nmouse = false\n")] {
        let start = quarterdeck(&["demo", CALM, argument]);
        fs::write(start.home().join("quarterdeck.toml"), settings).expect("it is written");
        let console = start.start();
        console.expect("postgres");
        let asked = |mode: &[u8]| console.raw().windows(mode.len()).any(|at| at == mode);
        assert!(
            !asked(b"\x1b[?1000h") && !asked(b"\x1b[?1006h"),
            "{argument}"
        );
        // The frame came with what is asked for at the start.
        assert!(asked(b"\x1b[?2004h"));
        console.keys("M");
        takes_the_mouse(&console, true);
    }
}
