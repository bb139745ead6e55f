//! [`StyledText`]: a line of a log with its colours.

use ratatui::style::Style;
use serde::{Deserialize, Serialize};

use super::SafeText;
use super::sanitise::{self, Policy};
use super::sgr::legible;

/// One clean line and the parts of it that are styled. A plain line costs no more than its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct StyledText {
    text: SafeText,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    runs: Box<[StyledRun]>,
}

/// The bytes `start..end` of a line, in one style. Runs are in order and do not overlap; between them the text is plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StyledRun {
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
    /// How it looks; always legible, never concealed.
    pub style: Style,
}

impl StyledText {
    /// Cleans one line of a log, with or without its line end; 16, 256 and true colours and bold, dim, italic, underlined
    /// and reversed text become styles. Each line begins plain, whatever the one before left on.
    pub fn log_line(line: &[u8]) -> Self {
        Self::cut_log_line(line, 0)
    }

    /// The same of a line of which only the beginning was kept: a note says how many bytes are `missing`.
    pub fn cut_log_line(line: &[u8], missing: u64) -> Self {
        if missing == 0
            && let Some(text) = sanitise::already_clean(line)
        {
            return SafeText::of_clean(text).into();
        }
        let clean = sanitise::sanitise(line, Policy::Prose, missing);
        Self {
            text: SafeText::of_clean(&clean.text),
            runs: clean.runs.into(),
        }
    }

    /// The text without its styles.
    pub const fn text(&self) -> &SafeText {
        &self.text
    }

    /// The styled parts.
    pub const fn runs(&self) -> &[StyledRun] {
        &self.runs
    }

    /// The whole line in pieces of one style each, plain ones between.
    pub fn pieces(&self) -> impl Iterator<Item = (&str, Style)> {
        let mut at = 0;
        let mut runs = self.runs.iter().peekable();
        std::iter::from_fn(move || {
            let (end, style) = match runs.peek() {
                Some(run) if run.start as usize == at => {
                    let run = runs.next()?;
                    (run.end as usize, run.style)
                }
                Some(run) => (run.start as usize, Style::new()),
                None => (self.text.len(), Style::new()),
            };
            let piece = &self.text[at..end];
            at = end;
            (!piece.is_empty()).then_some((piece, style))
        })
    }

    /// Bytes of memory that it holds, for budgets.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.text.len() + size_of_val(&*self.runs)
    }
}

impl From<SafeText> for StyledText {
    fn from(text: SafeText) -> Self {
        Self {
            text,
            runs: Box::default(),
        }
    }
}

/// What a file says: not yet believed.
#[derive(Deserialize)]
struct Stored {
    text: String,
    #[serde(default)]
    runs: Vec<StyledRun>,
}

