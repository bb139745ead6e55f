//! What the console itself does: its figures, and its own log.

use super::{
    super::{Model, Update},
    Layer, close,
};
use crate::domain::command::Command;

/// Nothing to remember: the log is the logger's, the figures are the model's.
#[derive(Debug)]
pub struct Diagnostics;

/// Opens it.
pub fn open(model: &mut Model) -> Update {
    model.layers.push(Layer::Diagnostics(Diagnostics));
    Update::redraw()
}

/// A command while it is on top; `None` when it is a global one.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    matches!(command, Command::Back | Command::Diagnostics).then(|| close(model))
}
