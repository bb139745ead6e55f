//! The list that is walked here, and those that can be: what the screen knows of them, and how that changes.
//!
//! The walk itself is [`crate::checklist::Walk`]: nothing moves in it before it is written down. Here it is looked at with
//! every answer of the platform, and what a person does becomes an event that is to be written.

mod act;
mod heard;
pub mod offer;
mod parts;
pub mod rehearsal;

use std::collections::BTreeMap;

pub use self::{
    act::{
        Say, answer, command, find_out, gate, is_offered, is_on_top, is_shown, may_take, press,
        settles, why_not,
    },
    heard::{doing, elsewhere, heard, look, step_of},
    parts::{Parts, parts},
};
use super::{
    Model,
    list::Cursor,
    operations::Operation,
    walking::{Offer, Unfinished},
};
use crate::{
    checklist::{Condition, Item, ItemId, Kind, Order, Run, State, Step, Walk, Wanted},
    domain::{
        action::Action,
        named::{self, Unclear},
        service::{ServiceId, ServiceKind},
    },
    expr::{Query, Verdict},
    plan::{Outcome, PlanId},
    safe,
    text::SafeText,
};

/// Checklists, as far as they are known here.
#[derive(Debug, Default)]
pub struct Checklists {
    /// What can be begun; `None` while it is looked for.
    pub offers: Option<Vec<Offer>>,
    /// Runs that have not ended, the newest first.
    pub unfinished: Vec<Unfinished>,
    /// The run that is open.
    pub view: Option<View>,
    /// One was chosen, and is not open yet: pressed twice is begun once.
    opening: bool,
    /// The only list that is offered begins by itself.
    pub(super) wanted: bool,
    /// What was chosen to be rehearsed: it begins once the copy is there.
    pub(super) rehearsed: Option<offer::Choice>,
}

/// A run that is open, and where it is looked at.
#[derive(Debug)]
pub struct View {
    /// The run.
    pub walk: Walk,
    /// What says that the abort criterion is met, while it is.
    pub breach: Option<SafeText>,
    /// The step under the cursor.
    pub cursor: Cursor<ItemId>,
    /// Whether the evidence has the room of the steps too.
    pub whole: bool,
    /// Whether the cursor was moved off what is next.
    held: bool,
    /// The headings and steps, in the order in which they are walked.
    lines: Vec<Line>,
    /// The steps alone.
    order: Vec<ItemId>,
    /// The list that is walked, where there is but one.
    only: Option<usize>,
    /// What is asked for it in the background.
    asked: Vec<Query>,
    /// The plans that were agreed to as the actions of its steps.
    doing: Vec<(PlanId, ItemId)>,
    /// Why it cannot be read what became of a step, as it was told last.
    unread: BTreeMap<ItemId, SafeText>,
    /// What the conditions of the steps came to by the last look, where that is shown; `None` where there is none.
    verdicts: BTreeMap<ItemId, Option<Verdict>>,
}

/// A line of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The heading of a list, by its number in the document.
    Section(usize),
    /// A step.
    Step(ItemId),
}

impl Line {
    const fn section(&self) -> Option<usize> {
        match self {
            Self::Section(number) => Some(*number),
            Self::Step(_) => None,
        }
    }
}

impl View {
    /// A run as it is, the cursor on what is next.
    pub fn new(walk: Walk) -> Self {
        let run = walk.run();
        let order: Vec<ItemId> = run.steps().map(|(item, _)| item.id).collect();
        let mut lines = Vec::with_capacity(order.len());
        let mut only = None;
        for (number, list) in run.document().lists.iter().enumerate() {
            let ids = list.items.first().zip(list.items.last());
            let within =
                |id: &&ItemId| ids.is_some_and(|(first, last)| (first.id..=last.id).contains(id));
            let mut own = order.iter().filter(within).peekable();
            if own.peek().is_some() {
                lines.push(Line::Section(number));
                lines.extend(own.map(|id| Line::Step(*id)));
            }
        }
        // One list needs no heading: the frame has its name.
        if lines
            .iter()
            .filter(|line| matches!(line, Line::Section(_)))
            .count()
            == 1
        {
            only = lines.first().and_then(Line::section);
            lines.retain(|line| matches!(line, Line::Step(_)));
        }
        let mut view = Self {
            walk,
            breach: None,
            only,
            cursor: Cursor::default(),
            whole: false,
            held: false,
            lines,
            order,
            asked: Vec::new(),
            doing: Vec::new(),
            unread: BTreeMap::new(),
            verdicts: BTreeMap::new(),
        };
        view.settle();
        view
    }

    /// How far it is.
    pub const fn run(&self) -> &Run {
        self.walk.run()
    }

    /// Headings and steps, in the order in which they are walked.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The line of the step under the cursor.
    pub fn at(&self) -> usize {
        let selected = self.cursor.selected.map(Line::Step);
        let at = self.lines.iter().position(|line| Some(*line) == selected);
        at.unwrap_or(0)
    }

    /// The step under the cursor.
    pub fn selected(&self) -> Option<(&Item, &Step)> {
        let id = self.cursor.selected?;
        Some((self.run().document().item(id)?, self.run().step(id)?))
    }

    /// How many steps of a list are settled, of how many.
    pub fn settled(&self, list: usize) -> (usize, usize) {
        let list = self.run().document().lists.get(list);
        let items = list.into_iter().flat_map(|list| &list.items);
        let steps = items.filter_map(|item| self.run().step(item.id));
        steps.fold((0, 0), |(done, of), step| {
            (done + usize::from(step.state.is_settled()), of + 1)
        })
    }

