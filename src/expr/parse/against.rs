//! What stands behind a function: a part of its answer, and what that is held against.

use std::ops::Range;

use super::{Parser, argument};
use crate::{
    domain::suggest::did_you_mean,
    expr::{
        Function, HttpField, Measure, Mistake, Op, Query, Test, Value, literal, token::What,
        value::Kind,
    },
    safe,
    text::SafeText,
};

/// What is wrong was told already.
struct Told;

impl<'a> Parser<'a> {
    /// `.status` or `.latency`, of what has parts.
    pub(super) fn field(&mut self, query: Option<Query>, call: Range<usize>) -> Option<Query> {
        let dot = self.span();
        let dotted = self.take(&What::Dot);
        let name = dotted.then(|| self.word()).flatten();
        let span = match (name, dotted) {
            (Some(_), _) => self.span(),
            (None, true) => dot,
            (None, false) => call,
        };
        self.at += usize::from(name.is_some());
        let wrong = match (query, name) {
            (Some(Query::Http { url, .. }), Some("status" | "latency")) => {
                let field = match name {
                    Some("status") => HttpField::Status,
                    _ => HttpField::Latency,
                };
                return Some(Query::Http { url, field });
            }
            (Some(Query::Http { .. }), name) => {
                let help = name.and_then(|name| did_you_mean(name, ["status", "latency"]));
                let words =
                    SafeText::from_static("http needs to be told what of the answer counts");
                let help = help.unwrap_or_else(|| "write .status or .latency behind it".to_owned());
                Mistake::new(span, words).maybe_help(Some(help))
            }
            (Some(query), _) if dotted => Mistake::new(span, safe!("{query} has no parts")).help(
                SafeText::from_static("leave out the dot and what is behind it"),
            ),
            (query, _) => return query,
        };
        self.wrong(wrong);
        None
    }

    /// What stands behind a function, checked against what it gives.
    pub(super) fn held_against(
        &mut self,
        function: &'static Function,
        mut query: Query,
        span: Range<usize>,
    ) -> Option<Test> {
        let kinds = match &query {
            Query::Http {
                field: HttpField::Status,
                ..
            } => &[Kind::Count],
            Query::Http {
                field: HttpField::Latency,
                ..
            } => &[Kind::Span],
            _ => function.gives,
        };
        let is_env = matches!(query, Query::Env(_));
        if is_env && self.word() == Some("is") {
            self.at += 1;
            if self.word() == Some("set") {
                self.at += 1;
                return Some(Test {
                    query,
                    against: None,
                    span,
                });
            }
            self.unexpected("set");
            self.skip();
            return None;
        }
        let Some((op, figure, place)) = self.comparison().ok()? else {
            if is_env {
                let help = safe!("write {query} is set");
                let words = safe!("{query} needs to be told what of it");
                self.wrong(Mistake::new(span, words).help(help));
                return None;
            }
            if kinds == [Kind::Truth] {
                return Some(Test {
                    query,
                    against: None,
                    span,
                });
            }
            let kind = kinds.first().map_or("", |kind| kind.words());
            let words = safe!("{query} is {kind}, and it is not said how it should be");
            let rest = match &query {
                Query::Http {
                    field: HttpField::Latency,
                    ..
                } => "< 250ms",
                _ => function
                    .example
                    .split_once(' ')
                    .map_or("", |(_, rest)| rest),
            };
            self.wrong(Mistake::new(span, words).help(safe!("write {query} {rest}")));
            return None;
        };
        let whole = span.start..place.end;
        if kinds == [Kind::Truth] {
            let (words, help) = if is_env {
                let help = safe!("write {query} is set");
                (
                    safe!("what {query} holds is neither compared nor shown"),
                    help,
                )
            } else {
                let help = safe!("write {query} alone, or not {query}");
                (safe!("{query} is true or false by itself"), help)
            };
            self.wrong(Mistake::new(whole, words).help(help));
            return None;
        }
        let value = self.value(figure, place.clone(), kinds, &query)?;
        if let (Query::Memory(_, measure) | Query::FreeDisk(_, measure), Value::Bytes(_)) =
            (&mut query, &value)
        {
            *measure = Measure::Bytes;
        }
        if matches!(value, Value::Text(_)) && !matches!(op, Op::Equal | Op::Unequal) {
            let words = safe!("{query} is a text, which is neither more nor less than another");
            self.wrong(Mistake::new(whole, words).help(SafeText::from_static("write == or !=")));
            return None;
        }
        self.since_start(&mut query);
        Some(Test {
            query,
            against: Some((op, value)),
            span,
        })
    }

    /// `since start`, where it belongs.
    fn since_start(&mut self, query: &mut Query) {
        let since = self.span();
        if self.word() != Some("since") {
            return;
        }
        self.at += 1;
        if self.word() != Some("start") {
            self.unexpected("start");
            self.skip();
            return;
        }
        self.at += 1;
        if let Query::Restarts { since_start, .. } = query {
            *since_start = true;
        } else {
            let words = safe!("{query} is a figure of this moment, and of no time since");
            let span = since.start..self.passed();
            let help =
                SafeText::from_static("leave it out; only restarts(…) is counted since start");
            self.wrong(Mistake::new(span, words).help(help));
        }
    }

    /// A comparison and the figure behind it, with its place; `None` where there is none.
    fn comparison(&mut self) -> Result<Option<(Op, What<'a>, Range<usize>)>, Told> {
        let Some(What::Compare(op)) = self.what() else {
            return Ok(None);
        };
        let op = *op;
        self.at += 1;
        let place = self.span();
        match self.what().cloned() {
            Some(What::Word(name))
                if self.tokens.get(self.at + 1).map(|t| &t.what) == Some(&What::Open) =>
            {
                let words = safe!("{name}(…) stands where a figure is expected");
                let help = SafeText::from_static(
                    "hold each function against a figure, and join them with and",
                );
                self.wrong(Mistake::new(place, words).help(help));
                self.skip();
                Err(Told)
            }
            Some(What::Word("since" | "for")) | None => {
                self.unexpected("a figure");
                self.skip();
                Err(Told)
            }
            Some(figure @ (What::Figure(_) | What::Text(_) | What::Word(_))) => {
                self.at += 1;
                Ok(Some((op, figure, place)))
            }
            _ => {
                self.unexpected("a figure");
                self.skip();
                Err(Told)
            }
        }
    }

    /// The figure as one of `kinds`.
    fn value(
        &mut self,
        figure: What<'a>,
        place: Range<usize>,
        kinds: &[Kind],
        query: &Query,
    ) -> Option<Value> {
        let is_text = kinds == [Kind::Text];
        let read = match figure {
            What::Text(text) if is_text => argument::plain(&text, place).map(Value::Text),
            What::Figure(written) if is_text => {
                let words = safe!("{query} is a text, and {written} is none");
                Err(Mistake::new(place, words).help(safe!("write \"{written}\"")))
            }
            What::Word(word) if is_text => {
                let words = safe!("{query} is a text, and texts stand in quotes");
                Err(Mistake::new(place, words).help(safe!("write \"{word}\"")))
            }
            What::Word(word) => literal::figure(word, place, kinds, query),
            What::Text(text) => {
                literal::figure(&text, place.clone(), kinds, query).and_then(|_| {
                    let words = safe!("{query} is no text");
                    Err(Mistake::new(place, words).help(safe!("write {text} without quotes")))
                })
            }
            What::Figure(written) => literal::figure(written, place, kinds, query),
            _ => return None,
        };
        read.map_err(|mistake| self.wrong(mistake)).ok()
    }
}
