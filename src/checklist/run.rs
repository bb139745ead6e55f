//! A list that is being walked: a state that events alone change, so that the journal's events make it again.
//!
//! Nothing here knows the time, or looks at anything: who walks it sees what is [`next`](Run::next), turns what is seen
//! into an event ([`Run::observe`]) or does what a person asks, writes the event down, and applies it.

mod event;
mod observe;
mod rules;
mod step;
#[cfg(test)]
mod tests;
mod words;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

pub use self::{
    event::{End, Event, Finding, Start, What},
    rules::{Refused, same_person},
    step::{Note, State, Step},
};
use super::document::{Document, Item, ItemId, Kind, List};
use crate::{
    plan::record::{OperationId, OperationResult},
    safe,
    text::SafeText,
};
pub(in crate::checklist) use step::moment;

/// A run of a document, or of one list in it.
#[derive(Clone, Debug)]
pub struct Run {
    document: Arc<Document>,
    start: Start,
    began: Timestamp,
    /// The items in the order in which they are walked: the killers of a list first.
    order: Vec<ItemId>,
    steps: BTreeMap<ItemId, Step>,
    operations: Vec<OperationId>,
    /// When the last action ended.
    acted: Option<Timestamp>,
    pilot: SafeText,
    offered: Option<SafeText>,
    breach: Option<Breach>,
    breaches: u32,
    changed: Option<SafeText>,
    /// When somebody last went on where a console was gone.
    interrupted: Option<Timestamp>,
    notes: Vec<Note>,
    ended: Option<(Timestamp, End)>,
}

/// The abort criterion, met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Since when.
    pub since: Timestamp,
    /// The values that say so.
    pub evidence: SafeText,
}

impl Run {
    /// The run that begins so. `start.hash` is the document's: what is walked is what was read.
    ///
    /// # Errors
    /// The document is another one, there is no such list, or nobody is named.
    pub fn new(
        document: Arc<Document>,
        start: Start,
        by: SafeText,
        at: Timestamp,
    ) -> Result<Self, Refused> {
        rules::named(&by)?;
        if start.hash != document.hash {
            return Err(Refused::OtherFile);
        }
        let lists = document.pick(start.list.as_deref());
        let lists = lists.map_err(Refused::NoList)?;
        let order: Vec<ItemId> = lists.iter().flat_map(|list| walked(list)).collect();
        let mut run = Self {
            steps: order.iter().map(|id| (*id, Step::default())).collect(),
            order,
            began: at,
            operations: Vec::new(),
            acted: None,
            pilot: by,
            offered: None,
            breach: None,
            breaches: 0,
            changed: None,
            interrupted: None,
            notes: Vec::new(),
            ended: None,
            document,
            start,
        };
        run.open_next(at);
        Ok(run)
    }

    /// The run that these events make, of which the first one is its start.
    ///
    /// # Errors
    /// They do not begin with a start, or one of them cannot have happened.
    pub fn replay<'e>(
        document: Arc<Document>,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Result<Self, Refused> {
        let mut events = events.into_iter();
        let first = events.next().ok_or(Refused::NoStart)?;
        let What::Started(start) = &first.what else {
            return Err(Refused::NoStart);
        };
        let mut run = Self::new(document, start.clone(), first.by.clone(), first.at)?;
        for event in events {
            run.apply(event)?;
        }
        Ok(run)
    }

    /// Lets something happen; nothing has changed where it cannot.
    ///
    /// # Errors
    /// It cannot happen now; says why.
    pub fn apply(&mut self, event: &Event) -> Result<(), Refused> {
        self.admit(event)?;
        self.enter(event);
        self.open_next(event.at);
        Ok(())
    }

    /// Notes that the turn of what is next has come.
    fn open_next(&mut self, at: Timestamp) {
        if let Some(id) = self.next()
            && let Some(step) = self.steps.get_mut(&id)
        {
            step.opened.get_or_insert(at);
            step.since.get_or_insert(at);
        }
    }

