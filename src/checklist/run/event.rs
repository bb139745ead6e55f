//! What happens in a run, as the journal keeps it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::same_person;
use crate::{
    checklist::document::{Document, ItemId},
    expr::Truth,
    plan::record::{OperationId, OperationResult},
    safe,
    text::SafeText,
};

/// Something that happened, when, and by whose hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who: of what the console found out by itself, who had control.
    pub by: SafeText,
    /// At whose console it was entered, where that was not theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<SafeText>,
    /// What.
    pub what: What,
}

impl Event {
    /// What somebody did then, by their own hand.
    pub const fn new(at: Timestamp, by: SafeText, what: What) -> Self {
        Self {
            at,
            by,
            entered_by: None,
            what,
        }
    }

    /// The same, entered at the console of that person.
    #[must_use]
    pub fn at_console_of(mut self, operator: &SafeText) -> Self {
        self.entered_by = (!same_person(&self.by, operator)).then(|| operator.clone());
        self
    }

    /// In one line, without who did it and when; with whoever entered it for them.
    pub fn sentence(&self) -> SafeText {
        let sentence = self.what.sentence();
        match &self.entered_by {
            Some(operator) => safe!("{sentence}, entered by {operator}"),
            None => sentence,
        }
    }
}

/// Who, and at whose console it was entered, where that was not theirs.
pub(in crate::checklist) fn author(by: &SafeText, entered_by: Option<&SafeText>) -> String {
    match entered_by {
        Some(operator) => format!("{by}, entered by {operator}"),
        None => by.to_string(),
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum What {
    /// The run began.
    Started(Start),
    /// What an item is about was looked at.
    Checked {
        /// Which item.
        item: ItemId,
        /// What was found.
        found: Finding,
        /// The values that say so.
        evidence: SafeText,
    },
    /// A person says that it is so.
    Attested {
        /// Which item.
        item: ItemId,
    },
    /// It was attested, and is not so, or not yet.
    TakenBack {
        /// Which item.
        item: ItemId,
        /// Why.
        reason: SafeText,
    },
    /// It is left out.
    Skipped {
        /// Which item.
        item: ItemId,
        /// Why.
        reason: SafeText,
    },
    /// A second person answers for leaving it out.
    Waived {
        /// Which item.
        item: ItemId,
        /// Why.
        reason: SafeText,
    },
    /// Somebody has something to say.
    Noted {
        /// About which item; `None` for the run.
        item: Option<ItemId>,
        /// What.
        text: SafeText,
    },
    /// Its action was confirmed, and is about to be sent.
    DoBegun {
        /// Which item.
        item: ItemId,
        /// The operation in the journal.
        operation: OperationId,
    },
    /// Its action came to its end.
    DoEnded {
        /// Which item.
        item: ItemId,
        /// The operation in the journal.
        operation: OperationId,
        /// How it ended.
        result: OperationResult,
        /// The outcome in words.
        words: SafeText,
    },
    /// The connection, or the console, was lost while it acted.
    Uncertain {
        /// Which item.
        item: ItemId,
        /// What was lost.
        why: SafeText,
    },
    /// What became of an uncertain action was read from the platform.
    Resolved {
        /// Which item.
        item: ItemId,
        /// Whether it had happened.
        happened: bool,
        /// Whether nothing of it was ever sent.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unsent: bool,
        /// What was read.
        evidence: SafeText,
    },
    /// What must hold for a time holds: the clock runs from now.
    SoakBegun {
        /// Which item.
        item: ItemId,
        /// The values that say so.
        evidence: SafeText,
    },
    /// It does not hold, or nobody knows: the clock starts again when it does.
    SoakReset {
        /// Which item.
        item: ItemId,
        /// The values that say so, or what is not known.
        evidence: SafeText,
    },
    /// It held for its whole time.
    SoakHeld {
        /// Which item.
        item: ItemId,
        /// The values at the end.
        evidence: SafeText,
    },
    /// It took longer than it may.
    TimedOut {
        /// Which item.
        item: ItemId,
    },
    /// Somebody says go at a gate; it opens with whoever has control and one other.
    Go {
        /// Which item.
        item: ItemId,
    },
    /// Somebody says no.
    NoGo {
        /// Which item.
        item: ItemId,
        /// Why.
        reason: SafeText,
    },
    /// What proved an item is old, or what it was about has changed.
    WentStale {
        /// Which item.
        item: ItemId,
        /// What happened.
        why: SafeText,
    },
    /// The abort criterion is met.
    BreachBegun {
        /// The values that say so.
        evidence: SafeText,
    },
    /// It is met no more.
    BreachEnded {
        /// The values that say so.
        evidence: SafeText,
    },
    /// Whoever has control offers it.
    ControlGiven {
        /// To whom.
        to: SafeText,
    },
    /// Who was offered control takes it; or anyone, once the one who had it is gone.
    ControlTaken {
        /// Whether the console that had it is gone.
        first_is_gone: bool,
    },
    /// Whoever has control goes on in another console, since the one before is gone.
    Resumed,
    /// The file is no longer what it was at the start, or is again.
    FileChanged {
        /// SHA-256 of what it is now.
        hash: SafeText,
    },
    /// The run is over.
    Ended(End),
}

/// How a run begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// What the document is called.
    pub name: SafeText,
    /// SHA-256 of its file.
    pub hash: SafeText,
    /// The list or procedure that is walked; `None` for all lists with boxes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<SafeText>,
    /// When it is planned to be through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_end: Option<Timestamp>,
    /// Until when the way back is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way_back_until: Option<Timestamp>,
    /// Whether it is walked on a simulated deployment.
    #[serde(default)]
    pub rehearsal: bool,
}

impl Start {
    /// A run of all lists with boxes of a document, for real, from that moment on.
    pub fn of(document: &Document, at: Timestamp) -> Self {
        let after = |span: Option<Duration>| {
            let span = SignedDuration::try_from(span?).ok()?;
            at.checked_add(span).ok()
        };
        Self {
            name: document.name.clone(),
            hash: document.hash.clone(),
            list: None,
            planned_end: after(document.planned),
            way_back_until: after(document.way_back),
            rehearsal: false,
        }
    }
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// It is so.
    True,
    /// It is not so.
    False,
    /// Nobody knows.
    Unknown,
}

impl From<Truth> for Finding {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::True => Self::True,
            Truth::False => Self::False,
            Truth::Unknown => Self::Unknown,
        }
    }
}

