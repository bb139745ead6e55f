//! What lies on top of the panes.

mod details;
mod diagnostics;
mod events;
mod help;
mod inspect;
mod messages;
mod palette;
mod picker;
mod places;
mod plan;
mod prompt;
mod question;
mod waiting;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look, checklist, frame,
    paint::{Row, clear, line},
};
use crate::{
    domain::{command::Command, key::Key, theme::Role},
    state::{
        Layer, Model,
        layer::{
            Scroll,
            dialog::{self, Parts},
        },
        text_field::{FilterField, TextField},
    },
    text::width,
};

/// Draws a layer: over the whole of `area` if it fills, else in a box in its middle.
pub(super) fn draw(model: &Model, look: &Look, layer: &Layer, area: Rect, buffer: &mut Buffer) {
    match layer {
        Layer::Details(details) => details::draw(model, look, details, area, buffer),
        Layer::Inspect(inspect) => inspect::draw(model, look, inspect, area, buffer),
        Layer::Events(events) => events::draw(model, look, events, area, buffer),
        Layer::Plan(plan) => plan::draw(model, look, plan, buffer),
        Layer::Prompt(prompt) => prompt::draw(model, look, prompt, buffer),
        Layer::Question(question) => question::draw(model, look, question, buffer),
        Layer::Leftover(leftover) => question::leftover(model, look, leftover, buffer),
        Layer::Palette(palette) => palette::draw(model, look, palette, area, buffer),
        Layer::Picker(picker) => picker::draw(model, look, picker, area, buffer),
        Layer::Places(places) => places::draw(model, look, places, area, buffer),
        Layer::Help(help) => help::draw(model, look, help, area, buffer),
        Layer::Diagnostics(_) => diagnostics::draw(model, look, area, buffer),
        Layer::Messages(messages) => messages::draw(model, look, messages, area, buffer),
        Layer::Waiting(waiting) => waiting::draw(model, look, waiting, buffer),
        Layer::Lists(cursor) => checklist::offer::draw(model, look, cursor, area, buffer),
        Layer::Walk => checklist::draw(model, look, buffer),
    }
}

/// Clears `area` and draws a frame around it, words on its upper border.
pub(super) fn boxed(
    model: &Model,
    look: &Look,
    title: Row,
    right: Row,
    area: Rect,
    buffer: &mut Buffer,
) {
    clear(area, buffer);
    buffer.set_style(area, look.style(Role::Text));
    frame::alone(model, look, area, buffer);
    let rest = title_on_border(look, title, area, buffer);
    right.draw_right(look, rest, buffer);
}

/// Draws words at the left of a frame's upper border. Gives what is left of it for those at its right.
pub(super) fn title_on_border(look: &Look, title: Row, area: Rect, buffer: &mut Buffer) -> Rect {
    let border = on_border(area);
    let used = title.width() as u16;
    title.draw(look, border, buffer);
    Rect {
        x: border.x + used.min(border.width),
        width: border.width.saturating_sub(used + 1),
        ..border
    }
}

/// The upper border between the corners.
pub(super) fn on_border(area: Rect) -> Rect {
    Rect {
        x: area.x + 1.min(area.width),
        width: area.width.saturating_sub(2),
        height: area.height.min(1),
        ..area
    }
}

/// A title of one word.
pub(super) fn titled(look: &Look, title: &str) -> Row {
    let mut row = Row::new();
    row.push(format!(" {title} "), look.style(Role::Title));
    row
}

/// A title and what it is about.
fn titled_of(look: &Look, title: &str, of: &str) -> Row {
    let mut row = titled(look, title);
    row.push(format!(" {of} "), look.style(Role::Accent));
    row
}

/// Draws the lines that fit, from the one that is scrolled to; on the lower border of `frame` stands which these are.
fn page<L>(
    look: &Look,
    lines: &[L],
    scroll: Scroll,
    (frame, area): (Rect, Rect),
    row: impl Fn(&L) -> Row,
    buffer: &mut Buffer,
) {
    let first = scroll.first(lines.len(), area.height.into());
    for (number, of) in (0..area.height).zip(&lines[first..]) {
        row(of).draw(look, line(area, number), buffer);
    }
    let last = (first + usize::from(area.height)).min(lines.len());
    if last - first < lines.len() {
        let mut place = Row::new();
        let (up, down) = (look.glyphs.up, look.glyphs.down);
        let arrow = |there: bool, sign| if there { sign } else { " " };
        let (up, down) = (arrow(first > 0, up), arrow(last < lines.len(), down));
        let text = format!(" {}-{last} of {} {up}{down} ", first + 1, lines.len());
        place.push(text, look.style(Role::Dim));
        let bottom = Rect {
            y: frame.bottom().saturating_sub(1),
            width: frame.width.saturating_sub(2),
            height: 1,
            x: frame.x + 1,
        };
        place.draw_right(look, bottom, buffer);
    }
}

