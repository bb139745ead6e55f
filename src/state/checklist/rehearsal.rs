//! From a real deployment to a copy of it on which a list is rehearsed, and back.

use super::{
    super::{Layer, Loop, Model, Update, layer::plan},
    act::{refused, wants},
    offer::{self, Choice, choose},
};
use crate::{
    checklist::{End, Hold, What},
    domain::source::SourceHealth,
    text::SafeText,
};

/// Why the run of a rehearsal that was gone back from has no other end.
const LEFT: SafeText = SafeText::from_static("the rehearsal was ended");

/// Why this cannot be rehearsed; `None` where it can.
pub fn why_not(model: &Model, choice: &Choice) -> Option<SafeText> {
    let why = match choice {
        Choice::Run(_) => "a run is gone on with where it began; a list below can be rehearsed",
        Choice::List(..) if model.place.simulated => "this is simulated already: enter begins it",
        Choice::List(..) if model.checklist.opening => "a list is being begun here",
        Choice::List(..) if model.source.health != SourceHealth::Live => {
            "nothing can be copied before the platform answers"
        }
        Choice::List(..) if model.snapshot().services.is_empty() => "there is no service to copy",
        Choice::List(..) if model.operations.running().next().is_some() => {
            "an action is under way here: what it does is to be seen"
        }
        Choice::List(..) => return offer::under_way(model),
    };
    Some(SafeText::from_static(why))
}

/// A list is rehearsed: on a copy of what is shown, and nowhere else.
pub fn begin(model: &mut Model, choice: Choice) -> Update {
    if let Some(why) = why_not(model, &choice) {
        return refused(model, why);
    }
    // While nobody looks at it, it is not followed.
    let closed = offer::close_run(model);
    model.checklist.rehearsed = Some(choice);
    // A second key may follow before the copy is there: it is not for the lists of what is real.
    model
        .layers
        .retain(|layer| !matches!(layer, Layer::Lists(_)));
    closed.and(Update::effect(Loop::Rehearse))
}

/// The copy is there: what was chosen begins.
pub fn arrived(model: &mut Model) -> Update {
    let there = model.source.health == SourceHealth::Live && plan::unnamed(model).is_none();
    if !model.place.copy || !there {
        return Update::none();
    }
    match model.checklist.rehearsed.take() {
        Some(choice) => choose(model, choice),
        None => Update::none(),
    }
}

/// Back to the real one. A run that has no end ends with the world in which it was walked.
pub fn end(model: &mut Model) -> Update {
    let open = model.checklist.view.as_ref();
    let open = open.is_some_and(|v| v.walk.hold() == Hold::Own && v.run().ended().is_none());
    let left = if open {
        wants(model, What::Ended(End::Left { reason: LEFT }))
    } else {
        Update::none()
    };
    left.and(Update::effect(Loop::EndRehearsal))
}
