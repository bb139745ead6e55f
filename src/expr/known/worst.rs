//! The figure of one service, or the worst of all: it counts, and is named.

use std::cmp::Ordering;

use super::Known;
use crate::{
    domain::service::Service,
    expr::{Subject, Value},
    safe,
    text::SafeText,
};

/// Names that are told; what is more is counted.
const TOLD: usize = 3;

/// What is known of a figure of one service.
pub(super) enum Figure {
    /// It, and how an operator says it.
    Known(Value, SafeText),
    /// It has one, and nobody knows which.
    Unknown(SafeText),
    /// Nothing says that it has one: it is left out of `*`.
    Absent(SafeText),
}

/// Which of two figures is the worse.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Worse {
    More,
    Less,
}

impl Figure {
    /// The figure, or why it is unknown.
    pub(super) fn known(self) -> Result<(Value, SafeText), SafeText> {
        match self {
            Self::Known(value, words) => Ok((value, words)),
            Self::Unknown(why) | Self::Absent(why) => Err(why),
        }
    }
}

impl Known<'_> {
    /// The figure of the one that is meant, or the worst of all; where some are unknown, the worst is that or worse.
    pub(super) fn worst(
        &self,
        of: &Subject,
        worse: Worse,
        figure: impl Fn(&Self, &Service) -> Figure,
    ) -> Result<(Value, SafeText), SafeText> {
        if let Subject::One(name) = of {
            let service = self.one(name)?;
            return figure(self, service).known();
        }
        let unseen = self.unseen();
        let mut unknown: Vec<SafeText> = Vec::new();
        if !unseen.is_empty() {
            unknown.push(unseen);
        }
        let mut absent: Vec<&SafeText> = Vec::new();
        let (mut all, mut not) = (0, 0);
        let mut worst: Option<(Value, SafeText, &Service)> = None;
        for service in self.all() {
            match figure(self, service) {
                Figure::Known(value, words) => {
                    all += 1;
                    not += usize::from(value == Value::Truth(false));
                    let is_worse = match &worst {
                        None => true,
                        Some((before, _, of)) if value == *before => service.health < of.health,
                        Some((before, ..)) => worse.than(&value, before),
                    };
                    if is_worse {
                        worst = Some((value, words, service));
                    }
                }
                Figure::Unknown(why) => unknown.push(safe!("{}: {why}", service.id.name)),
                Figure::Absent(_) => absent.push(&service.id.name),
            }
        }
        let unknown = list(unknown.iter().map(ToString::to_string));
        let Some((value, words, service)) = worst else {
            return Err(match (unknown.as_str(), absent.as_slice()) {
                ("", []) => SafeText::from_static("there is no service here"),
                ("", _) => SafeText::from_static("nothing measures it here"),
                (unknown, _) => safe!("{unknown}"),
            });
        };
        let mut words = match &value {
            Value::Truth(true) if all > 1 => format!("all {all} services"),
            Value::Truth(_) if not > 1 => {
                format!("{}: {words}, and {} more", service.id.name, not - 1)
            }
            Value::Truth(_) => format!("{}: {words}", service.id.name),
            _ => format!("{words}, at {}, the worst of {all}", service.id.name),
        };
        if !absent.is_empty() {
            let names = list(absent.iter().map(ToString::to_string));
            words.push_str(&format!("; not measured: {names}"));
        }
        if unknown.is_empty() {
            return Ok((value, safe!("{words}")));
        }
        let value = match (value, worse) {
            // One that is not makes it false whatever the others are; true it is only of all.
            (Value::Truth(true), _) => return Err(safe!("{unknown}")),
            (value @ (Value::Truth(_) | Value::AtLeast(_) | Value::AtMost(_)), _) => value,
            (value, Worse::More) => Value::AtLeast(Box::new(value)),
            (value, Worse::Less) => Value::AtMost(Box::new(value)),
        };
        Ok((value, safe!("{words}; unknown: {unknown}")))
    }
}

impl Worse {
    /// Whether `one` is worse than `other`; of two that are equal, the one of which less is known.
    fn than(self, one: &Value, other: &Value) -> bool {
        let bound = |value: &Value| matches!(value, Value::AtLeast(_) | Value::AtMost(_));
        match (inner(one).order(inner(other)), self) {
            (Some(Ordering::Greater), Self::More) | (Some(Ordering::Less), Self::Less) => true,
            (Some(Ordering::Equal), _) => bound(one) && !bound(other),
            _ => false,
        }
    }
}

fn inner(value: &Value) -> &Value {
    match value {
        Value::AtLeast(inner) | Value::AtMost(inner) => inner,
        exact => exact,
    }
}

/// The first few, and how many more there are.
pub(super) fn list(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(TOLD);
    let told: Vec<String> = all.take(TOLD).collect();
    let told = told.join(", ");
    if more > 0 {
        format!("{told} and {more} more")
    } else {
        told
    }
}
