//! Pause and resume: changes of a Deployment or a Rollout wait, a CronJob begins no Jobs.

use super::{
    super::{refusal, work::Goal, world::World},
    Part,
};
use crate::{
    domain::service::ServiceKind,
    plan::{Refusal, Side},
    safe,
    text::SafeText,
};

/// Pauses, or resumes.
pub(super) fn plan(world: &World, pause: bool) -> Result<Part, Refusal> {
    let (goal, what, impact) = match (world.place.kind, pause) {
        (ServiceKind::Deployment | ServiceKind::Rollout, true) => (
            Goal::Paused(true),
            "paused",
            "what serves goes on; a rollout under way stops where it is",
        ),
        (ServiceKind::Deployment | ServiceKind::Rollout, false) => (
            Goal::Paused(false),
            "goes on",
            "changes that waited roll out now",
        ),
        (ServiceKind::CronJob, true) => (
            Goal::Suspended(true),
            "suspended",
            "no new Job begins; one that runs goes on",
        ),
        (ServiceKind::CronJob, false) => (
            Goal::Suspended(false),
            "on schedule",
            "the next Job begins by its schedule",
        ),
        _ => {
            return Err(refusal(
                safe!("a {} cannot be paused", world.place.kind_name()),
                SafeText::EMPTY,
            ));
        }
    };
    let to = Side {
        what: SafeText::from_static(what),
        facts: SafeText::EMPTY,
    };
    let mut part = Part::new(goal, to);
    part.impact = SafeText::from_static(impact);
    Ok(part)
}
