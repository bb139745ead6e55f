//! Every copy anew, as `kubectl rollout restart` does it.

use jiff::Timestamp;

use super::{
    super::{work::Goal, world::World},
    Part, impact, not_paused, rolls,
};
use crate::{
    domain::image::version,
    plan::{Refusal, Side},
    safe,
};

/// Pods of the same template, made anew from `now` on.
pub(super) fn plan(world: &World, now: Timestamp) -> Result<Part, Refusal> {
    rolls(world)?;
    not_paused(world, "a restart")?;
    let at = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
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
