//! [`SafeText`]: a piece of text that a terminal shows and does not obey.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sanitise::{self, Policy};
use super::width;

/// Immutable text of one line without control, format or invisible characters. Cloning it is cheap.
///
/// It is at most [`MAX_LINE_BYTES`](super::MAX_LINE_BYTES) long. Cleaning it once more changes nothing, so it survives being
/// written and read again.
#[derive(Clone)]
pub struct SafeText(Repr);

#[derive(Clone)]
enum Repr {
    Ours(&'static str),
    Theirs(Arc<str>),
}

impl SafeText {
    /// Nothing.
    pub const EMPTY: Self = Self::from_static("");

    /// Our own words.
    ///
    /// # Panics
    ///
    /// When they hold a control character: in a `const` that is an error of compilation.
    pub const fn from_static(words: &'static str) -> Self {
        let bytes = words.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            assert!(
                bytes[at] >= b' ' && bytes[at] != 0x7F,
                "our own words hold a control character"
            );
            at += 1;
        }
        Self(Repr::Ours(words))
    }

    /// What identifies something: a service, a container, an image, a host.
    ///
    /// Every oddity stays visible, for two names that differ must look different: controls as `␛` and `^X`, format and
    /// invisible characters as `<U+202E>`, bytes that are not UTF-8 as U+FFFD; at most four combining marks on a letter.
    pub fn name(name: impl AsRef<[u8]>) -> Self {
        Self::cleaned(name.as_ref(), Policy::Name)
    }

    /// Prose and errors, as one line: line breaks become single spaces, escape sequences go, tabs expand.
    pub fn line(prose: impl AsRef<[u8]>) -> Self {
        Self::cleaned(prose.as_ref(), Policy::Prose)
    }

    /// Formats and cleans as [`SafeText::line`] does; [`safe!`](crate::safe) reads better.
    pub fn format(arguments: fmt::Arguments<'_>) -> Self {
        match arguments.as_str() {
            Some(words) => Self::line(words),
            None => Self::line(arguments.to_string()),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Ours(text) => text,
            Repr::Theirs(text) => text,
        }
    }

    /// Columns that it takes on the screen.
    pub fn width(&self) -> usize {
        width::width(self)
    }

    /// As much of its beginning as fits in `columns`, with `…` where something was left off.
    #[must_use]
    pub fn truncated(&self, columns: usize) -> Self {
        match width::truncate(self, columns) {
            Cow::Borrowed(_) => self.clone(),
            Cow::Owned(text) => Self::of_clean(&text),
        }
    }

    /// Only for text that came out of the sanitiser, or is a piece of such text.
    pub(super) fn of_clean(text: &str) -> Self {
        if text.is_empty() {
            Self::EMPTY
        } else {
            Self(Repr::Theirs(Arc::from(text)))
        }
    }

    fn cleaned(bytes: &[u8], policy: Policy) -> Self {
        match sanitise::already_clean(bytes) {
            Some(text) => Self::of_clean(text),
            None => Self::of_clean(&sanitise::sanitise(bytes, policy, 0).text),
        }
    }
}

impl Default for SafeText {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Deref for SafeText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        self
    }
}

