//! What is wrong with an expression.

use std::{fmt, ops::Range};

use crate::text::SafeText;

/// A mistake in an expression, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes of the text that it is about; empty at the end of it, where something is missing.
    pub span: Range<usize>,
    /// What is wrong: `ready(api) is a count, and 1h is a duration`.
    pub words: SafeText,
    /// What would be right, where that is known.
    pub help: Option<SafeText>,
}

impl Mistake {
    pub(super) fn new(span: Range<usize>, words: SafeText) -> Self {
        Self {
            span,
            words,
            help: None,
        }
    }

    pub(super) fn help(mut self, help: SafeText) -> Self {
        self.help = Some(help);
        self
    }

    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.map(SafeText::line);
        self
    }
}

impl fmt::Display for Mistake {
    /// Without its place: `there is no function helthy; did you mean healthy?`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}
