//! From text to an expression, or to all that is wrong with it.

use std::{ops::Range, time::Duration};

use super::{
    Expr, Node, Soak, Test,
    functions::{FUNCTIONS, Function, named},
    literal,
    mistake::Mistake,
    query::{HttpField, Query},
    token::{Token, What, tokens},
    value::{Kind, Value},
};
use crate::{
    domain::{suggest::did_you_mean, values::Span},
    safe,
    text::SafeText,
};

mod against;
mod argument;

/// A longer expression is a mistake of whoever wrote it.
const MAX_BYTES: usize = 4096;

/// How deep parentheses and `not` may go.
const MAX_DEPTH: usize = 32;

/// Reads an expression: `healthy(api) and ready(api) >= 3`.
///
/// # Errors
///
/// Every mistake in it, by its place.
pub fn parse(text: &str) -> Result<Expr, Vec<Mistake>> {
    Parser::over(text, |parser| {
        let root = parser.any(0);
        if parser.word() == Some("for") {
            let words = SafeText::from_static("for belongs to a soak, and this is none");
            let help = SafeText::from_static("leave it out, or make it a soak");
            parser.wrong(Mistake::new(parser.span(), words).help(help));
        } else {
            parser.end("and, or, or the end");
        }
        root.map(|root| Expr { root })
    })
}

/// Reads an expression that must hold for so long: `healthy(api) for 10m`.
///
/// # Errors
///
/// Every mistake in it, by its place.
pub fn parse_soak(text: &str) -> Result<Soak, Vec<Mistake>> {
    Parser::over(text, |parser| {
        let root = parser.any(0);
        let lasting = parser.lasting();
        Some(Soak {
            expr: Expr { root: root? },
            lasting: lasting?,
        })
    })
}

