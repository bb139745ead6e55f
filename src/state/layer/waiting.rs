//! A command pressed before the first answer: it waits, and takes the keys meanwhile. What is typed after it was meant for
//! its dialog, and is no command.

use super::{
    super::{Model, Update, keys},
    Layer, close,
};
use crate::domain::{command::Command, source::SourceHealth};

/// What waits.
#[derive(Debug)]
pub struct Waiting {
    /// The command.
    pub command: Command,
}

/// Whether a command about a service has to wait.
pub fn due(model: &Model, command: Command) -> bool {
    model.layers.is_empty() && !ready(model, command)
}

/// Whether it is known which services there are, and, for what is written down, of whom they are.
pub fn ready(model: &Model, command: Command) -> bool {
    let recorded = command.mutates() && command != Command::Shell;
    answered(model) && !(recorded && model.snapshot().host.identity.is_empty())
}

/// Whether the platform has said what there is.
pub fn answered(model: &Model) -> bool {
    let source = &model.source;
    let said = source.proof.is_some() && source.health != SourceHealth::Connecting;
    said || !source.snapshot.services.is_empty()
}

/// Has a command wait.
pub fn open(model: &mut Model, command: Command) -> Update {
    model.layers.push(Layer::Waiting(Waiting { command }));
    Update::redraw()
}

/// A key while it waits: it can be given up, and nothing else.
pub fn key(model: &mut Model, command: Option<Command>) -> Update {
    match command {
        Some(Command::Cancel) => close(model),
        _ => Update::none(),
    }
}

impl Waiting {
    /// Whether it goes on by itself. A shell would take for its own what is still being typed: it is to be asked for again.
    pub fn resumes(&self) -> bool {
        self.command != Command::Shell
    }
}

/// The services may be there by now: what waits for them is done.
pub fn resume(model: &mut Model) -> Update {
    let Some(Layer::Waiting(waiting)) = model.layers.last() else {
        return Update::none();
    };
    if !waiting.resumes() || !ready(model, waiting.command) {
        return Update::none();
    }
    let command = waiting.command;
    model.layers.pop();
    keys::run(model, command).and(Update::redraw())
}
