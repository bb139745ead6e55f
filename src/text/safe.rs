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
/// It is at most [`MAX_LINE_BYTES`](super::MAX_LINE_BYTES) long and a note on what was cut. Cleaning it once more changes
/// nothing, so it survives being written and read again.
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
