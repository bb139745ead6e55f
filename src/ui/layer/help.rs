//! Every key that works here, from the keymap.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{boxed, named, page, search, titled};
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
    // Where it is narrow the sentences matter more than a key's third name.
    let most = usize::from(inner.width) / 3;
    let column = widest.max().unwrap_or(0).min(most.max(9));
    let shown = |line: &Line| row(look, line, column, inner.width);
    page(look, &lines, help.scroll, (area, inner), shown, buffer);
}

fn keys(look: &Look, chords: &[crate::domain::key::KeyChord]) -> String {
    let names: Vec<String> = chords.iter().map(|c| named(look, *c)).collect();
    names.join("  ")
}

fn row(look: &Look, line: &Line, column: usize, width: u16) -> Row {
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
            row.push(keys, look.style(Role::Key)).gap(2);
            if usize::from(width) > column + 50 {
                let label = crate::text::width::pad(command.label(), 14);
                row.push(label, look.style(Role::KeyLabel)).gap(1);
            }
            row.push(command.help(), look.style(Role::Text));
        }
    }
    row
}
