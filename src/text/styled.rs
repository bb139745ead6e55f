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
