//! What is told beside the platform: by checks of our own, and by others who watch.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    domain::alert::{Alert, Severity},
    safe,
    text::SafeText,
};

/// The problem of somebody who is still to give a first answer.
pub const NOT_YET: SafeText = SafeText::from_static("has not answered yet");

/// All of it at one moment; empty where nothing is set up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// The checks, in the order of the settings.
    pub checks: Vec<Arc<Check>>,
    /// Who is asked: Prometheus, and each of the Alertmanagers.
    pub sources: Vec<Source>,
    /// The alerts that they tell.
    pub alerts: Vec<Alert>,
}

impl Signals {
    /// Why there may be alerts that are not seen; empty where everyone answers.
    pub fn unseen_alerts(&self) -> SafeText {
        let why = self.sources.iter().filter_map(Source::silence);
        let why: Vec<String> = why.map(|why| why.to_string()).collect();
        safe!("{}", why.join("; "))
    }

    /// Whether each has been looked at or asked once, whatever came of it.
    pub fn are_heard(&self) -> bool {
        let waits = |source: &Source| source.answered.is_none() && source.problem == NOT_YET;
        self.checks.iter().all(|check| check.last.is_some()) && !self.sources.iter().any(waits)
    }

    /// The checks of a service.
    pub fn checks_of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Check> {
        let checks = self.checks.iter().map(AsRef::as_ref);
        checks.filter(move |check| *check.service == *service)
    }
}

/// Somebody who is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `Prometheus http://prometheus:9090`.
    pub name: SafeText,
    /// Whether it measures what services serve; each tells alerts.
    pub measures: bool,
    /// When it last answered.
    pub answered: Option<Timestamp>,
    /// Why it doesn't answer, or [`NOT_YET`]; empty while it does.
    pub problem: SafeText,
}

impl Source {
    /// Why it doesn't answer, with its name; `None` while it does.
    pub fn silence(&self) -> Option<SafeText> {
        let Self { name, problem, .. } = self;
        (!problem.is_empty()).then(|| safe!("{name}: {problem}"))
    }
}

/// A check of a service, and what came of it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The name of the service.
    pub service: SafeText,
    /// What is looked at: `http /health`.
    pub name: SafeText,
    /// `None` until it has been looked at.
    pub last: Option<Look>,
}

/// What one look at it brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What was found.
    pub found: Found,
}

/// What a check found, in an operator's words: `200`, `refused`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// It is as it is to be.
    Well(SafeText),
    /// It isn't.
    Bad(Severity, SafeText),
    /// Nobody can tell: the check could not be made.
    Unknown(SafeText),
}

impl Found {
    /// The words.
    pub const fn words(&self) -> &SafeText {
        match self {
            Self::Well(words) | Self::Bad(_, words) | Self::Unknown(words) => words,
        }
    }
}
