//! What was changed: operations that ended or were cut short, and versions that were noticed.

use std::{collections::HashMap, path::Path};

use jiff::{SignedDuration, Timestamp};

use super::{
    audit::entries,
    entry::Entry,
    record::{Began, Record, RevisionNote, Sighting},
};
use crate::{
    domain::{image, past::Past, service::ServiceId},
    plan::record::{Facts, OperationEnd, OperationResult, OperationStart, RecordError},
    text::SafeText,
};

/// A version that is noticed so soon after an operation on its service ended came by that operation.
const ECHO: SignedDuration = SignedDuration::from_mins(10);

/// The last changes on the daemon or cluster of that identity, newest first, so many at most.
pub(super) fn changes(
    journal: &Path,
    identity: &str,
    most: usize,
) -> Result<Vec<Past>, RecordError> {
    let mut history = History::default();
    entries(journal, |entry| history.take_in(identity, entry))?;
    let mut changes = history.changes;
    changes.sort_by_key(|past| std::cmp::Reverse((past.at, past.seq)));
    changes.truncate(most);
    Ok(changes)
}

#[derive(Default)]
struct History {
    changes: Vec<Past>,
    /// The images seen of each service, by id, with the version last seen at work.
    seen: HashMap<ServiceId, (Vec<SafeText>, SafeText)>,
}

impl History {
    fn take_in(&mut self, identity: &str, entry: Entry) {
        let (seq, at) = (entry.seq, entry.time);
        match entry.record {
            Record::OperationBegin(Began { operation, start })
                if start.target.cluster.as_str() == identity =>
            {
                let by = SafeText::name(entry.who.operator.as_str());
                let operation = SafeText::name(operation.as_str());
                self.changes.push(begun(seq, at, operation, by, &start));
            }
            Record::OperationEnd(end) => self.end(at, &end),
            Record::Revision(note)
                if note.seen == Sighting::Running && note.target.cluster.as_str() == identity =>
            {
                self.noticed(seq, at, &note);
            }
            _ => {}
        }
    }

    fn end(&mut self, at: Timestamp, end: &OperationEnd) {
        let ended = self.changes.iter_mut().rev();
        let named = |past: &&mut Past| &*past.operation == end.operation.as_str();
        if let Some(past) = ended.into_iter().find(named) {
            past.at = at;
            past.outcome = SafeText::line(end.result.to_string().replace('-', " "));
            past.well = matches!(end.result, OperationResult::Verified);
        }
    }

    /// A version that nobody here brought about. One that ran before says nothing: two may run side by side.
    fn noticed(&mut self, seq: u64, at: Timestamp, note: &RevisionNote) {
        let service = note.target.service_id();
        let id = SafeText::name(note.image_id.as_str());
        let to = SafeText::name(note.version.as_str());
        let (known, last) = self.seen.entry(service.clone()).or_default();
        let first = known.is_empty();
        let again = known.contains(&id);
        known.push(id);
        let from = std::mem::replace(last, to.clone());
        let ours = |past: &Past| past.service == service && at.duration_since(past.at) < ECHO;
        if first
            || again
            || self
                .changes
                .iter()
                .any(|past| !past.operation.is_empty() && ours(past))
        {
            return;
        }
        self.changes.push(Past {
            seq,
            operation: SafeText::EMPTY,
            service,
            action: SafeText::EMPTY,
            from,
            to,
            by: SafeText::EMPTY,
            at,
            outcome: SafeText::from_static("noticed"),
            well: true,
        });
    }
}

fn begun(
    seq: u64,
    at: Timestamp,
    operation: SafeText,
    by: SafeText,
    start: &OperationStart,
) -> Past {
    let (from, to) = sides(&start.before, &start.after);
    Past {
        seq,
        operation,
        service: start.target.service_id(),
        action: SafeText::name(start.action.as_str()),
        from,
        to,
        by,
        at,
        outcome: SafeText::from_static("no end recorded"),
        well: false,
    }
}

