//! Where the view stands, and how it is moved.

use ratatui::layout::Rect;

use super::{
    super::{Model, Pane, Update, layout},
    Logs,
    entry::{Entry, Key},
    older,
};
use crate::domain::{command::Command, service::ServiceId};

/// Columns that a step to the side takes.
const SIDE: usize = 16;
/// With fewer rows than this there is no histogram.
const TALL: u16 = 12;
/// Rows of the histogram: bars, and signs under them.
const HISTOGRAM: u16 = 2;

/// Where the view stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// At the newest entry, wherever that is.
    Following,
    /// Still.
    Still {
        /// The last entry on screen.
        bottom: Key,
        /// The last entry when it came to stand: what is below it is new.
        frontier: Key,
    },
}

/// The parts of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Areas {
    /// Levels over time.
    pub histogram: Option<Rect>,
    /// The lines.
    pub rows: Rect,
    /// Filter, search and what they find.
    pub status: Rect,
}

/// The parts of the pane within its frame.
pub fn areas(model: &Model, inner: Rect) -> Areas {
    let logs = &model.logs;
    let says = logs.editing()
        || logs.look.level.is_some()
        || !logs.typed.filter.text().is_empty()
        || !logs.typed.search.text().is_empty();
    let status = match &logs.typed.mistake {
        Some(_) => 2,
        None => u16::from(says),
    };
    let status = if inner.height > status + 1 || logs.editing() {
        status.min(inner.height)
    } else {
        0
    };
    let tall = model.zoomed && inner.height >= TALL;
    let histogram = if tall { HISTOGRAM } else { 0 };
    Areas {
        histogram: tall.then_some(Rect {
            height: HISTOGRAM,
            ..inner
        }),
        rows: Rect {
            y: inner.y + histogram,
            height: inner.height - histogram - status,
            ..inner
        },
        status: Rect {
            y: inner.bottom() - status,
            height: status,
            ..inner
        },
    }
}

/// Rows for lines.
pub(super) fn rows(model: &Model) -> usize {
    let (columns, rows) = model.size;
    let regions = layout::layout(Rect::new(0, 0, columns, rows), model);
    usize::from(areas(model, regions.inner(Pane::Logs)).rows.height).max(1)
}

/// What fits on the screen, from top to bottom, where each entry takes one row.
pub fn on_screen(logs: &Logs, rows: usize) -> Vec<&Entry> {
    let start = logs.start();
    let Some(bottom) = logs.bottom() else {
        return Vec::new();
    };
    let mut entries: Vec<&Entry> = logs
        .store
        .up_from(bottom)
        .take(rows)
        .take_while(|entry| entry.key >= start)
        .collect();
    entries.reverse();
    if entries.len() < rows {
        let below = entries
            .last()
            .map_or(start, |entry| after(entry.key))
            .max(start);
        entries.extend(logs.store.down_from(below).take(rows - entries.len()));
    }
    entries
}

const fn after(key: Key) -> Key {
    Key {
        part: key.part.saturating_add(1),
        ..key
    }
}

impl Logs {
    /// Whether that service's present logs are among those that are followed.
    pub fn follows(&self, service: &ServiceId) -> bool {
        !self.previous && (self.services.is_empty() || self.services.contains(service))
    }

    /// The last entry on screen.
    pub fn bottom(&self) -> Option<Key> {
        match self.stand {
            Stand::Following => self.store.last(),
            Stand::Still { bottom, .. } => Some(bottom),
        }
    }

    /// Shown entries that came since the view stands still; `None` while it follows.
    pub fn new_entries(&self) -> Option<usize> {
        match self.stand {
            Stand::Following => None,
            Stand::Still { frontier, .. } => Some(self.store.shown_from(after(frontier))),
        }
    }

    fn stand_at(&mut self, bottom: Key) {
        let Some(last) = self.store.last() else {
            return;
        };
        // Whatever is there now has its place; what comes late goes below it. What counts as new stays so.
        let frontier = match self.stand {
            Stand::Following => last,
            Stand::Still { frontier, .. } => frontier,
        };
        self.stand = Stand::Still { bottom, frontier };
    }

    /// Up by so many entries; says whether the first one was on screen already.
    fn up(&mut self, by: usize, rows: usize) -> bool {
        let Some(bottom) = self.bottom() else {
            return true;
        };
        let start = self.start();
        let entries = self.store.up_from(bottom).take_while(|e| e.key >= start);
        let keys: Vec<Key> = entries.take(by + rows).map(|e| e.key).collect();
        // The first entry goes no lower than the first row; how high wrapped ones are is not known here.
        let room = if self.wrap { 1 } else { rows };
        let to = by.min(keys.len().saturating_sub(room));
        if let Some(key) = keys.get(to) {
            self.stand_at(*key);
        }
        keys.len() < by + rows
    }

