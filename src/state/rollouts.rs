//! The rollouts pane: what the platform shows, this console's own actions over it, and, while nothing moves, what was changed
//! before.

use std::collections::HashMap;

use ratatui::layout::Rect;

use jiff::Timestamp;

use super::{Model, Update, list::Cursor, operations::Operation};
use crate::{
    domain::{command::Command, past::Past, rollout::Rollout, service::ServiceId},
    plan::{Outcome, PlanId},
    text::width,
};

/// Identity of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowId {
    /// An action of this console.
    Own(PlanId),
    /// A rollout that the platform shows, by its service and when it began.
    Seen(ServiceId, Timestamp),
    /// What was changed before, by its number in the journal.
    Past(u64),
}

/// A row with what it shows.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// An action of this console, and the rollout that the platform shows for it.
    Own(&'a Operation, Option<&'a Rollout>),
    /// Somebody else's rollout.
    Seen(&'a Rollout),
    /// What was changed before.
    Past(&'a Past),
}

/// What the pane knows.
#[derive(Debug, Default)]
pub struct Rollouts {
    /// The selected row.
    pub cursor: Cursor<RowId>,
    rows: Vec<RowId>,
    /// Where the rollouts stand in the snapshot: of a thousand each is found at once.
    places: HashMap<RowId, usize>,
    /// What was changed before, the newest first.
    past: Vec<Past>,
}

impl Rollouts {
    /// The rows as they stand: own actions first, the newest at the top.
    pub fn rows(&self) -> &[RowId] {
        &self.rows
    }

    /// How many of them are of now.
    pub fn present(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| !matches!(row, RowId::Past(_)))
            .count()
    }
}

/// What one line of a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What, how far, since when.
    Head,
    /// How long it has taken and may still take.
    Timing,
    /// A mark for each copy.
    Marks,
    /// One line, counted from 0, of [`words`].
    Words(usize),
    /// All of them in one line, cut where there is no more room.
    Reason,
    /// What can be done about one that did not get there.
    Keys,
}

/// So many lines of what was before get room of their own.
const PAST: usize = 3;
/// Columns left free before every line but the first.
pub const INDENT: usize = 8;

/// What it waits for, why it does not get there, what is done about it, how it ended; empty where there is nothing of that to say.
pub fn words(row: Row<'_>) -> String {
    match row {
        Row::Own(operation, _) => match &operation.ended {
            Some(_) => operation.sentence(),
            None if operation.putting_back.is_empty() => operation.waiting.to_string(),
            None => format!("putting back: {}", operation.putting_back),
        },
        Row::Seen(rollout) => rollout
            .state
            .reason()
            .map_or_else(String::new, ToString::to_string),
        Row::Past(_) => String::new(),
    }
}

/// The words in lines of a pane so wide.
pub fn wrapped(words: &str, columns: u16) -> Vec<&str> {
    if words.is_empty() {
        return Vec::new();
    }
    width::wrap(
        words,
        usize::from(columns).saturating_sub(INDENT + 1).max(1),
    )
}

/// The lines in a pane of that size: with all their parts where these fit, else a line for each.
pub fn lines(model: &Model, columns: u16, height: u16) -> Vec<(&RowId, Part)> {
    // With more rows than lines, each has its first one.
    if model.rollouts.rows.len() > usize::from(height) {
        let there = model.rollouts.rows.iter();
        let there = there.filter(|id| model.rollout_row(id).is_some());
        return there.map(|id| (id, Part::Head)).collect();
    }
    let mut lines = Vec::new();
    for id in &model.rollouts.rows {
        let Some(row) = model.rollout_row(id) else {
            continue;
        };
        lines.push((id, Part::Head));
        match row {
            Row::Own(operation, _) if operation.ended.is_none() => lines.push((id, Part::Timing)),
            Row::Seen(rollout) if rollout.state.open() => lines.push((id, Part::Marks)),
            Row::Own(..) | Row::Seen(_) | Row::Past(_) => {}
        }
        let words = wrapped(&words(row), columns).len();
        lines.extend((0..words).map(|number| (id, Part::Words(number))));
        if wants_help(model, row) {
            lines.push((id, Part::Keys));
        }
    }
    // What we do ourselves keeps its parts the longest, and what can be done about it longer than why.
    let running = |id: &RowId| match model.rollout_row(id) {
        Some(Row::Own(operation, _)) => operation.ended.is_none(),
        _ => false,
    };
    if lines.len() > usize::from(height) {
        // Why nothing moves says more than a sign for each copy; in one line rather than not at all.
        lines.retain(|(id, part)| !matches!(part, Part::Marks | Part::Words(1..)) || running(id));
        for (id, part) in &mut lines {
            if *part == Part::Words(0) && !running(id) {
                *part = Part::Reason;
            }
        }
    }
    if lines.len() > usize::from(height) {
        lines.retain(|(id, part)| matches!(part, Part::Head | Part::Keys) || running(id));
    }
    if lines.len() > usize::from(height) {
        lines.retain(|(_, part)| *part == Part::Head);
    }
    lines
}

