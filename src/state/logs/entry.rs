//! One entry of the merged stream, and where it stands in it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    domain::log::{Level, LogOrigin},
    text::{SafeText, StyledText},
};

/// Where an entry stands, for good: what comes in later, goes or is hidden does not change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Microseconds since 1970 by which it is ordered; never less than those of what its instance wrote before.
    pub at: i64,
    /// The arrival number of the entry; of the line above for one that continues it.
    pub head: u64,
    /// 0 for a line that stands for itself; those that continue it count on.
    pub part: u32,
}

impl Key {
    /// Before everything at or after a moment.
    pub fn at(moment: Timestamp) -> Self {
        Self {
            at: moment.as_microsecond(),
            head: 0,
            part: 0,
        }
    }
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A line.
    Line(StyledText),
    /// An instance is followed from here on.
    Joined,
    /// An instance is gone.
    Left,
    /// So many lines were lost here on the way.
    Lost(u64),
    /// So many lines fell out of memory here, while what is above was being read.
    Fallen(u64),
    /// Its log can't be read, and why.
    Unreadable(SafeText),
    /// So many logs are followed from here on, and so many wait.
    Bounded(usize, usize),
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it stands.
    pub key: Key,
    /// Who wrote it.
    pub origin: Arc<LogOrigin>,
    /// What it is.
    pub what: What,
    /// Microseconds since 1970, as the platform said.
    pub(super) micros: i64,
    /// How grave; of a line that continues another, that one's.
    pub level: Option<Level>,
    /// How often its instance said the same again just after.
    pub repeats: u32,
    /// Which service, in the order in which they were first seen.
    pub source: u16,
    /// Whether its instance has just said the same.
    pub(super) repeated: bool,
    /// Whether the filters let it through.
    pub(super) shown: bool,
    /// Whether the search finds something in it.
    pub(super) found: bool,
}

impl Entry {
    /// When, by the platform's clock.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_microsecond(self.micros).unwrap_or_default()
    }

    /// The line; `None` for what is no line.
    pub const fn line(&self) -> Option<&StyledText> {
        match &self.what {
            What::Line(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it belongs to the entry above.
    pub const fn continues(&self) -> bool {
        self.key.part > 0
    }

    /// Bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        // The text's own head, and what the allocator adds.
        const HEAP: usize = 32;
        let own = size_of::<Self>() + HEAP;
        own + match &self.what {
            What::Line(text) => text.memory() - size_of::<StyledText>(),
            What::Unreadable(why) => why.len(),
            _ => 0,
        }
    }
}
