//! Who decides what a service is, and what is to be changed there for a change to last.

use serde::{Deserialize, Serialize};

use crate::{plan::preview::Change, text::SafeText};

/// Whoever puts back what is changed behind its back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// `Argo CD, application shop`.
    pub name: SafeText,
    /// How and when it undoes what is done here: `within seconds`.
    pub undoes: SafeText,
    /// Where it has from what the service is: `the manifest of deployment api in Git`.
    pub source: SafeText,
    /// What to change there; each field is the path of a value in the manifest.
    pub edits: Vec<Change>,
}
