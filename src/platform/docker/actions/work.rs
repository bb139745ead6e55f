//! A plan as the executor carries it out: each step of the preview with what it sends.

use serde_json::Value;

use crate::{
    plan::{Step, Verb},
    safe,
};

/// Which container a step is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Who {
    /// One that is there, by its id.
    There(String),
    /// The one that this group's create step makes.
    Made,
}

/// The name that a rename gives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Name {
    /// The replica's own.
    Final(String),
    /// The one under which the old container waits while the new one serves.
    Old(String),
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// Names an image.
    Tag {
        /// The image's id.
        image: String,
        /// The repository of the name.
        repository: String,
        /// Its tag; `None` is the moment of the send.
        tag: Option<String>,
    },
    /// Makes a container that is to become `base`.
    Create {
        /// The replica's name.
        base: String,
        /// The request's body.
        body: Value,
    },
    /// Connects it to one more network.
    Connect(Who, String, Value),
    /// Starts it.
    Start(Who),
    /// Stops it, with its own grace period.
    Stop(Who),
    /// Restarts it in place, with its own grace period.
    Restart(Who),
    /// Gives it a name.
    Rename(Who, Name),
    /// Removes it; its volumes stay.
    Remove(Who),
    /// Waits until it serves; sends nothing.
    Await(Who),
}

/// One step with what it does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Work {
    /// As the preview names it.
    pub(crate) step: Step,
    /// What it does.
    pub(crate) act: Act,
}

/// All the work on one replica. When a step of it fails, the others of it are undone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Group {
    /// The replica's name; empty for work on images.
    pub(crate) base: String,
    /// The image it ran, to which a failure returns; empty where there was none (a replica that is added).
    pub(crate) image: String,
    /// One after another.
    pub(crate) works: Vec<Work>,
}

impl Act {
    /// As the preview names it; `called` is what the replica's container is called there.
    pub(crate) fn on(self, called: &str) -> Work {
        let (verb, object) = match &self {
            Self::Tag { .. } => (Verb::Tag, safe!("{called}")),
            Self::Create { .. } => (Verb::Create, safe!("{called}")),
            Self::Connect(_, network, _) => (Verb::Connect, safe!("{called} to {network}")),
            Self::Start(_) => (Verb::Start, safe!("{called}")),
            Self::Stop(_) => (Verb::Stop, safe!("{called}")),
            Self::Restart(_) => (Verb::Restart, safe!("{called}")),
            Self::Rename(_, Name::Final(name)) => (Verb::Rename, safe!("{called} to {name}")),
            Self::Rename(_, Name::Old(_)) => (Verb::Rename, safe!("{called} aside")),
            Self::Remove(_) => (Verb::Remove, safe!("{called}")),
            Self::Await(_) => (Verb::Await, safe!("{called}")),
        };
        Work {
            step: Step { verb, object },
            act: self,
        }
    }
}
