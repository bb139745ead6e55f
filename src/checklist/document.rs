//! A list as its file has it: what there is to walk, and what proves it.

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::order::Order;
use crate::{domain::report::Source, expr::Expr, text::SafeText};

/// A Markdown file with what can be walked in it.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is called: by its front matter, else by its first heading, else by its file.
    pub name: SafeText,
    /// The environment that it is for, by its name or its kind.
    pub environment: Option<SafeText>,
    /// What makes it time to think of the way back.
    pub abort_when: Option<Condition>,
    /// How long the whole of it is planned to take.
    pub planned: Option<Duration>,
    /// How long after its beginning the way back is still open.
    pub way_back: Option<Duration>,
    /// What can be walked, in the order of the file.
    pub lists: Vec<List>,
    /// SHA-256 of the file, as hexadecimal digits.
    pub hash: SafeText,
    /// The file.
    pub(super) source: Arc<Source>,
}

/// Items that stand together.
#[derive(Clone, Debug)]
pub struct List {
    /// The heading above it; of two that are called the same the second one is `NAME (2)`.
    pub name: SafeText,
    /// Where it came from.
    pub kind: ListKind,
    /// What is to be done, in the order of the file; never empty.
    pub items: Vec<Item>,
}

/// What in a file can be walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListKind {
    /// Items to tick, `- [ ]`.
    Checklist,
    /// Numbered steps, all for a person to do.
    Procedure,
}

/// Names an item of a document: its number there, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub u32);

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One thing to do, or to make sure of.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its number.
    pub id: ItemId,
    /// What it says, without what proves it.
    pub text: SafeText,
    /// What settles it.
    pub kind: Kind,
    /// Whether nobody may skip it.
    pub killer: bool,
    /// How long it may take, once its turn has come; an action, once it is begun.
    pub timeout: Option<Duration>,
    /// Who is to do it.
    pub owner: Option<SafeText>,
    /// How many items it stands inside of.
    pub depth: u8,
    /// What to run by hand: shown, never run from here.
    pub commands: Vec<SafeText>,
    /// What else is written beneath it.
    pub notes: Vec<SafeText>,
    /// Where it stands.
    pub(super) place: Place,
}

/// Where an item stands in its file, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its first byte: the bullet, or the number.
    pub(super) start: usize,
    /// What stands between the brackets of its box; `None` where it has none.
    pub(super) tick: Option<usize>,
    /// Where its own words begin.
    pub(super) words: usize,
    /// The end of the line on which its own words end.
    pub(super) end: usize,
}

/// What settles an item.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A person says so.
    Attest,
    /// It proves itself.
    Check(Condition),
    /// One of the console's own actions, and what proves it, if the platform's word is not enough.
    Do(Order, Option<Condition>),
    /// True for so long.
    Soak(Condition, Duration),
    /// Go, or no go.
    Gate,
}

impl Kind {
    /// In a word, as the screen has it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Attest => "attest",
            Self::Check(_) => "check",
            Self::Do(..) => "do",
            Self::Soak(..) => "soak",
            Self::Gate => "gate",
        }
    }

    /// What is asked of the platform; `None` where nothing is.
    pub const fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Check(condition) | Self::Do(_, Some(condition)) | Self::Soak(condition, _) => {
                Some(condition)
            }
            Self::Attest | Self::Do(_, None) | Self::Gate => None,
        }
    }
}

impl Item {
    /// Whether it may not be skipped, and no action is begun before it is settled.
    pub const fn binds(&self) -> bool {
        self.killer || matches!(self.kind, Kind::Gate)
    }

    /// How long it was planned to take, where the file says so: a soak's time, else its timeout.
    pub const fn planned(&self) -> Option<Duration> {
        match self.kind {
            Kind::Soak(_, long) => Some(long),
            _ => self.timeout,
        }
    }
}

/// What is to be true.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As it is written.
    pub words: SafeText,
    /// As it is understood.
    pub expr: Expr,
}

impl Document {
    /// Every item, in the order of the file.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.lists.iter().flat_map(|list| &list.items)
    }

    /// The line of the file on which a list of it begins, from 1.
    pub fn line(&self, list: &List) -> usize {
        let first = list.items.first().map_or(0, |item| item.place.start);
        self.source.position(first).0
    }

    /// The item of that number.
    pub fn item(&self, id: ItemId) -> Option<&Item> {
        self.items().find(|item| item.id == id)
    }

    /// An item's own words, as the file has them, with what proves it.
    fn written(&self, item: &Item) -> &str {
        let words = self.source.text().get(item.place.words..item.place.end);
        words.unwrap_or_default().trim()
    }

    /// Whether it has an item of another document, in the same words.
    pub(super) fn has(&self, other: &Self, item: &Item) -> bool {
        let words = other.written(item);
        self.items().any(|own| self.written(own) == words)
    }

    /// What is walked: the list of that name, or, where none is named, all lists with boxes to tick.
    ///
    /// # Errors
    /// There is none such; says what there is.
    pub fn pick(&self, name: Option<&str>) -> Result<Vec<&List>, SafeText> {
        let is_chosen = |list: &&List| match name {
            Some(name) => list.name.eq_ignore_ascii_case(name.trim()),
            None => list.kind == ListKind::Checklist,
        };
        let most = if name.is_some() { 1 } else { usize::MAX };
        let chosen: Vec<&List> = self.lists.iter().filter(is_chosen).take(most).collect();
        if chosen.is_empty() {
            let names: Vec<&str> = self.lists.iter().map(|list| list.name.as_str()).collect();
            let there = match names.as_slice() {
                [] => NOTHING.to_owned(),
                names => format!("there are: {}", names.join(", ")),
            };
            return Err(match name {
                Some(name) => crate::safe!("no list is called `{name}`; {there}"),
                None => crate::safe!("no list with boxes to tick; name one. {there}"),
            });
        }
        Ok(chosen)
    }
}

/// What is said of a file without anything to walk.
pub(super) const NOTHING: &str = "no list in this file";

/// What to do about it.
pub(super) const NOTHING_HELP: &str = "write what is to be done as `- [ ] …` lines under a heading, or as a numbered list; \
     `quarterdeck checklist new deploy-day` writes one to begin with";
