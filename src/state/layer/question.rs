//! A question with a few answers.

use super::{
    super::{Loop, Model, Update, checklist},
    Layer, close,
};
use crate::{checklist::ItemId, domain::command::Command};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Leave, though an action runs?
    Leave,
    /// Go, or no go, at a gate of the checklist?
    Gate(ItemId),
    /// What became of a step's action of which nobody knows?
    Uncertain(ItemId),
}

/// The question and the answer chosen so far.
#[derive(Debug)]
pub struct Question {
    /// What is asked.
    pub asked: Asked,
    /// Index into [`Question::answers`].
    pub chosen: usize,
}

impl Question {
    /// The answers, each with what it means; the first one changes nothing.
    pub const fn answers(&self) -> &'static [(&'static str, &'static str)] {
        match self.asked {
            Asked::Leave => &[
                ("stay", "and watch it to its end"),
                (
                    "leave",
                    "no further step is begun; the next start offers to go on, or to put back",
                ),
            ],
            Asked::Gate(_) => &[
                ("not yet", "nothing is said"),
                ("go", "in your name; one other person says so too"),
                ("no go", "with a reason; the gate stays shut"),
            ],
            Asked::Uncertain(_) => &[
                (
                    "read again",
                    "asks the platform and the journal; nothing is sent",
                ),
                (
                    "it happened",
                    "you looked, and say what you read; it is recorded",
                ),
                (
                    "it did not",
                    "you looked, and say what you read; then it can be done again",
                ),
            ],
        }
    }
}

/// Asks, unless that is being asked already.
pub fn ask(model: &mut Model, asked: Asked) -> Update {
    let is_it = |layer: &Layer| matches!(layer, Layer::Question(q) if q.asked == asked);
    if !model.layers.last().is_some_and(is_it) {
        model
            .layers
            .push(Layer::Question(Question { asked, chosen: 0 }));
    }
    Update::redraw()
}

/// A command while it is on top.
pub fn command(model: &mut Model, command: Option<Command>) -> Update {
    let Some(Layer::Question(question)) = model.layers.last_mut() else {
        return Update::none();
    };
    let answers = question.answers().len();
    match command {
        Some(Command::NextChoice | Command::Right | Command::Down) => {
            question.chosen = (question.chosen + 1) % answers;
        }
        Some(Command::PreviousChoice | Command::Left | Command::Up) => {
            question.chosen = (question.chosen + answers - 1) % answers;
        }
        Some(Command::Confirm) => {
            let (asked, chosen) = (question.asked, question.chosen);
            model.layers.pop();
            return match (asked, chosen) {
                (Asked::Leave, 1) => Update::effect(Loop::Quit),
                (Asked::Gate(item), 1) => checklist::gate(model, item, true),
                (Asked::Gate(item), 2) => checklist::gate(model, item, false),
                (Asked::Uncertain(item), 0) => checklist::find_out(model, item, None),
                (Asked::Uncertain(item), at) => checklist::find_out(model, item, Some(at == 1)),
                _ => Update::redraw(),
            };
        }
        Some(Command::Cancel) => return close(model),
        _ => return Update::none(),
    }
    Update::redraw()
}