    /// Down by so many entries; at the end the view follows again.
    fn down(&mut self, by: usize, rows: usize) {
        let Stand::Still { bottom, .. } = self.stand else {
            return;
        };
        let start = self.start();
        let above = self
            .store
            .up_from(bottom)
            .take(rows)
            .take_while(|e| e.key >= start)
            .count();
        let by = if self.wrap {
            by
        } else {
            by + rows.saturating_sub(above)
        };
        let keys: Vec<Key> = self
            .store
            .down_from(after(bottom).max(start))
            .take(by)
            .map(|e| e.key)
            .collect();
        match keys.last() {
            Some(key) if keys.len() == by => self.stand_at(*key),
            _ => self.stand = Stand::Following,
        }
    }

    /// The entry comes to stand so many rows above the last.
    fn show(&mut self, key: Key, rows_below: usize) {
        let bottom = self
            .store
            .down_from(key)
            .take(rows_below + 1)
            .last()
            .map_or(key, |e| e.key);
        self.stand_at(bottom);
    }

    fn top(&mut self, rows: usize) {
        let start = self.start();
        let first = self.store.down_from(start).next().map(|e| e.key);
        if let Some(first) = first {
            let below = if self.wrap { 0 } else { rows - 1 };
            self.show(first, below);
        }
    }
}

/// A command that moves the view; `None` when it is none.
pub(super) fn command(model: &mut Model, command: Command) -> Option<Update> {
    let rows = rows(model);
    let zoomed = areas_have_histogram(model);
    let logs = &mut model.logs;
    let mut at_top = false;
    match command {
        Command::Up => at_top = logs.up(1, rows),
        Command::PageUp => at_top = logs.up(rows.saturating_sub(1).max(1), rows),
        Command::Top => {
            logs.top(rows);
            at_top = true;
        }
        Command::Down => logs.down(1, rows),
        Command::PageDown => logs.down(rows.saturating_sub(1).max(1), rows),
        Command::Bottom | Command::Follow => {
            logs.stand = Stand::Following;
            logs.current = None;
        }
        Command::Left | Command::Right
            if zoomed
                && logs.offset == 0
                && (command == Command::Left || logs.moment.is_some() || logs.wrap) =>
        {
            choose_moment(model, command == Command::Right);
        }
        Command::Left => logs.offset = logs.offset.saturating_sub(SIDE),
        Command::Right if !logs.wrap => logs.offset = (logs.offset + SIDE).min(16_384),
        Command::Right => {}
        Command::Open => {
            let moment = logs.moment.take()?;
            let key = Key {
                at: moment.saturating_mul(1_000_000),
                ..Key::default()
            };
            logs.show(key, rows - 1);
        }
        Command::FindNext => next(logs, rows, true),
        Command::FindPrevious => next(logs, rows, false),
        _ => return None,
    }
    if at_top {
        return Some(older(model).and(Update::redraw()));
    }
    Some(Update::redraw())
}

fn areas_have_histogram(model: &Model) -> bool {
    let (columns, rows) = model.size;
    let regions = layout::layout(Rect::new(0, 0, columns, rows), model);
    areas(model, regions.inner(Pane::Logs)).histogram.is_some()
}

/// Columns of bars in a histogram of that width; the rest says from when to when.
pub const fn bars(width: u16) -> usize {
    (width as usize).saturating_sub(14)
}

/// Moves the cursor on the histogram by a bar; it begins at the newest.
fn choose_moment(model: &mut Model, later: bool) {
    let width = layout::inner(Rect::new(0, 0, model.size.0, 3)).width;
    let logs = &mut model.logs;
    let Some((begin, seconds, counts)) = logs.tally.columns(bars(width)) else {
        return;
    };
    let last = i64::try_from(counts.len()).unwrap_or(1) - 1;
    let now = logs.moment.map(|at| (at - begin).div_euclid(seconds));
    let column = match now {
        None => last,
        Some(column) if later => column + 1,
        Some(column) => column - 1,
    };
    logs.moment = (column <= last).then(|| begin + column.max(0) * seconds);
}

/// To the next match, round at the end.
fn next(logs: &mut Logs, rows: usize, down: bool) {
    let Some(from) = logs.current.or_else(|| logs.bottom()) else {
        return;
    };
    let from = if down { after(from) } else { from };
    let round = if down {
        logs.start()
    } else {
        after(logs.store.last().unwrap_or_default())
    };
    let found = logs
        .store
        .find(from, down)
        .or_else(|| logs.store.find(round, down));
    if let Some(key) = found.map(|entry| entry.key) {
        stand_on(logs, key, rows);
    }
}

/// To the newest match at or above the end of the screen, or else the first below it.
pub(super) fn nearest(model: &mut Model) {
    let rows = rows(model);
    let logs = &mut model.logs;
    let Some(bottom) = logs.bottom() else { return };
    let found = logs
        .store
        .find(after(bottom), false)
        .or_else(|| logs.store.find(bottom, true));
    if let Some(key) = found.map(|entry| entry.key) {
        stand_on(logs, key, rows);
    }
}

/// The view moves only when the match is not on screen.
fn stand_on(logs: &mut Logs, key: Key, rows: usize) {
    logs.current = Some(key);
    let seen = on_screen(logs, rows).iter().any(|entry| entry.key == key);
    if seen && !logs.wrap {
        if let Some(bottom) = logs.bottom() {
            logs.stand_at(bottom);
        }
    } else {
        logs.show(key, rows / 2);
    }
}