    fn enter(&mut self, event: &Event) {
        let Event { at, by, what, .. } = event;
        if let Some(step) = what.item().and_then(|id| self.steps.get_mut(&id)) {
            step.opened.get_or_insert(*at);
            step.since.get_or_insert(*at);
        }
        let checked = what.item().is_some_and(|id| {
            let kind = self.document.item(id).map(|item| &item.kind);
            matches!(kind, Some(Kind::Do(_, Some(_))))
        });
        // What is verified, and has something else to be true besides, waits for that.
        let verified = if checked {
            State::Running
        } else {
            State::Passed
        };
        match what {
            What::Started(_) => {}
            What::Resumed => self.interrupted = Some(*at),
            What::Checked {
                item,
                found,
                evidence,
            } => {
                let before = self.steps.get(item).map(|step| step.state);
                let state = match found {
                    Finding::True => State::Passed,
                    Finding::False => State::Failed,
                    Finding::Unknown if matches!(before, Some(State::Passed | State::Stale)) => {
                        State::Stale
                    }
                    Finding::Unknown => State::Running,
                };
                self.settle(*item, event, state, evidence);
            }
            What::Attested { item } => self.settle(*item, event, State::Attested, &SafeText::EMPTY),
            What::TakenBack { item, reason } => {
                let said = self.steps.get(item).map_or_else(String::new, Step::said);
                // That it was said stays in the record, whatever is said later; and once is enough.
                let note = note(event, safe!("taken back: {reason} ({said})"));
                self.settle(*item, event, State::Pending, &SafeText::EMPTY);
                self.with(*item, |step| step.notes.push(note));
            }
            What::Skipped { item, reason } => {
                self.settle(*item, event, State::Skipped, reason);
                self.with(*item, |step| step.clock = None);
            }
            What::Waived { item, reason } => {
                self.settle(*item, event, State::Waived, reason);
                self.with(*item, |step| step.clock = None);
            }
            What::Noted { item, text } => {
                let note = note(event, text.clone());
                match item {
                    Some(item) => self.with(*item, |step| step.notes.push(note)),
                    None => self.notes.push(note),
                }
            }
            What::DoBegun { item, operation } => {
                self.settle(*item, event, State::Running, &SafeText::EMPTY);
                self.with(*item, |step| {
                    step.operation = Some(operation.clone());
                    step.since = Some(*at);
                    step.done = false;
                    step.acted = true;
                });
                self.operations.push(operation.clone());
            }
            What::DoEnded {
                item,
                result,
                words,
                ..
            } => {
                self.acted = Some(*at);
                match result {
                    OperationResult::Verified => {
                        self.settle(*item, event, verified, words);
                        self.with(*item, |step| step.done = true);
                    }
                    OperationResult::Unverified => {
                        self.settle(*item, event, State::Uncertain, words);
                    }
                    _ => self.settle(*item, event, State::Failed, words),
                }
            }
            What::Uncertain { item, why } => self.settle(*item, event, State::Uncertain, why),
            What::Resolved {
                item,
                happened,
                unsent,
                evidence,
            } => {
                let state = if *happened { verified } else { State::Pending };
                self.settle(*item, event, state, evidence);
                self.with(*item, |step| {
                    step.done = *happened;
                    step.acted &= !unsent;
                });
            }
            What::SoakBegun { item, evidence } => {
                self.settle(*item, event, State::Running, evidence);
                self.with(*item, |step| step.clock = Some(*at));
            }
            What::SoakReset { item, evidence } => {
                self.settle(*item, event, State::Running, evidence);
                self.with(*item, |step| {
                    step.clock = None;
                    step.resets = step.resets.saturating_add(1);
                    step.last_reset = Some((*at, evidence.clone()));
                });
            }
            What::SoakHeld { item, evidence } => {
                self.settle(*item, event, State::Passed, evidence);
                self.with(*item, |step| step.clock = None);
            }
            What::TimedOut { item } => {
                self.settle(
                    *item,
                    event,
                    State::Failed,
                    &SafeText::from_static("it took too long"),
                );
                self.with(*item, |step| step.clock = None);
            }
            What::Go { item } => {
                let entered = event.entered_by.is_some().then(|| note(event, safe!("go")));
                self.with(*item, |step| {
                    step.go.push(by.clone());
                    step.notes.extend(entered);
                });
                let names = self.steps.get(item).map_or(&[][..], |step| &step.go);
                let pilot = names.iter().any(|name| same_person(name, &self.pilot));
                let open = pilot && names.len() > 1;
                let words = SafeText::line(format!("go: {}", names.join(", ")));
                let state = if open { State::Passed } else { State::Running };
                self.settle(*item, event, state, &words);
            }
            What::NoGo { item, reason } => {
                self.settle(*item, event, State::Failed, reason);
                // What the gate comes to later does not take it out of the record.
                let note = note(event, safe!("no go: {reason}"));
                self.with(*item, |step| {
                    step.go.clear();
                    step.notes.push(note);
                });
            }
            What::WentStale { item, why } => self.settle(*item, event, State::Stale, why),
            What::BreachBegun { evidence } => {
                self.breaches = self.breaches.saturating_add(1);
                self.breach = Some(Breach {
                    since: *at,
                    evidence: evidence.clone(),
                });
            }
            What::BreachEnded { .. } => self.breach = None,
            What::ControlGiven { to } => self.offered = Some(to.clone()),
            What::ControlTaken { first_is_gone } => {
                let from = std::mem::replace(&mut self.pilot, by.clone());
                let how = if *first_is_gone {
                    ", whose console was gone"
                } else {
                    ""
                };
                let taken = note(event, safe!("took control from {from}{how}"));
                self.notes.push(taken);
                self.offered = None;
                if *first_is_gone {
                    self.interrupted = Some(*at);
                }
            }
            What::FileChanged { hash } => {
                self.changed = (*hash != self.start.hash).then(|| hash.clone());
            }
            What::Ended(end) => self.ended = Some((*at, end.clone())),
        }
    }

