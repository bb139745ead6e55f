//! An action that an earlier console left unfinished: go on, put back, or leave it as it is.

use super::{
    super::{Model, Update, Work, hints, keys, operations::Leftover},
    Layer, close, plan,
};
use crate::domain::{action::Action, command::Command};

/// The offer and the answer chosen so far.
#[derive(Debug)]
pub struct LeftoverDialog {
    /// What was left.
    pub leftover: Leftover,
    /// Index into [`LeftoverDialog::answers`].
    pub chosen: usize,
}

/// What can be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Do the rest, by a plan of its own.
    GoOn(Action),
    /// Undo what was done, by a plan of its own.
    PutBack(Action),
    /// Leave it, and write that down.
    Leave,
    /// Not now.
    Later,
}

impl Answer {
    /// In words.
    pub const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::GoOn(_) => ("go on", "shows what is left to do, and asks"),
            Self::PutBack(_) => ("put back", "shows what would undo it, and asks"),
            Self::Leave => (
                "leave it as it is",
                "is written down, and not offered again",
            ),
            Self::Later => ("decide later", "it stays listed"),
        }
    }
}

impl LeftoverDialog {
    /// The answers, those that cannot be had left out.
    pub fn answers(&self) -> Vec<Answer> {
        let mut answers = vec![Answer::GoOn(self.leftover.action.clone())];
        answers.extend(self.leftover.back.clone().map(Answer::PutBack));
        answers.extend([Answer::Leave, Answer::Later]);
        answers
    }
}

/// Offers the first one that is left, because somebody asked: that of the selected service, where it has one.
pub fn asked(model: &mut Model) -> Update {
    let selected = keys::subject(model);
    let left = &mut model.operations.leftovers;
    if let Some(at) = left
        .iter()
        .position(|l| Some(&l.service) == selected.as_ref())
    {
        left[..=at].rotate_right(1);
    }
    let update = offer(model);
    if let Some(Layer::Leftover(dialog)) = model.layers.last_mut() {
        dialog.chosen = 0;
    }
    update
}

/// Offers the first one that is left, unless one is offered already. It comes by itself: a key that was meant for what it
/// covers must do nothing.
pub fn offer(model: &mut Model) -> Update {
    if model.layers.iter().any(|l| matches!(l, Layer::Leftover(_))) {
        return Update::none();
    }
    let Some(leftover) = model.operations.leftovers.first().cloned() else {
        return Update::redraw();
    };
    let mut dialog = LeftoverDialog {
        leftover,
        chosen: 0,
    };
    dialog.chosen = dialog.answers().len() - 1;
    model.layers.push(Layer::Leftover(dialog));
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
            if let Some(refused) = hints::refuse(model) {
                return refused;
            }
            let Some(Layer::Leftover(dialog)) = model.layers.last() else {
                return Update::none();
            };
            let (answer, leftover) = (answers[dialog.chosen].clone(), dialog.leftover.clone());
            model.layers.pop();
            return match answer {
                // It stays in the list until its plan is confirmed: who thinks better of it is offered it again.
                Answer::GoOn(action) | Answer::PutBack(action) => {
                    plan::resume(model, action, &leftover)
                }
                Answer::Leave => {
                    model.operations.settled(&leftover.operation);
                    Update::effect(Work::Forget(leftover.operation)).and(offer(model))
                }
                Answer::Later => Update::redraw(),
            };
        }
        Some(Command::Cancel) => return close(model),
        _ => return Update::none(),
    }
    Update::redraw()
}
