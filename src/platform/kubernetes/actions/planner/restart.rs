//! Every copy anew, as `kubectl rollout restart` does it.

use jiff::Timestamp;

use super::{
    super::{
        work::{Goal, restarted},
        world::World,
    },
    Part, impact, not_paused, rolls,
};
use crate::{
    domain::image::version,
    plan::{Ask, Refusal, Side},
    safe,
};

/// Pods of the same template, made anew from `now` on; where an interrupted restart has come that far, from then on.
pub(super) fn plan(ask: &Ask, world: &World, now: Timestamp) -> Result<Part, Refusal> {
    rolls(world)?;
    not_paused(world, "a restart")?;
    let at = begun(ask, world).unwrap_or_else(|| now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let to = Side {
        what: version(world.object.image()),
        facts: safe!("every copy anew"),
    };
    let mut part = Part::new(Goal::Restarted(at), to);
    part.impact = impact(world);
    part.remains.push(safe!(
        "the same image and settings; ConfigMaps and Secrets are read anew"
    ));
    Ok(part)
}

/// The restart that the workload shows, where it is the one that is taken up again.
fn begun(ask: &Ask, world: &World) -> Option<String> {
    let began = ask.resumes.as_ref()?.began?;
    let shown = restarted(&world.object);
    let at: Timestamp = shown.parse().ok()?;
    // It is written without fractions of a second, and planned a moment before its operation begins.
    (at.as_second() + 1 >= began.as_second()).then(|| shown.to_owned())
}
