//! From a question and what is there to a preview, and to the work behind each of its steps. Pure: the same question and
//! the same world always give the same plan, so a confirmed plan is made again before it is carried out, and compared.

use crate::plan::preview::{passed, warning};
use jiff::Timestamp;

use super::{
    LOOK_AGAIN,
    judge::{self, Stale},
    object::{Object, Place, text},
    order::{self, Order},
    refusal,
    work::{Act, Goal, Work},
    world::World,
};
use crate::{
    domain::{action::Action, image::version, revision::Revision, service::ServiceKind},
    plan::{Ask, Change, Note, Preview, Refusal, Risk, Side, Target},
    platform::kubernetes::{
        rights::{self, Need},
        status::{self, Verdict},
    },
    safe,
    text::{SafeText, counted},
};

mod images;
pub(super) mod owners;
mod pause;
mod restart;
mod revisions;
mod rollback;
mod scale;
mod survival;

/// A preview with what carries it out.
#[derive(Clone, Debug)]
pub(super) struct PlanDraft {
    /// What the operator agrees to.
    pub(super) preview: Preview,
    /// The work, in the order of the preview's steps.
    pub(super) works: Vec<Work>,
    /// What the workload's spec is to be.
    pub(super) goal: Goal,
    /// What it is now, of that.
    pub(super) was: Goal,
    /// Where it is sent, and what is sent.
    pub(super) order: Order,
    /// The revision that runs now, where the action is about revisions; what an operation that is put back returns to.
    pub(super) from: Option<SafeText>,
    /// Where the workload is.
    pub(super) place: Place,
    /// A deadline that has passed already.
    pub(super) stale: Stale,
    /// Whether somebody is known to undo such a change by itself.
    pub(super) contested: bool,
}

impl PlanDraft {
    /// Whether the workload itself is changed.
    pub(super) fn changes(&self) -> bool {
        self.works.iter().any(|work| work.act == Act::Change)
    }

    /// What its steps take, each with the name of the object that it is done to.
    pub(super) fn takes(&self) -> Vec<(Need, &str)> {
        let (word, kind) = (self.preview.ask.action.word(), self.place.kind);
        let each = self.works.iter().flat_map(move |work| {
            let (needs, name) = match &work.act {
                Act::Change => (rights::needs(word, kind), self.place.name.as_str()),
                Act::Delete(pod, _) => {
                    (rights::needs("delete-pod", ServiceKind::Pod), pod.as_str())
                }
                Act::Await => (&[][..], ""),
            };
            needs.iter().map(move |need| (*need, name))
        });
        each.collect()
    }

    /// Adds something to know.
    pub(super) fn note(&mut self, note: Note) {
        self.preview.notes.push(note);
    }

    /// Brings the worst to the top.
    pub(super) fn sort_notes(&mut self) {
        self.preview
            .notes
            .sort_by_key(|note| (note.severity.is_none(), note.severity));
    }
}

/// What an action's own planner finds.
struct Part {
    goal: Goal,
    action: Option<Action>,
    to: Side,
    changes: Vec<Change>,
    remains: Vec<SafeText>,
    notes: Vec<Note>,
    impact: SafeText,
    choices: Vec<Revision>,
    /// Pods to delete after the change, by name and uid.
    stuck: Vec<(String, String)>,
    from: Option<SafeText>,
}

impl Part {
    const fn new(goal: Goal, to: Side) -> Self {
        Self {
            goal,
            action: None,
            to,
            changes: Vec::new(),
            remains: Vec::new(),
            notes: Vec::new(),
            impact: SafeText::EMPTY,
            choices: Vec::new(),
            stuck: Vec::new(),
            from: None,
        }
    }
}

/// Somebody's rollout is under way already, be it a colleague's restart: this one would take its place.
fn joins(ask: &Ask, goal: &Goal, world: &World) -> Option<Note> {
    let moves = !matches!(goal, Goal::Replicas(_) | Goal::Paused(_))
        && goal.moves_pods()
        && ask.resumes.is_none();
    let progress = world.object.progress(world.place.kind);
    let verdict = status::verdict(world.place.kind, &progress, None);
    match verdict {
        Verdict::Progressing(how) if moves => Some(warning(safe!(
            "a rollout is under way ({how}): this takes its place"
        ))),
        _ => None,
    }
}

