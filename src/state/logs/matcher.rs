//! What a filter of lines says: words, `/regex/`, fields such as `status>=500`; a `!` turns one round.

use regex::{Regex, RegexBuilder};

use super::entry::Entry;
use crate::domain::log::{self, Level};

/// The most memory that a compiled expression may take, in bytes.
const SIZE: usize = 1 << 20;
/// How deep groups may stand within each other; more would go deep into the stack.
const NESTED: u32 = 32;

/// Why a filter can't be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Characters before the place.
    pub column: usize,
    /// Why.
    pub why: String,
}

/// All terms hold.
#[derive(Debug, Default)]
pub struct Matcher(Vec<Term>);

#[derive(Debug)]
struct Term {
    inverse: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Text(Regex),
    Field(String, Compare, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    AtLeast,
    AtMost,
    Not,
    Contains,
    Above,
    Below,
    Equal,
}

/// The longer ones first.
const COMPARES: [(&str, Compare); 7] = [
    (">=", Compare::AtLeast),
    ("<=", Compare::AtMost),
    ("!=", Compare::Not),
    ("~", Compare::Contains),
    (">", Compare::Above),
    ("<", Compare::Below),
    ("=", Compare::Equal),
];

impl Matcher {
    /// Reads a filter; `None` where it says nothing.
    pub fn read(written: &str) -> Result<Option<Self>, Mistake> {
        let mut terms = Vec::new();
        let mut at = 0;
        loop {
            at += written[at..].len() - written[at..].trim_start().len();
            if at == written.len() {
                break;
            }
            let inverse = written[at..].starts_with('!') && !written[at..].starts_with("!=");
            at += usize::from(inverse);
            let rest = &written[at..];
            let column = |more: usize| written[..at].chars().count() + more;
            let (test, length) = if let Some(pattern) = rest.strip_prefix('/') {
                let end = closing(pattern);
                let pattern = &pattern[..end];
                if pattern.is_empty() {
                    (None, 1 + end)
                } else {
                    let regex = regex(pattern).map_err(|mistake| Mistake {
                        column: column(1 + mistake.column),
                        ..mistake
                    })?;
                    (Some(Test::Text(regex)), (2 + end).min(rest.len()))
                }
            } else if let Some(quoted) = rest.strip_prefix('"') {
                let end = quoted.find('"').unwrap_or(quoted.len());
                (literal(&quoted[..end]), (2 + end).min(rest.len()))
            } else {
                let end = rest.find(' ').unwrap_or(rest.len());
                let word = &rest[..end];
                (field(word).or_else(|| literal(word)), end)
            };
            terms.extend(test.map(|test| Term { inverse, test }));
            at += length.max(1).min(rest.len());
        }
        Ok((!terms.is_empty()).then_some(Self(terms)))
    }

    /// Whether a line, with those that continue it, is let through. Fields are those of the first.
    pub(super) fn matches<'a>(&self, group: impl Iterator<Item = &'a Entry>) -> bool {
        let mut met: u64 = 0;
        for (number, entry) in group.enumerate() {
            let Some(text) = entry.line() else { continue };
            for (bit, term) in self.0.iter().enumerate().take(64) {
                let holds = match &term.test {
                    Test::Text(regex) => met & (1 << bit) == 0 && regex.is_match(text.text()),
                    Test::Field(name, compare, value) => {
                        number == 0 && compares(entry, name, *compare, value)
                    }
                };
                met |= u64::from(holds) << bit;
            }
        }
        let terms = self.0.iter().enumerate().take(64);
        terms
            .into_iter()
            .all(|(bit, term)| (met & (1 << bit) != 0) != term.inverse)
    }

    /// Whether one more line may change the verdict on its entry.
    pub(super) fn reconsiders(&self, text: &str, shown: bool) -> bool {
        self.0.iter().any(|term| match &term.test {
            Test::Text(regex) => term.inverse == shown && regex.is_match(text),
            Test::Field(..) => false,
        })
    }
}

/// Where the pattern ends: at a slash that is not escaped.
fn closing(pattern: &str) -> usize {
    let mut escaped = false;
    let end = pattern.bytes().position(|b| {
        let end = b == b'/' && !escaped;
        escaped = b == b'\\' && !escaped;
        end
    });
    end.unwrap_or(pattern.len())
}

/// An expression, whatever the case.
fn regex(pattern: &str) -> Result<Regex, Mistake> {
    let built = RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(SIZE)
        .nest_limit(NESTED)
        .build();
    built.map_err(|error| match error {
        regex::Error::Syntax(message) => Mistake {
            // It draws the pattern, indented by four, and a caret under the place.
            column: message
                .lines()
                .find(|line| line.trim_start().starts_with('^'))
                .and_then(|line| line.find('^')?.checked_sub(4))
                .unwrap_or(0),
            why: message
                .lines()
                .find_map(|line| line.strip_prefix("error: "))
                .unwrap_or("this can't be read")
                .to_owned(),
        },
        _ => Mistake {
            column: 0,
            why: "this expression is too large".to_owned(),
        },
    })
}

fn literal(word: &str) -> Option<Test> {
    regex(&regex::escape(word))
        .ok()
        .filter(|_| !word.is_empty())
        .map(Test::Text)
}