impl AsRef<[u8]> for SafeText {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Borrow<str> for SafeText {
    fn borrow(&self) -> &str {
        self
    }
}

impl<'a> From<&'a SafeText> for Cow<'a, str> {
    fn from(text: &'a SafeText) -> Self {
        Cow::Borrowed(text)
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq for SafeText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for SafeText {}

impl PartialEq<str> for SafeText {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for SafeText {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialOrd for SafeText {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SafeText {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for SafeText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As `str` hashes, for `Borrow<str>`.
        self.as_str().hash(state);
    }
}

impl Serialize for SafeText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for SafeText {
    /// A file is outside too: what is read is cleaned.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer).map(|text| Self::line(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{safe, text::MAX_LINE_BYTES};
    use proptest::prelude::*;

    #[test]
    fn a_name_shows_what_is_odd_in_it() {
        for (name, shown) in [
            ("api", "api"),
            ("", ""),
            ("a\u{1b}[31mb", "a␛[31mb"),
            ("a\nb\tc\rd\u{8}\u{7f}\0", "a^Jb^Ic^Md^H^?^@"),
            ("a\u{9b}31mb", "a<U+009B>31mb"),
            ("pay\u{202e}txt.exe", "pay<U+202E>txt.exe"),
            (
                "a\u{200b}b\u{200d}c\u{fe0f}\u{feff}",
                "a<U+200B>b<U+200D>c<U+FE0F><U+FEFF>",
            ),
            ("\u{e0041}", "<U+E0041>"),
            (
                "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}x",
                "e\u{301}\u{302}\u{303}\u{304}x",
            ),
            ("\u{301}x", "◌\u{301}x"),
            ("café, 日本, naïve", "café, 日本, naïve"),
        ] {
            assert_eq!(SafeText::name(name), shown, "{name:?}");
        }
        assert_eq!(
            SafeText::name(b"a\xff\xe2\x9cb\x9b1m"),
            "a\u{fffd}\u{fffd}b\u{fffd}1m"
        );
    }

    #[test]
    fn prose_is_one_line() {
        for (prose, line) in [
            (
                "no such image\r\n  pull it first\n",
                "no such image   pull it first",
            ),
            ("\u{1b}]0;title\u{7}\u{1b}[1mbold\u{1b}[0m", "bold"),
            ("a\tb", "a       b"),
            ("one\ntwo\rthree", "one three"),
            ("👩\u{200d}💻\u{fe0f}", "👩💻"),
        ] {
            assert_eq!(SafeText::line(prose), line, "{prose:?}");
        }
        assert_eq!(safe!("{} is {}", "a\u{1b}[2Jb", 7), "ab is 7");
    }

    #[test]
    fn what_is_too_long_is_cut_and_counted() {
        for (piece, over) in [("x", 0), ("x", 1), ("x", 500), ("日", 0), ("日", 7)] {
            let pieces = MAX_LINE_BYTES / piece.len() + over;
            let text = SafeText::line(piece.repeat(pieces));
            assert!(text.len() <= MAX_LINE_BYTES);
            assert_eq!(SafeText::line(text.as_str()), text, "{piece:?} {over}");
            match text.split_once('…') {
                None => assert_eq!(text, piece.repeat(pieces).as_str()),
                Some((kept, note)) => {
                    let missing = (pieces - kept.len() / piece.len()) * piece.len();
                    assert_eq!(note, format!(" {missing} more bytes"), "{piece:?} {over}");
                    assert!(pieces * piece.len() > MAX_LINE_BYTES);
                }
            }
        }
    }

    #[test]
    fn what_is_read_is_cleaned() {
        let read: SafeText = serde_json::from_str(r#""a\u001b[2Jb\u202e""#).unwrap();
        assert_eq!(read, "ab<U+202E>");
    }

    #[test]
    #[should_panic(expected = "control character")]
    fn our_own_words_hold_no_controls() {
        let _ = SafeText::from_static("a\u{1b}b");
    }

    proptest! {
        #[test]
        fn cleaning_again_changes_nothing(bytes in hostile_bytes()) {
            let (name, line) = (SafeText::name(&bytes), SafeText::line(&bytes));
            for text in [&name, &line] {
                prop_assert_eq!(text, &SafeText::name(text.as_str()));
                prop_assert_eq!(text, &SafeText::line(text.as_str()));
                let stored = serde_json::to_string(text).unwrap();
                prop_assert_eq!(text, &serde_json::from_str::<SafeText>(&stored).unwrap());
            }
        }

        #[test]
        fn names_that_differ_in_ascii_look_different(one in "[\x00-\x7e]{0,6}", other in "[\x00-\x7e]{0,6}") {
            // `^J` typed out and a line break look alike: so does any notation. Nothing else may.
            prop_assume!(!one.contains('^') && !other.contains('^') && one != other);
            prop_assert_ne!(SafeText::name(one), SafeText::name(other));
        }
    }

    /// Bytes in which sequences, controls and odd characters are likely.
    fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
        let odd = prop::sample::select(vec![
            "\u{1b}", "\u{1b}[", "\u{1b}]", "\u{9b}", "\u{9c}", "\u{301}", "\u{200d}", "\r", "\t",
            "m", ";",
        ]);
        let piece = prop_oneof![
            odd.prop_map(|text| text.as_bytes().to_vec()),
            any::<u8>().prop_map(|byte| vec![byte]),
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }
}
