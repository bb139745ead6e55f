//! Drawing. Everything here takes the model by `&` and cannot change it.

mod alerts;
mod banner;
mod checklist;
mod figures;
mod frame;
mod header;
mod hints;
mod layer;
mod logs;
mod notice;
mod paint;
mod rollouts;
mod services;

use jiff::tz::TimeZone;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    domain::{
        glyphs::Glyphs,
        key::{Key, KeyChord},
        theme::{Role, Theme},
    },
    state::{
        Layer, Model, Pane,
        layout::{Regions, layout},
    },
};

/// What drawing needs beyond the model: how the terminal and its operator want it.
#[derive(Clone, Debug)]
pub struct Look {
    /// A style for each role, in colours that the terminal has.
    pub theme: Theme,
    /// The signs that the terminal has.
    pub glyphs: &'static Glyphs,
    /// The operator's time zone.
    pub zone: TimeZone,
}

impl Look {
    /// How `role` looks.
    pub const fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// A key's name, or its sign.
    fn chord(&self, chord: KeyChord) -> String {
        if chord == KeyChord::plain(Key::Enter) {
            self.glyphs.enter.to_owned()
        } else {
            chord.to_string()
        }
    }
}

/// Draws the whole screen.
pub fn draw(model: &Model, look: &Look, buffer: &mut Buffer) {
    let area = buffer.area;
    let regions = layout(area, model);
    buffer.set_style(area, look.style(Role::Text));
    header::draw(model, look, regions.header, buffer);
    panes(model, look, &regions, buffer);
    for layer in &model.layers {
        let area = match (layer, regions.aside) {
            (Layer::Details(_), Some(aside)) => aside,
            _ => regions.body,
        };
        layer::draw(model, look, layer, area, buffer);
    }
    notice::draw(model, look, regions.body, buffer);
    hints::draw(model, look, regions.hints, buffer);
}

fn panes(model: &Model, look: &Look, regions: &Regions, buffer: &mut Buffer) {
    frame::draw(model, look, regions, buffer);
    for pane in Pane::ALL {
        let area: Rect = regions.inner(pane);
        if area.is_empty() {
            continue;
        }
        match pane {
            Pane::Services => services::draw(model, look, area, buffer),
            Pane::Rollouts => rollouts::draw(model, look, area, buffer),
            Pane::Alerts => alerts::draw(model, look, area, buffer),
            Pane::Logs => logs::draw(model, look, area, buffer),
        }
    }
}