    fn settle(&mut self, item: ItemId, event: &Event, state: State, words: &SafeText) {
        self.with(item, |step| {
            let before = step.is_awaited();
            step.state = state;
            if !before && step.is_awaited() {
                step.since = Some(event.at);
            }
            step.by = event.by.clone();
            step.entered_by.clone_from(&event.entered_by);
            step.at = Some(event.at);
            step.words = words.clone();
        });
    }

    fn with(&mut self, item: ItemId, change: impl FnOnce(&mut Step)) {
        if let Some(step) = self.steps.get_mut(&item) {
            change(step);
        }
    }
}

fn note(event: &Event, text: SafeText) -> Note {
    Note {
        at: event.at,
        by: event.by.clone(),
        entered_by: event.entered_by.clone(),
        text,
    }
}

/// What is asked of a run.
impl Run {
    /// What is walked.
    pub const fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// How it began.
    pub const fn start(&self) -> &Start {
        &self.start
    }

    /// When it began.
    pub const fn began(&self) -> Timestamp {
        self.began
    }

    /// Every item with how far it is, in the order in which they are walked.
    pub fn steps(&self) -> impl Iterator<Item = (&Item, &Step)> {
        let of = |id| Some((self.document.item(id)?, self.steps.get(&id)?));
        self.order.iter().filter_map(move |id| of(*id))
    }

    /// How far an item is; `None` where it is not walked.
    pub fn step(&self, item: ItemId) -> Option<&Step> {
        self.steps.get(&item)
    }

    /// The operation of which nothing is left to do once that has happened: it had come through, or nothing of it was sent.
    pub fn settles(&self, what: &What) -> Option<&OperationId> {
        let What::Resolved {
            item,
            happened,
            unsent,
            ..
        } = what
        else {
            return None;
        };
        let over = *happened || *unsent;
        self.step(*item).filter(|_| over)?.operation.as_ref()
    }

    /// The one thing to do next: what is uncertain first of all, else the first that is not settled; `None` at the end.
    pub fn next(&self) -> Option<ItemId> {
        let find = |wanted: fn(State) -> bool| {
            let is_it = |id: &&ItemId| self.steps.get(id).is_some_and(|step| wanted(step.state));
            self.order.iter().find(is_it).copied()
        };
        find(|state| state == State::Uncertain).or_else(|| find(|state| !state.is_settled()))
    }

    /// How many items are settled, of how many.
    pub fn progress(&self) -> (usize, usize) {
        let settled = self.steps.values().filter(|step| step.state.is_settled());
        (settled.count(), self.steps.len())
    }

    /// Who has control.
    pub const fn pilot(&self) -> &SafeText {
        &self.pilot
    }

    /// To whom control is offered.
    pub const fn offered(&self) -> Option<&SafeText> {
        self.offered.as_ref()
    }

    /// The abort criterion, while it is met and the run goes on.
    pub fn breach(&self) -> Option<&Breach> {
        self.breach.as_ref().filter(|_| self.ended.is_none())
    }

    /// How often the abort criterion was met.
    pub const fn breaches(&self) -> u32 {
        self.breaches
    }

    /// The hash of the file, where it is no longer what is walked.
    pub const fn changed(&self) -> Option<&SafeText> {
        self.changed.as_ref()
    }

    /// Whether a step was proved before a console was lost, and is not looked at again: what it proved was of the world
    /// before an action.
    pub fn proved_before_interruption(&self, step: &Step) -> bool {
        step.state == State::Passed
            && step
                .at
                .zip(self.interrupted)
                .is_some_and(|(at, cut)| at < cut)
    }

    /// What was noted on the whole.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// When and how it ended.
    pub const fn ended(&self) -> Option<&(Timestamp, End)> {
        self.ended.as_ref()
    }

    /// Whether nobody has said or done anything in it: what was only looked at can be looked at again.
    pub fn is_untouched(&self) -> bool {
        let touched = |(item, step): (&Item, &Step)| {
            let by_hand = matches!(item.kind, Kind::Attest | Kind::Gate) && step.at.is_some();
            let left_out = matches!(step.state, State::Skipped | State::Waived);
            by_hand || left_out || !step.notes.is_empty()
        };
        self.operations.is_empty() && self.notes.is_empty() && !self.steps().any(touched)
    }

    /// How long is left to go back, negative when it is too late; `None` where nobody set a time.
    pub fn way_back_left(&self, now: Timestamp) -> Option<SignedDuration> {
        Some(self.start.way_back_until?.duration_since(now))
    }

    /// How long a soak has held so far.
    pub fn held(&self, item: ItemId, now: Timestamp) -> Option<Duration> {
        let clock = self.step(item)?.clock?;
        Some(step::between(clock, now))
    }
}

/// The items of a list as they are walked: killers first, but a gate stays where it is.
fn walked(list: &List) -> impl Iterator<Item = ItemId> {
    let first = |item: &&Item| item.killer && !matches!(item.kind, Kind::Gate);
    let killers = list.items.iter().filter(first);
    let others = list.items.iter().filter(move |item| !first(item));
    killers.chain(others).map(|item| item.id)
}
