//! Rollout and rollback: another image for every replica, one after another.

use super::{
    super::{
        container::Container,
        order::{own_name, stop_first},
        reference::{Reference, keep_repository},
        settle::there,
        spec::Image,
        work::{Act, Group},
        world::{ImageInfo, World},
    },
    Part, changes, count, data, passed, refusal, removes_itself, replace, revisions, settle,
    warning,
};
use crate::{
    domain::{
        action::Action,
        image::{self, version},
    },
    plan::{Ask, Refusal, Side, Verb},
    platform::known_good,
    safe,
    text::{SafeText, counted},
};

/// To another image, or another tag of the same.
pub(super) fn roll_out(ask: &Ask, world: &World, asked: &str) -> Result<Part, Refusal> {
    let current = world
        .containers
        .first()
        .map(Container::image)
        .unwrap_or_default();
    let Some(reference) = image::asked(asked, current) else {
        return Err(refusal(
            safe!("what runs was started by an image's id, so a tag alone says too little"),
            "give the whole name, repository:tag",
        ));
    };
    let Some(image) = world.image(&reference) else {
        return Err(refusal(
            safe!("there is no image {reference} on this daemon"),
            safe!("docker pull {reference}"),
        ));
    };
    let mut part = bring(ask, world, &reference, image)?;
    if reference == current {
        part.notes.push(passed(safe!(
            "a plain `docker compose up` keeps it: {reference} is what its file names"
        )));
    } else if world.containers.iter().any(Container::compose) {
        part.notes.push(warning(safe!(
            "a plain `docker compose up` goes to what its file names: change it there too"
        )));
    }
    part.action = Some(Action::Rollout {
        image: SafeText::name(&reference),
    });
    part.remains.push(safe!(
        "settings of its own, and the data in its volumes, stay as they are"
    ));
    Ok(part)
}

/// Back to what ran before.
pub(super) fn roll_back(ask: &Ask, world: &World, to: Option<&str>) -> Result<Part, Refusal> {
    let choices = revisions::choices(ask, world);
    let revision = revisions::choose(&choices, world, to)?;
    let current = newest(world).map(Container::image).unwrap_or_default();
    let id = revision.id.as_str();
    let Some(image) = world.image(id) else {
        return Err(refusal(
            safe!(
                "the image of {} is no longer on this daemon",
                revision.version
            ),
            safe!("docker pull {}", revision.image),
        ));
    };
    let named = revision.image.as_str();
    let name_is = world.image(named).map(|i| i.id.as_str());
    // A name that moved on is brought back where the service runs under it; elsewhere it is not ours to move.
    let retag = Reference::parse(named).tag.is_some()
        && (name_is.is_none() || (name_is != Some(id) && named == current));
    let reference = if retag || name_is == Some(id) {
        named
    } else {
        image.tags.first().map_or(id, String::as_str)
    };
    let mut part = bring(ask, world, reference, image)?;
    if retag {
        let Reference { repository, tag } = Reference::parse(named);
        part.moved = name_is.map(|former| {
            let (image, repository, tag) = (former.to_owned(), repository.clone(), tag.clone());
            Act::Tag {
                image,
                repository,
                tag,
            }
            .on(&format!("{named} to {}", version(former)))
        });
        let act = Act::Tag {
            image: id.to_owned(),
            repository,
            tag,
        };
        part.groups[0]
            .works
            .push(act.on(&format!("{named} to {}", version(id))));
    }
    if world.containers.iter().any(Container::compose) {
        part.notes.push(if named == current {
            passed(safe!("{named} names the old image again, so a plain `docker compose up` keeps it"))
        } else {
            warning(safe!("the next plain `docker compose up` rolls forward again to what its file names: change it there too"))
        });
    }
    part.notes.push(known_good::standing(revision));
    part.to.facts = known_good::facts(revision);
    part.action = Some(Action::RollBack {
        to: Some(revision.id.clone()),
    });
    let data = part.data.take();
    part.remains.extend([
        data.unwrap_or_else(|| {
            safe!("data in volumes and databases, and their schema, do not go back")
        }),
        safe!("the number of copies, settings and variables of its own stay as they are"),
    ]);
    part.choices = choices;
    Ok(part)
}

/// The container made last: what is being brought now, or was.
pub(super) fn newest(world: &World) -> Option<&Container> {
    world.containers.iter().max_by_key(|c| c.created())
}

