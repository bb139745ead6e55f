//! Every key that works here, from the keymap.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{boxed, page, search, titled};
use crate::{
    domain::theme::Role,
    state::{
        Model,
        layer::{
            self,
            help::{Help, Line},
        },
    },
    ui::{Look, paint::Row},
};

/// Columns between the keys and what they do.
const GAP: usize = 2;
/// Columns of a word of the hint bar.
const LABEL: usize = 14;

pub(super) fn draw(model: &Model, look: &Look, help: &Help, area: Rect, buffer: &mut Buffer) {
    boxed(
        model,
        look,
        titled(look, "Help"),
        search(look, &help.search),
        area,
        buffer,
    );
    let inner = layer::within(area);
    let lines = help.lines(model);
    let widest = lines.iter().map(|line| match line {
        Line::Keys(chords, _) => keys(look, chords).chars().count(),
        _ => 0,
    });
    let sentences = lines.iter().map(|line| match line {
        Line::Keys(_, command) => command.help().chars().count(),
        _ => 0,
    });
    let sentence = sentences.max().unwrap_or(0);
    // Where it is narrow the sentences matter more than a key's third name, or the word of the hint bar.
    let room = usize::from(inner.width);
    let most = room.saturating_sub(GAP + sentence).max(9);
    let column = widest.max().unwrap_or(0).min(most);
    let labels = room >= column + GAP + LABEL + 1 + sentence;
    let shown = |line: &Line| row(look, line, column, labels);
    page(look, &lines, help.scroll, (area, inner), shown, buffer);
}

fn keys(look: &Look, chords: &[crate::domain::key::KeyChord]) -> String {
    let names: Vec<String> = chords.iter().map(|c| look.chord(*c)).collect();
    names.join("  ")
}

fn row(look: &Look, line: &Line, column: usize, labels: bool) -> Row {
    let mut row = Row::new();
    match line {
        Line::Blank => {}
        Line::Nothing => {
            row.push("no key matches the search", look.style(Role::Dim));
        }
        Line::Scope(scope) => {
            row.push(scope.title(), look.style(Role::Column));
        }
        Line::Keys(chords, command) => {
            let keys = crate::text::width::pad(&keys(look, chords), column);
            row.push(keys, look.style(Role::Key)).gap(GAP);
            if labels {
                let label = crate::text::width::pad(command.label(), LABEL);
                row.push(label, look.style(Role::KeyLabel)).gap(1);
            }
            row.push(command.help(), look.style(Role::Text));
        }
    }
    row
}
