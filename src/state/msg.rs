//! Everything that can happen to the screen.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{operations::Leftover, place::Connected, walking::ChecklistMsg};
use crate::{
    domain::{
        alert::{Acknowledgement, Alert, Severity},
        details::{Details, PlatformEvent},
        key::KeyChord,
        keymap::Keymap,
        log::LogItem,
        namespace::Namespace,
        past::Past,
        source::SourceState,
    },
    plan::{PlanId, Preview, Progress, Refusal},
    text::SafeText,
};

/// Numbers a question; an answer to a superseded one is dropped.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct OpId(pub u64);

/// Numbers a log subscription; lines of a superseded one are dropped.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct SubscriptionId(pub u64);

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mouse {
    /// What.
    pub action: MouseAction,
    /// Column, from 0.
    pub column: u16,
    /// Row, from 0.
    pub row: u16,
}

/// A press or a turn of the wheel; nothing else is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MouseAction {
    /// The left button went down.
    Press,
    /// The wheel turned away.
    ScrollUp,
    /// The wheel turned near.
    ScrollDown,
}

/// Everything that can happen. Serialisable, so that a session can be recorded and replayed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Msg {
    /// The time is now this.
    Clock(Timestamp),
    /// The terminal has so many columns and rows.
    Resized(u16, u16),
    /// A key was pressed.
    Key(KeyChord),
    /// Text was pasted: literal, capped, never a key.
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// We are here now, and nothing is shown of it yet.
    Connected(Box<Connected>),
    /// These environments can be switched to.
    Environments(Vec<SafeText>),
    /// The service of that name, or `project/name`, is to be shown.
    Open(String),
    /// The platform shows this.
    Source(Box<SourceState>),
    /// Something happened on the platform.
    Platform(PlatformEvent),
    /// These are the alerts now, all of them.
    Alerts(Vec<Alert>),
    /// These are acknowledged on the daemon of that identity, all of them.
    Acknowledged(SafeText, Vec<Acknowledgement>),
    /// Log lines, in order of arrival.
    Logs(SubscriptionId, Vec<LogItem>),
    /// The answer to [`Work::Preview`](super::Work::Preview).
    Previewed(OpId, Box<Result<Preview, Refusal>>),
    /// How far an action is.
    Progress(PlanId, Progress),
    /// Nothing of the plan was sent, since the journal cannot be written, for the reason given.
    Unrecordable(PlanId, SafeText),
    /// Actions that earlier consoles left unfinished on the daemon of that identity, all of them.
    Unfinished(SafeText, Vec<Leftover>),
    /// An action that ended without being through, on the daemon of that identity: it can be taken up again.
    Left(SafeText, Box<Leftover>),
    /// What was changed on the daemon of that identity before, the newest first.
    History(SafeText, Vec<Past>),
    /// The answer to [`Work::LookClosely`](super::Work::LookClosely).
    LookedClosely(OpId, Box<Result<Details, SafeText>>),
    /// The answer to [`Work::Inspect`](super::Work::Inspect).
    Inspected(OpId, Result<String, SafeText>),
    /// The answer to [`Work::Namespaces`](super::Work::Namespaces).
    Namespaces(OpId, Result<Vec<Namespace>, SafeText>),
    /// The newest verified backup of the daemon of that identity is of this time.
    Backup(SafeText, Option<Timestamp>),
    /// The keymap file changed.
    Keymap(Arc<Keymap>),
    /// The settings now want the mouse taken, or left to the terminal.
    WantsMouse(bool),
    /// The settings now want times in UTC, or local ones.
    WantsUtc(bool),
    /// A settings file changed.
    SettingsChanged,
    /// Of checklists.
    Checklist(ChecklistMsg),
    /// Something to tell the operator.
    Notice(Option<Severity>, SafeText),
}
