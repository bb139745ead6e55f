//! What can be done on a platform.

use serde::{Deserialize, Serialize};

use crate::{domain::action::Action, text::SafeText};

/// What can be done here, and the reason where it cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Nothing may be changed (asked for by the operator); refused where requests leave, whatever the screen does.
    pub read_only: bool,
    /// Programs can be run inside instances.
    pub exec: bool,
    /// The platform carries out backups by itself (the simulator does).
    pub own_backups: bool,
    /// Actions that can't be done here at all, by [`Action::word`], with the reason.
    pub refused: Vec<(String, SafeText)>,
}

impl Capabilities {
    /// The reason why nothing may be changed; `None` where things may.
    pub fn read_only_reason(&self) -> Option<SafeText> {
        self.read_only
            .then(|| SafeText::from_static("read-only: it was started to look, not to change"))
    }

    /// The reason why an action can't be done here; `None` when it can.
    pub fn refuses(&self, action: &Action) -> Option<SafeText> {
        self.read_only_reason().or_else(|| self.lacks(action))
    }

    /// Why there is no such action on this platform, whoever asks; `None` where there is.
    pub fn lacks(&self, action: &Action) -> Option<SafeText> {
        let mut refused = self.refused.iter();
        let found = refused.find(|(word, _)| word == action.word());
        found.map(|(_, why)| why.clone())
    }
}
