//! The small language of checks, soaks and abort criteria: `healthy(api) and error_rate(*) < 0.1%`.
//!
//! ```text
//! text ─> parse ─> Expr ─> queries: what has to be known; the runner asks what needs I/O, in the background
//!           │       └───> evaluate(&Facts) ─> Verdict: true, false or unknown, with the values in words
//!           └ every mistake at once, each with its place and what would be right
//! ```
//!
//! There are no loops, names of its own or constants: every expression is about something that was observed, and what cannot
//! be known is unknown, which neither `not` nor anything else turns into true.

mod evaluate;
mod functions;
mod known;
mod literal;
mod mistake;
mod once;
mod parse;
mod query;
#[cfg(test)]
mod tests;
mod token;
mod value;

use std::{fmt, ops::Range, time::Duration};

use crate::text::SafeText;

pub use self::{
    evaluate::{Answer, Evidence, Facts, Observation, Truth, Verdict},
    functions::{FUNCTIONS, Function},
    known::Known,
    mistake::Mistake,
    once::Once,
    parse::{parse, parse_soak, parse_span},
    query::{HttpField, Measure, Query, Subject},
    value::{Op, Value},
};

/// An expression that was checked. It is shown in its canonical form, which reads as the same expression again.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    root: Node,
}

/// An expression that must hold for so long: `healthy(api) for 10m`.
#[derive(Clone, Debug, PartialEq)]
pub struct Soak {
    /// What must hold.
    pub expr: Expr,
    /// For how long.
    pub lasting: Duration,
}

/// A part of an expression. Within `All` no part is an `All`, within `Any` none an `Any`; both have two parts at least.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Test(Test),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// A question, and what its answer is held against; `None` where the answer itself is true or false.
#[derive(Clone, Debug)]
struct Test {
    query: Query,
    against: Option<(Op, Value)>,
    /// Where its function stands in what was parsed.
    span: Range<usize>,
}

impl PartialEq for Test {
    /// Wherever it stands.
    fn eq(&self, other: &Self) -> bool {
        self.query == other.query && self.against == other.against
    }
}

impl Expr {
    /// `version(service) == "version"`.
    pub fn runs(service: &str, version: SafeText) -> Self {
        let query = Query::Version(SafeText::name(service));
        let against = Some((Op::Equal, Value::Text(version)));
        Self {
            root: Node::Test(Test {
                query,
                against,
                span: 0..0,
            }),
        }
    }

    /// Each question whose answer it needs, once, in the order in which it asks them.
    pub fn queries(&self) -> Vec<&Query> {
        let mut found = Vec::new();
        self.root.each(&mut |test| {
            if !found.contains(&&test.query) {
                found.push(&test.query);
            }
        });
        found
    }

    /// Each question with the bytes of the parsed text at which it stands, for who finds fault with one.
    pub fn places(&self) -> Vec<(&Query, Range<usize>)> {
        let mut found = Vec::new();
        self.root
            .each(&mut |test| found.push((&test.query, test.span.clone())));
        found
    }
}

impl Node {
    /// Every test in it, from left to right.
    fn each<'a>(&'a self, see: &mut impl FnMut(&'a Test)) {
        match self {
            Self::Test(test) => see(test),
            Self::Not(part) => part.each(see),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each(see)),
        }
    }

    /// As a part that binds at least as strongly as `and` (1) or `not` (2).
    fn show(&self, f: &mut fmt::Formatter<'_>, binding: u8) -> fmt::Result {
        let (own, word, parts) = match self {
            Self::Test(test) => return write!(f, "{test}"),
            Self::Not(part) => {
                f.write_str("not ")?;
                return part.show(f, 2);
            }
            Self::All(parts) => (1, " and ", parts),
            Self::Any(parts) => (0, " or ", parts),
        };
        let within = own < binding;
        if within {
            f.write_str("(")?;
        }
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                f.write_str(word)?;
            }
            part.show(f, own + 1)?;
        }
        if within {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.show(f, 0)
    }
}

impl fmt::Display for Soak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}", self.expr, Value::Span(self.lasting))
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.query)?;
        if let Some((op, value)) = &self.against {
            write!(f, " {op} {value}")?;
        }
        match &self.query {
            Query::Env(_) => f.write_str(" is set"),
            Query::Restarts {
                since_start: true, ..
            } => f.write_str(" since start"),
            _ => Ok(()),
        }
    }
}