/// What a search says: `/regex/` or plain text; `None` where it says nothing.
pub(super) fn search(written: &str) -> Result<Option<Regex>, Mistake> {
    if let Some(pattern) = written.strip_prefix('/') {
        let pattern = &pattern[..closing(pattern)];
        let found = (!pattern.is_empty()).then(|| regex(pattern)).transpose();
        return found.map_err(|mistake| Mistake {
            column: mistake.column + 1,
            ..mistake
        });
    }
    (!written.is_empty())
        .then(|| regex(&regex::escape(written)))
        .transpose()
}

fn field(word: &str) -> Option<Test> {
    let name = word
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || b"_.-@".contains(b))
        .count();
    let (name, rest) = word.split_at(name);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '@') {
        return None;
    }
    let (sign, compare) = COMPARES.iter().find(|(sign, _)| rest.starts_with(sign))?;
    let value = rest[sign.len()..].trim_matches('"');
    (!value.is_empty()).then(|| Test::Field(name.to_owned(), *compare, value.to_owned()))
}

fn compares(entry: &Entry, name: &str, compare: Compare, value: &str) -> bool {
    match name {
        "service" => return text(&entry.origin.service.name, compare, value),
        "instance" => return text(&entry.origin.label, compare, value),
        "level" => {
            if let Some(wanted) = Level::word(value) {
                return entry
                    .level
                    .is_some_and(|level| ordered(level.cmp(&wanted), compare));
            }
        }
        _ => {}
    }
    let Some(line) = entry.line() else {
        return false;
    };
    let Some(found) = log::field(line.text(), name) else {
        return false;
    };
    match (number(&found), number(value)) {
        (Some(found), Some(value)) if compare != Compare::Contains => found
            .partial_cmp(&value)
            .is_some_and(|order| ordered(order, compare)),
        _ => text(&found, compare, value),
    }
}

fn ordered(order: std::cmp::Ordering, compare: Compare) -> bool {
    match compare {
        Compare::AtLeast => order.is_ge(),
        Compare::AtMost => order.is_le(),
        Compare::Not => order.is_ne(),
        Compare::Above => order.is_gt(),
        Compare::Below => order.is_lt(),
        Compare::Equal | Compare::Contains => order.is_eq(),
    }
}

fn text(found: &str, compare: Compare, value: &str) -> bool {
    let (found, value) = (found.to_lowercase(), value.to_lowercase());
    if compare == Compare::Contains {
        return found.contains(&value);
    }
    ordered(found.cmp(&value), compare)
}

/// The number that a value begins with: 5000 of `5000ms`.
fn number(value: &str) -> Option<f64> {
    let end = value
        .bytes()
        .position(|b| !(b.is_ascii_digit() || b".-+".contains(&b)))
        .unwrap_or(value.len());
    let unit = &value[end..];
    let known = ["", "ms", "s", "us", "µs", "ns", "b", "kb", "mb", "%"];
    let scale = match unit.to_ascii_lowercase().as_str() {
        "s" => 1_000.0,
        "us" | "µs" => 0.001,
        "ns" => 0.000_001,
        other if known.contains(&other) => 1.0,
        _ => return None,
    };
    value[..end]
        .parse::<f64>()
        .ok()
        .map(|number| number * scale)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::logs::tests::entry;

    proptest! {
        #[test]
        fn whatever_is_typed_is_a_filter_or_a_mistake_within_it(text in "[a-c/()\\[\\]{}*+?|!\"<>=~. 1日^$]{0,40}") {
            if let Err(mistake) = Matcher::read(&text) {
                prop_assert!(mistake.column <= text.chars().count(), "{mistake:?}");
            }
            if let Err(mistake) = search(&text) {
                prop_assert!(mistake.column <= text.chars().count(), "{mistake:?}");
            }
        }
    }

    #[test]
    fn what_is_nested_too_deep_is_a_mistake() {
        let deep = format!("/{}a{}", "(".repeat(120), ")".repeat(120));
        assert!(Matcher::read(&deep).is_err());
    }

    fn shows(filter: &str, line: &str) -> bool {
        let entry = entry(line);
        Matcher::read(filter)
            .unwrap()
            .is_none_or(|m| m.matches(std::iter::once(&entry)))
    }

    #[test]
    fn words_expressions_and_fields() {
        let json =
            r#"{"level":"error","msg":"Pool timeout","status":503,"took":"5000ms","method":"GET"}"#;
        for (filter, shown) in [
            ("", true),
            ("pool TIMEOUT", true),
            ("pool gone", false),
            ("!gone pool", true),
            ("!pool", false),
            ("/time(out|d)/", true),
            ("/^pool/", false),
            ("!/a b/", true),
            ("\"pool timeout\"", true),
            ("\"timeout pool\"", false),
            ("status>=500", true),
            ("status>503", false),
            ("status!=503", false),
            ("!status=200", true),
            ("took>4999", true),
            ("took<4s", false),
            ("method=get level>=warn", true),
            ("level=warn", false),
            ("msg~pool", true),
            ("absent=1", false),
            ("service=api", true),
            ("!", true),
            ("/", true),
        ] {
            assert_eq!(shows(filter, json), shown, "{filter}");
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (filter, column) in [("/a(b/", 2), ("ok /x[/", 5), ("/a{2,1}/", 2), ("/*/", 1)] {
            let mistake = Matcher::read(filter).unwrap_err();
            assert_eq!(mistake.column, column, "{filter}: {mistake:?}");
            assert!(!mistake.why.is_empty());
        }
        assert_eq!(search("/a(").unwrap_err().column, 2);
        assert!(search("a(").unwrap().unwrap().is_match("A("));
    }
}
