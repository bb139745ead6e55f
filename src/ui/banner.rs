//! What is said in a pane that has nothing to show: never silence.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look, figures,
    paint::{Row, line},
};
use crate::{
    domain::{source::SourceHealth, theme::Role},
    state::Model,
    text::width,
};

/// Words over the whole width of a pane, wrapped; returns how many rows they took.
pub(super) fn words(text: &str, role: Role, look: &Look, area: Rect, buffer: &mut Buffer) -> u16 {
    let rows = width::wrap(text, usize::from(area.width.saturating_sub(2)).max(1));
    for (number, text) in (0..area.height).zip(&rows) {
        let mut row = Row::new();
        row.gap(1).push(*text, look.style(role));
        row.draw(look, line(area, number), buffer);
    }
    (rows.len() as u16).min(area.height)
}

/// Why a pane is empty: its own words while the platform answers, else what is waited for.
pub(super) fn empty(model: &Model, look: &Look, what: &str, area: Rect, buffer: &mut Buffer) {
    let text = match model.source.health {
        SourceHealth::Connecting => "waiting for the services".to_owned(),
        _ if figures::stale(model) => match model.source.proof {
            Some(proof) => format!(
                "unknown: no answer since {}",
                figures::clock(model, look, proof)
            ),
            None => "unknown: no answer yet".to_owned(),
        },
        _ => what.to_owned(),
    };
    words(&text, Role::Dim, look, area, buffer);
}
