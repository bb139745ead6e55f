//! Short messages, over the last rows of the panes; whole, however long they are.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look,
    paint::{Row, clear, line},
};
use crate::{
    domain::{alert::Severity, theme::Role},
    state::Model,
    text::width,
};

/// Draws the newest one.
pub(super) fn draw(model: &Model, look: &Look, body: Rect, buffer: &mut Buffer) {
    let Some(notice) = model.notices.latest() else {
        return;
    };
    let (sign, role) = match notice.severity {
        Some(Severity::Critical) => (look.glyphs.critical, Role::Critical),
        Some(Severity::Warning) => (look.glyphs.warning, Role::Warning),
        None => (look.glyphs.good, Role::Info),
    };
    let rows = width::wrap(
        &notice.text,
        usize::from(body.width.saturating_sub(4)).max(1),
    );
    let height = (rows.len() as u16).min(body.height);
    let area = Rect {
        y: body.bottom() - height,
        height,
        ..body
    };
    clear(area, buffer);
    for (number, text) in (0..height).zip(rows) {
        let mut row = Row::new();
        let sign = if number == 0 { sign } else { " " };
        row.push(format!(" {sign} "), look.style(role));
        row.push(text, look.style(role));
        row.draw(look, line(area, number), buffer);
    }
}
