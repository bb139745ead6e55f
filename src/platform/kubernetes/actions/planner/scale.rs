//! More or fewer.

use super::{
    super::{refusal, work::Goal, world::World},
    Part, survival,
};
use crate::{
    domain::service::ServiceKind,
    plan::{Refusal, Side},
    safe,
    text::{SafeText, counted},
};

/// To `replicas` copies.
pub(super) fn plan(world: &World, replicas: u32) -> Result<Part, Refusal> {
    match world.place.kind {
        ServiceKind::Deployment | ServiceKind::StatefulSet | ServiceKind::Rollout => {}
        ServiceKind::DaemonSet => {
            return Err(refusal(
                safe!("a DaemonSet has one copy on each node that fits, and no number of its own"),
                safe!("change its node selector, or the nodes' labels"),
            ));
        }
        _ => {
            return Err(refusal(
                safe!("a {} is not scaled", world.place.kind_name()),
                SafeText::EMPTY,
            ));
        }
    }
    let is = world.object.replicas();
    let to = Side {
        what: safe!("{}", counted(replicas as usize, "copy")),
        facts: SafeText::EMPTY,
    };
    let mut part = Part::new(Goal::Replicas(replicas), to);
    part.changes =
        super::super::template::plain_change("replicas", &is.to_string(), &replicas.to_string());
    part.impact = match (replicas, world.place.kind) {
        (0, _) => safe!("nobody is served until it is scaled up again"),
        (_, ServiceKind::StatefulSet) if replicas < is => {
            safe!("the highest numbers go first, one at a time")
        }
        _ if replicas < is => safe!("{} keep serving", counted(replicas as usize, "copy")),
        _ => safe!("what serves goes on"),
    };
    if world.place.kind == ServiceKind::StatefulSet && replicas < is {
        part.remains.push(safe!(
            "volumes of the copies that go stay, unless its claims say otherwise"
        ));
    }
    if world.object.is_paused() {
        part.notes.push(super::passed(safe!(
            "it is paused; the number of copies changes all the same"
        )));
    }
    survival::budgets(world, replicas, &mut part.notes);
    survival::quotas(world, replicas, &mut part.notes);
    Ok(part)
}
