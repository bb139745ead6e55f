//! Figures in an expression: which kind they are of, and what is wrong with those that are of none.

use std::{fmt, ops::Range};

use super::{
    mistake::Mistake,
    value::{Kind, Value},
};
use crate::{
    domain::{
        suggest::did_you_mean,
        values::{ByteSize, Percent, Span, ValueError},
    },
    safe,
};

/// The units there are.
const UNITS: [&str; 10] = ["ms", "s", "m", "h", "d", "%", "B", "KiB", "MiB", "GiB"];

/// A count beyond it is no count of anything here.
const MOST: i64 = 1_000_000_000_000_000;

/// Whether it is the name of a unit.
pub(super) fn is_unit(word: &str) -> bool {
    UNITS.contains(&word) || word == "min"
}

/// The figure that is written, as one of `kinds`. `what` is held against it is named in the mistake.
pub(super) fn figure(
    written: &str,
    span: Range<usize>,
    kinds: &[Kind],
    what: &dyn fmt::Display,
) -> Result<Value, Mistake> {
    let mut help = Vec::new();
    for kind in kinds {
        match read(written, *kind) {
            Ok(value) => return Ok(value),
            Err(Wrong::TooLarge) => {
                return Err(Mistake::new(span, safe!("{written} is too large")));
            }
            Err(Wrong::Unreadable(how)) => help.push(how),
        }
    }
    let expected: Vec<&str> = kinds.iter().map(|kind| kind.words()).collect();
    let expected = expected.join(" or ");
    let unit = written.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let unit = unit.trim();
    let others = [Kind::Rate, Kind::Span, Kind::Percent, Kind::Bytes];
    let other = others.into_iter().find(|kind| read(written, *kind).is_ok());
    let words = match other {
        Some(Kind::Rate) if kinds == [Kind::Count] => {
            safe!("{what} is {expected}, and {written} is no whole number")
        }
        Some(Kind::Rate) => safe!("{what} is {expected}, and {written} has no unit"),
        Some(other) => safe!("{what} is {expected}, and {written} is {}", other.words()),
        None => safe!("{what} is {expected}, and {written} is none"),
    };
    let near = did_you_mean(unit, UNITS).filter(|_| other.is_none() && !is_unit(unit));
    let near = near.filter(|_| unit.len() < written.len());
    Err(Mistake::new(span, words).maybe_help(near.or(Some(help.join(", or ")))))
}

/// Why it is not of a kind.
enum Wrong {
    TooLarge,
    /// With how it is written.
    Unreadable(String),
}

impl From<ValueError> for Wrong {
    fn from(error: ValueError) -> Self {
        match error {
            ValueError::TooLarge => Self::TooLarge,
            other => Self::Unreadable(other.to_string()),
        }
    }
}

fn read(written: &str, kind: Kind) -> Result<Value, Wrong> {
    let digits = |also: u8| written.bytes().all(|b| b.is_ascii_digit() || b == also);
    let unreadable = |how: &str| Err(Wrong::Unreadable(how.to_owned()));
    match kind {
        Kind::Truth | Kind::Text => unreadable("it is no figure"),
        Kind::Count if !digits(b'0') => unreadable("write a whole number such as 3"),
        Kind::Count => match written.parse() {
            Ok(count) if count <= MOST => Ok(Value::Count(count)),
            _ => Err(Wrong::TooLarge),
        },
        Kind::Rate => match written.parse() {
            Ok(rate) if digits(b'.') && rate <= MOST as f64 => Ok(Value::Rate(rate)),
            Ok(_) if digits(b'.') => Err(Wrong::TooLarge),
            _ => unreadable("write a number such as 10 or 0.5"),
        },
        Kind::Span => Ok(written.parse().map(|Span(span)| Value::Span(span))?),
        Kind::Percent => Ok(written.parse().map(|Percent(p)| Value::Percent(p))?),
        Kind::Bytes => Ok(written.parse().map(|ByteSize(b)| Value::Bytes(b))?),
    }
}
