//! One service, looked at closely.

use super::{
    super::{Effect, Model, OpId, Update},
    Layer, close,
};
use crate::{
    domain::{self, command::Command, service::ServiceId},
    text::SafeText,
};

/// What is known, or why nothing is.
#[derive(Debug)]
pub struct Details {
    /// Which service.
    pub service: ServiceId,
    /// What was found out beyond its row; `None` while that is awaited.
    pub found: Option<Result<domain::details::Details, SafeText>>,
    /// The first line drawn.
    pub scroll: u16,
    op: OpId,
}

/// Opens the details of a service.
pub fn open(model: &mut Model, service: ServiceId) -> Update {
    let op = model.next_op();
    model.layers.push(Layer::Details(Details {
        service: service.clone(),
        found: None,
        scroll: 0,
        op,
    }));
    Update::effect(Effect::LookClosely(op, service))
}

/// The answer has come.
pub fn arrived(
    model: &mut Model,
    op: OpId,
    answer: Result<domain::details::Details, SafeText>,
) -> Update {
    for layer in &mut model.layers {
        if let Layer::Details(details) = layer
            && details.op == op
        {
            details.found = Some(answer);
            return Update::redraw();
        }
    }
    Update::none()
}

/// A command while they are on top; `None` when it is a global one.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    let page = model.size.1 / 2;
    let Some(Layer::Details(details)) = model.layers.last_mut() else {
        return None;
    };
    match command {
        Command::Back => return Some(close(model)),
        Command::Up => details.scroll = details.scroll.saturating_sub(1),
        Command::Down => details.scroll = details.scroll.saturating_add(1),
        Command::PageUp => details.scroll = details.scroll.saturating_sub(page),
        Command::PageDown => details.scroll = details.scroll.saturating_add(page),
        Command::Top => details.scroll = 0,
        _ => return None,
    }
    Some(Update::redraw())
}
