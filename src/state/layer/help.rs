//! Every key that works here.

use super::{
    super::{Model, Update},
    Layer, close,
};
use crate::domain::{command::Command, scope::Scope};

/// Whose keys, and from which line on.
#[derive(Debug)]
pub struct Help {
    /// The scope it was opened from.
    pub about: Scope,
    /// The first line drawn.
    pub scroll: u16,
}

/// Opens it for the scope in focus.
pub fn open(model: &mut Model) -> Update {
    let about = model.scope();
    model.layers.push(Layer::Help(Help { about, scroll: 0 }));
    Update::redraw()
}

/// A command while it is on top; `None` when it is a global one.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    let page = model.size.1 / 2;
    let Some(Layer::Help(help)) = model.layers.last_mut() else {
        return None;
    };
    match command {
        Command::Back | Command::Help | Command::Quit => return Some(close(model)),
        Command::Up => help.scroll = help.scroll.saturating_sub(1),
        Command::Down => help.scroll = help.scroll.saturating_add(1),
        Command::PageUp => help.scroll = help.scroll.saturating_sub(page),
        Command::PageDown => help.scroll = help.scroll.saturating_add(page),
        Command::Top => help.scroll = 0,
        _ => return None,
    }
    Some(Update::redraw())
}
