//! The newest message, on the lower border of the panes: it hides no row. What is cut stands whole among the messages.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    paint::{Row, clear},
};
use crate::{
    domain::{alert::Severity, command::Command, theme::Role},
    state::Model,
    text::width,
};

/// Draws it, between the corners of `body`'s last row.
pub(super) fn draw(model: &Model, look: &Look, body: Rect, buffer: &mut Buffer) {
    let Some(notice) = model.notices.latest() else {
        return;
    };
    let room = Rect {
        x: body.x + 1.min(body.width),
        y: body.bottom().saturating_sub(1),
        width: body.width.saturating_sub(2),
        height: body.height.min(1),
    };
    let (sign, role) = sign(look, notice.severity);
    let mut row = Row::new();
    row.push(format!(" {sign} "), look.style(role));
    let mut end = Row::new();
    let free = usize::from(room.width).saturating_sub(row.width() + 1);
    if notice.text.width() > free
        && let Some(key) = model
            .keymap
            .chords(model.scope(), Command::Messages)
            .first()
    {
        end.push(format!("  {key} "), look.style(Role::Key));
        end.push("all of it ", look.style(Role::KeyLabel));
    }
    let words = width::truncate(&notice.text, free.saturating_sub(end.width()));
    row.push(words, look.style(role)).gap(1);
    row.append(end);
    let area = Rect {
        width: room.width.min(row.width() as u16),
        ..room
    };
    clear(area, buffer);
    row.draw(look, area, buffer);
}

/// How a message looks.
pub(super) const fn sign(look: &Look, severity: Option<Severity>) -> (&'static str, Role) {
    match severity {
        Some(Severity::Critical) => (look.glyphs.critical, Role::Critical),
        Some(Severity::Warning) => (look.glyphs.warning, Role::Warning),
        None => (look.glyphs.good, Role::Info),
    }
}
