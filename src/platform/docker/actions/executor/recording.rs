//! What the journal is told of containers.

use super::super::{container::Container, planner::PlanDraft};
use crate::plan::{
    Carry,
    record::{Facts, Label, OperationStart},
};

/// How an operation is written down. Of several images the one to come back to is the one that is replaced.
pub(super) fn start(carry: &Carry, draft: &PlanDraft) -> OperationStart {
    let mut start = OperationStart::of(&carry.plan);
    if let Some(image) = &draft.image {
        let is_replaced = |id: &&str| !id.is_empty() && id != image;
        let replaced = draft
            .groups
            .iter()
            .map(|g| g.image.as_str())
            .find(is_replaced);
        start.before.image_id = replaced.map(Label::from).or(start.before.image_id);
    }
    start
}

/// What is worth remembering of a container.
pub(super) fn facts(container: &Container) -> Facts {
    Facts {
        image: Some(Label::from(container.image())),
        image_id: Some(Label::from(container.image_id())),
        name: Some(Label::from(container.name())),
        state: Some(Label::from(container.status())),
        started: container.started(),
        replicas: None,
    }
}