/// Makes the plan.
///
/// # Errors
/// Why it can't be done, and what could be done instead.
pub(super) fn plan(ask: &Ask, world: &World, now: Timestamp) -> Result<PlanDraft, Refusal> {
    if let Some(change) = changed(&ask.target, world) {
        return Err(refusal(change, LOOK_AGAIN));
    }
    let mut part = match &ask.action {
        Action::Scale { replicas } => scale::plan(world, *replicas),
        Action::Restart => restart::plan(ask, world, now),
        Action::Rollout { image } => images::plan(world, image),
        Action::RollBack { to } => rollback::plan(ask, world, to.as_deref()),
        Action::Pause => pause::plan(world, true),
        Action::Unpause => pause::plan(world, false),
        Action::Start | Action::Stop => Err(refusal(
            safe!("pods are not started or stopped by hand here"),
            safe!("scale {} instead", world.place.name),
        )),
        Action::Cluster(_) => Err(refusal(
            safe!("this is no change of a workload"),
            SafeText::EMPTY,
        )),
        Action::BackUp => Err(refusal(
            safe!("a backup is no change of a workload"),
            SafeText::EMPTY,
        )),
    }?;
    let there = part.goal.shown(&world.object);
    if there && (ask.resumes.is_none() || !part.goal.moves_pods()) {
        return Err(Refusal::already(safe!(
            "there is nothing to do: {} is so already",
            ask.target.service
        )));
    }
    let place = &world.place;
    let back = match &part.goal {
        Goal::Template { template, .. } => owners::helm_back(world, template),
        _ => None,
    };
    let says = owners::all(&world.object, &place.words(), back);
    part.notes.extend(joins(ask, &part.goal, world));
    let contested = survival::notes(world, &part.goal, &says, &mut part.notes);
    let owner = owners::decides(says, owners::edits(&world.object, &part.goal));
    let change = (!there).then(|| Act::Change.on(place));
    let stuck = std::mem::take(&mut part.stuck);
    let wait = part.goal.moves_pods().then(|| Act::Await.on(place));
    let works: Vec<Work> = change
        .into_iter()
        .chain(
            stuck
                .into_iter()
                .map(|(pod, uid)| Act::Delete(pod, uid).on(place)),
        )
        .chain(wait)
        .collect();
    let target = freeze(&ask.target, world);
    let action = part.action.unwrap_or_else(|| ask.action.clone());
    let preview = Preview {
        now: standing(&ask.target, world),
        to: part.to,
        changes: part.changes,
        remains: part.remains,
        notes: part.notes,
        steps: works.iter().map(|w| w.step.clone()).collect(),
        impact: part.impact,
        estimate: None,
        risk: Risk::of(&action, &target),
        choices: part.choices,
        owner,
        ask: Ask {
            action,
            target,
            ..ask.clone()
        },
    };
    Ok(PlanDraft {
        preview,
        works,
        was: part.goal.as_now(&world.object),
        order: order::change(place, &world.object, &part.goal),
        goal: part.goal,
        from: part.from,
        place: place.clone(),
        stale: Stale::of(&world.object),
        contested,
    })
}

/// What changed since the dialog opened or since its preview, in words; `None` while it is as seen.
pub(super) fn changed(target: &Target, world: &World) -> Option<SafeText> {
    let known = |identity: &SafeText| !identity.is_empty();
    if known(&target.identity) && known(&world.identity) && target.identity != world.identity {
        return Some(safe!("another cluster answers under this name"));
    }
    another(target, &world.object)
}

/// How the object of that name is not the one that was seen, or soon gone.
pub(super) fn another(target: &Target, object: &Object) -> Option<SafeText> {
    let service = &target.service;
    if !target.uid.is_empty() && *target.uid != *object.uid() {
        return Some(safe!(
            "{service} was deleted and made again: it is another object"
        ));
    }
    object
        .is_deleted()
        .then(|| safe!("{service} is being deleted"))
}

