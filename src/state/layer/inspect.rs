//! The raw object, as the platform has it, values masked.

use super::{
    super::{Effect, Model, OpId, Update},
    Layer, close,
};
use crate::{
    domain::{
        command::Command, instance::InstanceId, key::KeyChord, scope::Scope, service::ServiceId,
    },
    text::SafeText,
};

/// The text, or why there is none.
#[derive(Debug)]
pub struct Inspect {
    /// Whose.
    pub service: ServiceId,
    /// Of which instance.
    pub instance: InstanceId,
    /// The lines; `None` while they are awaited.
    pub found: Option<Result<Vec<SafeText>, SafeText>>,
    /// The first line drawn.
    pub scroll: usize,
    op: OpId,
}

impl Inspect {
    /// The scope of its keys.
    pub const fn scope(&self) -> Scope {
        Scope::Inspect
    }
}

/// Opens the raw object of an instance.
pub fn open(model: &mut Model, service: ServiceId, instance: InstanceId) -> Update {
    let op = model.next_op();
    model.layers.push(Layer::Inspect(Inspect {
        service,
        instance: instance.clone(),
        found: None,
        scroll: 0,
        op,
    }));
    Update::effect(Effect::Inspect(op, instance))
}

/// The answer has come.
pub fn arrived(model: &mut Model, op: OpId, answer: Result<String, SafeText>) -> Update {
    for layer in &mut model.layers {
        if let Layer::Inspect(inspect) = layer
            && inspect.op == op
        {
            inspect.found = Some(answer.map(|text| text.lines().map(SafeText::line).collect()));
            return Update::redraw();
        }
    }
    Update::none()
}

/// A key while it is on top; `None` when it is a global one.
pub fn key(model: &mut Model, _chord: KeyChord, command: Option<Command>) -> Option<Update> {
    let page = usize::from(model.size.1 / 2);
    let Some(Layer::Inspect(inspect)) = model.layers.last_mut() else {
        return None;
    };
    let last = match &inspect.found {
        Some(Ok(lines)) => lines.len().saturating_sub(1),
        _ => 0,
    };
    match command? {
        Command::Back => return Some(close(model)),
        Command::Up => inspect.scroll = inspect.scroll.saturating_sub(1),
        Command::Down => inspect.scroll = (inspect.scroll + 1).min(last),
        Command::PageUp => inspect.scroll = inspect.scroll.saturating_sub(page),
        Command::PageDown => inspect.scroll = (inspect.scroll + page).min(last),
        Command::Top => inspect.scroll = 0,
        Command::Bottom => inspect.scroll = last,
        _ => return None,
    }
    Some(Update::redraw())
}
