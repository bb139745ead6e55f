//! The line of keys at the bottom, derived from the keymap.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Look, paint::Row};
use crate::{
    domain::{command::Command, key::KeyChord, theme::Role},
    state::{Layer, Model, alerts, checklist, hints::hints, layer::dialog},
};

/// Draws as many as fit; help and quit always do.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let scope = model.scope();
    let mut last = Row::new();
    for command in [Command::Help, Command::Quit] {
        if let Some(chord) = model.keymap.chords(scope, command).first() {
            last.append(hint(look, *chord, command.label()));
        }
    }
    let mut row = Row::new();
    // A dialog that has its own line of keys needs no second one.
    let own = model.layers.last().is_some_and(Layer::asks) && dialog::has_keys(model);
    let hints = if own { Vec::new() } else { hints(model) };
    for (chord, command) in hints {
        let label = match command {
            Command::Open => "details",
            Command::Acknowledge if alerts::known(model) => "take back",
            Command::Settle => checklist::settles(model),
            Command::HandOver if checklist::may_take(model) => "take control",
            other => other.label(),
        };
        let hint = hint(look, chord, label);
        if row.width() + hint.width() + last.width() <= usize::from(area.width) {
            row.append(hint);
        }
    }
    row.append(last);
    row.draw(look, area, buffer);
}

fn hint(look: &Look, chord: KeyChord, label: &str) -> Row {
    let mut row = Row::new();
    row.gap(1).push(look.chord(chord), look.style(Role::Key));
    row.push(format!(" {label} "), look.style(Role::KeyLabel));
    row
}
