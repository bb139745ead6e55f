//! Which revision a rollback goes to, and what is known of it.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    super::{container::Container, reference::Reference, world::World},
    images::newest,
    refusal,
};
use crate::{
    domain::{image::version, revision::Revision},
    plan::{Ask, Refusal},
    platform::known_good,
    safe,
    text::SafeText,
};

/// Every revision that ran here, newest first: the journal's, what only our tags remember, and what runs.
pub(super) fn choices(ask: &Ask, world: &World) -> Vec<Revision> {
    let current = newest(world).map(Container::image_id).unwrap_or_default();
    let mut choices: Vec<Revision> = ask
        .history
        .iter()
        .map(|revision| Revision {
            current: &*revision.id == current,
            available: world.images.values().any(|i| i.id == *revision.id),
            ..revision.clone()
        })
        .collect();
    for name in &world.kept {
        let Some(image) = world.image(name) else {
            continue;
        };
        if choices.iter().any(|c| *c.id == *image.id) {
            continue;
        }
        let kept = kept_at(name);
        // Its own name tells more than ours.
        let named = image
            .tags
            .iter()
            .find(|tag| !world.kept.contains(tag))
            .unwrap_or(name);
        choices.push(Revision {
            id: SafeText::name(&image.id),
            image: SafeText::name(named),
            version: version(if named == name { &image.id } else { named }),
            first_seen: kept,
            last_seen: kept,
            healthy: Duration::ZERO,
            known_good: None,
            current: image.id == current,
            available: true,
        });
    }
    for container in &world.containers {
        if choices.iter().any(|c| *c.id == *container.image_id()) {
            continue;
        }
        let made = container.created().unwrap_or(Timestamp::UNIX_EPOCH);
        choices.push(Revision {
            id: SafeText::name(container.image_id()),
            image: SafeText::name(container.image()),
            version: version(container.image()),
            first_seen: made,
            last_seen: made,
            healthy: Duration::ZERO,
            known_good: None,
            current: container.image_id() == current,
            available: world.image(container.image_id()).is_some(),
        });
    }
    choices.sort_by_key(|c| std::cmp::Reverse(c.last_seen));
    choices
}

/// The moment that a kept name holds; the beginning of time where it holds none.
fn kept_at(name: &str) -> Timestamp {
    let tag = Reference::parse(name).tag.unwrap_or_default();
    Timestamp::strptime("%Y%m%dT%H%M%S%.fZ%z", format!("{tag}+0000"))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The one that was asked for, else the last known good, else the one before.
pub(super) fn choose<'a>(
    choices: &'a [Revision],
    world: &World,
    to: Option<&str>,
) -> Result<&'a Revision, Refusal> {
    if let Some(to) = to {
        return known_good::meant(choices, to).ok_or_else(|| {
            refusal(
                safe!("{to} never ran here, as far as anybody remembers"),
                "roll out an image by its name",
            )
        });
    }
    known_good::proposed(choices).ok_or_else(|| {
        let runs = newest(world)
            .map(|c| version(c.image()))
            .unwrap_or_default();
        refusal(
            safe!("nothing but {runs} is known to have run here"),
            "roll out an image by its name",
        )
    })
}
