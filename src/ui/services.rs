//! The services pane: one row a service, its replicas under it. Why comes before the figures.

mod columns;
mod figure;
mod why;

use ratatui::{buffer::Buffer, layout::Rect};

use self::columns::Columns;
use super::{
    Look, banner, figures,
    paint::{line, select},
};
use crate::{
    domain::{source::SourceHealth, theme::Role},
    state::{Model, Pane, services::parts},
};

/// Draws it.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    let rows = model.services.rows();
    let parts = parts(model, area);
    if !parts.problem.is_empty() {
        banner::words(
            &model.source.problem,
            Role::Critical,
            look,
            parts.problem,
            buffer,
        );
    }
    if model.snapshot().services.is_empty() {
        return nothing(model, look, parts.rows, buffer);
    }
    let columns = Columns::new(model, look, usize::from(area.width));
    columns.heads(look).draw(look, parts.heads, buffer);
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
    let source = &model.source;
    let context = &model.place.context;
    let text = match source.health {
        SourceHealth::Connecting if context.is_empty() => "waiting for the first answer".to_owned(),
        SourceHealth::Connecting => format!("waiting for {context} to answer"),
        SourceHealth::Live | SourceHealth::CatchingUp => {
            "nothing runs here; what is started appears by itself".to_owned()
        }
        SourceHealth::Stale | SourceHealth::Offline | SourceHealth::LoginExpired => {
            "trying again by itself; quarterdeck doctor says more, quarterdeck demo needs no platform"
                .to_owned()
        }
    };
    banner::words(&text, Role::Dim, look, area, buffer);
}
