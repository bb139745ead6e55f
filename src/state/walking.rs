//! What the model has done about checklists, and what it hears of them: the walk itself is `checklist::Walk`.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    checklist::{Event, Hold, ItemId, ListKind, Opened, RunId},
    domain::service::ServiceId,
    expr::{Answer, Query},
    plan::PlanId,
    text::SafeText,
};

/// What a task does about checklists.
#[derive(Clone, Debug, PartialEq)]
pub enum ChecklistWork {
    /// Which lists are there? Read those named on the command line, and else those found here and in the folder
    /// checklists. And which runs have not ended, be they begun by another console? Answered by [`ChecklistMsg::Offered`]
    /// and, where the place is real, by [`ChecklistMsg::Found`].
    Offer,
    /// Begin a run; answered by [`ChecklistMsg::Opened`] or [`ChecklistMsg::Refused`].
    Start {
        /// The file, as it was offered.
        file: PathBuf,
        /// The list in it; `None` for all with boxes.
        list: Option<SafeText>,
        /// Who begins, and has control.
        by: SafeText,
    },
    /// Open a run that was begun. Where its console is gone and whoever asks had control, this console has it from then on;
    /// else it is followed. Answered by [`ChecklistMsg::Opened`].
    Resume {
        /// Which.
        run: RunId,
        /// Who asks.
        by: SafeText,
    },
    /// Write down what was looked at or done, all or what of it can still happen; told by [`ChecklistMsg::Happened`] once it
    /// is durable. What a person did and cannot happen any more is [`ChecklistMsg::Refused`].
    Record(RunId, Vec<Event>),
    /// Take control: it was offered, or the console that had it is gone.
    Take {
        /// Of which run.
        run: RunId,
        /// Who takes it.
        by: SafeText,
    },
    /// The plan that is carried out next is an item's action: that it begins is written down before anything is sent, and
    /// how it ended after. Goes before [`Work::Carry`](super::Work::Carry).
    Doing {
        /// Of which run.
        run: RunId,
        /// Which item.
        item: ItemId,
        /// Its plan.
        plan: PlanId,
    },
    /// Find out by reading what became of an item's action of which nobody knows; told by [`ChecklistMsg::Happened`], or
    /// by [`ChecklistMsg::Unread`] where that cannot be read now.
    Resolve(RunId, ItemId),
    /// Ask for these in the background from now on, for that run, instead of those before; [`ChecklistMsg::Answered`].
    Ask(RunId, Vec<Query>),
    /// The run is no longer shown. What has control of it keeps it until the console ends.
    Close(RunId),
}

/// What is heard of checklists.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ChecklistMsg {
    /// The lists that were named are to be walked: the only one begins at once, of several one is chosen.
    Wanted,
    /// What can be begun.
    Offered(Vec<Offer>),
    /// Runs that have not ended on the daemon or cluster of that identity, the newest first.
    Found(SafeText, Vec<Unfinished>),
    /// A run is opened that is walked on the daemon or cluster of that identity.
    Opened(SafeText, Box<Opened>),
    /// It is durable: now it has happened.
    Happened(RunId, Vec<Event>),
    /// Another console has control from now on, or none.
    Held(RunId, Hold),
    /// It could not be begun, opened or written down, for this reason; what was looked at is looked at again.
    Refused(SafeText),
    /// It cannot be read now what became of an item's action, for this reason.
    Unread(RunId, ItemId, SafeText),
    /// What came of questions.
    Answered(Vec<(Query, Answer)>),
    /// Of which moments the newest verified backups are on the daemon or cluster of that identity, of those services that
    /// are named.
    BackedUp(SafeText, Vec<(ServiceId, Timestamp)>),
}

/// A file with lists that can be begun, or what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The file.
    pub file: PathBuf,
    /// What it is called.
    pub name: SafeText,
    /// What can be walked in it.
    pub lists: Vec<OfferedList>,
    /// What is wrong with it, a line each; empty where it can be walked.
    pub mistakes: Vec<SafeText>,
}

/// A list, or procedure, of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedList {
    /// What it is called.
    pub name: SafeText,
    /// Where it came from.
    pub kind: ListKind,
    /// How many items it has.
    pub steps: usize,
}

/// A run that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Which.
    pub run: RunId,
    /// What is walked.
    pub name: SafeText,
    /// The list in it.
    pub list: Option<SafeText>,
    /// When it began.
    pub began: Timestamp,
    /// When something last happened in it.
    pub last: Timestamp,
    /// Who has control.
    pub pilot: SafeText,
    /// Which console has it.
    pub hold: Hold,
}