/// Brings an image to every replica that does not run it.
fn bring(ask: &Ask, world: &World, reference: &str, image: &ImageInfo) -> Result<Part, Refusal> {
    let mut part = Part {
        image: Some(image.id.clone()),
        ..Part::default()
    };
    let mut tagging = Group::default();
    let mut free_numbers = world.free_numbers();
    let mut replaced: Vec<&Container> = Vec::new();
    let mut groups = Vec::new();
    for (mut group, stays) in settle(world, Some(&image.id)) {
        part.replicas += usize::from(stays.is_some());
        // Interrupted on the way back: it has its name again, and was not started yet.
        let asleep =
            stays.filter(|c| ask.resumes.is_some() && !c.alive() && c.image_id() == image.id);
        if let Some(asleep) = asleep.filter(|_| group.works.is_empty()) {
            let start = [Act::Start(there(asleep)), Act::Await(there(asleep))];
            group.works.extend(start.map(|act| act.on(asleep.name())));
        }
        if let Some(old) = stays.filter(|c| c.image_id() != image.id) {
            if removes_itself(old) {
                return Err(refusal(
                    safe!(
                        "{} was started with --rm: Docker removes it at its stop, and there would be no way back",
                        old.name()
                    ),
                    "start it anew by hand",
                ));
            }
            let Some(supplied) = world.image(old.image_id()) else {
                return Err(refusal(
                    safe!(
                        "the image that {} runs is gone, so its own settings can't be told from the image's",
                        old.name()
                    ),
                    "deploy it again from its files",
                ));
            };
            let new = Image {
                reference,
                id: &image.id,
                supplied_by: Some(&supplied.config),
            };
            keep(ask, old, supplied, &mut tagging);
            if replaced.is_empty() {
                part.changes = changes::changes(old, supplied, reference, image, new);
                part.data = data::left_behind(old, supplied, reference, image);
            }
            // A name that somebody chose is the only one of its service, whatever its number.
            let number = match own_name(old) {
                Some(_) => old.compose_number(),
                None => free_numbers.next().unwrap_or_default(),
            };
            replaced.push(old);
            group
                .works
                .extend(replace::replace(&group.base, old, new, number));
        }
        groups.push(group);
    }
    part.serving = part.replicas;
    if replaced.is_empty() && groups.iter().all(|g| g.works.is_empty()) {
        return Err(Refusal::already(safe!(
            "every copy runs {} already",
            version(reference)
        )));
    }
    part.to = Side {
        what: safe!("{}", version(reference)),
        facts: SafeText::default(),
    };
    impact(&replaced, &mut part);
    part.groups = std::iter::once(tagging).chain(groups).collect();
    Ok(part)
}

/// Names what runs, so that no pruning takes it before it is wanted back. Once a image and service.
fn keep(ask: &Ask, old: &Container, image: &ImageInfo, tagging: &mut Group) {
    let repository = keep_repository(&ask.target.service);
    let kept = image
        .tags
        .iter()
        .any(|tag| Reference::parse(tag).repository == repository);
    let planned =
        |w: &super::Work| matches!(&w.act, Act::Tag { image, .. } if image == old.image_id());
    if kept || count(&tagging.works, planned) > 0 {
        return;
    }
    let act = Act::Tag {
        image: old.image_id().to_owned(),
        repository: repository.clone(),
        tag: None,
    };
    let work = act.on(&format!("{} as {repository}", version(old.image())));
    debug_assert_eq!(work.step.verb, Verb::Tag);
    tagging.works.push(work);
}

/// What users notice.
fn impact(replaced: &[&Container], part: &mut Part) {
    let all = part.replicas;
    let serving = replaced.iter().filter(|c| c.serves()).count();
    let obstacle = replaced.iter().find_map(|c| stop_first(c));
    part.impact = match obstacle {
        _ if serving == 0 => safe!("one at a time; none of these serves now"),
        None => safe!(
            "one at a time, the new one serving before the old one goes; {serving} of {all} keep serving"
        ),
        Some(_) if all == 1 => {
            part.down = true;
            safe!("from the old one's stop until the new one serves")
        }
        Some(_) => safe!("one at a time; {} of {all} keep serving", all - 1),
    };
    if let Some(why) = obstacle {
        part.notes
            .push(warning(safe!("the old one stops first: {why}")));
    }
    if replaced.len() < all {
        let rest = all - replaced.len();
        part.notes
            .push(passed(safe!("{} as wanted already", counted(rest, "copy"))));
    }
}
