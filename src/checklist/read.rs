//! From a Markdown file to a [`Document`], or to every mistake in it.

use std::{collections::BTreeMap, sync::Arc};

use sha2::{Digest as _, Sha256};

use super::{
    document::{Document, Item, ItemId, List, ListKind, NOTHING, NOTHING_HELP},
    front_matter::{self, Field},
    keys::{self, Known, Reader},
    markdown::{self, Draft},
};
use crate::{
    domain::{
        report::{Problem, Report, Source, quoted},
        suggest::did_you_mean,
        values::Span,
    },
    text::SafeText,
};

/// More items than that in one go nobody keeps in mind.
const MOST_IN_ONE_GO: usize = 9;

/// More mistakes than that are not told.
const MOST_TOLD: usize = 200;

const FIELDS: [&str; 5] = ["name", "environment", "abort-when", "planned", "way-back"];

/// A list that can be walked, and what could be better about it.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The list.
    pub document: Document,
    /// What it is warned of.
    pub warnings: Report,
}

/// Reads a file. With `known`, names of services that are not there are mistakes.
///
/// # Errors
/// Every mistake, with its place, and the warnings among them; that there is nothing to walk is one.
pub fn read(source: &Arc<Source>, known: Option<&Known>) -> Result<Reading, Report> {
    let mut reader = Reader {
        source,
        known,
        report: Report::default(),
    };
    let text = source.text();
    let (fields, body) = front_matter::read(text);
    let found = markdown::find(text, body, &keys::is_key);
    let mut document = Document {
        name: SafeText::EMPTY,
        environment: None,
        abort_when: None,
        planned: None,
        way_back: None,
        lists: Vec::new(),
        hash: hash(text.as_bytes()),
        source: Arc::clone(source),
    };
    reader.head(fields, &mut document);
    let stem = source.path().file_stem().unwrap_or_default();
    document.name = name(&document.name)
        .or_else(|| found.title.as_deref().and_then(name))
        .or_else(|| name(&SafeText::name(stem.as_encoded_bytes())))
        .unwrap_or_else(|| SafeText::from_static("list"));
    let mut names = BTreeMap::new();
    let mut next = 1;
    for (heading, draft) in found.drafts {
        let heading = heading.as_deref().and_then(name);
        let called = heading.unwrap_or_else(|| document.name.clone());
        let list = reader.list(unique(called, &mut names), draft, &mut next);
        document.lists.push(list);
    }
    reader.boxes(text, body);
    // What marks the file as Unicode is no part of its text.
    reader.odd(text, if text.starts_with('\u{feff}') { 3 } else { 0 });
    if document.lists.is_empty() {
        reader.problem(body..body, NOTHING).help(NOTHING_HELP);
    }
    let mut report = reader.report;
    report.sort_from(0);
    report.shorten(MOST_TOLD);
    if report.is_wrong() {
        Err(report)
    } else {
        Ok(Reading {
            document,
            warnings: report,
        })
    }
}

/// Whether a problem is that there is nothing to walk.
pub fn is_nothing(problem: &Problem) -> bool {
    problem.message() == NOTHING
}

/// What a file is known by: the SHA-256 of all of it, in hexadecimal digits.
pub fn hash(file: &[u8]) -> SafeText {
    let digest = Sha256::digest(file);
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digit = |value| char::from_digit(u32::from(value), 16);
    SafeText::line(digits.filter_map(digit).collect::<String>())
}

/// What something is called by these words, as it is typed to ask for it; `None` where nothing of them can be shown.
fn name(words: &str) -> Option<SafeText> {
    let words = SafeText::line(words);
    let words = words.trim();
    (!words.is_empty()).then(|| SafeText::line(words))
}

/// `name`, or `name (2)` where that is taken, so that every list can be asked for.
fn unique(name: SafeText, taken: &mut BTreeMap<String, u32>) -> SafeText {
    let mut candidate = name.clone();
    loop {
        let times = taken.entry(candidate.to_lowercase()).or_insert(0);
        *times += 1;
        if *times == 1 {
            return candidate;
        }
        let times = *times;
        candidate = crate::safe!("{} ({times})", name.truncated(120));
    }
}

impl Reader<'_> {
    fn list(&mut self, name: SafeText, draft: Draft, next: &mut u32) -> List {
        let mut id = || {
            *next += 1;
            ItemId(*next - 1)
        };
        let (kind, items): (_, Vec<Item>) = match draft {
            Draft::Boxes(drafts) => {
                let items = drafts.into_iter().map(|draft| self.item(id(), draft));
                (ListKind::Checklist, items.collect())
            }
            Draft::Steps(drafts) => {
                let items = drafts.into_iter().map(|draft| self.step(id(), draft));
                (ListKind::Procedure, items.collect())
            }
        };
        if kind == ListKind::Checklist {
            self.arranged(&name, &items);
        }
        List { name, kind, items }
    }

    /// Warns of what makes a list hard to walk.
    fn arranged(&mut self, name: &str, items: &[Item]) {
        if let Some(tenth) = items.get(MOST_IN_ONE_GO) {
            let at = tenth.place.start;
            let message = format!(
                "`{}` has {} items, more than {MOST_IN_ONE_GO} in one go",
                quoted(name),
                items.len()
            );
            self.problem(at..at + 1, message)
                .help("put a heading before this one, where there is time to pause")
                .warning();
        }
        let late = items.iter().skip_while(|item| item.killer);
        for item in late.filter(|item| item.killer) {
            let at = item.place.start;
            self.problem(
                at..at + 1,
                "a killer item that is not the first of its list",
            )
            .help("it is walked first; put it there")
            .warning();
        }
    }

    fn head(&mut self, fields: Vec<Field<'_>>, document: &mut Document) {
        let mut seen: BTreeMap<&str, std::ops::Range<usize>> = BTreeMap::new();
        for field in fields {
            let Some(key) = FIELDS.into_iter().find(|key| *key == field.key) else {
                let slip = did_you_mean(field.key, FIELDS);
                let message = format!("there is no field `{}`", quoted(field.key));
                let far = slip.is_none();
                let problem = self.problem(field.key_span, message);
                problem
                    .help(slip.unwrap_or_else(|| format!("those read are {}", FIELDS.join(", "))));
                if far {
                    // Other tools have heads of their own.
                    problem.warning();
                }
                continue;
            };
            if let Some(first) = seen.insert(key, field.key_span.clone()) {
                self.problem(field.key_span, format!("`{key}` stands twice"))
                    .also(first, "here first")
                    .help("leave one of them");
                continue;
            }
            if field.value.is_empty() {
                self.problem(field.key_span, format!("`{key}` has no value on its line"))
                    .help(format!("write `{key}: …`, or leave it out"));
                continue;
            }
            match key {
                "name" => document.name = SafeText::line(field.value),
                "environment" => document.environment = Some(SafeText::name(field.value)),
                "abort-when" => {
                    document.abort_when = self.condition(field.value, field.value_span.start);
                }
                _ => match field.value.parse::<Span>() {
                    Ok(Span(long)) if key == "planned" => document.planned = Some(long),
                    Ok(Span(long)) => document.way_back = Some(long),
                    Err(error) => {
                        self.problem(field.value_span, "this is no span of time")
                            .help(error.to_string());
                    }
                },
            }
        }
    }
}