/// Reads a duration alone: `1h30m`.
///
/// # Errors
///
/// What is wrong with it.
pub fn parse_span(text: &str) -> Result<Duration, Mistake> {
    let written = text.trim_start();
    let start = text.len() - written.len();
    let written = written.trim_end();
    let span = start..start + written.len();
    match written.parse() {
        Ok(Span(length)) => Ok(length),
        Err(error) => {
            let words = match written {
                "" => SafeText::from_static("a duration is expected here"),
                written => safe!("{written} is no duration"),
            };
            Err(Mistake::new(span, words).help(safe!("{error}")))
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    mistakes: Vec<Mistake>,
    /// What follows was not looked at.
    gave_up: bool,
}

impl<'a> Parser<'a> {
    /// What `read` makes of the text, if there is no mistake in it.
    fn over<T: ToString>(
        text: &'a str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Result<T, Vec<Mistake>> {
        let too_long = || {
            let words = safe!("it is longer than {MAX_BYTES} bytes");
            let help = SafeText::from_static("make several items of it");
            vec![Mistake::new(0..text.len(), words).help(help)]
        };
        if text.len() > MAX_BYTES {
            return Err(too_long());
        }
        let mut mistakes = Vec::new();
        let tokens = tokens(text, &mut mistakes);
        let mut parser = Self {
            text,
            tokens,
            at: 0,
            mistakes,
            gave_up: false,
        };
        let read = read(&mut parser);
        let mut mistakes = parser.mistakes;
        mistakes.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
        match read {
            // Its canonical form is read again, from a record.
            Some(read) if mistakes.is_empty() && read.to_string().len() <= MAX_BYTES => Ok(read),
            Some(_) if mistakes.is_empty() => Err(too_long()),
            _ => Err(mistakes),
        }
    }

    /// `A or B or …`
    fn any(&mut self, depth: usize) -> Option<Node> {
        let mut parts = vec![self.all(depth)];
        while self.take(&What::Or) {
            parts.push(self.all(depth));
        }
        joined(parts, |node| match node {
            Node::Any(parts) => Ok(parts),
            other => Err(other),
        })
        .map(|mut parts| match parts.len() {
            1 => parts.remove(0),
            _ => Node::Any(parts),
        })
    }

    /// `A and B and …`
    fn all(&mut self, depth: usize) -> Option<Node> {
        let mut parts = vec![self.part(depth)];
        while self.take(&What::And) {
            parts.push(self.part(depth));
        }
        joined(parts, |node| match node {
            Node::All(parts) => Ok(parts),
            other => Err(other),
        })
        .map(|mut parts| match parts.len() {
            1 => parts.remove(0),
            _ => Node::All(parts),
        })
    }

    /// `not A`, `(A)` or a test; what does not belong behind it is told, and passed over.
    fn part(&mut self, depth: usize) -> Option<Node> {
        if depth == MAX_DEPTH {
            let words = safe!("more than {MAX_DEPTH} parentheses and nots within each other");
            self.wrong(Mistake::new(self.span(), words));
            self.give_up();
            return None;
        }
        if self.take(&What::Not) {
            return self.part(depth + 1).map(|part| Node::Not(Box::new(part)));
        }
        let open = self.span();
        let part = if self.take(&What::Open) {
            let part = self.any(depth + 1);
            if self.word() == Some("for") {
                let words = SafeText::from_static("for stands within parentheses");
                let help = SafeText::from_static("write it at the end, behind them");
                self.wrong(Mistake::new(self.span(), words).help(help));
                self.give_up();
                return None;
            }
            if !self.take(&What::Close) && !self.gave_up {
                let words = SafeText::from_static("this parenthesis is not closed");
                self.wrong(Mistake::new(open, words));
            }
            part
        } else {
            self.test().map(Node::Test)
        };
        match self.what() {
            None | Some(What::And | What::Or | What::Close | What::Word("for")) => {}
            Some(_) => {
                self.unexpected("and, or, or the end");
                self.skip();
                return None;
            }
        }
        part
    }

    /// A function with its argument, and what its answer is held against.
    fn test(&mut self) -> Option<Test> {
        let span = self.span();
        let Some(name) = self.word().filter(|word| *word != "for") else {
            self.no_function();
            return None;
        };
        self.at += 1;
        let function = named(name);
        if !self.take(&What::Open) {
            let mistake = if let Some(function) = function {
                let needs = function.asks.words();
                let words = safe!("{name} needs {needs}, in parentheses");
                Mistake::new(span, words).help(safe!("write {}", function.example))
            } else {
                let words = safe!("{name} is no function");
                Mistake::new(span, words).maybe_help(Some(known(name)))
            };
            self.wrong(mistake);
            self.skip();
            return None;
        }
        if function.is_none() {
            let words = safe!("there is no function {name}");
            let mistake = Mistake::new(span.clone(), words);
            self.wrong(mistake.maybe_help(Some(known(name))));
        }
        let query = self.argument(name, function);
        let query = self.field(query, span.start..self.passed());
        let span = span.start..self.passed();
        let Some((function, query)) = function.zip(query) else {
            self.skip();
            return None;
        };
        self.held_against(function, query, span)
    }

    /// `for 10m`, and the end.
    fn lasting(&mut self) -> Option<Duration> {
        let span = self.span();
        if self.word() != Some("for") {
            if self.gave_up {
                return None;
            }
            if self.what().is_none() {
                let words = SafeText::from_static("it is not said for how long it must hold");
                let help = SafeText::from_static("write for 10m at its end");
                self.wrong(Mistake::new(span, words).help(help));
            } else {
                self.end("for");
            }
            return None;
        }
        self.at += 1;
        let place = self.span();
        let Some(What::Figure(written)) = self.what().cloned() else {
            self.unexpected("a duration such as 10m");
            return None;
        };
        self.at += 1;
        let read = literal::figure(written, place, &[Kind::Span], &"what stands behind for");
        self.end("the end");
        match read {
            Ok(Value::Span(span)) => Some(span),
            Ok(_) => None,
            Err(mistake) => {
                self.wrong(mistake);
                None
            }
        }
    }

    /// Nothing may follow.
    fn end(&mut self, expected: &str) {
        if self.what() == Some(&What::Close) {
            let words = SafeText::from_static("this parenthesis was never opened");
            self.wrong(Mistake::new(self.span(), words));
        } else if self.what().is_some() {
            self.unexpected(expected);
        }
    }

    /// Where a test should begin, something else stands.
    fn no_function(&mut self) {
        let span = self.span();
        let help = SafeText::from_static("write one such as healthy(api) or ready(api) >= 3");
        let words = match self.what() {
            None if self.tokens.is_empty() => SafeText::from_static("there is no expression"),
            Some(What::Odd) => {
                self.skip();
                return;
            }
            Some(What::Figure(_) | What::Text(_)) => {
                safe!("{} stands where a function is expected", self.written())
            }
            _ => SafeText::from_static("a function is expected here"),
        };
        self.wrong(Mistake::new(span, words).help(help));
        self.skip();
    }

    /// What is at hand does not belong there.
    fn unexpected(&mut self, expected: &str) {
        let words = match self.what() {
            Some(What::Odd) => return,
            Some(_) => safe!("{expected} is expected here, not {}", self.written()),
            None => safe!("{expected} is expected here"),
        };
        self.wrong(Mistake::new(self.span(), words));
    }

    /// Passes over what cannot be made sense of, up to what joins it to the rest.
    fn skip(&mut self) {
        let mut open = 0_usize;
        while let Some(what) = self.what() {
            match what {
                What::And | What::Or | What::Close | What::Word("for") if open == 0 => return,
                What::Open => open += 1,
                What::Close => open -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// What follows could only be misunderstood.
    fn give_up(&mut self) {
        self.at = self.tokens.len();
        self.gave_up = true;
    }

    fn wrong(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    fn what(&self) -> Option<&What<'a>> {
        self.tokens.get(self.at).map(|token| &token.what)
    }

    fn word(&self) -> Option<&'a str> {
        match self.what() {
            Some(What::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn take(&mut self, what: &What<'_>) -> bool {
        let is_there = self.what() == Some(what);
        self.at += usize::from(is_there);
        is_there
    }

    /// The place of what is at hand; the end of the text where there is nothing.
    fn span(&self) -> Range<usize> {
        let end = self.text.trim_end().len();
        let token = self.tokens.get(self.at);
        token.map_or(end..end, |token| token.span.clone())
    }

    /// Where what was taken last ends.
    fn passed(&self) -> usize {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(0, |token| token.span.end)
    }

    /// What is at hand, as it was written.
    fn written(&self) -> &'a str {
        &self.text[self.span()]
    }
}

/// The parts of one list; those of lists within it are its own. `None` when one of them is none.
fn joined(
    parts: Vec<Option<Node>>,
    inner: impl Fn(Node) -> Result<Vec<Node>, Node>,
) -> Option<Vec<Node>> {
    let mut all = Vec::with_capacity(parts.len());
    for part in parts {
        match inner(part?) {
            Ok(parts) => all.extend(parts),
            Err(part) => all.push(part),
        }
    }
    Some(all)
}

/// What `name` may have been meant to be, or else what there is.
fn known(name: &str) -> String {
    let names = || FUNCTIONS.iter().map(|function| function.name);
    did_you_mean(name, names()).unwrap_or_else(|| {
        let names: Vec<&str> = names().collect();
        format!("there are {}", names.join(", "))
    })
}
