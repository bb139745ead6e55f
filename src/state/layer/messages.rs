//! What this console has told, whole: what stood at the bottom of the screen, for who was not there or found it cut.

use super::{
    super::{Model, Update, notices::Notice},
    Layer, Scroll, close, scrolled,
};
use crate::{domain::command::Command, text::width};

/// From where on it is shown.
#[derive(Debug, Default)]
pub struct Messages {
    /// The first line shown.
    pub scroll: Scroll,
}

/// A row of a message: the first one, with its time, or one that goes on.
pub type Line<'a> = (Option<&'a Notice>, &'a str);

/// Columns before the words: sign, time, blanks.
pub const BEFORE: usize = 12;

impl Messages {
    /// The lines in so many columns, the newest message first.
    pub fn lines<'a>(&self, model: &'a Model, columns: u16) -> Vec<Line<'a>> {
        let room = usize::from(columns).saturating_sub(BEFORE).max(8);
        let rows = |notice: &'a Notice| {
            let rows = width::wrap(&notice.text, room).into_iter().enumerate();
            rows.map(move |(number, row)| ((number == 0).then_some(notice), row))
        };
        model.notices.newest_first().flat_map(rows).collect()
    }
}

/// Opens it.
pub fn open(model: &mut Model) -> Update {
    model.layers.push(Layer::Messages(Messages::default()));
    Update::redraw()
}

/// A command while it is on top; `None` when it is a global one.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    if command == Command::Back || command == Command::Messages {
        return Some(close(model));
    }
    scrolled(model, command)
}
