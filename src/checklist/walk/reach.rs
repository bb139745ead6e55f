//! Which items are looked at now.

use super::Walk;
use crate::checklist::{Item, ItemId, Kind, State, Step};

impl Walk {
    /// The items that are looked at: from the last thing that was done or agreed to, up to the first that waits for a person.
    /// What lies before is of another world, and what lies behind is not true yet, whatever a look would say.
    pub(super) fn in_reach(&self) -> Vec<ItemId> {
        let run = self.run();
        let mut reach = Vec::new();
        for (item, step) in run.steps() {
            if begins_anew(item, step) {
                reach.retain(|id| run.step(*id).is_some_and(|s| !s.state.is_settled()));
            }
            if is_looked_at(item, step) {
                reach.push(item.id);
            }
            if waits(item, step) {
                break;
            }
        }
        reach
    }
}

/// Whether a person, or an action, has to come first.
fn waits(item: &Item, step: &Step) -> bool {
    let open = !step.state.is_settled();
    match item.kind {
        Kind::Attest | Kind::Gate => open,
        Kind::Do(..) => open && !step.done,
        Kind::Check(_) | Kind::Soak(..) => false,
    }
}

/// Whether what was proved before it was proved of another world.
const fn begins_anew(item: &Item, step: &Step) -> bool {
    match item.kind {
        Kind::Gate => step.state.is_settled(),
        Kind::Do(..) => step.has_acted(),
        Kind::Attest | Kind::Check(_) | Kind::Soak(..) => false,
    }
}

fn is_looked_at(item: &Item, step: &Step) -> bool {
    let left_out = matches!(step.state, State::Skipped | State::Waived);
    match item.kind {
        Kind::Check(_) => !left_out,
        Kind::Do(_, Some(_)) => step.done && !left_out,
        Kind::Soak(..) => !left_out && step.state != State::Passed,
        Kind::Do(_, None) | Kind::Attest | Kind::Gate => false,
    }
}
