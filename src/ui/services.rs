//! The services pane: one row a service, its replicas under it. Why comes before the figures.

mod columns;
mod figure;
mod why;

pub(super) use figure::both;

use ratatui::{buffer::Buffer, layout::Rect};

use self::columns::Columns;
use super::{
    Look, banner, figures,
    paint::{line, select},
};
use crate::{
    domain::{source::SourceHealth, theme::Role},
    state::{
        Model, Pane,
        services::{parts, problem},
        unseen,
    },
};

/// Draws it.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    let rows = model.services.rows();
    let parts = parts(model, area);
    if !parts.problem.is_empty() {
        let role = if model.source.problem.is_empty() {
            Role::Warning
        } else {
            Role::Critical
        };
        banner::words(&problem(model), role, look, parts.problem, buffer);
    }
    if model.snapshot().services.is_empty() {
        return nothing(model, look, parts.rows, buffer);
    }
    let columns = Columns::new(model, look, usize::from(area.width));
    columns.heads(model, look).draw(look, parts.heads, buffer);
    let focused = model.focus == Pane::Services && model.layers.is_empty();
    let below = parts.rows;
    let first = model.services.cursor.first();
    for (number, id) in (0..below.height).zip(rows.iter().skip(first)) {
        let at = line(below, number);
        let selected = model.services.cursor.selected.as_ref() == Some(id);
        let Some(row) = model.row(id) else { continue };
        columns
            .row(model, look, row, selected)
            .draw(look, at, buffer);
        if figures::stale(model) {
            buffer.set_style(at, look.style(Role::Stale));
        }
        if selected {
            select(look, at, focused, columns.name(), buffer);
        }
    }
    if rows.is_empty() {
        banner::words("nothing matches the filter", Role::Dim, look, below, buffer);
    }
}

/// No service is known: say why, and what mends it.
fn nothing(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    if model.source.health == SourceHealth::Live || model.source.proof.is_some() {
        let nothing = "nothing runs here; what is started appears by itself";
        // What may not be looked at stands above.
        if !unseen::of(&model.source, Pane::Services).is_empty() && !figures::stale(model) {
            let nothing = "nothing that may be seen runs here";
            banner::words(nothing, Role::Dim, look, area, buffer);
            return;
        }
        return banner::empty(model, look, nothing, area, buffer);
    }
    let mut text = banner::waiting(model);
    if figures::stale(model) || banner::long(model) {
        text.push_str("; it is asked again and again. quarterdeck doctor says more, quarterdeck demo needs no platform");
    }
    banner::words(&text, Role::Dim, look, area, buffer);
}
