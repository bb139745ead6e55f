//! What happened, in words: of one service, or of all.

use super::{
    super::{Model, Update},
    Layer, Scroll, close, scrolled,
};
use crate::{
    domain::{command::Command, details::Happening, service::ServiceId},
    text::width,
};

/// Which happenings, and from where on.
#[derive(Debug)]
pub struct Events {
    /// Whose; `None` for everybody's.
    pub service: Option<ServiceId>,
    /// The first line shown.
    pub scroll: Scroll,
}

/// A row of a happening's text: the first one, with its time, or one that goes on.
pub type Line<'a> = (Option<&'a Happening>, &'a str);

/// Columns before the text: sign, time of day or of the month, blanks.
pub const BEFORE: usize = 18;

impl Events {
    /// The lines in so many columns, the newest happening first.
    pub fn lines<'a>(&self, model: &'a Model, columns: u16) -> Vec<Line<'a>> {
        let shown = model
            .happenings
            .iter()
            .rev()
            .filter(|h| self.service.is_none() || h.service == self.service);
        shown.flat_map(|h| rows(h, columns)).collect()
    }
}

/// The rows of one happening in so many columns.
pub fn rows(happening: &Happening, columns: u16) -> impl Iterator<Item = Line<'_>> {
    let room = usize::from(columns).saturating_sub(BEFORE).max(8);
    let rows = width::wrap(&happening.text, room);
    rows.into_iter()
        .enumerate()
        .map(move |(number, row)| ((number == 0).then_some(happening), row))
}

/// Opens them.
pub fn open(model: &mut Model, service: Option<ServiceId>) -> Update {
    model.layers.push(Layer::Events(Events {
        service,
        scroll: Scroll::default(),
    }));
    Update::redraw()
}

/// A command while they are on top; `None` when it is a global one.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    if command == Command::Back || command == Command::Events {
        return Some(close(model));
    }
    scrolled(model, command)
}
