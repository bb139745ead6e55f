//! The namespaces or the contexts of a cluster.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{boxed, field, middle, titled};
use crate::{
    domain::theme::Role,
    state::{
        Model,
        layer::{
            self,
            places::{Places, Which},
        },
    },
    text::width,
    ui::{
        Look, banner,
        paint::{Row, line, select},
    },
};

/// Columns of a name: one of 63 characters is possible, few are longer than this.
const NAME: usize = 28;

pub(super) fn draw(model: &Model, look: &Look, places: &Places, area: Rect, buffer: &mut Buffer) {
    let title = match places.which {
        Which::Namespaces => "Namespace",
        Which::Contexts => "Context",
    };
    let area = middle(area, 72, 20);
    boxed(model, look, titled(look, title), Row::new(), area, buffer);
    let inner = layer::within(area);
    let mut typed = Row::new();
    typed.push(": ", look.style(Role::Key));
    typed.append(field(look, &places.field));
    typed.draw(look, line(inner, 0), buffer);
    let mut list = below(inner);
    if let Some((words, role)) = told(places) {
        let mut row = Row::new();
        row.push(words, look.style(role));
        row.draw(look, line(list, 0), buffer);
        list = below(list);
    }
    let offers = places.offers(model);
    if offers.is_empty() {
        banner::words("nothing is called that", Role::Dim, look, list, buffer);
    }
    let selected = places.cursor.selected.as_ref();
    let at = offers.iter().position(|o| Some(&o.words) == selected);
    let first = (at.unwrap_or(0) + 1).saturating_sub(list.height.into());
    for (number, (place, offer)) in (0..list.height).zip(offers.iter().enumerate().skip(first)) {
        let mut row = Row::new();
        let sign = if offer.present { look.glyphs.good } else { " " };
        row.push(sign, look.style(Role::Good)).gap(1);
        row.push(width::pad(&offer.words, NAME), look.style(Role::Text));
        row.gap(1);
        row.push(offer.note.as_str(), look.style(Role::Dim));
        let area = line(list, number);
        row.draw(look, area, buffer);
        if Some(place) == at {
            select(look, area, true, 0..area.width, buffer);
        }
    }
}

/// What the cluster has to say about the list.
fn told(places: &Places) -> Option<(&str, Role)> {
    match (places.which, &places.told) {
        (Which::Contexts, _) | (_, Some(Ok(_))) => None,
        (_, None) => Some(("asking the cluster", Role::Dim)),
        (_, Some(Err(why))) => Some((why, Role::Warning)),
    }
}

fn below(area: Rect) -> Rect {
    Rect {
        y: area.y + 1.min(area.height),
        height: area.height.saturating_sub(1),
        ..area
    }
}
