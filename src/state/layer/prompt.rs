//! One line of text is asked for.

use super::{
    super::{Effect, Model, Update, text_field::TextField},
    Layer, close, plan,
};
use crate::{
    domain::{
        action::Action, alert::Fingerprint, command::Command, key::KeyChord, service::ServiceId,
    },
    text::SafeText,
};

/// What is asked, and what is done with the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Who acts? Then go on with what was to be done.
    Operator(Box<Then>),
    /// To how many replicas?
    Scale(ServiceId),
    /// To which image or tag?
    Rollout(ServiceId),
}

/// What waits for the operator's name.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// An action.
    Act(Action, ServiceId),
    /// An acknowledgement.
    Acknowledge(Fingerprint),
}

/// The question and what is typed.
#[derive(Debug)]
pub struct Prompt {
    /// What is asked.
    pub asked: Asked,
    /// What is typed.
    pub field: TextField,
    /// Why the last answer was not taken; empty while none was given.
    pub problem: SafeText,
}

/// Asks.
pub fn ask(model: &mut Model, asked: Asked, proposed: &str) -> Update {
    model.layers.push(Layer::Prompt(Prompt {
        asked,
        field: TextField::holding(proposed),
        problem: SafeText::default(),
    }));
    Update::redraw()
}

/// A key while it is on top.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    let Some(Layer::Prompt(prompt)) = model.layers.last_mut() else {
        return Update::none();
    };
    match command {
        Some(Command::Confirm) => answer(model),
        Some(Command::Cancel) => close(model),
        _ => {
            prompt.field.key(chord);
            Update::redraw()
        }
    }
}

fn answer(model: &mut Model) -> Update {
    let Some(Layer::Prompt(prompt)) = model.layers.last_mut() else {
        return Update::none();
    };
    let text = prompt.field.text().trim().to_owned();
    if text.is_empty() {
        prompt.problem = SafeText::from_static("nothing was typed; esc leaves everything as it is");
        return Update::redraw();
    }
    match prompt.asked.clone() {
        Asked::Operator(then) => {
            model.layers.pop();
            model.operator = Some(SafeText::name(&text));
            match *then {
                Then::Act(action, service) => plan::open(model, action, &service, None),
                Then::Acknowledge(fingerprint) => acknowledge(model, fingerprint),
            }
        }
        Asked::Scale(service) => {
            let Ok(replicas) = text.parse() else {
                prompt.problem =
                    SafeText::format(format_args!("\"{text}\" is not a number of replicas"));
                return Update::redraw();
            };
            model.layers.pop();
            plan::act(model, Action::Scale { replicas }, service)
        }
        Asked::Rollout(service) => {
            model.layers.pop();
            plan::act(
                model,
                Action::Rollout {
                    image: SafeText::name(&text),
                },
                service,
            )
        }
    }
}

/// Acknowledges an alert for 15 minutes, asking who acts where nobody said.
pub fn acknowledge(model: &mut Model, fingerprint: Fingerprint) -> Update {
    match model.operator.clone() {
        Some(by) => Update::effect(Effect::Acknowledge {
            fingerprint,
            by,
            minutes: 15,
        }),
        None => ask(
            model,
            Asked::Operator(Box::new(Then::Acknowledge(fingerprint))),
            "",
        ),
    }
}