    /// The list that the step under the cursor is of.
    pub fn section(&self) -> Option<usize> {
        let above = self.lines.iter().take(self.at() + 1);
        self.only.or_else(|| above.rev().find_map(Line::section))
    }

    /// What a condition came to by the last look, where that is shown: of the step under the cursor, and of those that
    /// failed.
    pub fn verdict(&self, item: ItemId) -> Option<&Verdict> {
        self.verdicts.get(&item)?.as_ref()
    }

    /// The steps whose verdicts are shown.
    fn shown(&self) -> impl Iterator<Item = ItemId> {
        let failed = self.walk.run().steps();
        let failed = failed.filter(|(_, step)| step.state == State::Failed);
        let failed = failed.map(|(item, _)| item.id);
        failed.chain(self.cursor.selected)
    }

    /// Whether all is settled, and only the end is left to be said.
    pub fn through(&self) -> bool {
        self.run().next().is_none() && self.run().ended().is_none()
    }

    /// Somebody moved the cursor: unless it is on what is next, it stays there.
    fn hold(&mut self) {
        self.held = self.cursor.selected != self.walk.run().next();
    }

    /// What may have changed what is next has happened: the cursor goes along, unless somebody moved it.
    fn settle(&mut self) {
        if !self.held {
            let next = self.walk.run().next();
            let at = next.and_then(|next| self.order.iter().position(|id| *id == next));
            let last = self.order.len().saturating_sub(1);
            self.cursor.go(&self.order, at.unwrap_or(last));
        }
    }
}

impl Model {
    /// The service that the step under the cursor is about, where that is one that is there.
    pub fn step_service(&self) -> Option<ServiceId> {
        let (item, _) = self.checklist.view.as_ref()?.selected()?;
        self.service_of(item)
    }

    /// Of what the way back would be: the service that the abort criterion names, else that of the last rollout begun.
    ///
    /// # Errors
    /// There is none, it may be one of several, or it was gone already.
    pub fn way_back(&self) -> Result<ServiceId, SafeText> {
        let service = self.brought()?;
        let identity = &self.snapshot().host.identity;
        let mut operations = self.operations.newest_first();
        let last = operations.find(|o| o.concerns(identity, &service));
        // Once more would bring back what was fled.
        match last.filter(|o| matches!(o.plan.action(), Action::RollBack { .. })) {
            Some(o) if o.ended.is_none() => Err(safe!("{} is being rolled back", service.name)),
            Some(Operation {
                ended: Some((Outcome::Verified(_), _)),
                ..
            }) => Err(safe!("{} was rolled back", service.name)),
            _ => Ok(service),
        }
    }

    fn brought(&self) -> Result<ServiceId, SafeText> {
        const NONE: SafeText =
            SafeText::from_static("this list has rolled out nothing that could be rolled back");
        let view = self.checklist.view.as_ref().ok_or(NONE)?;
        let run = view.run();
        let begun = run.steps().filter(|(_, step)| step.operation.is_some());
        let rollouts = begun.filter_map(|(item, step)| Some((brings(item)?, step)));
        let last = rollouts.max_by_key(|(_, step)| step.at);
        if last.is_none() && run.breach().is_none() {
            return Err(NONE);
        }
        let abort = run.document().abort_when.as_ref();
        if let Some(name) = abort.and_then(subject) {
            match self.one(None, name) {
                Ok(service) => return Ok(service),
                Err(why @ Unclear::Several { .. }) => return Err(safe!("{why}")),
                Err(Unclear::None { .. }) => {}
            }
        }
        let (order, _) = last.ok_or(NONE)?;
        self.ordered(order)
    }

    fn service_of(&self, item: &Item) -> Option<ServiceId> {
        match &item.kind {
            Kind::Do(order, _) => self.ordered(order).ok(),
            kind => self.one(None, kind.condition().and_then(subject)?).ok(),
        }
    }

    /// What an order is about.
    ///
    /// # Errors
    /// There is no such thing, or there are several.
    fn ordered(&self, order: &Order) -> Result<ServiceId, SafeText> {
        let one = self.one(order.done_to(), &order.about);
        one.map_err(|why| safe!("{why}"))
    }

    fn one(&self, kind: Option<ServiceKind>, name: &str) -> Result<ServiceId, Unclear> {
        let one = named::one(&self.snapshot().services, kind, name);
        one.map(|service| service.id.clone())
    }
}

/// Its order, where another version comes by it.
fn brings(item: &Item) -> Option<&Order> {
    let Kind::Do(order, _) = &item.kind else {
        return None;
    };
    let brings = matches!(
        order.wanted,
        Wanted::Rollout | Wanted::Action(Action::Rollout { .. })
    );
    brings.then_some(order)
}

/// The first service that a condition names.
fn subject(condition: &Condition) -> Option<&SafeText> {
    let queries = condition.expr.queries();
    queries.into_iter().find_map(Query::service)
}

/// After a change: keeps the step under the cursor on screen, with its heading where it is the first of its list.
pub fn settle(model: &mut Model) {
    let height = usize::from(parts(model).steps.height.saturating_sub(2));
    if let Some(view) = &mut model.checklist.view {
        let (at, lines) = (view.at(), view.lines.len());
        // The heading above it, and what comes after it, are to be seen with it.
        let above = at.saturating_sub(1);
        let below = (at + height.saturating_sub(1).min(2)).min(lines.saturating_sub(1));
        for line in [above, below, at] {
            view.cursor.scroll(line, lines, height);
        }
    }
    heard::judge_selected(model);
}