/// From what to what, where it changed how many there are, or what they run.
fn sides(before: &Facts, after: &Facts) -> (SafeText, SafeText) {
    let count = |n: &u32| SafeText::name(n.to_string());
    if let Some(to) = &after.replicas {
        return (
            before.replicas.as_ref().map(count).unwrap_or_default(),
            count(to),
        );
    }
    let version = |facts: &Facts| {
        let name = facts.image.as_ref().map_or("", |image| image.as_str());
        let id = facts.image_id.as_ref().map_or("", |id| id.as_str());
        image::version(if name.is_empty() { id } else { name })
    };
    match (&after.image, &after.image_id) {
        (None, None) => (SafeText::EMPTY, SafeText::EMPTY),
        _ => (version(before), version(after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{entry::Hash, who::Who},
        plan::record::{Failure, Label, OperationId, Target},
    };

    const HERE: &str = "daemon-1";

    fn target(cluster: &str) -> Target {
        Target {
            cluster: cluster.into(),
            project: "shop".into(),
            service: "api".into(),
            ..Target::default()
        }
    }

    fn entry(seq: u64, record: Record) -> Entry {
        Entry {
            seq,
            prev: Hash::zero(),
            time: Timestamp::from_second(1_800_000_000 + seq as i64 * 600).unwrap(),
            who: Who {
                operator: Label::from("ana"),
                ..Who::default()
            },
            session: Label::from("s"),
            version: Label::from("0"),
            record,
        }
    }

    fn begin(id: &str, cluster: &str) -> Record {
        let image = |image: &str| Facts {
            image: Some(image.into()),
            ..Facts::default()
        };
        Record::OperationBegin(Began {
            operation: OperationId::parse(id),
            start: OperationStart {
                action: "rollout".into(),
                target: target(cluster),
                by: Label::default(),
                reason: Label::default(),
                before: image("shop/api:v1"),
                after: image("shop/api:v2"),
                steps: Vec::new(),
                resumes: None,
            },
        })
    }

    fn end(id: &str, result: OperationResult) -> Record {
        Record::OperationEnd(OperationEnd {
            operation: OperationId::parse(id),
            result,
            after: Facts::default(),
        })
    }

    fn runs(version: &str) -> Record {
        Record::Revision(RevisionNote {
            target: target(HERE),
            image_id: version.into(),
            image: version.into(),
            version: version.into(),
            seen: Sighting::Running,
        })
    }

    fn told(records: Vec<Record>) -> Vec<String> {
        let mut history = History::default();
        for (seq, record) in (1..).zip(records) {
            history.take_in(HERE, entry(seq, record));
        }
        let told = |past: &Past| {
            format!(
                "{} {}>{} by {}: {} {}",
                past.action, past.from, past.to, past.by, past.outcome, past.well
            )
        };
        history.changes.iter().map(told).collect()
    }

    #[test]
    fn an_operation_tells_what_who_and_how_it_ended() {
        let why = Failure::ImageMissing;
        let records = vec![
            begin("a", HERE),
            end("a", OperationResult::Verified),
            begin("b", HERE),
            end("b", OperationResult::Failed { step: 1, why }),
            begin("c", HERE),
            begin("d", "daemon-2"),
        ];
        assert_eq!(
            told(records),
            [
                "rollout v1>v2 by ana: verified true",
                "rollout v1>v2 by ana: failed false",
                "rollout v1>v2 by ana: no end recorded false",
            ]
        );
    }

    #[test]
    fn a_version_that_nobody_here_brought_is_noticed_once() {
        let records = vec![runs("v1"), runs("v2"), runs("v1"), runs("v2")];
        assert_eq!(told(records), [" v1>v2 by : noticed true"]);
        let own = vec![runs("v1"), begin("a", HERE), runs("v2")];
        let told = told(own);
        assert_eq!(told.len(), 2, "ten minutes later is another change");
    }
}
