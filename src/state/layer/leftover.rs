//! An action that an earlier console left unfinished: go on, put back, or leave it as it is.

use super::{
    super::{Effect, Model, Update, operations::Leftover},
    Layer, close, plan,
};
use crate::domain::command::Command;

/// The offer and the answer chosen so far.
#[derive(Debug)]
pub struct LeftoverDialog {
    /// What was left.
    pub leftover: Leftover,
    /// Index into [`LeftoverDialog::answers`].
    pub chosen: usize,
}

impl LeftoverDialog {
    /// The answers, those that cannot be had left out.
    pub fn answers(&self) -> Vec<&'static str> {
        let mut answers = vec!["go on"];
        if self.leftover.back.is_some() {
            answers.push("put back");
        }
        answers.push("leave it as it is");
        answers
    }
}

/// Offers the first one that is left, unless one is offered already.
pub fn offer(model: &mut Model) -> Update {
    if model.layers.iter().any(|l| matches!(l, Layer::Leftover(_))) {
        return Update::none();
    }
    let Some(leftover) = model.operations.leftovers.first().cloned() else {
        return Update::redraw();
    };
    model.layers.push(Layer::Leftover(LeftoverDialog {
        leftover,
        chosen: 0,
    }));
    Update::redraw()
}

/// A command while it is on top.
pub fn command(model: &mut Model, command: Option<Command>) -> Update {
    let Some(Layer::Leftover(dialog)) = model.layers.last_mut() else {
        return Update::none();
    };
    let answers = dialog.answers();
    match command {
        Some(Command::NextChoice | Command::Right | Command::Down) => {
            dialog.chosen = (dialog.chosen + 1) % answers.len();
        }
        Some(Command::PreviousChoice | Command::Left | Command::Up) => {
            dialog.chosen = (dialog.chosen + answers.len() - 1) % answers.len();
        }
        Some(Command::Confirm) => {
            let (answer, leftover) = (answers[dialog.chosen], dialog.leftover.clone());
            model.layers.pop();
            model
                .operations
                .leftovers
                .retain(|l| l.operation != leftover.operation);
            let action = match answer {
                "go on" => Some(leftover.action),
                "put back" => leftover.back,
                _ => None,
            };
            let Some(action) = action else {
                return Update::effect(Effect::Forget(leftover.operation)).and(offer(model));
            };
            return plan::open(model, action, &leftover.service, Some(leftover.operation));
        }
        // It stays in the list, and the palette and the next start offer it again.
        Some(Command::Cancel) => return close(model),
        _ => return Update::none(),
    }
    Update::redraw()
}
