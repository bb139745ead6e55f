//! One entry: its time, who wrote it, how grave it is, and what it says.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    super::{Look, figures, paint::Row},
    body,
};
use crate::{
    domain::{
        log::{Level, bounded},
        theme::Role,
    },
    state::{
        Model,
        logs::entry::{Entry, What},
    },
    text::width,
};

/// Columns of the word for a level.
const LEVEL: usize = 5;

/// What stands before each line, and how much room is behind it.
#[derive(Debug)]
pub(super) struct Columns {
    /// Of the time, with the blank behind it.
    time: usize,
    /// Of who wrote it.
    label: usize,
    /// Whether times are to the millisecond.
    fine: bool,
    /// Columns of a row.
    width: usize,
}

impl Columns {
    pub(super) fn new(model: &Model, label: usize, width: usize) -> Self {
        let fine = model.zoomed;
        let time = match (model.logs.timeless, fine) {
            (true, _) => 0,
            (false, true) => 13,
            (false, false) => 9,
        };

        Self {
            time,
            label: label.min(width / 3),
            fine,
            width,
        }
    }

    /// Columns before the message.
    const fn before(&self) -> usize {
        1 + self.time + self.label + 1 + LEVEL + 1
    }
}

/// The style of a level.
pub(super) const fn level_role(level: Level) -> Role {
    match level {
        Level::Trace => Role::LevelTrace,
        Level::Debug => Role::LevelDebug,
        Level::Info => Role::LevelInfo,
        Level::Warn => Role::LevelWarn,
        Level::Error => Role::LevelError,
        Level::Fatal => Role::LevelFatal,
    }
}

fn before(model: &Model, look: &Look, columns: &Columns, entry: &Entry) -> Row {
    let mut row = Row::new();
    let current = model.logs.current == Some(entry.key);
    let cursor = if current { look.glyphs.cursor } else { " " };
    row.push(cursor, look.style(Role::Accent));
    if entry.continues() {
        let sign = look.glyphs.continuation;
        row.gap(columns.before() - 3);
        row.push(format!("{sign} "), look.style(Role::Dim));
        return row;
    }
    if columns.time > 0 {
        let time = if columns.fine {
            figures::clock_millis(model, look, entry.at())
        } else {
            figures::clock(model, look, entry.at())
        };
        row.push(format!("{time} "), look.style(Role::LogTime));
    }
    let label = width::pad(
        &width::truncate_middle(&entry.origin.label, columns.label),
        columns.label,
    );
    let source = Role::source(usize::from(entry.source));
    row.cell(&label, look.style(source)).gap(1);
    match entry.level {
        Some(level) => {
            let word = format!("{:LEVEL$} ", level.shown());
            row.cell(&word, look.style(level_role(level)))
        }
        None => row.gap(LEVEL + 1),
    };
    row
}

fn repeats(look: &Look, entry: &Entry) -> Row {
    let mut row = Row::new();
    if entry.repeats > 0 {
        let times = look.glyphs.times;
        row.push(
            format!(" {times}{}", entry.repeats + 1),
            look.style(Role::Accent),
        );
    }
    row
}

/// Draws an entry in one row.
pub(super) fn draw(
    model: &Model,
    look: &Look,
    columns: &Columns,
    entry: &Entry,
    area: Rect,
    buffer: &mut Buffer,
) {
    let Some(text) = entry.line() else {
        return mark(model, look, columns, entry).draw(look, area, buffer);
    };
    let mut row = before(model, look, columns, entry);
    let body = body::of(&model.logs, look, entry, text);
    let times = repeats(look, entry);
    let room = columns.width.saturating_sub(row.width() + times.width());
    let from = body.skip(model.logs.offset);
    let rest = &body.text()[from..];
    // One column more than fits, so that the row knows that it is cut.
    let fits = from + width::head(rest, room + 1).len();
    let cut = Rect {
        width: area.width.saturating_sub(times.width() as u16),
        ..area
    };
    for (piece, style) in body.between(from, fits) {
        row.push(piece, style);
    }
    row.draw(look, cut, buffer);
    times.draw_right(look, area, buffer);
}

/// An entry in as many rows as it takes, at most `most`.
pub(super) fn wrapped(
    model: &Model,
    look: &Look,
    columns: &Columns,
    entry: &Entry,
    most: usize,
) -> Vec<Row> {
    let Some(text) = entry.line() else {
        return vec![mark(model, look, columns, entry)];
    };
    let body = body::of(&model.logs, look, entry, text);
    let times = repeats(look, entry);
    let room = columns
        .width
        .saturating_sub(columns.before() + times.width())
        .max(1);
    let whole = body.text();
    // What the rows can hold at most; wrapping a line of 64 KiB for three rows would be in vain.
    let bounded = width::head(whole, room * most);
    let mut rows = Vec::new();
    for (number, part) in width::wrap(bounded, room)
        .into_iter()
        .take(most)
        .enumerate()
    {
        // An empty part need not be one of the whole.
        let from = if part.is_empty() {
            0
        } else {
            part.as_ptr() as usize - whole.as_ptr() as usize
        };
        let mut row = if number == 0 {
            before(model, look, columns, entry)
        } else {
            let mut row = Row::new();
            row.gap(columns.before());
            row
        };
        for (piece, style) in body.between(from, from + part.len()) {
            row.push(piece, style);
        }
        rows.push(row);
    }
    if let Some(last) = rows.last_mut() {
        last.append(times);
    }
    rows
}

/// What is no line: words in the middle of a rule.
fn mark(model: &Model, look: &Look, columns: &Columns, entry: &Entry) -> Row {
    let label = &entry.origin.label;
    let at = figures::clock(model, look, entry.at());
    let (words, role) = match &entry.what {
        What::Joined => (format!("{label} joined {at}"), Role::LogMark),
        What::Left => (format!("{label} left {at}"), Role::LogMark),
        What::Lost(lines) => (
            format!("{label}: {lines} lines lost on the way"),
            Role::Warning,
        ),
        What::Fallen(lines) => (format!("{lines} lines fell out of memory"), Role::Warning),
        What::Unreadable(why) => (format!("{label} can't be read: {why}"), Role::Warning),
        What::Bounded(followed, waiting) => (bounded(*followed, *waiting), Role::Warning),
        What::Line(_) => (String::new(), Role::Text),
    };
    let words = width::truncate(&words, columns.width.saturating_sub(2)).into_owned();
    let rule = columns.width.saturating_sub(width::width(&words) + 2);
    let line = look.glyphs.single.horizontal;
    let style: Style = look.style(role);
    let mut row = Row::new();
    row.push(line.repeat(rule / 2), look.style(Role::Dim));
    row.push(format!(" {words} "), style);
    row.push(line.repeat(rule - rule / 2), look.style(Role::Dim));
    row
}
