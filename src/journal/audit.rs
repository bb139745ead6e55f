//! Reading: which entries answer a question.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use jiff::Timestamp;

use super::entry::Entry;
use super::files::{self, Lines, failed};
use super::record::Record;
use crate::plan::record::{OperationId, RecordError, Target};

/// Which entries to show; what is absent or empty lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Of this service: its name, or `project/name`.
    pub service: Option<String>,
    /// By this person or account.
    pub operator: Option<String>,
    /// Of this operation.
    pub operation: Option<OperationId>,
}

/// All entries of the journal in `folder`, oldest first. What is no entry is passed over: [`super::verify`] speaks of it.
pub(super) fn entries(folder: &Path, mut each: impl FnMut(Entry)) -> Result<(), RecordError> {
    let segments = files::segments(folder).map_err(|error| failed("list", folder, &error))?;
    for path in segments {
        let file = File::open(&path).map_err(|error| failed("open", &path, &error))?;
        for line in Lines::new(file) {
            let line = line.map_err(|error| failed("read", &path, &error))?;
            if let Some(entry) = Entry::parse(&line.bytes).filter(|_| line.complete) {
                each(entry);
            }
        }
    }
    Ok(())
}

/// The entries that the filter lets through, oldest first.
pub(super) fn search(folder: &Path, filter: &Filter) -> Result<Vec<Entry>, RecordError> {
    let mut of_service = HashSet::new();
    let mut matching = Vec::new();
    entries(folder, |entry| {
        if let (Record::OperationBegin(began), Some(service)) = (&entry.record, &filter.service)
            && is_service(&began.start.target, service)
        {
            of_service.insert(began.operation.clone());
        }
        if filter.lets(&entry, &of_service) {
            matching.push(entry);
        }
    })?;
    Ok(matching)
}

impl Filter {
    fn lets(&self, entry: &Entry, of_service: &HashSet<OperationId>) -> bool {
        let operation = entry.record.operation();
        self.since.is_none_or(|since| entry.time >= since)
            && self.until.is_none_or(|until| entry.time < until)
            && self.operator.as_ref().is_none_or(|name| {
                [
                    &entry.who.operator,
                    &entry.who.os_user,
                    &entry.who.platform_user,
                ]
                .iter()
                .any(|known| known.as_str() == name)
            })
            && self
                .operation
                .as_ref()
                .is_none_or(|wanted| operation == Some(wanted))
            && self.service.as_ref().is_none_or(|service| {
                operation.is_some_and(|id| of_service.contains(id))
                    || target_of(&entry.record).is_some_and(|target| is_service(target, service))
            })
    }
}

fn is_service(target: &Target, wanted: &str) -> bool {
    let name = target.service.as_str();
    match wanted.split_once('/') {
        Some((project, service)) => target.project.as_str() == project && name == service,
        None => name == wanted,
    }
}

/// The service that an entry is about, where it says so itself.
fn target_of(record: &Record) -> Option<&Target> {
    match record {
        Record::OperationBegin(began) => Some(&began.start.target),
        Record::Backup(backup) => Some(&backup.target),
        Record::Revision(note) => Some(&note.target),
        Record::Intent(_)
        | Record::Outcome(_)
        | Record::OperationEnd(_)
        | Record::TakenOver { .. }
        | Record::LetGo { .. }
        | Record::Acknowledgement(_)
        | Record::Checklist(_)
        | Record::Note { .. }
        | Record::Gap(_)
        | Record::Unknown => None,
    }
}
