//! What is left of a run: the same file, ticked, with who, when and what showed it; and the same as data.

mod markdown;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

pub use self::markdown::markdown;
use super::{End, ItemId, Note, Run, State};
use crate::{domain::figures, plan::record::OperationId, text::SafeText};

/// A run as data.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    name: &'a str,
    list: Option<&'a str>,
    hash: &'a str,
    rehearsal: bool,
    began: Timestamp,
    ended: Option<Timestamp>,
    /// `done`, or why it was left; absent while it goes on.
    #[serde(flatten)]
    end: Option<&'a End>,
    pilot: &'a str,
    planned_end: Option<Timestamp>,
    settled: usize,
    of: usize,
    /// How often the abort criterion was met.
    breaches: u32,
    file_changed: bool,
    steps: Vec<StepRecord<'a>>,
    notes: &'a [Note],
}

/// One step as data; times in seconds.
#[derive(Debug, Serialize)]
struct StepRecord<'a> {
    step: ItemId,
    text: &'a str,
    kind: &'static str,
    killer: bool,
    owner: Option<&'a str>,
    state: State,
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entered_by: Option<&'a str>,
    at: Option<Timestamp>,
    evidence: &'a str,
    operation: Option<&'a str>,
    planned: Option<u64>,
    took: Option<u64>,
    resets: u32,
    notes: &'a [Note],
}

impl<'a> Record<'a> {
    /// What is left of `run`.
    pub fn of(run: &'a Run) -> Self {
        let (settled, of) = run.progress();
        let steps = run.steps().map(|(item, step)| StepRecord {
            step: item.id,
            text: &item.text,
            kind: item.kind.word(),
            killer: item.killer,
            owner: item.owner.as_deref(),
            state: step.state,
            by: step.at.map(|_| step.by.as_str()),
            entered_by: step.entered_by.as_deref(),
            at: step.at,
            evidence: &step.words,
            operation: step.operation.as_ref().map(OperationId::as_str),
            planned: item.planned().map(|long| long.as_secs()),
            took: step.took().map(|long| long.as_secs()),
            resets: step.resets,
            notes: &step.notes,
        });
        let start = run.start();
        Self {
            name: &start.name,
            list: start.list.as_deref(),
            hash: &start.hash,
            rehearsal: start.rehearsal,
            began: run.began(),
            ended: run.ended().map(|(at, _)| *at),
            end: run.ended().map(|(_, end)| end),
            pilot: run.pilot(),
            planned_end: start.planned_end,
            settled,
            of,
            breaches: run.breaches(),
            file_changed: run.changed().is_some(),
            steps: steps.collect(),
            notes: run.notes(),
        }
    }
}

/// Nobody is late by so little: what has to hold for a time takes that time and a look.
const SLACK: Duration = Duration::from_secs(10);

/// What deserves a second look, a sentence each: what was left out, what took longer than planned, what is still open.
pub fn summary(run: &Run) -> Vec<SafeText> {
    let mut lines = Vec::new();
    for left_out in [State::Waived, State::Skipped] {
        for (item, step) in run.steps().filter(|(_, step)| step.state == left_out) {
            lines.push(crate::safe!(
                "{left_out} by {}: {} ({})",
                step.author(),
                item.text,
                step.words
            ));
        }
    }
    for (item, step) in run.steps() {
        let late = item
            .planned()
            .zip(step.took())
            .filter(|(planned, took)| *took > *planned + SLACK);
        if let Some((planned, took)) = late {
            let (planned, took) = (long(planned), long(took));
            lines.push(crate::safe!(
                "took {took}, planned {planned}: {}",
                item.text
            ));
        }
    }
    if let Some((planned, (ended, _))) = run.start().planned_end.zip(run.ended())
        && *ended > planned
    {
        let late = Duration::try_from(ended.duration_since(planned)).unwrap_or_default();
        lines.push(crate::safe!("ended {} later than planned", long(late)));
    }
    match run.breaches() {
        0 => {}
        1 => lines.push(SafeText::from_static("the abort criterion was met once")),
        n => lines.push(crate::safe!("the abort criterion was met {n} times")),
    }
    for (item, step) in run.steps().filter(|(_, step)| !step.state.is_settled()) {
        lines.push(crate::safe!("{}: {}", step.state, item.text));
    }
    lines
}

fn long(duration: Duration) -> String {
    figures::elapsed(duration.as_secs())
}
