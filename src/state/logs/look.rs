//! How entries are looked at: filters and the search. Views alone: nothing is lost by them.

use regex::Regex;

use super::{
    entry::{Entry, What},
    matcher::Matcher,
};
use crate::domain::log::{Level, Parts, parts};

/// What is shown of the entries, and what is looked for in them.
#[derive(Debug, Default)]
pub struct LineView {
    /// Only what matches.
    pub filter: Option<Matcher>,
    /// Only lines at least so grave. A line that says nothing counts as info.
    pub level: Option<Level>,
    /// What is looked for.
    pub find: Option<Regex>,
    /// Whether repeats are one line.
    pub fold: bool,
    /// Whether the search is in lines as they were written, or in message and fields.
    pub raw: bool,
}

impl LineView {
    /// Whether an entry and what continues it is shown.
    pub(super) fn shows<'a>(&self, group: impl Iterator<Item = &'a Entry>) -> bool {
        let mut group = group.peekable();
        let Some(head) = group.peek() else {
            return false;
        };
        match &head.what {
            What::Line(_) => {
                let grave = self
                    .level
                    .is_none_or(|least| head.level.unwrap_or(Level::Info) >= least);
                let folded = self.fold && head.repeated;
                grave && !folded && self.filter.as_ref().is_none_or(|f| f.matches(group))
            }
            What::Joined | What::Left => self.filter.is_none(),
            What::Lost(_) | What::Fallen(_) | What::Unreadable(_) | What::Bounded(..) => true,
        }
    }

    /// Whether one more line may change whether its entry is shown.
    pub(super) fn reconsiders(&self, entry: &Entry, shown: bool) -> bool {
        match (&self.filter, entry.line()) {
            (Some(filter), Some(text)) => filter.reconsiders(text.text(), shown),
            _ => false,
        }
    }

    /// Whether the search finds something in it.
    pub(super) fn finds(&self, entry: &Entry) -> bool {
        match (&self.find, entry.line()) {
            (Some(find), Some(text)) if self.raw || entry.continues() => find.is_match(text.text()),
            // Only what is on screen: not a time in the line that is left out there.
            (Some(find), Some(text)) => match parts(text.text()) {
                Parts::Prose(start) => find.is_match(&text.text()[start..]),
                fields @ Parts::Fields { .. } => find.is_match(&fields.to_string()),
            },
            _ => false,
        }
    }
}
