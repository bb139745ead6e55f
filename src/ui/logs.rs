//! The logs pane.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look, banner, figures,
    paint::{Row, line},
};
use crate::{domain::theme::Role, state::Model};

/// Its name and what it counts, for the frame.
pub(super) fn title(model: &Model) -> String {
    match model.logs.services.as_slice() {
        [] => "Logs".to_owned(),
        services => {
            let names: Vec<&str> = services.iter().map(|id| &*id.name).collect();
            format!("Logs {}", names.join(", "))
        }
    }
}

/// What stands at the right of its title.
pub(super) fn aside(model: &Model) -> Option<String> {
    (model.logs.dropped > 0).then(|| format!("{} dropped", model.logs.dropped))
}

/// Draws the newest lines.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    let lines = &model.logs.lines;
    if lines.is_empty() {
        return banner::empty(model, look, "nothing written yet", area, buffer);
    }
    let first = lines.len().saturating_sub(usize::from(area.height));
    for (number, (origin, log)) in (0..area.height).zip(lines.range(first..)) {
        let mut row = Row::new();
        row.push(
            format!(" {} ", figures::clock(model, look, log.at)),
            look.style(Role::LogTime),
        );
        row.push(format!("{} ", origin.label), look.style(Role::Source1));
        for (text, style) in log.text.pieces() {
            row.push(text, style);
        }
        row.draw(look, line(area, number), buffer);
    }
}
