//! Rollout: another image, or another tag of the same.

use super::{
    super::{object::text, refusal, template, work::Goal, world::World},
    Part, impact, not_paused, own_template, revisions, rolls,
};
use crate::{
    domain::{
        action::Action,
        image::{self, version},
    },
    plan::{Refusal, Side},
    safe,
    text::SafeText,
};

/// To what was asked for: a tag, `repository:tag`, or either for a container by its name, `sidecar=v2`.
pub(super) fn plan(world: &World, asked: &str) -> Result<Part, Refusal> {
    rolls(world)?;
    own_template(world)?;
    not_paused(world, "a rollout")?;
    let containers = world.object.containers();
    let (named, asked) = match asked.split_once('=') {
        Some((name, image)) => (Some(name), image),
        None => (None, asked),
    };
    let index = match named {
        None => 0,
        Some(name) => containers
            .iter()
            .position(|c| text(c, "/name") == name)
            .ok_or_else(|| {
                let names: Vec<&str> = containers.iter().map(|c| text(c, "/name")).collect();
                refusal(
                    safe!("{} has no container {name}", world.place.name),
                    safe!("it has {}", names.join(", ")),
                )
            })?,
    };
    let container = containers
        .get(index)
        .map(|c| text(c, "/name").to_owned())
        .unwrap_or_default();
    let current = containers.get(index).map_or("", |c| text(c, "/image"));
    let Some(image) = image::asked(asked, current).filter(|image| !asked.is_empty() && fits(image))
    else {
        return Err(refusal(
            safe!("{asked} is no tag that {current} could have, and no name of an image"),
            safe!("give a tag, or the whole name, repository:tag"),
        ));
    };
    let to = Side {
        what: version(&image),
        facts: SafeText::EMPTY,
    };
    let goal = Goal::Image {
        index,
        container: container.clone(),
        image: image.clone(),
    };
    let mut part = Part::new(goal, to);
    part.changes = template::plain_change("image", current, &image);
    part.impact = impact(world);
    part.from = revisions::current(world).map(|kept| SafeText::name(revisions::name(kept)));
    let whole = match named {
        Some(_) => format!("{container}={image}"),
        None => image,
    };
    part.action = Some(Action::Rollout {
        image: SafeText::name(whole),
    });
    if containers.len() > 1 {
        let others: Vec<&str> = containers
            .iter()
            .map(|c| text(c, "/name"))
            .filter(|name| *name != container)
            .collect();
        part.notes.push(super::passed(safe!(
            "container {container} changes; {} as before",
            others.join(", ")
        )));
    }
    part.remains.push(safe!(
        "settings, ConfigMaps, Secrets and the number of copies stay as they are"
    ));
    Ok(part)
}

/// Whether it could be a reference at all; a server takes nearly anything, and the nodes then fail to pull it.
fn fits(image: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"./:@_-".contains(&b);
    image.bytes().all(fits)
        && image
            .as_bytes()
            .last()
            .is_some_and(u8::is_ascii_alphanumeric)
}
