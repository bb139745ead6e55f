//! What lies on top of the panes.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Clear, Widget as _},
};

use super::{Look, banner, frame, paint::Row};
use crate::{
    domain::theme::Role,
    state::{Layer, Model, layout},
};

/// Draws a layer: over the whole of `area` if it fills, else in a box in its middle.
pub(super) fn draw(model: &Model, look: &Look, layer: &Layer, area: Rect, buffer: &mut Buffer) {
    let (title, text) = titled(layer);
    let area = if layer.fills() {
        area
    } else {
        middle(area, 76, 14)
    };
    let inner = boxed(model, look, &title, area, buffer);
    banner::words(&text, Role::Text, look, inner, buffer);
}

/// A box with a title; returns what is within.
fn boxed(model: &Model, look: &Look, title: &str, area: Rect, buffer: &mut Buffer) -> Rect {
    Clear.render(area, buffer);
    buffer.set_style(area, look.style(Role::Text));
    frame::alone(model, look, area, buffer);
    let mut row = Row::new();
    row.push(format!(" {title} "), look.style(Role::Title));
    let border = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        height: area.height.min(1),
        ..area
    };
    row.draw(look, border, buffer);
    layout::inner(area)
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

fn titled(layer: &Layer) -> (String, String) {
    match layer {
        Layer::Details(details) => (details.service.to_string(), "Details".to_owned()),
        Layer::Inspect(inspect) => (inspect.service.to_string(), "Raw object".to_owned()),
        Layer::Events(_) => ("Events".to_owned(), String::new()),
        Layer::Plan(plan) => (
            plan.action.title().to_owned(),
            plan.target.service.to_string(),
        ),
        Layer::Prompt(prompt) => ("Input".to_owned(), prompt.field.text().to_owned()),
        Layer::Question(question) => ("Question".to_owned(), question.answers().join(" / ")),
        Layer::Leftover(_) => ("Unfinished".to_owned(), String::new()),
        Layer::Palette(palette) => ("Command".to_owned(), palette.field.text().to_owned()),
        Layer::Picker(_) => ("Choose".to_owned(), String::new()),
        Layer::Help(_) => ("Help".to_owned(), String::new()),
        Layer::Diagnostics(_) => ("Diagnostics".to_owned(), String::new()),
    }
}
