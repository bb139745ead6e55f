//! What this console has told, whole.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{boxed, page, titled};
use crate::{
    domain::theme::Role,
    state::{
        Model,
        layer::{
            self,
            messages::{BEFORE, Line, Messages},
        },
    },
    ui::{Look, banner, figures, notice, paint::Row},
};

pub(super) fn draw(
    model: &Model,
    look: &Look,
    messages: &Messages,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut right = Row::new();
    right.push(" newest first ", look.style(Role::Dim));
    boxed(model, look, titled(look, "Messages"), right, area, buffer);
    let inner = layer::within(area);
    let lines = messages.lines(model, inner.width);
    if lines.is_empty() {
        banner::words("nothing was said yet", Role::Dim, look, inner, buffer);
    }
    let shown = |line: &Line<'_>| row(model, look, line);
    page(look, &lines, messages.scroll, (area, inner), shown, buffer);
}

fn row(model: &Model, look: &Look, &(first, text): &Line<'_>) -> Row {
    let mut row = Row::new();
    let Some(message) = first else {
        row.gap(BEFORE).push(text, look.style(Role::Text));
        return row;
    };
    let (sign, role) = notice::sign(look, message.severity);
    row.push(sign, look.style(role)).gap(1);
    let at = figures::clock(model, look, message.at);
    row.push(at, look.style(Role::LogTime)).gap(2);
    row.push(text, look.style(Role::Text));
    row
}
