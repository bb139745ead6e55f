//! What figures are held against, and how they are written.

use std::{cmp::Ordering, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::text::SafeText;

/// How a figure is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Op {
    /// Whether it holds of two that compare so.
    const fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Unequal => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::More => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        })
    }
}

/// What kind of thing a value is; only those of one kind compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Truth,
    Count,
    Text,
    Span,
    Percent,
    Bytes,
    Rate,
}

impl Kind {
    /// As in "ready(api) is a count".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Truth => "true or false by itself",
            Self::Count => "a count",
            Self::Text => "a text",
            Self::Span => "a duration",
            Self::Percent => "a percentage",
            Self::Bytes => "an amount of bytes",
            Self::Rate => "a number a second",
        }
    }
}

/// A figure, as it was observed or as an expression writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// True or false.
    Truth(bool),
    /// So many.
    Count(i64),
    /// That much or more, where all of it cannot be known.
    AtLeast(Box<Self>),
    /// That much or less, where all of it cannot be known.
    AtMost(Box<Self>),
    /// A text: a version.
    Text(SafeText),
    /// A duration; written to the millisecond.
    Span(Duration),
    /// A percentage.
    Percent(f64),
    /// Bytes.
    Bytes(u64),
    /// So many a second.
    Rate(f64),
}

impl Value {
    /// Whether the comparison with `other` holds; `None` where that cannot be told: what is known of the figure leaves both
    /// open, it is no number, or of another kind.
    pub(super) fn compare(&self, op: Op, other: &Self) -> Option<bool> {
        let (known, beyond) = match self {
            Self::AtLeast(least) => (&**least, Some(Ordering::Greater)),
            Self::AtMost(most) => (&**most, Some(Ordering::Less)),
            exact => (exact, None),
        };
        let ordering = known.order(other)?;
        // From the bound on, through equality, to whatever is beyond.
        let passed = [ordering, Ordering::Equal, beyond.unwrap_or(ordering)];
        let possible = match beyond {
            None => &passed[..1],
            Some(beyond) if ordering == beyond => &passed[..1],
            Some(_) => &passed,
        };
        let holds = op.holds(ordering);
        let is_certain = possible.iter().all(|ordering| op.holds(*ordering) == holds);
        is_certain.then_some(holds)
    }

    /// How it compares with one of the same kind; `None` where it does not.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Truth(one), Self::Truth(other)) => Some(one.cmp(other)),
            (Self::Count(one), Self::Count(other)) => Some(one.cmp(other)),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Span(one), Self::Span(other)) => Some(one.cmp(other)),
            (Self::Bytes(one), Self::Bytes(other)) => Some(one.cmp(other)),
            (Self::Percent(one), Self::Percent(other)) | (Self::Rate(one), Self::Rate(other)) => {
                one.partial_cmp(other)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    /// As an expression writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Span(span) => parts(f, span.as_millis()),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Bytes(bytes) => {
                let exact = SIZES.iter().find(|(size, _)| bytes.is_multiple_of(*size));
                let (size, unit) = exact.filter(|_| *bytes > 0).unwrap_or(&(1, "B"));
                write!(f, "{}{unit}", bytes / size)
            }
            Self::Rate(rate) => write!(f, "{rate}"),
        }
    }
}

const SPANS: [(u128, &str); 5] = [
    (86_400_000, "d"),
    (3_600_000, "h"),
    (60_000, "m"),
    (1_000, "s"),
    (1, "ms"),
];

const SIZES: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];

/// `1h30m`: what is left over in each unit.
fn parts(f: &mut fmt::Formatter<'_>, mut rest: u128) -> fmt::Result {
    if rest == 0 {
        return f.write_str("0s");
    }
    for (size, unit) in SPANS {
        if rest >= size {
            write!(f, "{}{unit}", rest / size)?;
            rest %= size;
        }
    }
    Ok(())
}

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
