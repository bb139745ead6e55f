//! Lines of prose: the time and the level that stand before the message, and lines that go on from the one above.

use super::Level;

/// Words looked at for a level.
const WORDS: usize = 8;
/// And how far into the line.
const FAR: usize = 160;

/// What stands before the message of a line of prose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// What the line says of itself.
    pub(super) level: Option<Level>,
    /// Where the line begins, its own time left out.
    pub(super) timeless: usize,
    /// Where the message begins: behind time and level where nothing else stands before it.
    pub(super) message: usize,
}

/// Looks at the beginning of a line.
pub(super) fn head(text: &str) -> Head {
    if let Some(head) = klog(text).or_else(|| redis(text)) {
        return head;
    }
    let timeless = time(text);
    let mut head = Head {
        level: None,
        timeless,
        message: timeless,
    };
    let mut at = timeless;
    let mut only_marks = true;
    for number in 0..WORDS {
        at += blanks(&text[at..]);
        if at >= text.len() || at > timeless + FAR {
            break;
        }
        let word = text[at..].split(' ').next().unwrap_or_default();
        if let Some((level, length)) = level(word, number == 0) {
            head.level = Some(level);
            if only_marks {
                let rest = &text[at + length..];
                let marks = rest.len() - rest.trim_start_matches([' ', ':', '-', '|']).len();
                head.message = at + length + marks;
            }
            return head;
        }
        only_marks &= mark(word);
        at += word.len();
    }
    head
}

/// The level that a word names, and how much of the word that is. Prose says "error" too, so it has to be loud, in
/// brackets, followed by a colon, or the first word.
fn level(word: &str, first: bool) -> Option<(Level, usize)> {
    let open = word.len() - word.trim_start_matches(['[', '(', '<', '|']).len();
    let inner = &word[open..];
    let value = ["level=", "lvl=", "severity="]
        .iter()
        .find_map(|key| inner.strip_prefix(key));
    if let Some(value) = value {
        let value = value.trim_matches(['"', ',', ']', ')']);
        return Level::value(value).map(|level| (level, word.len()));
    }
    let name = inner.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, after) = inner.split_at(name);
    let level = Level::word(name)?;
    let loud = name.bytes().all(|b| b.is_ascii_uppercase()) && name.len() > 2;
    let closed = open > 0 && after.starts_with([']', ')', '>', '|', ':']);
    let ended = after.is_empty() || after.starts_with([':', ']', ')', '|', '>', ',']);
    let told = after.starts_with(':') && first;
    // "log in", "note that", "fine" and "alert" begin sentences.
    let begins = first
        && after.is_empty()
        && !matches!(name, "log" | "note" | "fine" | "alert" | "fail" | "failure");
    let marks = after.bytes().take_while(|b| b"])>|,".contains(b)).count();
    ((loud && ended) || closed || told || begins).then_some((level, open + name.len() + marks))
}

/// Whether a word before the level tells nothing: `[31]`, `-`, `UTC`.
fn mark(word: &str) -> bool {
    word == "UTC"
        || word
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_punctuation())
}

/// `E1121 14:02:10.112044       1 server.go:12] message`.
fn klog(text: &str) -> Option<Head> {
    let bytes = text.as_bytes();
    let level = match bytes.first()? {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' => Level::Fatal,
        _ => return None,
    };
    let day = bytes.get(1..5)?.iter().all(u8::is_ascii_digit);
    if !day || *bytes.get(5)? != b' ' {
        return None;
    }
    let clock = clock(&text[6..]);
    let timeless = 6 + clock + blanks(&text[6 + clock..]);
    (clock > 0).then_some(Head {
        level: Some(level),
        timeless,
        message: timeless,
    })
}

