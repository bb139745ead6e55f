//! From a question and what is there to a preview, and to the work behind each of its steps. Pure: the same question and
//! the same world always give the same plan, so a confirmed plan is made again before it is carried out, and compared.

use crate::plan::preview::{passed, warning};
use crate::{
    domain::{action::Action, image::version},
    plan::{Ask, Change, LOOK_AGAIN, Note, Preview, Refusal, Risk, SeenInstance, Side, Target},
    platform::docker::{
        NO_CLUSTER, NOTHING_WAITS,
        actions::{
            container::{Container, text},
            healthy::Patience,
            settle::Members,
            work::{Group, Work},
            world::World,
        },
    },
    safe,
    text::{SafeText, counted},
};

mod changes;
mod data;
mod images;
mod power;
mod replace;
mod revisions;
mod scale;

/// A preview with what carries it out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlanDraft {
    /// What the operator agrees to.
    pub(crate) preview: Preview,
    /// The work, in the order of the preview's steps.
    pub(crate) groups: Vec<Group>,
    /// The image that every replica has at the end, where the action is about images.
    pub(crate) image: Option<String>,
    /// How many replicas there are at the end.
    pub(crate) replicas: usize,
    /// How many of them serve at the least: what was broken before, and is not touched, still is.
    pub(crate) serving: usize,
    /// What gives a name of an image back that the plan moves; for a way back before any replica is through.
    pub(crate) moved: Option<Work>,
}

/// What an action's own planner finds.
#[derive(Debug, Default)]
struct Part {
    action: Option<Action>,
    to: Side,
    changes: Vec<Change>,
    remains: Vec<SafeText>,
    notes: Vec<Note>,
    groups: Vec<Group>,
    impact: SafeText,
    choices: Vec<crate::domain::revision::Revision>,
    image: Option<String>,
    replicas: usize,
    serving: usize,
    moved: Option<Work>,
    /// Why the data may not go with the image, where that is so.
    data: Option<SafeText>,
    /// Whether nobody is served for a while, for which `impact` has the words.
    down: bool,
}

/// Makes the plan.
///
/// # Errors
/// Why it can't be done, and what could be done instead.
pub(crate) fn plan(ask: &Ask, world: &World, patience: &Patience) -> Result<PlanDraft, Refusal> {
    admit(ask, world)?;
    let mut part = match &ask.action {
        Action::Scale { replicas } => scale::plan(ask, world, *replicas),
        Action::Restart | Action::Start | Action::Stop => power::plan(ask, world),
        Action::Rollout { image } => images::roll_out(ask, world, image),
        Action::RollBack { to } => images::roll_back(ask, world, to.as_deref()),
        Action::BackUp => Err(refusal(safe!("a backup is no change of containers"), "")),
        Action::Cluster(_) => Err(refusal(NO_CLUSTER, "")),
        Action::Pause | Action::Unpause => Err(refusal(NOTHING_WAITS, "")),
    }?;
    if part.groups.iter().all(|group| group.works.is_empty()) {
        return Err(Refusal::already(safe!(
            "there is nothing to do: {} is so already",
            ask.target.service
        )));
    }
    if world
        .containers
        .iter()
        .any(|c| c.name() != super::names::parse(c.name()).0)
    {
        part.notes.push(warning(safe!(
            "an action was interrupted here; its rest is settled on the way"
        )));
    }
    if part.down {
        let seconds = patience.gap(world).as_secs().max(1);
        part.impact = safe!("down for about {seconds} s, {}", part.impact);
    }
    part.notes
        .sort_by_key(|note| (note.severity.is_none(), note.severity));
    let steps = part
        .groups
        .iter()
        .flat_map(|g| &g.works)
        .map(|w| w.step.clone())
        .collect();
    let target = freeze(&ask.target, world);
    let action = part.action.unwrap_or_else(|| ask.action.clone());
    let preview = Preview {
        now: now(world),
        to: part.to,
        changes: part.changes,
        remains: part.remains,
        notes: part.notes,
        steps,
        impact: part.impact,
        estimate: Some(patience.estimate(part.groups.iter().flat_map(|g| &g.works), world)),
        risk: Risk::of(&action, &target),
        choices: part.choices,
        owner: None,
        ask: Ask {
            action,
            target,
            ..ask.clone()
        },
    };
    Ok(PlanDraft {
        preview,
        groups: part.groups,
        image: part.image,
        replicas: part.replicas,
        serving: part.serving,
        moved: part.moved,
    })
}