/// Whether it is the last thing done to its service, and did not get there.
fn wants_help(model: &Model, row: Row<'_>) -> bool {
    let Row::Own(operation, _) = row else {
        return false;
    };
    let target = operation.plan.target();
    let last = model
        .operations
        .newest_first()
        .find(|o| o.concerns(&target.identity, &target.service));
    let failed =
        matches!(&operation.ended, Some((outcome, _)) if !matches!(outcome, Outcome::Verified(_)));
    failed && last.is_some_and(|last| last.plan.id() == operation.plan.id())
}

impl Model {
    /// What a row shows; `None` when it has just gone.
    pub fn rollout_row(&self, id: &RowId) -> Option<Row<'_>> {
        let seen = &self.snapshot().rollouts;
        let identity = &self.snapshot().host.identity;
        match id {
            RowId::Own(plan) => {
                let operation = self.operations.get(*plan)?;
                Some(Row::Own(
                    operation,
                    seen.iter()
                        .find(|r| operation.covers(identity, r))
                        .map(|r| &**r),
                ))
            }
            RowId::Seen(service, started) => {
                let rollout = seen.get(*self.rollouts.places.get(id)?)?;
                let same = rollout.service == *service && rollout.started == *started;
                same.then_some(Row::Seen(rollout))
            }
            RowId::Past(seq) => {
                let past = self.rollouts.past.iter().find(|p| p.seq == *seq);
                past.map(Row::Past)
            }
        }
    }
}

fn moves(model: &Model, id: &RowId) -> bool {
    match model.rollout_row(id) {
        Some(Row::Own(operation, _)) => operation.ended.is_none(),
        Some(Row::Seen(rollout)) => rollout.state.open(),
        Some(Row::Past(_)) | None => false,
    }
}

/// What was changed before is known. A simulated world begins anew with each start: nothing of it happened in this one.
pub fn remember(model: &mut Model, past: Vec<Past>) -> Update {
    if !model.place.simulated {
        model.rollouts.past = past;
    }
    refresh(model).and(Update::redraw())
}

/// How many lines the pane would fill, in so many columns; of what was before a few will do.
pub fn wanted(model: &Model, columns: u16) -> usize {
    let rows = model.rollouts.rows.len();
    if rows > usize::from(model.size.1) {
        // More than any screen has lines; what they would fill in full makes no difference.
        return rows;
    }
    let lines = lines(model, columns, u16::MAX);
    let past = lines.iter().filter(|(id, _)| matches!(id, RowId::Past(_)));
    let past = past.count();
    lines.len() - past + past.min(PAST)
}

/// The rows anew.
pub fn refresh(model: &mut Model) -> Update {
    let own: Vec<&Operation> = model.operations.newest_first().collect();
    let mut rows: Vec<RowId> = own.iter().map(|o| RowId::Own(o.plan.id())).collect();
    let identity = &model.source.snapshot.host.identity;
    let mut places = HashMap::new();
    for (at, rollout) in model.source.snapshot.rollouts.iter().enumerate() {
        let id = RowId::Seen(rollout.service.clone(), rollout.started);
        places.insert(id.clone(), at);
        // Our own action shows the platform's rollout itself, while it is the one that the platform shows.
        if !own.iter().any(|o| o.covers(identity, rollout)) {
            rows.push(id);
        }
    }
    model.rollouts.places = places;
    // While something moves, it alone counts.
    if !rows.iter().any(|id| moves(model, id)) {
        let shown = |past: &&Past| !own.iter().any(|o| o.id.as_ref() == Some(&past.operation));
        let past = model.rollouts.past.iter().filter(shown);
        rows.extend(past.map(|past| RowId::Past(past.seq)));
    }
    model.rollouts.rows = rows;
    let pane = &mut model.rollouts;
    pane.cursor.settle(&pane.rows);
    Update::none()
}

/// A command in this pane; `None` when it is not this pane's.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    let page = usize::from(model.size.1 / 2).max(1).cast_signed();
    let pane = &mut model.rollouts;
    match command {
        Command::Up => pane.cursor.step(&pane.rows, -1),
        Command::Down => pane.cursor.step(&pane.rows, 1),
        Command::PageUp => pane.cursor.step(&pane.rows, -page),
        Command::PageDown => pane.cursor.step(&pane.rows, page),
        Command::Top => pane.cursor.go(&pane.rows, 0),
        Command::Bottom => pane.cursor.go(&pane.rows, usize::MAX),
        Command::Halt => {
            let RowId::Own(plan) = *pane.cursor.selected.as_ref()? else {
                return None;
            };
            return Some(super::operations::halt(model, plan));
        }
        _ => return None,
    }
    Some(Update::redraw())
}

/// A press on a line of the pane: its row is selected.
pub fn press(model: &mut Model, line: usize, inner: Rect) {
    let lines = lines(model, inner.width, inner.height);
    let pressed = lines.get(model.rollouts.cursor.first() + line);
    if let Some(id) = pressed.map(|(id, _)| (*id).clone()) {
        model.rollouts.cursor.selected = Some(id);
    }
}

/// The service of the row under the cursor.
pub fn subject(model: &Model) -> Option<ServiceId> {
    match model.rollouts.cursor.selected.as_ref()? {
        RowId::Seen(service, _) => Some(service.clone()),
        RowId::Past(_) => match model.rollout_row(model.rollouts.cursor.selected.as_ref()?)? {
            Row::Past(past) => Some(past.service.clone()),
            _ => None,
        },
        RowId::Own(plan) => Some(model.operations.get(*plan)?.plan.target().service.clone()),
    }
}
