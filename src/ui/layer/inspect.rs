//! The raw object: names in one colour, what belongs to them in others, no more than the eye needs.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{boxed, page, search, titled_of};
use crate::{
    domain::theme::Role,
    state::{
        Model,
        layer::{self, inspect::Inspect},
    },
    ui::{Look, banner, paint::Row},
};

pub(super) fn draw(model: &Model, look: &Look, inspect: &Inspect, area: Rect, buffer: &mut Buffer) {
    let title = titled_of(look, "Raw object", &name(model, inspect));
    let mut right = search(look, &inspect.search);
    if !inspect.search.text().is_empty() {
        let matches = inspect.matches();
        let at = inspect
            .at
            .and_then(|at| matches.iter().position(|m| *m == at));
        let text = match at {
            Some(at) => format!("{} of {} ", at + 1, matches.len()),
            None => "no match ".to_owned(),
        };
        right.push(text, look.style(Role::Dim));
    }
    boxed(model, look, title, right, area, buffer);
    let inner = layer::within(area);
    match &inspect.found {
        None => {
            let text = format!("asking for {}", inspect.instance.short());
            banner::words(&text, Role::Dim, look, inner, buffer);
        }
        Some(Err(why)) => {
            banner::words(why, Role::Warning, look, inner, buffer);
        }
        Some(Ok(_)) => {
            let rows = inspect.rows(inner.width);
            let wanted = inspect.search.text().to_lowercase();
            let shown = |&(number, begins, text): &(usize, bool, &str)| {
                let row = if begins {
                    json(look, text)
                } else {
                    plain(look, text)
                };
                if wanted.is_empty() || !text.to_lowercase().contains(&wanted) {
                    return row;
                }
                let role = if inspect.at == Some(number) {
                    Role::MatchCurrent
                } else {
                    Role::Match
                };
                marked(look, text, &wanted, role)
            };
            page(look, &rows, inspect.scroll, (area, inner), shown, buffer);
        }
    }
}

fn name(model: &Model, inspect: &Inspect) -> String {
    let service = model.snapshot().service(&inspect.service);
    let instance = service.and_then(|s| s.instances.iter().find(|i| i.id == inspect.instance));
    instance.map_or_else(
        || inspect.instance.short().to_owned(),
        |i| i.name.to_string(),
    )
}

fn plain(look: &Look, text: &str) -> Row {
    let mut row = Row::new();
    row.push(text, look.style(Role::Text));
    row
}

/// A line of pretty-printed JSON: `"name": value,`.
fn json(look: &Look, text: &str) -> Row {
    let start = text.len() - text.trim_start().len();
    let (indent, rest) = text.split_at(start);
    let mut row = plain(look, indent);
    let (name, value) = match rest.split_once("\": ") {
        Some((name, value)) if rest.starts_with('"') => (Some(name), value),
        _ => (None, rest),
    };
    if let Some(name) = name {
        row.push(format!("{name}\""), look.style(Role::LogField));
        row.push(": ", look.style(Role::Dim));
    }
    row.push(value, style(look, value));
    row
}

fn style(look: &Look, value: &str) -> Style {
    look.style(match value.trim_end_matches(',') {
        "{" | "}" | "[" | "]" | "{}" | "[]" | "null" => Role::Dim,
        "true" | "false" => Role::Accent,
        value if value.starts_with('"') => Role::Text,
        _ => Role::Info,
    })
}

/// The text with every occurrence of what is searched for in a look of its own.
fn marked(look: &Look, text: &str, wanted: &str, role: Role) -> Row {
    let mut row = Row::new();
    // Where small letters take other bytes than great ones, places cannot be carried over: the whole line is marked.
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        row.push(text, look.style(role));
        return row;
    }
    let mut from = 0;
    for (at, found) in lower.match_indices(wanted) {
        let (Some(before), Some(found)) = (text.get(from..at), text.get(at..at + found.len()))
        else {
            continue;
        };
        row.push(before, look.style(Role::Text));
        row.push(found, look.style(role));
        from = at + found.len();
    }
    row.push(text.get(from..).unwrap_or_default(), look.style(Role::Text));
    row
}
