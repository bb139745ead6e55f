//! What is said in a pane that has nothing to show: never silence.

use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look, figures,
    paint::{Row, line},
};
use crate::{
    domain::{source::SourceHealth, theme::Role},
    state::Model,
    text::{SafeText, width},
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

/// Why a pane is empty: its own words while the platform answers, else those with their age, or what is waited for.
pub(super) fn empty(model: &Model, look: &Look, what: &str, area: Rect, buffer: &mut Buffer) {
    empty_or_unseen(model, look, &SafeText::EMPTY, what, area, buffer);
}

/// The same of what may not be looked at whole: there may be what would stand there.
pub(super) fn empty_or_unseen(
    model: &Model,
    look: &Look,
    unseen: &SafeText,
    what: &str,
    area: Rect,
    buffer: &mut Buffer,
) {
    if !unseen.is_empty() && !figures::stale(model) {
        let text = format!("unknown: {unseen}");
        words(&text, Role::Warning, look, area, buffer);
        return;
    }
    let text = match model.source.proof {
        Some(proof) if figures::stale(model) => {
            let seen = figures::clock(model, look, proof);
            format!("unknown now; last seen {seen}: {what}")
        }
        None if figures::stale(model) || model.source.health == SourceHealth::Connecting => {
            waiting(model)
        }
        _ => what.to_owned(),
    };
    words(&text, Role::Dim, look, area, buffer);
}

/// An answer that takes longer than this is worth a word, in seconds.
const LONG: u64 = 3;

/// Whether the first answer takes long.
pub(super) fn long(model: &Model) -> bool {
    asked_for(model) >= LONG
}

/// For how long the platform has been asked, in seconds.
fn asked_for(model: &Model) -> u64 {
    if model.opened == Timestamp::default() {
        0
    } else {
        figures::seconds(model.opened, model.now)
    }
}

/// Who is asked, and for how long there has been no answer.
pub(super) fn waiting(model: &Model) -> String {
    let asked = match &*model.place.context {
        "" => "the platform",
        context => context,
    };
    if long(model) {
        let waited = figures::lasting(asked_for(model));
        format!("no answer from {asked} for {waited}")
    } else {
        format!("waiting for {asked} to answer")
    }
}
