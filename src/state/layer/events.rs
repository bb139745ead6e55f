//! What happened, in words: of one service, or of all.

use super::{
    super::{Model, Update},
    Layer, close,
};
use crate::domain::{command::Command, details::Happening, service::ServiceId};

/// Which happenings, and from where on.
#[derive(Debug)]
pub struct Events {
    /// Whose; `None` for everybody's.
    pub service: Option<ServiceId>,
    /// How many of the newest are scrolled past.
    pub scroll: usize,
}

impl Events {
    /// The happenings shown, newest first.
    pub fn shown<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a Happening> {
        model
            .happenings
            .iter()
            .rev()
            .filter(|h| self.service.is_none() || h.service == self.service)
    }
}

/// Opens them.
pub fn open(model: &mut Model, service: Option<ServiceId>) -> Update {
    model
        .layers
        .push(Layer::Events(Events { service, scroll: 0 }));
    Update::redraw()
}

/// A command while they are on top; `None` when it is a global one.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    let page = usize::from(model.size.1 / 2);
    let Some(Layer::Events(events)) = model.layers.last_mut() else {
        return None;
    };
    match command {
        Command::Back => return Some(close(model)),
        Command::Up => events.scroll = events.scroll.saturating_sub(1),
        Command::Down => events.scroll += 1,
        Command::PageUp => events.scroll = events.scroll.saturating_sub(page),
        Command::PageDown => events.scroll += page,
        Command::Top => events.scroll = 0,
        _ => return None,
    }
    Some(Update::redraw())
}
