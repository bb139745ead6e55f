//! What happened, in words.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{boxed, page, titled, titled_of};
use crate::{
    domain::{health::Health, theme::Role},
    state::{
        Model,
        layer::{
            self,
            events::{BEFORE, Events, Line},
        },
        unseen,
    },
    ui::{Look, banner, figures, paint::Row},
};

pub(super) fn draw(model: &Model, look: &Look, events: &Events, area: Rect, buffer: &mut Buffer) {
    let title = match &events.service {
        Some(service) => titled_of(look, "Events", &model.name_of(service)),
        None => titled(look, "Events"),
    };
    let mut right = Row::new();
    right.push(" newest first ", look.style(Role::Dim));
    boxed(model, look, title, right, area, buffer);
    let inner = layer::within(area);
    let lines = events.lines(model, inner.width);
    if lines.is_empty() {
        let nothing = "nothing has happened lately";
        let unseen = unseen::among(&model.snapshot().host, &["events"]);
        banner::empty_or_unseen(model, look, &unseen, nothing, inner, buffer);
    }
    let shown = |line: &Line<'_>| row(model, look, line);
    page(look, &lines, events.scroll, (area, inner), shown, buffer);
}

/// A happening: sign, time, how long ago, words.
pub(super) fn row(model: &Model, look: &Look, &(first, text): &Line<'_>) -> Row {
    let mut row = Row::new();
    let Some(happening) = first else {
        row.gap(BEFORE).push(text, look.style(Role::Text));
        return row;
    };
    let (sign, role) = sign(look, happening.health);
    row.push(sign, look.style(role)).gap(1);
    let at = figures::clock(model, look, happening.at);
    row.push(at, look.style(Role::LogTime));
    let age = figures::age(figures::seconds(happening.at, model.now));
    row.push(format!("{age:>6}"), look.style(Role::Dim)).gap(2);
    row.push(text, look.style(Role::Text));
    row
}

/// How bad, as a sign.
pub(super) fn sign(look: &Look, health: Health) -> (&'static str, Role) {
    match health {
        Health::Critical => (look.glyphs.critical, Role::Critical),
        Health::Warning => (look.glyphs.warning, Role::Warning),
        Health::Unknown => (look.glyphs.unknown, Role::Unknown),
        _ => (" ", Role::Text),
    }
}