/// The target as it is in this world.
fn freeze(target: &Target, world: &World) -> Target {
    Target {
        uid: SafeText::name(world.object.uid()),
        generation: world.object.generation(),
        replicas: judge::wanted(world.place.kind, &world.object),
        ..target.clone()
    }
}

/// Where things stand: what serves, by what was seen when the question was put, and what is to replace it.
fn standing(target: &Target, world: &World) -> Side {
    if world.place.kind == ServiceKind::CronJob {
        let suspended = world.object.is_suspended();
        return Side {
            what: SafeText::from_static(if suspended {
                "suspended"
            } else {
                "on schedule"
            }),
            facts: SafeText::EMPTY,
        };
    }
    let progress = world.object.progress(world.place.kind);
    let paused = if progress.paused { ", paused" } else { "" };
    let wanted = version(world.object.image());
    let seen = version(&target.image);
    let through = progress.updated >= progress.replicas || seen.is_empty() || seen == wanted;
    Side {
        what: if through {
            wanted
        } else {
            safe!("{seen} > {wanted}")
        },
        facts: safe!(
            "{} of {} serving{paused}",
            progress.ready,
            counted(progress.desired as usize, "copy")
        ),
    }
}

/// Refuses what needs pods that a controller replaces.
fn rolls(world: &World) -> Result<(), Refusal> {
    match world.place.kind {
        ServiceKind::Deployment
        | ServiceKind::StatefulSet
        | ServiceKind::DaemonSet
        | ServiceKind::Rollout => Ok(()),
        _ => Err(refusal(
            safe!(
                "{} is a {}: its pods run to their end, and none takes another's place",
                world.place.name,
                world.place.kind_name()
            ),
            SafeText::EMPTY,
        )),
    }
}

/// Refuses where pods are made from somebody else's template.
fn own_template(world: &World) -> Result<(), Refusal> {
    let of = |field: &str| text(&world.object.0, &format!("/spec/workloadRef/{field}"));
    if of("name").is_empty() {
        return Ok(());
    }
    Err(refusal(
        safe!(
            "{} takes its template from {} {}",
            world.place.name,
            of("kind"),
            of("name")
        ),
        safe!("change that one"),
    ))
}

/// Refuses where changes of the template would wait.
fn not_paused(world: &World, what: &str) -> Result<(), Refusal> {
    if world.object.is_paused() {
        return Err(refusal(
            safe!(
                "{} is paused: {what} would wait until somebody resumes it",
                world.place.name
            ),
            safe!("resume it first"),
        ));
    }
    Ok(())
}

/// What users notice while pods are replaced, by the workload's own strategy.
fn impact(world: &World) -> SafeText {
    let spec = &world.object.0["spec"];
    let on_delete = spec["updateStrategy"]["type"] == "OnDelete";
    if on_delete {
        return safe!(
            "nothing by itself: its pods are replaced only as they are deleted (OnDelete)"
        );
    }
    match world.place.kind {
        ServiceKind::Rollout => {
            safe!("its Rollout replaces them, by the steps of its own strategy")
        }
        ServiceKind::Deployment if spec["strategy"]["type"] == "Recreate" => {
            safe!(
                "all copies stop before the new ones start (Recreate): nobody is served meanwhile"
            )
        }
        ServiceKind::Deployment => {
            let rolling = &spec["strategy"]["rollingUpdate"];
            safe!(
                "its Deployment replaces them; at most {} missing and {} more at a time",
                plain(&rolling["maxUnavailable"]),
                plain(&rolling["maxSurge"])
            )
        }
        ServiceKind::StatefulSet => safe!("one at a time, the highest number first"),
        _ => safe!(
            "node by node; at most {} missing at a time",
            plain(&spec["updateStrategy"]["rollingUpdate"]["maxUnavailable"])
        ),
    }
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "none".to_owned(),
        value => value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    }
}
