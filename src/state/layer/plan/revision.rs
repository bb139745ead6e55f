//! Another revision to go back to: another question, with a preview of its own.

use super::{
    super::{
        super::{Model, Update},
        Layer,
    },
    PlanDialog, Stage, ask,
};
use crate::domain::{action::Action, revision::Revision};

impl PlanDialog {
    /// The revisions that can be chosen, newest first, and which of them is; `None` where there is no choice.
    pub fn revisions(&self) -> Option<(Vec<&Revision>, usize)> {
        let Stage::Ready(plan) = &self.stage else {
            return None;
        };
        let Action::RollBack { to: Some(to) } = plan.action() else {
            return None;
        };
        let choices = plan.preview().choices.iter();
        let choices: Vec<_> = choices.filter(|r| !r.current && r.available).collect();
        let at = choices.iter().position(|r| r.id == *to)?;
        (choices.len() > 1).then_some((choices, at))
    }
}

/// So many revisions further back, or forward when negative.
pub(super) fn choose(model: &mut Model, by: isize) -> Update {
    let Some(Layer::Plan(dialog)) = model.layers.last_mut() else {
        return Update::none();
    };
    let Some((choices, at)) = dialog.revisions() else {
        return Update::none();
    };
    let Some(next) = at.checked_add_signed(by).and_then(|at| choices.get(at)) else {
        return Update::none();
    };
    dialog.action = Action::RollBack {
        to: Some(next.id.clone()),
    };
    ask(model)
}