/// `1:M 21 Nov 2026 14:02:11.123 # message`.
fn redis(text: &str) -> Option<Head> {
    let pid = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text[pid..].strip_prefix(':').filter(|_| pid > 0)?;
    rest.strip_prefix(['M', 'S', 'C', 'X'])?.strip_prefix(' ')?;
    // Day, month, year, time, sign.
    let mut words = rest.splitn(7, ' ').skip(1);
    let time = words.nth(3)?;
    let sign = words.next()?;
    let level = match sign {
        "." => Level::Trace,
        "-" => Level::Debug,
        "*" => Level::Info,
        "#" => Level::Warn,
        _ => return None,
    };
    let message = text.len() - words.next()?.len();
    (clock(time) > 0).then_some(Head {
        level: Some(level),
        timeless: message,
        message,
    })
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

/// How much of the beginning is a time of the line's own, with the blanks behind it.
fn time(text: &str) -> usize {
    let open = usize::from(text.starts_with('['));
    let rest = &text[open..];
    if shaped(rest, b"dd/aaa/dddd:dd:dd:dd") {
        return access_time(rest, open);
    }
    let mut end = date(rest);
    if end > 0 && rest[end..].starts_with(['T', ' ']) {
        end += 1;
    }
    let clock = clock(&rest[end..]);
    if clock == 0 {
        return 0;
    }
    end += clock;
    end += zone(&rest[end..]);
    if open == 1 {
        match rest[end..].strip_prefix(']') {
            Some(_) => end += 1,
            None => return 0,
        }
    }
    let end = open + end;
    match text[end..].chars().next() {
        None | Some(' ') => end + blanks(&text[end..]),
        Some(_) => 0,
    }
}

/// `21/Nov/2026:14:02:10 +0000`, with or without brackets.
fn access_time(rest: &str, open: usize) -> usize {
    let zone = rest[20..]
        .strip_prefix(' ')
        .map_or(0, |rest| zone(rest) + 1);
    let end = 20 + zone;
    match &rest[end..] {
        behind if open == 1 && behind.starts_with("] ") => open + end + 2,
        behind if open == 0 && behind.starts_with(' ') => end + blanks(behind),
        _ => 0,
    }
}

/// `2026-11-21` or `2026/11/21`.
fn date(text: &str) -> usize {
    let fits = shaped(text, b"dddd-dd-dd") || shaped(text, b"dddd/dd/dd");
    if fits { 10 } else { 0 }
}

/// `14:02:10`, `14:02:10.112`, `14:02:10,112`.
fn clock(text: &str) -> usize {
    if !shaped(text, b"dd:dd:dd") {
        return 0;
    }
    let rest = &text[8..];
    if !rest.starts_with(['.', ',']) {
        return 8;
    }
    let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 { 8 } else { 9 + digits }
}

/// `Z`, `+01:00`, ` UTC`.
fn zone(text: &str) -> usize {
    if text.starts_with('Z') {
        1
    } else if text.starts_with(['+', '-']) && shaped(&text[1..], b"dd:dd") {
        6
    } else if text.starts_with(['+', '-']) && shaped(&text[1..], b"dddd") {
        5
    } else if text.starts_with(" UTC") || text.starts_with(" GMT") {
        4
    } else {
        0
    }
}

fn shaped(text: &str, shape: &[u8]) -> bool {
    text.as_bytes().get(..shape.len()).is_some_and(|bytes| {
        let mut both = bytes.iter().zip(shape);
        both.all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            b'a' => byte.is_ascii_alphabetic(),
            other => byte == other,
        })
    })
}

/// Whether a line belongs to the one above by its own look: a frame of a stack trace, a cause, what is indented.
pub(super) fn continues(text: &str) -> bool {
    const BEGINS: [&str; 11] = [
        " ",
        "at ",
        "Caused by:",
        "caused by:",
        "... ",
        "...",
        "Suppressed:",
        "During handling of the above exception",
        "The above exception was",
        "goroutine ",
        "stack backtrace:",
    ];
    text.is_empty()
        || BEGINS.iter().any(|begin| text.starts_with(begin))
        || matches!(
            text.as_bytes(),
            [b'}' | b')' | b']'] | [b'}' | b')' | b']', b',' | b';']
        )
        || postgres(text)
}