/// A text field with its cursor.
fn field(look: &Look, field: &TextField) -> Row {
    let mut row = Row::new();
    row.push(field.before(), look.style(Role::Input));
    row.push(look.glyphs.cursor, look.style(Role::Accent));
    row.push(
        &field.text()[field.before().len()..],
        look.style(Role::Input),
    );
    row
}

/// A search, on a border: nothing while there is none.
fn search(look: &Look, search: &FilterField) -> Row {
    let mut row = Row::new();
    if search.editing() {
        row.push(" /", look.style(Role::Input));
        row.append(field(look, search.field())).gap(1);
    } else if !search.text().is_empty() {
        row.push(format!(" /{} ", search.text()), look.style(Role::Input));
    }
    row
}

/// A text in as many rows as it takes.
pub(super) fn wrapped(look: &Look, text: &str, columns: usize, role: Role) -> Vec<Row> {
    let row = |text| {
        let mut row = Row::new();
        row.push(text, look.style(role));
        row
    };
    width::wrap(text, columns).into_iter().map(row).collect()
}

/// A dialog around these rows, as high as they need, with its keys.
fn draw_dialog(
    model: &Model,
    look: &Look,
    title: Row,
    rows: Vec<Row>,
    keys: Vec<Row>,
    buffer: &mut Buffer,
) {
    let parts = dialog::parts(dialog::body(model), rows.len(), 0);
    boxed(model, look, title, Row::new(), parts.frame, buffer);
    for (number, row) in (0..parts.text.height).zip(rows) {
        row.draw(look, line(parts.text, number), buffer);
    }
    foot(model, look, &parts, keys, buffer);
}

/// The kind of environment on the line above the keys, and the keys.
fn foot(model: &Model, look: &Look, parts: &Parts, keys: Vec<Row>, buffer: &mut Buffer) {
    let kind = model.place.kind;
    let mut word = Row::new();
    let role = if kind.guarded() {
        Role::Production
    } else {
        Role::Dim
    };
    word.push(format!(" {} ", kind.told()), look.style(role));
    let Some(rule) = parts.rule else {
        let bottom = Rect {
            y: parts.frame.bottom().saturating_sub(1),
            height: parts.frame.height.min(1),
            ..parts.frame
        };
        return word.draw(look, on_border(bottom), buffer);
    };
    let set = frame::set(model, look);
    for x in rule.x..rule.right() {
        let symbol = match x {
            x if x == rule.x => set.vertical_right,
            x if x + 1 == rule.right() => set.vertical_left,
            _ => set.horizontal,
        };
        let style = buffer[(parts.frame.x, parts.frame.y)].style();
        buffer[(x, rule.y)].set_symbol(symbol).set_style(style);
    }
    word.draw(look, on_border(rule), buffer);
    let mut row = Row::new();
    for key in keys {
        if row.width() + key.width() <= usize::from(parts.keys.width) {
            row.append(key);
        }
    }
    row.draw(look, parts.keys, buffer);
}

/// A key and what it does, or would do: dimmed while it can't be had.
fn key(model: &Model, look: &Look, command: Command, label: &str, live: bool) -> Row {
    let mut row = Row::new();
    let chords = model.keymap.chords(model.scope(), command);
    // In a list the arrows say more than the tabulator.
    let arrow = chords.iter().find(|c| matches!(c.key, Key::Up | Key::Down));
    let Some(chord) = arrow.or(chords.first()).copied() else {
        return row;
    };
    let (key, word) = if live {
        (Role::Key, Role::KeyLabel)
    } else {
        (Role::Disabled, Role::Disabled)
    };
    row.push(look.chord(chord), look.style(key));
    row.push(format!(" {label}"), look.style(word)).gap(4);
    row
}

/// So many columns and rows in the middle of `area`, or as many as there are.
fn middle(area: Rect, columns: u16, rows: u16) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
