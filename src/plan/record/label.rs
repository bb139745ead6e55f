//! Short text that is safe to keep for years.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::SafeText;

/// One line of at most [`Label::MAX_CHARS`] characters, without control characters: a name, an id, a reason, a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Label(String);

impl Label {
    /// Longer text is cut here: room for an image reference with its digest, or a sentence.
    pub const MAX_CHARS: usize = 512;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        let one_line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        Self(one_line.take(Self::MAX_CHARS).collect())
    }
}

impl From<&SafeText> for Label {
    fn from(text: &SafeText) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_short_line() {
        assert_eq!(Label::from("a\nb\u{1b}[2Jc").as_str(), "a b [2Jc");
        let long = Label::from("ü".repeat(9_000));
        assert_eq!(long.as_str().chars().count(), Label::MAX_CHARS);
    }

    #[test]
    fn is_cleaned_when_read_back() {
        let read: Label = serde_json::from_str(r#""a\u0007b""#).unwrap();
        assert_eq!(read.as_str(), "a b");
    }
}
