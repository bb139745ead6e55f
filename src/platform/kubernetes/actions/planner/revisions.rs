//! What a workload ran and can run again.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::super::{
    object::{number, text},
    template,
    work::RESTARTED,
    world::World,
};
use crate::{
    domain::{image::version, revision::Revision},
    plan::Ask,
    text::SafeText,
};

/// Every revision that the cluster keeps, the newest first, with what the journal saw of each.
pub(super) fn choices(ask: &Ask, world: &World) -> Vec<Revision> {
    let current = current(world).map(name);
    world
        .revisions
        .iter()
        .map(|kept| {
            let image = image(world, kept);
            let id = name(kept);
            let made = text(kept, "/metadata/creationTimestamp");
            let made = made.parse().unwrap_or(Timestamp::UNIX_EPOCH);
            let seen = ask.history.iter().find(|known| *known.id == *id);
            Revision {
                id: SafeText::name(id),
                version: version(&image),
                image: SafeText::name(&image),
                first_seen: made,
                last_seen: seen.map_or(made, |known| known.last_seen),
                healthy: seen.map_or(Duration::ZERO, |known| known.healthy),
                known_good: seen.and_then(|known| known.known_good),
                current: current == Some(id),
                available: true,
            }
        })
        .collect()
}

/// The kept revision of that id, of that number, or what a revision of that version or image is called.
pub(super) fn find<'w>(world: &'w World, choices: &[Revision], to: &str) -> Option<&'w Value> {
    let numbered = to.parse::<i64>().ok().filter(|n| *n > 0);
    let by_number = numbered.and_then(|wanted| {
        let all = world.revisions.iter();
        all.clone().find(|kept| revision(world, kept) == wanted)
    });
    by_number.or_else(|| {
        let meant = crate::platform::known_good::meant(choices, to)?;
        world.revisions.iter().find(|kept| *meant.id == *name(kept))
    })
}

/// Those that differ from what is wanted now by more than a restart: going back to before a restart changes nothing.
pub(super) fn others(world: &World, choices: &[Revision]) -> Vec<Revision> {
    let now = unrestarted(world.object.template().clone());
    let differs = |choice: &&Revision| {
        let kept = world
            .revisions
            .iter()
            .find(|kept| name(kept) == &*choice.id);
        kept.is_some_and(|kept| unrestarted(template::kept(world.place.kind, kept)) != now)
    };
    choices.iter().filter(differs).cloned().collect()
}

/// A template without what `kubectl rollout restart` and this console's restart write into it.
fn unrestarted(mut template: Value) -> Value {
    let metadata = template.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata {
        let notes = metadata.get_mut("annotations");
        let emptied = notes.and_then(Value::as_object_mut).is_some_and(|notes| {
            notes.remove(RESTARTED);
            notes.is_empty()
        });
        if emptied {
            metadata.remove("annotations");
        }
    }
    template
}

/// What it is called.
pub(super) fn name(kept: &Value) -> &str {
    text(kept, "/metadata/name")
}

/// What kubectl numbers it.
pub(super) fn revision(world: &World, kept: &Value) -> i64 {
    match world.place.kind {
        kind if kind.has_sets() => template::number(kept),
        _ => number(kept, "/revision"),
    }
}

/// The one that the workload's template is; `None` while its controller has not kept it yet.
pub(super) fn current(world: &World) -> Option<&Value> {
    let is = world.object.template();
    let mut kept = world.revisions.iter();
    kept.find(|kept| template::kept(world.place.kind, kept) == *is)
}

/// The first container's image.
fn image(world: &World, kept: &Value) -> String {
    let template = template::kept(world.place.kind, kept);
    text(&template, "/spec/containers/0/image").to_owned()
}