/// What is true for every action.
fn admit(ask: &Ask, world: &World) -> Result<(), Refusal> {
    let service = &ask.target.service;
    if let Some(another) = another(&ask.target, world) {
        return Err(refusal(another, LOOK_AGAIN));
    }
    if world.containers.is_empty() {
        return Err(refusal(
            safe!("no container of {service} is there any more"),
            "deploy it again from its files",
        ));
    }
    if let Some(change) = changed(&ask.target, world).filter(|_| ask.resumes.is_none()) {
        return Err(refusal(change, LOOK_AGAIN));
    }
    for container in &world.containers {
        if !container.label("com.docker.swarm.task.id").is_empty() {
            return Err(refusal(
                safe!(
                    "{} belongs to Swarm, which would undo this",
                    container.name()
                ),
                "act on its Swarm service",
            ));
        }
        if container.paused() {
            return Err(refusal(
                safe!("{} is paused: somebody froze it", container.name()),
                safe!("docker unpause {}", container.name()),
            ));
        }
    }
    Ok(())
}

/// What changed since the dialog opened, in words; `None` while everything is as seen. A start by the restart policy is
/// no change: a crash loop could not be mended else.
pub(crate) fn changed(target: &Target, world: &World) -> Option<SafeText> {
    if let Some(another) = another(target, world) {
        return Some(another);
    }
    for seen in &target.seen {
        let Some(is) = world.containers.iter().find(|c| c.id() == &*seen.id.0) else {
            return Some(safe!("{} is gone: somebody removed it", seen.name));
        };
        if !same_run(seen, is) {
            return Some(safe!("{} was started again since", seen.name));
        }
        if is.name() != &*seen.name {
            return Some(safe!("{} is called {} now", seen.name, is.name()));
        }
    }
    let added = world
        .plain()
        .find(|c| target.seen.iter().all(|s| c.id() != &*s.id.0))?;
    Some(safe!("{} was added by somebody", added.name()))
}

/// Says that it is not the daemon that the dialog was opened for; `None` when it is.
fn another(target: &Target, world: &World) -> Option<SafeText> {
    (target.identity != world.identity)
        .then(|| SafeText::from_static("another daemon answers under this address"))
}

/// Whether a container is still in the run that was seen.
pub(crate) fn same_run(seen: &SeenInstance, is: &Container) -> bool {
    match (seen.started, is.started()) {
        (Some(seen), Some(is_started)) => seen == is_started || is.restarts() > 0,
        _ => true,
    }
}

/// The target as it is in this world.
fn freeze(target: &Target, world: &World) -> Target {
    Target {
        seen: world.containers.iter().map(seen).collect(),
        ..target.clone()
    }
}

/// A container as a frozen target holds it.
pub(crate) fn seen(container: &Container) -> SeenInstance {
    SeenInstance {
        id: crate::domain::instance::InstanceId(SafeText::name(container.id())),
        name: SafeText::name(container.name()),
        number: container.number(),
        started: container.started(),
        image_id: SafeText::name(container.image_id()),
    }
}

/// Where things stand.
fn now(world: &World) -> Side {
    let mut versions: Vec<SafeText> = world.plain().map(|c| version(c.image())).collect();
    versions.sort();
    versions.dedup();
    let (all, serve) = (
        world.plain().count(),
        world.plain().filter(|c| c.serves()).count(),
    );
    Side {
        what: safe!(
            "{}",
            versions.iter().map(|v| &**v).collect::<Vec<_>>().join(", ")
        ),
        facts: safe!("{}, {serve} serving", counted(all, "copy")),
    }
}

/// The work that settles what an interrupted action left, and the container that stays of each replica.
fn settle<'a>(world: &'a World, wanted: Option<&str>) -> Vec<(Group, Option<&'a Container>)> {
    Members::sort(&world.containers)
        .iter()
        .map(|members| {
            let settled = members.settle(wanted);
            let group = Group {
                base: members.base.to_owned(),
                image: settled.former.to_owned(),
                works: settled.works,
            };
            (group, settled.stays)
        })
        .collect()
}

/// Whether Docker removes it as soon as it stops.
fn removes_itself(container: &Container) -> bool {
    container.0.pointer("/HostConfig/AutoRemove") == Some(&serde_json::Value::Bool(true))
}

/// Whether the daemon starts it at its own start, even when it was stopped.
fn always_restarts(container: &Container) -> bool {
    text(&container.0, "/HostConfig/RestartPolicy/Name") == "always"
}

fn refusal(why: SafeText, instead: impl Into<Instead>) -> Refusal {
    Refusal {
        so_already: false,
        why,
        instead: instead.into().0,
    }
}

/// What to do instead: our own words, or words with names in them.
struct Instead(SafeText);

impl From<&'static str> for Instead {
    fn from(words: &'static str) -> Self {
        Self(SafeText::from_static(words))
    }
}

impl From<SafeText> for Instead {
    fn from(words: SafeText) -> Self {
        Self(words)
    }
}

/// How many steps of a kind there are.
fn count(works: &[Work], is: impl Fn(&Work) -> bool) -> usize {
    works.iter().filter(|w| is(w)).count()
}

#[cfg(test)]
#[path = "planner/tests.rs"]
mod tests;
