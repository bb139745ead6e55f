//! What became of an operation, as far as the journal knows.

use std::{collections::BTreeMap, path::Path};

use super::{
    audit::entries,
    operations::{self, Unfinished},
    record::{Began, Record},
};
use crate::plan::record::{
    Label, OperationId, OperationResult, OperationStart, RecordError, StepIntent,
};

/// What became of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It ended so, or the one did that went on with it.
    Ended(OperationResult),
    /// It made a copy, which was verified; its end was not written any more.
    BackedUp,
    /// It began, and nothing of it was sent, nor of those that it went on with.
    Unsent,
    /// Something of it was sent, and it has no end: the platform knows.
    Open(Box<Unfinished>),
    /// Another console works on it, by that name.
    UnderWay(Label),
    /// The journal does not hold it.
    Unknown,
}

/// What the journal knows of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What became of it.
    pub fate: Fate,
    /// What it was to do.
    pub start: Option<OperationStart>,
    /// What it was about to send, and those that went on with it.
    pub sent: Vec<StepIntent>,
}

/// What the journal knows of it, for the console of the session `own`.
pub(super) fn of(journal: &Path, id: &OperationId, own: &Label) -> Result<Known, RecordError> {
    // Those about the same steps, each with whether it was to put them back.
    let mut same = BTreeMap::new();
    let mut first: Option<OperationStart> = None;
    let (mut ended, mut copied, mut sent) = (None, false, Vec::new());
    entries(journal, |entry| match entry.record {
        Record::OperationBegin(Began { operation, start }) => {
            let resumes = start.resumes.as_ref();
            if operation == *id {
                same.insert(operation, false);
                first = Some(start);
            } else if resumes.is_some_and(|id| same.contains_key(id)) {
                let is_same = |first: &OperationStart| {
                    (&first.action, &first.after) == (&start.action, &start.after)
                };
                let back = !first.as_ref().is_some_and(is_same);
                same.insert(operation, back);
                // What it had come to is open again.
                ended = None;
            }
        }
        Record::OperationEnd(end) => {
            if let Some(back) = same.get(&end.operation) {
                ended = Some(match end.result {
                    OperationResult::Verified if *back => OperationResult::PutBack,
                    result => result,
                });
            }
        }
        Record::Intent(intent) if same.contains_key(&intent.operation) => sent.push(intent),
        Record::Backup(made) if !made.checked.is_empty() => {
            copied |= made.operation.is_some_and(|id| same.contains_key(&id));
        }
        _ => {}
    })?;
    let fate = match (ended, &first) {
        (Some(result), _) => Fate::Ended(result),
        (None, None) => Fate::Unknown,
        (None, Some(_)) if copied => Fate::BackedUp,
        (None, Some(_)) => match operations::claimable(journal, id, own) {
            Ok(left) => {
                let same = operations::same(journal, id)?;
                if same.iter().all(|one| one.steps.is_empty()) {
                    Fate::Unsent
                } else {
                    Fate::Open(Box::new(left))
                }
            }
            Err(RecordError::Taken { by: Some(by), .. }) => Fate::UnderWay(by),
            // A later one took its place.
            Err(RecordError::Taken { by: None, .. }) => Fate::Ended(OperationResult::Superseded),
            Err(error) => return Err(error),
        },
    };
    Ok(Known {
        fate,
        start: first,
        sent,
    })
}