impl From<Stored> for StyledText {
    fn from(stored: Stored) -> Self {
        let text = SafeText::line(&stored.text);
        let mut free = 0;
        let mut runs = stored.runs;
        runs.retain_mut(|run| {
            let (start, end) = (run.start as usize, run.end as usize);
            let fits = free <= start && start < end && text.get(start..end).is_some();
            free = if fits { end } else { free };
            run.style = legible(run.style);
            fits
        });
        Self {
            text,
            runs: runs.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::{Color, Modifier};

    fn pieces(line: &str) -> Vec<(String, Style)> {
        StyledText::log_line(line.as_bytes())
            .pieces()
            .map(|(text, style)| (text.to_owned(), style))
            .collect()
    }

    #[test]
    fn colours_become_styles() {
        for (line, expected) in [
            ("plain", vec![("plain", Style::new())]),
            ("", vec![]),
            (
                "\u{1b}[32mINFO\u{1b}[0m ready",
                vec![("INFO", Style::new().green()), (" ready", Style::new())],
            ),
            (
                "\u{1b}[1;38;5;208mx\u{1b}[m",
                vec![("x", Style::new().fg(Color::Indexed(208)).bold())],
            ),
            (
                "\u{1b}[38;2;1;200;3mx",
                vec![("x", Style::new().fg(Color::Rgb(1, 200, 3)))],
            ),
            (
                "\u{1b}[38:2::1:200:3;3mx",
                vec![("x", Style::new().fg(Color::Rgb(1, 200, 3)).italic())],
            ),
            (
                "\u{1b}[4:3mx\u{1b}[4:0my",
                vec![("x", Style::new().underlined()), ("y", Style::new())],
            ),
            ("\u{1b}[58;5;8;31mx", vec![("x", Style::new().red())]),
            ("\u{9b}91mx", vec![("x", Style::new().light_red())]),
            ("\u{1b}[7;2mx", vec![("x", Style::new().reversed().dim())]),
            // The same style in two pieces is one run; a style without text is none.
            (
                "\u{1b}[31ma\u{1b}[31mb\u{1b}[32m\u{1b}[31mc",
                vec![("abc", Style::new().red())],
            ),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(text, style)| (text.to_owned(), style))
                .collect();
            assert_eq!(pieces(line), expected, "{line:?}");
        }
    }

    #[test]
    fn nothing_hides() {
        for (line, expected) in [
            ("\u{1b}[8mhidden", Style::new()),
            ("\u{1b}[5mblinks", Style::new()),
            ("\u{1b}[30mblack", Style::new()),
            ("\u{1b}[97mwhite", Style::new()),
            ("\u{1b}[31;41mred on red", Style::new().white().on_red()),
            ("\u{1b}[38;5;1;41mthe same", Style::new().white().on_red()),
            (
                "\u{1b}[31;41;7mreversed",
                Style::new().white().on_red().reversed(),
            ),
            ("\u{1b}[107mwhite paper", Style::new().black().on_white()),
        ] {
            let found = pieces(line);
            assert_eq!(found.len(), 1, "{line:?}");
            assert_eq!(found[0].1, expected, "{line:?}");
        }
        for line in [
            "\u{1b}[?31mx",
            "\u{1b}[>4;2mx",
            "\u{1b}[31 mx",
            "\u{1b}[31Hx",
            "\u{1b}[38;5mx",
            "\u{1b}[38;2;1;2mx",
        ] {
            assert_eq!(pieces(line), [("x".to_owned(), Style::new())], "{line:?}");
        }
    }

    #[test]
    fn sequences_go_and_text_stays() {
        let long = format!("\u{1b}]52;c;{}visible", "A".repeat(4096 - "52;c;".len()));
        for (line, text) in [
            (
                "a\u{1b}]0;title\u{7}b\u{1b}]2;title\u{1b}\\c\u{9d}8;;http://x\u{9c}d",
                "abcd",
            ),
            (
                "a\u{1b}Pq#0\u{1b}\\b\u{1b}_x\u{1b}\\c\u{1b}^x\u{1b}\\d\u{1b}Xx\u{1b}\\e",
                "abcde",
            ),
            ("a\u{1b}(B\u{1b}[m\u{1b}7\u{1b}cb", "ab"),
            ("a\u{1b}]0;never ended", "a"),
            ("a\u{1b}[31", "a"),
            ("a\u{1b}", "a␛"),
            ("a\u{1b}日", "a␛日"),
            // U+671C has 0x9C in its bytes, and is no end of the string.
            ("\u{1b}]0;\u{671c}x\u{7}b", "b"),
            ("\u{1b}]0;x\u{1b}[31my", "y"),
            ("\u{1b}[3\u{7}1m", "^G1m"),
            (&long, "visible"),
            ("10 %\r55 %\r100 %\r\n", "100 %"),
            ("a\tb\u{8}c\u{85}d", "a       b^Hc<U+0085>d"),
            ("日本\tx", "日本    x"),
        ] {
            assert_eq!(
                *StyledText::log_line(line.as_bytes()).text(),
                text,
                "{line:?}"
            );
        }
        for (line, text) in [
            (&b"a\x9b31mb"[..], "ab"),
            (b"a\x9d0;title\x9cb", "ab"),
            // Latin-2: a letter, as long as no whole sequence stands there.
            (b"mu\x9ee", "mu\u{fffd}e"),
            (b"\xe2\x9c", "\u{fffd}"),
        ] {
            assert_eq!(
                *StyledText::log_line(line).text(),
                text,
                "{}",
                line.escape_ascii()
            );
        }
    }

    #[test]
    fn an_overwritten_line_leaves_no_styles() {
        let expected = vec![("done".to_owned(), Style::new().green())];
        assert_eq!(
            pieces("\u{1b}[31m10 %\u{1b}[0m of it\r\u{1b}[32mdone"),
            expected
        );
    }

    #[test]
    fn a_file_is_not_believed() {
        let line = StyledText::log_line("a\u{1b}[31mé\u{1b}[0m b".as_bytes());
        let stored = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<StyledText>(&stored).unwrap(), line);

        let forged = r#"{"text":"\u001b[2Jé!","runs":[
            {"start":1,"end":2,"style":{}}, {"start":0,"end":2,"style":{"add_modifier":"HIDDEN | BOLD"}},
            {"start":0,"end":3,"style":{}}, {"start":2,"end":9,"style":{}}]}"#;
        let read: StyledText = serde_json::from_str(forged).unwrap();
        assert_eq!(*read.text(), "é!");
        assert_eq!(
            read.runs(),
            [StyledRun {
                start: 0,
                end: 2,
                style: Style::new().add_modifier(Modifier::BOLD)
            }]
        );
    }

    #[test]
    fn a_cut_line_says_so() {
        assert_eq!(
            *StyledText::cut_log_line(b"\x1b[31mabc", 70).text(),
            "abc… 70 more bytes"
        );
    }
}
