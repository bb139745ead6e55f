//! Every command by name, and every service.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{boxed, field, middle, titled};
use crate::{
    domain::theme::Role,
    state::{
        Model,
        layer::{
            self,
            palette::{Entry, Found, Palette},
        },
    },
    text::width,
    ui::{
        Look, banner,
        paint::{Row, line, select},
    },
};

/// Columns of the key, and of the name.
const KEY: usize = 7;
const NAME: usize = 16;

pub(super) fn draw(model: &Model, look: &Look, palette: &Palette, area: Rect, buffer: &mut Buffer) {
    let area = middle(area, 84, 20);
    boxed(
        model,
        look,
        titled(look, "Command or service"),
        Row::new(),
        area,
        buffer,
    );
    let inner = layer::within(area);
    let mut typed = Row::new();
    typed.push(": ", look.style(Role::Key));
    typed.append(field(look, &palette.field));
    typed.draw(look, line(inner, 0), buffer);
    let list = Rect {
        y: inner.y + 1.min(inner.height),
        height: inner.height.saturating_sub(1),
        ..inner
    };
    let found = palette.found(model);
    if found.is_empty() {
        banner::words("nothing is called that", Role::Dim, look, list, buffer);
    }
    let selected = palette.cursor.selected.as_ref();
    let at = found.iter().position(|f| Some(&f.entry) == selected);
    let first = (at.unwrap_or(0) + 1).saturating_sub(list.height.into());
    for (number, (place, entry)) in (0..list.height).zip(found.iter().enumerate().skip(first)) {
        let area = line(list, number);
        row(model, look, palette, entry).draw(look, area, buffer);
        if Some(place) == at {
            select(look, area, true, 0..area.width, buffer);
        }
    }
}

/// Key, name, and what it does, or why it can't be had.
fn row(model: &Model, look: &Look, palette: &Palette, found: &Found) -> Row {
    let mut row = Row::new();
    row.gap(1);
    match &found.entry {
        Entry::Command(command) => {
            let chord = model
                .keymap
                .chords(palette.about, *command)
                .first()
                .copied();
            let key = chord.map(|chord| look.chord(chord)).unwrap_or_default();
            let (key_role, name_role) = match found.why_not {
                None => (Role::Key, Role::Text),
                Some(_) => (Role::Disabled, Role::Disabled),
            };
            row.push(width::pad(&key, KEY), look.style(key_role)).gap(1);
            row.push(width::pad(command.label(), NAME), look.style(name_role));
            row.gap(1);
            match &found.why_not {
                Some(why) => row.push(why.as_str(), look.style(Role::Disabled)),
                None => row.push(command.help(), look.style(Role::Dim)),
            };
        }
        Entry::Service(id) => {
            row.gap(KEY + 1);
            row.push(width::pad(&id.name, NAME), look.style(Role::Accent));
            row.gap(1);
            let service = model.snapshot().service(id);
            let text = service.map_or_else(String::new, |s| {
                let group = if id.group.is_empty() {
                    "service".to_owned()
                } else {
                    format!("service of {}", id.group)
                };
                format!("{group}  {}/{}  {}", s.ready(), s.wanted(), s.why)
            });
            row.push(text, look.style(Role::Dim));
        }
    }
    row
}
