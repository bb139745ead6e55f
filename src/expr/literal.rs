//! Figures in an expression: which kind they are of, and what is wrong with those that are of none.

use std::ops::Range;

use super::{
    mistake::Mistake,
    value::{Kind, Value},
};
use crate::{
    domain::{
        suggest::did_you_mean,
        values::{ByteSize, Percent, Span},
    },
    safe,
    text::SafeText,
};

/// The units there are.
const UNITS: [&str; 10] = ["ms", "s", "m", "h", "d", "%", "B", "KiB", "MiB", "GiB"];

/// A count beyond it is no count of anything here.
const MOST: i64 = 1_000_000_000_000_000;

/// Whether it is the name of a unit.
pub(super) fn is_unit(word: &str) -> bool {
    UNITS.contains(&word) || word == "min"
}

/// The figure that is written, as one of `kinds`. `what` it is held against is named in the mistake.
pub(super) fn figure(
    written: &str,
    span: Range<usize>,
    kinds: &[Kind],
    what: &dyn std::fmt::Display,
) -> Result<Value, Mistake> {
    if let Some(value) = kinds.iter().find_map(|kind| read(written, *kind)) {
        return Ok(value);
    }
    let expected: Vec<&str> = kinds.iter().map(|kind| kind.words()).collect();
    let expected = expected.join(" or ");
    let examples: Vec<&str> = kinds.iter().map(|kind| kind.example()).collect();
    let example = format!("write it as {}", examples.join(" or "));
    let other = [
        Kind::Count,
        Kind::Rate,
        Kind::Span,
        Kind::Percent,
        Kind::Bytes,
    ];
    let Some(other) = other
        .into_iter()
        .find(|kind| read(written, *kind).is_some())
    else {
        let unit = written.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let help = did_you_mean(unit.trim(), UNITS).filter(|_| !is_unit(unit.trim()));
        let words = safe!("{what} is {expected}, and {written} cannot be read as one");
        return Err(Mistake::new(span, words).maybe_help(help.or(Some(example))));
    };
    let words = match other {
        Kind::Count | Kind::Rate => safe!("{what} is {expected}, and {written} has no unit"),
        other => safe!("{what} is {expected}, and {written} is {}", other.words()),
    };
    Err(Mistake::new(span, words).help(SafeText::line(example)))
}

fn read(written: &str, kind: Kind) -> Option<Value> {
    match kind {
        Kind::Truth | Kind::Text => None,
        Kind::Count => {
            let digits = written.bytes().all(|b| b.is_ascii_digit());
            let count = written
                .parse()
                .ok()
                .filter(|count| *count <= MOST && digits);
            count.map(Value::Count)
        }
        Kind::Rate => {
            let decimal = written.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let rate: Option<f64> = written.parse().ok();
            rate.filter(|rate| decimal && *rate <= MOST as f64)
                .map(Value::Rate)
        }
        Kind::Span => written.parse().ok().map(|Span(span)| Value::Span(span)),
        Kind::Percent => written.parse().ok().map(|Percent(p)| Value::Percent(p)),
        Kind::Bytes => written.parse().ok().map(|ByteSize(b)| Value::Bytes(b)),
    }
}