/// How a run ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum End {
    /// Every step is settled.
    Done,
    /// Somebody left it before its end.
    Left {
        /// Why.
        reason: SafeText,
    },
}

impl What {
    /// What somebody saw of an uncertain action that the console cannot read.
    pub fn seen(item: ItemId, happened: bool, by: &str, words: &str) -> Self {
        Self::Resolved {
            item,
            happened,
            unsent: false,
            evidence: safe!("{by} read: {words}"),
        }
    }

    /// The action in the journal that it tells of.
    pub const fn operation(&self) -> Option<&OperationId> {
        match self {
            Self::DoBegun { operation, .. } | Self::DoEnded { operation, .. } => Some(operation),
            _ => None,
        }
    }

    /// Whether it takes no control of the run: others have a word at a gate, answer for what is left out, and take notes;
    /// and an action ends where it was begun.
    pub const fn is_open_to_all(&self) -> bool {
        matches!(
            self,
            Self::Noted { .. }
                | Self::Waived { .. }
                | Self::Go { .. }
                | Self::NoGo { .. }
                | Self::ControlTaken { .. }
                | Self::DoEnded { .. }
        )
    }

    /// The item that it is about.
    pub const fn item(&self) -> Option<ItemId> {
        match self {
            Self::Checked { item, .. }
            | Self::Attested { item }
            | Self::TakenBack { item, .. }
            | Self::Skipped { item, .. }
            | Self::Waived { item, .. }
            | Self::DoBegun { item, .. }
            | Self::DoEnded { item, .. }
            | Self::Uncertain { item, .. }
            | Self::Resolved { item, .. }
            | Self::SoakBegun { item, .. }
            | Self::SoakReset { item, .. }
            | Self::SoakHeld { item, .. }
            | Self::TimedOut { item }
            | Self::Go { item }
            | Self::NoGo { item, .. }
            | Self::WentStale { item, .. } => Some(*item),
            Self::Noted { item, .. } => *item,
            Self::Started(_)
            | Self::BreachBegun { .. }
            | Self::BreachEnded { .. }
            | Self::ControlGiven { .. }
            | Self::ControlTaken { .. }
            | Self::Resumed
            | Self::FileChanged { .. }
            | Self::Ended(_) => None,
        }
    }
}