/// What PostgreSQL adds to a message, in a line of its own that looks like any other.
fn postgres(text: &str) -> bool {
    let rest = &text[time(text)..];
    let rest = match rest.strip_prefix('[') {
        Some(pid) => pid.split_once("] ").map_or("", |(_, rest)| rest),
        None => rest,
    };
    [
        "DETAIL:  ",
        "HINT:  ",
        "STATEMENT:  ",
        "CONTEXT:  ",
        "QUERY:  ",
        "LOCATION:  ",
    ]
    .iter()
    .any(|begin| rest.starts_with(begin))
}

/// Whether a line begins a trace of Python.
pub(super) fn traceback(text: &str) -> bool {
    text.starts_with("Traceback (most recent call last)")
}

/// Whether a line may be the last of a trace of Python: `ValueError: no such id`.
pub(super) fn ends_traceback(text: &str) -> bool {
    let name = text.split(':').next().unwrap_or_default();
    !name.is_empty()
        && name.len() < 100
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_')
        && !name.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_messages_of_prose() {
        for (line, level, message) in [
            ("[ERROR] no route", Some(Level::Error), "no route"),
            ("ERROR: no route", Some(Level::Error), "no route"),
            ("error: no route", Some(Level::Error), "no route"),
            (
                "info  GET /v1/orders 200 11ms",
                Some(Level::Info),
                "GET /v1/orders 200 11ms",
            ),
            (
                "E1121 14:02:10.112044       1 server.go:12] gone",
                Some(Level::Error),
                "1 server.go:12] gone",
            ),
            (
                "2026/11/21 14:02:10 [error] 31#31: *1 connect() failed",
                Some(Level::Error),
                "31#31: *1 connect() failed",
            ),
            (
                "21/Nov/2026:14:02:10 +0000 [error] 29#29: gone",
                Some(Level::Error),
                "29#29: gone",
            ),
            (
                "2026-11-21 14:02:10.112 UTC [123] ERROR:  relation is gone",
                Some(Level::Error),
                "relation is gone",
            ),
            (
                "2026-11-21 14:02:10.112 UTC [123] LOG:  ready",
                Some(Level::Info),
                "ready",
            ),
            (
                "2026-11-21 14:02:10,112 WARNING slow",
                Some(Level::Warn),
                "slow",
            ),
            ("WARNING:root:slow", Some(Level::Warn), "root:slow"),
            (
                "2026-11-21T14:02:10.112+01:00  INFO 1 --- [main] c.e.App : up",
                Some(Level::Info),
                "1 --- [main] c.e.App : up",
            ),
            (
                "fail: Microsoft.Hosting[0]",
                Some(Level::Error),
                "Microsoft.Hosting[0]",
            ),
            ("14:02:10 api WARN slow", Some(Level::Warn), "api WARN slow"),
            (
                "1:M 21 Nov 2026 14:02:11.123 # low memory",
                Some(Level::Warn),
                "low memory",
            ),
            (
                "1:M 21 Nov 2026 14:02:11.123 * Ready",
                Some(Level::Info),
                "Ready",
            ),
            ("[2026-11-21 14:02:10] hello", None, "hello"),
            ("log in from 10.0.0.1", None, "log in from 10.0.0.1"),
            ("there was an error: none", None, "there was an error: none"),
            ("GET /ERROR 200", None, "GET /ERROR 200"),
            ("12:34", None, "12:34"),
            ("", None, ""),
        ] {
            let head = head(line);
            assert_eq!(
                (head.level, &line[head.message..]),
                (level, message),
                "{line}"
            );
        }
    }

    #[test]
    fn what_goes_on_from_the_line_above() {
        for line in [
            "  at x",
            "at com.example.Main(Main.java:3)",
            "Caused by: x",
            "... 12 more",
            "",
            "}",
            "2026-11-21 14:02:10.112 UTC [123] STATEMENT:  select 1",
            "STATEMENT:  select 1",
        ] {
            assert!(continues(line), "{line:?}");
        }
        for line in [
            "attached",
            "x",
            "ERROR: x",
            "2026-11-21 14:02:10.112 UTC [123] ERROR:  x",
        ] {
            assert!(!continues(line), "{line:?}");
        }
        assert!(ends_traceback("ValueError: no such id") && ends_traceback("app.errors.Gone"));
        assert!(!ends_traceback("14: x") && !ends_traceback("an error: x"));
    }
}
