//! What is filtered and looked for, and what is found; while it is typed, its field and its mistake.

use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{
    Look,
    paint::{Row, line},
};
use crate::{
    domain::theme::Role,
    state::{
        Model,
        logs::{Logs, typing::Editing},
    },
    text::width,
};

/// Draws it, if there is room for it.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let logs = &model.logs;
    let typed = &logs.typed;
    let mut row = Row::new();
    row.gap(1);
    let mut first = true;
    if let Some(level) = logs.look().level {
        let at_least = look.glyphs.at_least;
        row.push(format!("level {at_least} "), look.style(Role::Dim));
        row.push(level.name(), look.style(super::row::level_role(level)));
        first = false;
    }
    // The one that is typed comes last, so that nothing behind it moves.
    let fields = match typed.editing {
        Some(Editing::Filter) => [Editing::Search, Editing::Filter],
        _ => [Editing::Filter, Editing::Search],
    };
    let mut caret = 0;
    for editing in fields {
        let own = typed.editing == Some(editing);
        if typed.field(editing).text().is_empty() && !own {
            continue;
        }
        if !std::mem::replace(&mut first, false) {
            row.push(format!(" {} ", look.glyphs.dot), look.style(Role::Dim));
        }
        caret = field(logs, look, editing, &mut row).unwrap_or(caret);
    }
    row.draw(look, line(area, 0), buffer);
    if let Some(mistake) = &typed.mistake {
        let mut row = Row::new();
        row.gap(caret + mistake.column);
        row.push("^ ", look.style(Role::Critical));
        row.push(mistake.why.clone(), look.style(Role::Warning));
        row.draw(look, line(area, 1), buffer);
    }
}

/// A field and what it does; the column at which its text begins, while it is edited.
fn field(logs: &Logs, look: &Look, editing: Editing, row: &mut Row) -> Option<usize> {
    let field = logs.typed.field(editing);
    let own = logs.typed.editing == Some(editing);
    let name = match editing {
        Editing::Filter => "filter ",
        Editing::Search => "find ",
    };
    row.push(name, look.style(Role::Dim));
    let begins = row.width();
    if own {
        let before = field.before();
        row.push(before, look.style(Role::Input));
        row.push(look.glyphs.cursor, look.style(Role::Accent));
        row.push(&field.text()[before.len()..], look.style(Role::Input));
    } else {
        row.push(
            format!("\"{}\"", width::truncate(field.text(), 40)),
            look.style(Role::Accent),
        );
    }
    let store = logs.store();
    let words = match editing {
        Editing::Filter => format!(" {} shown", store.shown()),
        Editing::Search => match logs.current {
            Some(key) if store.found() > 0 => {
                format!(" {} of {}", store.found_before(key) + 1, store.found())
            }
            _ => format!(" {} found", store.found()),
        },
    };
    row.push(words, look.style(Role::Dim));
    if store.scanning() {
        row.push(look.glyphs.ellipsis, look.style(Role::Dim));
    }
    own.then_some(begins)
}
