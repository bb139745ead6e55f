//! The lists and procedures that can be walked, runs that have not ended first.

use std::path::PathBuf;

use super::{
    super::{
        Layer, Model, Update, Work,
        layer::{close, plan, prompt},
        list::Cursor,
        walking::{ChecklistWork, Offer, Unfinished},
    },
    act::refused,
    rehearsal,
};
use crate::{
    checklist::{Hold, ListKind, RunId},
    domain::command::Command,
    safe,
    text::SafeText,
};

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// To go on with a run, or to follow it.
    Run(RunId),
    /// To begin: the file, and the list in it; `None` for all with boxes.
    List(PathBuf, Option<SafeText>),
}

/// A line of the offer.
#[derive(Debug)]
pub enum Row<'a> {
    /// Above the runs that have not ended.
    Unfinished,
    /// Such a run.
    Run(&'a Unfinished),
    /// A file.
    File(&'a Offer),
    /// What is wrong with it, a line each.
    Mistake(&'a SafeText),
    /// All lists with boxes of a file: how many lists and steps.
    All(&'a Offer, usize, usize),
    /// One list or procedure.
    List(&'a Offer, usize),
}

impl Row<'_> {
    /// What choosing it does; `None` where it cannot be chosen.
    pub fn choice(&self) -> Option<Choice> {
        Some(match self {
            Self::Run(unfinished) => Choice::Run(unfinished.run.clone()),
            Self::All(offer, ..) => Choice::List(offer.file.clone(), None),
            Self::List(offer, at) => {
                let name = offer.lists.get(*at)?.name.clone();
                Choice::List(offer.file.clone(), Some(name))
            }
            Self::Unfinished | Self::File(_) | Self::Mistake(_) => return None,
        })
    }
}

/// Its lines.
pub fn rows(model: &Model) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let lists = &model.checklist;
    if !lists.unfinished.is_empty() {
        rows.push(Row::Unfinished);
        rows.extend(lists.unfinished.iter().map(Row::Run));
    }
    for offer in lists.offers.iter().flatten() {
        rows.push(Row::File(offer));
        rows.extend(offer.mistakes.iter().map(Row::Mistake));
        let boxed = offer.lists.iter();
        let boxed = boxed.filter(|list| list.kind == ListKind::Checklist);
        let (count, steps) = boxed.fold((0, 0), |(n, of), list| (n + 1, of + list.steps));
        if count > 1 {
            rows.push(Row::All(offer, count, steps));
        }
        rows.extend((0..offer.lists.len()).map(|at| Row::List(offer, at)));
    }
    rows
}

fn choices(model: &Model) -> Vec<Choice> {
    rows(model).iter().filter_map(Row::choice).collect()
}

/// Opens the offer; or the run that is under way, where there is one.
pub fn open(model: &mut Model) -> Update {
    let walks = |view: &super::View| view.run().ended().is_none();
    if model.checklist.view.as_ref().is_some_and(walks) {
        if !model.layers.iter().any(|l| matches!(l, Layer::Walk)) {
            model.layers.push(Layer::Walk);
        }
        return Update::redraw();
    }
    model.layers.push(Layer::Lists(Cursor::default()));
    settle(model);
    Update::effect(Work::Checklist(ChecklistWork::Offer))
}

/// What can be begun is known: where the only list was wanted, it begins.
pub(super) fn offered(model: &mut Model) -> Update {
    settle(model);
    let wanted = std::mem::take(&mut model.checklist.wanted);
    match choices(model).as_slice() {
        [only @ Choice::List(..)] if wanted => choose(model, only.clone()),
        _ => Update::redraw(),
    }
}

/// What is offered has changed: the cursor stays on what it is on.
pub(super) fn settle(model: &mut Model) {
    let choices = choices(model);
    for layer in &mut model.layers {
        if let Layer::Lists(cursor) = layer {
            cursor.settle(&choices);
        }
    }
}

/// After a change: keeps the choice under the cursor on screen, within so many lines.
pub fn scroll(model: &mut Model, height: usize) {
    let rows = rows(model);
    let lines = rows.len();
    let (choices, mut at): (Vec<_>, usize) = (rows.iter().map(Row::choice).collect(), 0);
    for layer in &mut model.layers {
        if let Layer::Lists(cursor) = layer {
            let is_it = |choice: &Option<Choice>| choice.is_some() && *choice == cursor.selected;
            at = choices.iter().position(is_it).unwrap_or(at);
            // What stands above the first choice is to be read too.
            let first = choices.iter().position(Option::is_some);
            let line = if Some(at) == first { 0 } else { at };
            cursor.scroll(line, lines, height);
            cursor.scroll(at, lines, height);
        }
    }
}

/// A command while it is on top.
pub fn command(model: &mut Model, command: Option<Command>) -> Update {
    let choices = choices(model);
    let page = usize::from(model.size.1 / 2).max(1).cast_signed();
    let Some(Layer::Lists(cursor)) = model.layers.last_mut() else {
        return Update::none();
    };
    match command {
        Some(Command::Up) => cursor.step(&choices, -1),
        Some(Command::Down) => cursor.step(&choices, 1),
        Some(Command::PageUp) => cursor.step(&choices, -page),
        Some(Command::PageDown) => cursor.step(&choices, page),
        Some(Command::Top) => cursor.go(&choices, 0),
        Some(Command::Bottom) => cursor.go(&choices, usize::MAX),
        Some(Command::Cancel) => return close(model),
        Some(Command::Rehearse) => {
            return match cursor.selected.clone() {
                Some(choice) => rehearsal::begin(model, choice),
                None => Update::none(),
            };
        }
        Some(Command::Confirm) => {
            return match cursor.selected.clone() {
                Some(choice) => choose(model, choice),
                None => Update::none(),
            };
        }
        _ => return Update::none(),
    }
    Update::redraw()
}

/// Begins, goes on or follows; asks who acts where nobody said.
pub fn choose(model: &mut Model, choice: Choice) -> Update {
    let Some(by) = model.operator.clone() else {
        let then = prompt::Then::Walk(choice);
        let login = model.login.clone();
        return prompt::ask(model, prompt::Asked::Operator(Box::new(then)), &login);
    };
    if let Some(why) = plan::unnamed(model) {
        return refused(model, why);
    }
    if let Some(why) = under_way(model) {
        return refused(model, why);
    }
    if std::mem::replace(&mut model.checklist.opening, true) {
        return Update::none();
    }
    let closed = close_run(model);
    let work = match choice {
        Choice::Run(run) => ChecklistWork::Resume { run, by },
        Choice::List(file, list) => ChecklistWork::Start { file, list, by },
    };
    closed.and(Update::effect(Work::Checklist(work)))
}

/// That a run is under way here, where one is: what this console has control of is watched all the time, so one at a time.
pub(super) fn under_way(model: &Model) -> Option<SafeText> {
    let view = model.checklist.view.as_ref();
    let view = view.filter(|view| view.walk.hold() == Hold::Own && view.run().ended().is_none());
    view.map(|view| {
        safe!(
            "{} is under way here; end it first",
            view.run().start().name
        )
    })
}

/// The run that was open, if any, is no longer shown.
pub fn close_run(model: &mut Model) -> Update {
    let Some(view) = model.checklist.view.take() else {
        return Update::none();
    };
    model.layers.retain(|layer| !matches!(layer, Layer::Walk));
    let close = ChecklistWork::Close(view.walk.id().clone());
    Update::effect(Work::Checklist(close))
}
