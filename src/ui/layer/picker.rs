//! A list to choose from.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{boxed, middle, titled};
use crate::{
    domain::theme::Role,
    state::{
        Model,
        layer::{self, picker::Picker},
    },
    text::SafeText,
    ui::{
        Look,
        paint::{Row, line, select},
    },
};

pub(super) fn draw(model: &Model, look: &Look, picker: &Picker, area: Rect, buffer: &mut Buffer) {
    let words = picker.words();
    let widest = words.iter().map(SafeText::width).max().unwrap_or(0) as u16;
    let columns = (widest + 14).max(32);
    let area = middle(area, columns, words.len() as u16 + 2);
    boxed(
        model,
        look,
        titled(look, picker.title),
        Row::new(),
        area,
        buffer,
    );
    let inner = layer::within(area);
    let at = picker.cursor.position(&words).unwrap_or(0);
    let height = usize::from(inner.height);
    let first = (at + 1).saturating_sub(height);
    for (number, (place, word)) in (0..inner.height).zip(words.iter().enumerate().skip(first)) {
        let mut row = Row::new();
        let sign = if *word == picker.present {
            look.glyphs.good
        } else {
            " "
        };
        row.push(sign, look.style(Role::Good)).gap(1);
        row.push(word.as_str(), look.style(Role::Text));
        let area = line(inner, number);
        row.draw(look, area, buffer);
        if place == at {
            select(look, area, true, 0..area.width, buffer);
        }
    }
}
