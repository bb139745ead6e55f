//! What the account that the console uses may not do, as far as the platform told.

use serde::{Deserialize, Serialize};

use crate::{
    domain::service::{Service, ServiceKind},
    text::SafeText,
};

/// What is forbidden. What is not told may be allowed: it is tried, and the platform says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// What can't be done to services.
    pub forbidden: Vec<Forbidden>,
}

/// One thing that can't be done to services of a kind in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forbidden {
    /// The group: a namespace.
    pub group: SafeText,
    /// The kind.
    pub kind: ServiceKind,
    /// An [`Action::word`](crate::domain::action::Action::word), or [`SHELL`].
    pub word: SafeText,
    /// The reason, in words.
    pub why: SafeText,
}

/// The word for opening a shell in an instance.
pub const SHELL: &str = "shell";

impl Rights {
    /// Why that can't be done to a service; `None` where it may be allowed.
    pub fn refuses(&self, service: &Service, word: &str) -> Option<&SafeText> {
        let is_it = |one: &&Forbidden| {
            one.group == service.id.group && one.kind == service.kind && *one.word == *word
        };
        self.forbidden.iter().find(is_it).map(|one| &one.why)
    }
}
