//! What a line says went wrong, in few words.

use super::{Joint, Level, LogLine, Parts, parts};
use crate::text::SafeText;

/// Fields that name a cause: what the code below said, where the message is what the code above makes of it.
const CAUSES: [&str; 7] = [
    "error",
    "err",
    "exception",
    "@x",
    "error.message",
    "cause",
    "reason",
];

/// Longer words are cut, in columns.
const LONGEST: usize = 160;

/// A line's message, and the cause that it names: `cannot claim a task: connection refused`.
pub fn gist(text: &str) -> SafeText {
    let words = match parts(text) {
        Parts::Prose(message) => text[message..].trim().to_owned(),
        Parts::Fields { message, .. } => match (message.trim(), cause(text)) {
            ("", None) => text.to_owned(),
            ("", Some(cause)) => cause,
            (message, None) => message.to_owned(),
            (message, Some(cause)) => format!("{message}: {cause}"),
        },
    };
    SafeText::line(words).truncated(LONGEST)
}

/// What the last lines of a process, oldest first, say of its end: the cause that an error names, else the last error,
/// else the last line. Empty where there is none.
pub fn last_words(lines: &[LogLine]) -> SafeText {
    let errors = || lines.iter().rev().filter(|line| grave(line));
    let named = errors().find_map(|line| cause(line.text.text()));
    if let Some(cause) = named {
        return SafeText::line(cause).truncated(LONGEST);
    }
    let tells = |line: &&LogLine| {
        line.joint != Joint::Continues && !line.text.text().as_str().trim().is_empty()
    };
    let last = || lines.iter().rev().find(tells);
    errors()
        .next()
        .or_else(last)
        .map(|line| gist(line.text.text()))
        .unwrap_or_default()
}

/// Whether a line says that something failed.
pub fn grave(line: &LogLine) -> bool {
    line.level.is_some_and(|level| level >= Level::Error)
}

/// The value of the first field that names a cause, its first line.
fn cause(text: &str) -> Option<String> {
    let Parts::Fields { fields, .. } = parts(text) else {
        return None;
    };
    let named = |name: &str| CAUSES.iter().any(|one| name.eq_ignore_ascii_case(one));
    let (_, value) = fields.iter().find(|(name, _)| named(name))?;
    let first = value.lines().next()?.trim();
    (!first.is_empty()).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{domain::log::Stream, text::StyledText};

    fn lines(texts: &[&str]) -> Vec<LogLine> {
        texts
            .iter()
            .map(|text| {
                let text = StyledText::log_line(text.as_bytes());
                LogLine::new(Timestamp::UNIX_EPOCH, Stream::Err, text)
            })
            .collect()
    }

    #[test]
    fn a_message_goes_with_the_cause_that_it_names() {
        for (line, words) in [
            (
                r#"level=error msg="cannot claim" err="OOM command not allowed""#,
                "cannot claim: OOM command not allowed",
            ),
            (
                r#"{"level":"error","error":"refused","port":5432}"#,
                "refused",
            ),
            (
                "2026-11-21T14:00:00Z ERROR pool timeout after 30 s",
                "pool timeout after 30 s",
            ),
            ("it broke", "it broke"),
        ] {
            assert_eq!(gist(line).as_str(), words, "{line}");
        }
    }

    #[test]
    fn of_the_last_lines_the_cause_is_told_then_the_last_error_then_the_last_line() {
        for (log, words) in [
            (
                &[
                    r#"{"level":"error","msg":"cannot claim","error":"OOM command not allowed"}"#,
                    r#"{"level":"fatal","msg":"giving up","exit":1}"#,
                ][..],
                "OOM command not allowed",
            ),
            (
                &["level=error msg=\"no route\" n=1", "level=info msg=bye n=2"],
                "no route",
            ),
            (
                &[
                    "Traceback (most recent call last):",
                    "  File \"a.py\", line 1",
                    "KeyError: 'DATABASE_URL'",
                ],
                "KeyError: 'DATABASE_URL'",
            ),
            (&["usage: serve [port]"], "usage: serve [port]"),
            (&[], ""),
        ] {
            assert_eq!(last_words(&lines(log)).as_str(), words, "{log:?}");
        }
    }
}
