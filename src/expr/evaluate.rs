//! What an expression says of what is known.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Expr, Node, Query, Test, Value};
use crate::{safe, text::SafeText};

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not.
    False,
    /// That cannot be known.
    Unknown,
    /// It does.
    True,
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    /// What is unknown stays unknown.
    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

/// What was observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The figure.
    pub value: Value,
    /// When it was so.
    pub at: Timestamp,
    /// The figure in an operator's words: `3/3 ready on v1.8.2`.
    pub words: SafeText,
}

/// What is known of a question, or why that is nothing.
pub type Answer = Result<Observation, SafeText>;

/// Who knows answers.
pub trait Facts {
    /// What is known of it now. It must not wait for anything.
    fn answer(&self, query: &Query) -> Answer;
}

/// What one test in an expression came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Whether it holds, by itself: a `not` before it is not counted.
    pub truth: Truth,
    /// What was observed, in words, or why that is unknown.
    pub words: SafeText,
    /// When; `None` where nothing was.
    pub at: Option<Timestamp>,
}

/// What an expression came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it holds.
    pub truth: Truth,
    /// What each of its tests came to, in the order in which they are written.
    pub evidence: Vec<Evidence>,
}

impl Verdict {
    /// The words of its evidence, in a line.
    pub fn words(&self) -> SafeText {
        let words: Vec<&str> = self.evidence.iter().map(|e| e.words.as_str()).collect();
        SafeText::line(words.join("; "))
    }
}

impl Expr {
    /// Whether it holds, by what is known. Every part is looked at, so that the evidence is whole.
    pub fn evaluate(&self, facts: &impl Facts) -> Verdict {
        let mut evidence = Vec::new();
        let truth = self.root.evaluate(facts, &mut evidence);
        Verdict { truth, evidence }
    }
}

impl Node {
    /// In the three-valued logic of Kleene: what is unknown counts only where it would change the outcome.
    fn evaluate(&self, facts: &impl Facts, evidence: &mut Vec<Evidence>) -> Truth {
        let mut each = |part: &Self| part.evaluate(facts, evidence);
        match self {
            Self::Not(part) => !each(part),
            Self::All(parts) => parts.iter().map(each).fold(Truth::True, Ord::min),
            Self::Any(parts) => parts.iter().map(each).fold(Truth::False, Ord::max),
            Self::Test(test) => {
                let found = test.evaluate(facts.answer(&test.query));
                let truth = found.truth;
                evidence.push(found);
                truth
            }
        }
    }
}

impl Test {
    fn evaluate(&self, answer: Answer) -> Evidence {
        let Observation { value, at, words } = match answer {
            Ok(observation) => observation,
            Err(words) => {
                return Evidence {
                    truth: Truth::Unknown,
                    words,
                    at: None,
                };
            }
        };
        let holds = match (&self.against, &value) {
            (None, Value::Truth(truth)) => Some(*truth),
            (None, _) => None,
            (Some((op, figure)), value) => value.compare(*op, figure),
        };
        Evidence {
            truth: holds.map_or(Truth::Unknown, Truth::from),
            words: if holds.is_some() {
                words
            } else {
                safe!("{words}: not enough to tell")
            },
            at: Some(at),
        }
    }
}
