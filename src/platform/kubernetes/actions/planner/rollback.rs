//! Back to what ran before, to the template that the cluster kept. It works while the bad rollout is still stuck, which is
//! when it is needed.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    super::{
        object::{list, text},
        refusal, template,
        work::Goal,
        world::World,
    },
    Part, impact, not_paused, own_template, passed, revisions, rolls, warning,
};
use crate::{
    domain::{action::Action, image::version, service::ServiceKind},
    plan::{Ask, Refusal, Side},
    platform::{known_good, kubernetes::details::configs},
    safe,
    text::SafeText,
};

/// Back to `to`, or to the last known good.
pub(super) fn plan(ask: &Ask, world: &World, to: Option<&str>) -> Result<Part, Refusal> {
    rolls(world)?;
    own_template(world)?;
    not_paused(world, "a rollback")?;
    let choices = revisions::choices(ask, world);
    let name = &world.place.name;
    let kept = match to {
        Some(to) => revisions::find(world, &choices, to).ok_or_else(|| {
            refusal(
                safe!("the cluster keeps no revision {to} of {name}"),
                safe!("roll out an image by its name"),
            )
        })?,
        None => known_good::proposed(&revisions::others(world, &choices))
            .or_else(|| known_good::proposed(&choices))
            .and_then(|proposed| revisions::find(world, &choices, &proposed.id))
            .ok_or_else(|| {
                refusal(
                    safe!(
                        "the cluster keeps nothing of {name} but {}",
                        version(world.object.image())
                    ),
                    safe!("roll out an image by its name"),
                )
            })?,
    };
    let kind = world.place.kind;
    let wanted = template::kept(kind, kept);
    let chosen = choices
        .iter()
        .find(|choice| *choice.id == *revisions::name(kept));
    let to = Side {
        what: chosen.map_or(SafeText::EMPTY, |c| c.version.clone()),
        facts: chosen.map_or(SafeText::EMPTY, |c| {
            safe!(
                "revision {}, {}",
                revisions::revision(world, kept),
                known_good::facts(c)
            )
        }),
    };
    let annotations =
        (kind == ServiceKind::Deployment).then(|| template::annotations(&world.object, kept));
    let goal = Goal::Template {
        template: wanted.clone(),
        annotations,
    };
    let mut part = Part::new(goal, to);
    part.changes = template::changes(world.object.template(), &wanted);
    part.impact = impact(world);
    part.notes.extend(chosen.map(known_good::standing));
    part.action = Some(Action::RollBack {
        to: Some(SafeText::name(revisions::name(kept))),
    });
    part.from = revisions::current(world).map(|kept| SafeText::name(revisions::name(kept)));
    let made = text(kept, "/metadata/creationTimestamp").parse();
    let made = made.unwrap_or(Timestamp::UNIX_EPOCH);
    let configs = configs::since(&world.configs, &wanted, made);
    part.remains = vec![safe!(
        "ConfigMaps and Secrets stay as they are now, also where it knew them otherwise"
    )];
    part.remains.extend(configs);
    part.remains.extend([
        safe!("data in volumes and databases, and their schema, do not go back"),
        safe!("the number of copies stays as it is"),
    ]);
    stuck(world, &mut part);
    part.choices = choices;
    Ok(part)
}

/// A StatefulSet that makes its pods in order waits for each to be ready, also for one of the bad revision that never
/// will be: it has to go (<https://github.com/kubernetes/kubernetes/issues/67250>).
fn stuck(world: &World, part: &mut Part) {
    let ordered = world.place.kind == ServiceKind::StatefulSet
        && text(&world.object.0, "/spec/podManagementPolicy") != "Parallel";
    if !ordered {
        return;
    }
    let bad = text(&world.object.0, "/status/updateRevision");
    for pod in &world.pods {
        let of_bad =
            super::super::object::entry(pod, "/metadata/labels", "controller-revision-hash") == bad;
        if of_bad && !ready(pod) && pod.pointer("/metadata/deletionTimestamp").is_none() {
            let name = text(pod, "/metadata/name").to_owned();
            part.notes.push(warning(safe!(
                "{name} never became ready, and everything waits for it: it is deleted, and made anew from the older revision"
            )));
            part.stuck
                .push((name, text(pod, "/metadata/uid").to_owned()));
        }
    }
    if part.stuck.is_empty() {
        part.notes.push(passed(safe!("no pod blocks the way back")));
    }
}

/// Whether a pod serves.
fn ready(pod: &Value) -> bool {
    list(pod, "/status/conditions")
        .iter()
        .any(|c| text(c, "/type") == "Ready" && text(c, "/status") == "True")
}
