//! From text to the words of an expression.

use std::ops::Range;

use super::{mistake::Mistake, value::Op};
use crate::{safe, text::SafeText};

/// A word of the language, with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) what: What<'a>,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What<'a> {
    /// A name, or an argument without quotes.
    Word(&'a str),
    /// What stood in quotes.
    Text(String),
    /// A figure with its unit, as written: `0.1 %`.
    Figure(&'a str),
    Compare(Op),
    Open,
    Close,
    Dot,
    Comma,
    And,
    Or,
    Not,
    /// What means nothing here; told already.
    Odd,
}

/// Signs and words, the longest first; what other languages write is understood, and told.
const SIGNS: [(&str, What<'static>, Option<&str>); 21] = [
    ("==", What::Compare(Op::Equal), None),
    ("!=", What::Compare(Op::Unequal), None),
    ("<=", What::Compare(Op::AtMost), None),
    (">=", What::Compare(Op::AtLeast), None),
    ("<>", What::Compare(Op::Unequal), Some("!=")),
    ("=<", What::Compare(Op::AtMost), Some("<=")),
    ("=>", What::Compare(Op::AtLeast), Some(">=")),
    ("&&", What::And, Some("and")),
    ("||", What::Or, Some("or")),
    ("≤", What::Compare(Op::AtMost), Some("<=")),
    ("≥", What::Compare(Op::AtLeast), Some(">=")),
    ("≠", What::Compare(Op::Unequal), Some("!=")),
    ("<", What::Compare(Op::Less), None),
    (">", What::Compare(Op::More), None),
    ("=", What::Compare(Op::Equal), Some("==")),
    ("!", What::Not, Some("not")),
    ("(", What::Open, None),
    (")", What::Close, None),
    (".", What::Dot, None),
    (",", What::Comma, None),
    ("*", What::Word("*"), None),
];

/// The text in words. What is none is in `mistakes`.
pub(super) fn tokens<'a>(text: &'a str, mistakes: &mut Vec<Mistake>) -> Vec<Token<'a>> {
    let mut found: Vec<Token<'a>> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (what, length) = if matches!(c, '"' | '\'' | '“' | '”') {
            quoted(at, rest, c, mistakes)
        } else if is_argument(&found) && c != ')' {
            let ends =
                |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"' | '\'' | '“');
            bare(at, rest, rest.find(ends).unwrap_or(rest.len()), mistakes)
        } else if c.is_ascii_digit() {
            let length = figure(rest);
            (What::Figure(&rest[..length]), length)
        } else if c.is_alphabetic() || c == '_' {
            word(at, rest, mistakes)
        } else {
            sign(at, rest, c, mistakes)
        };
        let span = at..at + length;
        at = span.end;
        found.push(Token { what, span });
    }
    found
}

/// Whether what comes next is the argument of a function.
fn is_argument(found: &[Token<'_>]) -> bool {
    let what = |back: usize| found.len().checked_sub(back).map(|at| &found[at].what);
    matches!((what(2), what(1)), (Some(What::Word(_)), Some(What::Open)))
}

/// An argument without quotes: up to a space or a parenthesis.
fn bare<'a>(
    at: usize,
    rest: &'a str,
    length: usize,
    mistakes: &mut Vec<Mistake>,
) -> (What<'a>, usize) {
    if length == 0 {
        let open = rest.chars().next().map_or(0, char::len_utf8);
        let words = safe!("a name is expected here");
        mistakes.push(Mistake::new(at..at + open, words));
        return (What::Odd, open);
    }
    (What::Word(&rest[..length]), length)
}

fn word<'a>(at: usize, rest: &'a str, mistakes: &mut Vec<Mistake>) -> (What<'a>, usize) {
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    let written = &rest[..end.unwrap_or(rest.len())];
    let small = written.to_ascii_lowercase();
    let what = match small.as_str() {
        "and" => What::And,
        "or" => What::Or,
        "not" => What::Not,
        _ => return (What::Word(written), written.len()),
    };
    if small != written {
        instead(at, written, &small, mistakes);
    }
    (what, written.len())
}

fn sign<'a>(at: usize, rest: &str, c: char, mistakes: &mut Vec<Mistake>) -> (What<'a>, usize) {
    let Some((written, what, ours)) = SIGNS.iter().find(|(sign, ..)| rest.starts_with(sign)) else {
        let words = safe!("{} means nothing here", SafeText::name(c.to_string()));
        mistakes.push(Mistake::new(at..at + c.len_utf8(), words));
        return (What::Odd, c.len_utf8());
    };
    if let Some(ours) = ours {
        instead(at, written, ours, mistakes);
    }
    (what.clone(), written.len())
}

fn instead(at: usize, written: &str, ours: &str, mistakes: &mut Vec<Mistake>) {
    let mistake = Mistake::new(at..at + written.len(), safe!("{written} is not known here"));
    mistakes.push(mistake.help(safe!("write {ours}")));
}

/// What stands in quotes, with `\"` and `\\` for the two that would end it; and how long it is with them.
fn quoted<'a>(
    at: usize,
    rest: &str,
    quote: char,
    mistakes: &mut Vec<Mistake>,
) -> (What<'a>, usize) {
    let curly = matches!(quote, '“' | '”');
    let mut text = String::new();
    let mut inner = rest.char_indices().skip(1);
    let end = loop {
        match inner.next() {
            None => {
                let words = SafeText::from_static("the quotation does not end");
                mistakes.push(Mistake::new(at..at + rest.len(), words));
                return (What::Odd, rest.len());
            }
            Some((end, c)) if c == quote || (curly && matches!(c, '“' | '”')) => {
                break end + c.len_utf8();
            }
            Some((_, '\\')) => match inner.next() {
                Some((_, c @ ('\\' | '"' | '\''))) => text.push(c),
                other => {
                    text.push('\\');
                    text.extend(other.map(|(_, c)| c));
                }
            },
            Some((_, c)) => text.push(c),
        }
    };
    if curly {
        let words = SafeText::from_static("these quotation marks are not known here");
        mistakes.push(Mistake::new(at..at + end, words).help(safe!("write \"{text}\"")));
    }
    (What::Text(text), end)
}

/// How long the figure is at the beginning of `rest`: digits and what sticks to them, and units that a space sets apart.
fn figure(rest: &str) -> usize {
    let sticks = |c: char| c.is_alphanumeric() || matches!(c, '.' | '%' | '_');
    let run = |at: usize| {
        let end = rest[at..].find(|c| !sticks(c));
        end.map_or(rest.len(), |end| at + end)
    };
    let mut end = run(0);
    loop {
        let next = end + rest[end..].len() - rest[end..].trim_start().len();
        let after = run(next);
        let piece = &rest[next..after];
        let goes_on =
            super::literal::is_unit(piece) || piece.starts_with(|c: char| c.is_ascii_digit());
        if after == end || !goes_on {
            return end;
        }
        end = after;
    }
}
