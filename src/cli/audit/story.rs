//! The journal as a person asks for it: a line for each thing that somebody did, with what came of it.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::who;
use crate::{
    cli::{
        out::{Paint, Style},
        table::{Side, Table},
    },
    domain::{figures, image},
    journal::{
        Entry,
        record::{Began, Record},
    },
    plan::record::{Facts, OperationEnd, OperationId, OperationResult, OperationStart},
    text::SafeText,
};

/// Something that was done.
pub(super) struct Deed<'a> {
    /// The entry that tells of it first.
    entry: &'a Entry,
    /// An operation's entries have its id.
    operation: Option<&'a OperationId>,
    what: String,
    place: SafeText,
    outcome: Outcome,
    /// When it was over.
    end: Option<Timestamp>,
    reason: SafeText,
}

/// How it came out, as far as the journal tells.
enum Outcome {
    /// There is none to speak of: a word, not an operation.
    Said,
    UnderWay,
    /// Its console is gone, and nobody has taken it up.
    Unfinished,
    /// Another operation went on with it, or put it back.
    TakenUp,
    Ended(OperationResult),
}

/// What was done, oldest first; `unfinished` are those that nobody works on any more.
pub(super) fn deeds<'a>(entries: &'a [Entry], unfinished: &HashSet<&OperationId>) -> Vec<Deed<'a>> {
    let versions = Versions::of(entries);
    let mut ends: HashMap<&OperationId, (Timestamp, &OperationEnd)> = HashMap::new();
    let mut resumed: HashSet<&OperationId> = HashSet::new();
    for entry in entries {
        match &entry.record {
            Record::OperationEnd(end) => {
                ends.insert(&end.operation, (entry.time, end));
            }
            Record::OperationBegin(began) => resumed.extend(&began.start.resumes),
            _ => {}
        }
    }
    let deed = |entry: &'a Entry| match &entry.record {
        Record::OperationBegin(Began { operation, start }) => {
            let end = ends.get(operation);
            Some(Deed {
                entry,
                operation: Some(operation),
                what: what(start, &versions),
                place: SafeText::name(start.target.context.as_str()),
                outcome: match end {
                    Some((_, end)) => Outcome::Ended(end.result),
                    None if resumed.contains(operation) => Outcome::TakenUp,
                    None if unfinished.contains(operation) => Outcome::Unfinished,
                    None => Outcome::UnderWay,
                },
                end: end.map(|(at, _)| *at),
                reason: SafeText::line(start.reason.as_str()),
            })
        }
        // What an action of it came to stands with the action.
        Record::Checklist(walked) if !walked.event.what.is_said() => None,
        Record::Checklist(_)
        | Record::Acknowledgement(_)
        | Record::Note { .. }
        | Record::Gap(_) => Some(Deed {
            entry,
            operation: None,
            what: entry.sentence().to_string(),
            place: SafeText::EMPTY,
            outcome: Outcome::Said,
            end: None,
            reason: SafeText::EMPTY,
        }),
        _ => None,
    };
    entries.iter().filter_map(deed).collect()
}

impl Deed<'_> {
    /// Whether an entry tells of it.
    pub(super) fn holds(&self, entry: &Entry) -> bool {
        match self.operation {
            Some(_) => entry.record.operation() == self.operation,
            None => entry.seq == self.entry.seq,
        }
    }
}

/// A line each.
pub(super) fn table(deeds: &[&Deed<'_>], style: &Style) -> String {
    if deeds.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[
        ("WHEN", Side::Left),
        ("WHO", Side::Left),
        ("WHAT", Side::Left),
        ("WHERE", Side::Left),
        ("OUTCOME", Side::Left),
        ("TOOK", Side::Right),
        ("WHY", Side::Left),
    ]);
    for deed in deeds {
        let (outcome, paint) = deed.outcome.words();
        let took = deed.end.map_or_else(String::new, |end| {
            let took = end.duration_since(deed.entry.time).unsigned_abs();
            figures::elapsed(took.as_secs())
        });
        table.row(vec![
            (style.time(deed.entry.time), Paint::Dim),
            (who(deed.entry).to_string(), Paint::Strong),
            (deed.what.replace('→', style.glyphs.arrow), Paint::Plain),
            (deed.place.to_string(), Paint::Plain),
            (outcome, paint),
            (took, Paint::Plain),
            (deed.reason.to_string(), Paint::Plain),
        ]);
    }
    table.render(style)
}

impl Outcome {
    fn words(&self) -> (String, Paint) {
        let (words, paint) = match self {
            Self::Said => ("", Paint::Plain),
            Self::UnderWay => ("under way", Paint::Plain),
            Self::Unfinished => ("unfinished", Paint::Warning),
            Self::TakenUp => ("taken up again", Paint::Plain),
            Self::Ended(result) => match result {
                OperationResult::Verified => ("verified", Paint::Good),
                OperationResult::Unverified => ("not verified", Paint::Warning),
                OperationResult::PutBack => ("put back", Paint::Warning),
                OperationResult::Superseded => ("superseded", Paint::Warning),
                OperationResult::Reverted => ("undone", Paint::Warning),
                OperationResult::Cancelled => ("stopped", Paint::Warning),
                OperationResult::LeftAsIs => ("left as it is", Paint::Warning),
                OperationResult::Failed { step, why } => {
                    let why = why.to_string().replace('-', " ");
                    return (format!("failed at step {step}: {why}"), Paint::Critical);
                }
            },
        };
        (words.to_owned(), paint)
    }
}

/// Which version an image's id stood for, as far as the journal has ever told.
struct Versions<'a>(HashMap<&'a str, SafeText>);

impl<'a> Versions<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let mut known = HashMap::new();
        for entry in entries {
            let (id, image) = match &entry.record {
                Record::Revision(note) => (Some(&note.image_id), Some(&note.image)),
                Record::OperationBegin(began) => {
                    let before = &began.start.before;
                    (before.image_id.as_ref(), before.image.as_ref())
                }
                _ => continue,
            };
            if let (Some(id), Some(image)) = (id, image) {
                known.insert(id.as_str(), image::version(image.as_str()));
            }
        }
        Self(known)
    }

    /// The version of what `facts` name; `None` where they name no image, as those of a node.
    fn version(&self, facts: &Facts) -> Option<SafeText> {
        let version = match &facts.image {
            None => {
                let id = facts.image_id.as_ref().map_or("", |id| id.as_str());
                let known = self.0.get(id).cloned();
                known.unwrap_or_else(|| image::version(id))
            }
            Some(image) => {
                let version = image::version(image.as_str());
                // Neither a tag nor an id: the name is all there is.
                if version.is_empty() {
                    SafeText::name(image.as_str())
                } else {
                    version
                }
            }
        };
        Some(version).filter(|version| !version.is_empty())
    }
}

/// `rollout shop/api v1.8.1 → v1.8.2`.
fn what(start: &OperationStart, versions: &Versions<'_>) -> String {
    let action = SafeText::name(start.action.as_str());
    let service = start.target.service_id();
    let (before, after) = (&start.before, &start.after);
    let unknown = || "?".to_owned();
    let change = match (after.replicas, versions.version(after)) {
        (Some(to), _) => {
            let from = before.replicas.map_or_else(unknown, |n| n.to_string());
            format!(" {from} → {to}")
        }
        (None, Some(to)) => {
            let from = versions.version(before);
            let from = from.map_or_else(unknown, |version| version.to_string());
            format!(" {from} → {to}")
        }
        (None, None) => String::new(),
    };
    format!("{action} {service}{change}")
}
