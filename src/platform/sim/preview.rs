//! What an action would do to the world, before anybody agrees to it.

use std::time::Duration;

use super::{
    errand::{self, Errand},
    scenario::{Index, ServiceSpec},
    walk::{self, Move, Op},
    world::World,
};
use crate::{
    domain::action::{Action, ClusterAction},
    plan::{Ask, Change, ChangeKind, Owner, Preview, Refusal, Risk, Side},
    text::{SafeText, counted},
};

mod notes;
mod refusal;
mod words;

pub(super) use words::{backup_words, dump, long, mebibytes};

/// Answers a question.
///
/// # Errors
/// Why it can't be done, and what could be done instead.
pub(super) fn preview(world: &World, ask: &Ask) -> Result<Preview, Refusal> {
    refusal::same_platform(world, ask)?;
    if errand::is_one(ask) {
        return errand::plan(world, ask).map(Errand::preview);
    }
    let service = refusal::find(world, ask)?;
    let spec = &world.scenario.services[service];
    let to = refusal::resolve(world, service, ask)?;
    let mut ask = ask.clone();
    if let Some(to) = to {
        ask.action = match ask.action {
            Action::RollBack { .. } => Action::RollBack {
                to: Some(world.image_id(service, to)),
            },
            _ => Action::Rollout {
                image: world.image(service, to),
            },
        };
    }
    let moves = walk::walk(world, service, &ask, to);
    if moves.is_empty() {
        return Err(refusal::nothing(&ask));
    }
    let (now, after) = sides(world, service, &ask, to);
    Ok(Preview {
        now,
        to: after,
        changes: changes(world, service, &ask, to),
        remains: remains(world, &ask, spec),
        notes: notes::notes(world, service, &ask, to),
        impact: impact(world, service, &ask, spec),
        estimate: Some(estimate(world, spec, &moves)),
        risk: Risk::of(&ask.action, &ask.target),
        choices: match ask.action {
            Action::RollBack { .. } => world.revisions(service),
            _ => Vec::new(),
        },
        owner: owner(world, service, &ask, to),
        steps: moves.iter().map(Move::step).collect(),
        ask,
    })
}

/// What most replicas are to be replaced from: the revision of an open rollout, else what most run.
pub(super) fn present(world: &World, service: Index) -> usize {
    world
        .rolling(service)
        .unwrap_or(world.services[service].revision)
}

pub(super) fn version(world: &World, service: Index, revision: usize) -> SafeText {
    SafeText::name(&world.scenario.services[service].revisions[revision].version)
}

fn sides(world: &World, service: Index, ask: &Ask, to: Option<usize>) -> (Side, Side) {
    let now = &world.services[service];
    let figures = format!(
        "errors {:.1} %, p95 {:.0} ms",
        now.figures.fails * 100.0,
        now.figures.p95_ms
    );
    let replicas = |n: u32| counted(n as usize, "replica");
    let side = |what: String, facts: String| Side {
        what: SafeText::line(&what),
        facts: SafeText::line(&facts),
    };
    let ready = now.replicas.iter().filter(|r| r.ready()).count();
    let here = format!(
        "{ready} of {} serve, {figures}",
        replicas(ask.target.replicas)
    );
    match &ask.action {
        Action::Scale { replicas: to } => (
            side(replicas(ask.target.replicas), here),
            side(replicas(*to), String::new()),
        ),
        Action::Rollout { .. } | Action::RollBack { .. } => {
            let from = present(world, service);
            let to = to.unwrap_or(from);
            let is = version(world, service, from);
            let serves = world.serves_with(service);
            let what = if serves == from {
                is.to_string()
            } else {
                format!("{} > {is}", version(world, service, serves))
            };
            (
                side(
                    what,
                    format!("{}, {figures}", words::life(world, service, from)),
                ),
                side(
                    version(world, service, to).to_string(),
                    words::life(world, service, to),
                ),
            )
        }
        Action::Restart => (
            side("running".to_owned(), here),
            side("running anew".to_owned(), "the same version".to_owned()),
        ),
        Action::BackUp => (
            side(
                format!("{} of data", mebibytes(words::data(world, service))),
                words::last_backup(world, service),
            ),
            side(
                "a verified copy".to_owned(),
                format!("about {}", mebibytes(dump(world, service))),
            ),
        ),
        Action::Start => (
            side("stopped".to_owned(), here),
            side("running".to_owned(), String::new()),
        ),
        Action::Stop => (
            side("running".to_owned(), here),
            side("stopped".to_owned(), String::new()),
        ),
        Action::Cluster(ClusterAction::Switch) => {
            let from = world.elsewhere(service).map_or(service, |(_, from)| from);
            let of = |service: Index| {
                let all = &world.services[service].replicas;
                let ready = all.iter().filter(|replica| replica.ready()).count();
                let name = world.scenario.services[service].name.clone();
                side(name, format!("{ready} of {} ready", all.len()))
            };
            (of(from), of(service))
        }
        // Refused before it comes here.
        Action::Pause | Action::Unpause | Action::Cluster(_) => (Side::default(), Side::default()),
    }
}

fn changes(world: &World, service: Index, ask: &Ask, to: Option<usize>) -> Vec<Change> {
    let line = |kind, field: &str, value: &str, secret: Option<SafeText>| Change {
        kind,
        field: SafeText::name(field),
        value: SafeText::line(value),
        secret,
    };
    let (gone, come) = (ChangeKind::Removed, ChangeKind::Added);
    match &ask.action {
        Action::Scale { replicas } => vec![
            line(gone, "replicas", &ask.target.replicas.to_string(), None),
            line(come, "replicas", &replicas.to_string(), None),
        ],
        Action::Rollout { .. } | Action::RollBack { .. } => {
            let from = present(world, service);
            let to = to.unwrap_or(from);
            let revisions = &world.scenario.services[service].revisions;
            let mut changes = vec![
                line(gone, "image", &world.image(service, from), None),
                line(come, "image", &world.image(service, to), None),
            ];
            for (kind, revision) in [(gone, from), (come, to)] {
                for added in &revisions[revision].adds {
                    let (field, value) = added.split_once(' ').unwrap_or(("label", added));
                    let secret = (field == "env").then(|| SafeText::from_static("on"));
                    changes.push(line(kind, field, value, secret));
                }
            }
            changes
        }
        Action::Cluster(ClusterAction::Switch) => {
            let from = world.elsewhere(service).map_or(service, |(_, from)| from);
            let name = |service: Index| world.scenario.services[service].name.as_str();
            vec![
                line(gone, "selector", name(from), None),
                line(come, "selector", name(service), None),
            ]
        }
        Action::Start => vec![line(come, "state", "running", None)],
        Action::Stop => vec![
            line(gone, "state", "running", None),
            line(come, "state", "stopped", None),
        ],
        Action::Restart | Action::BackUp | Action::Pause | Action::Unpause | Action::Cluster(_) => {
            Vec::new()
        }
    }
}

/// Who would put it back, and what to change there.
fn owner(world: &World, service: Index, ask: &Ask, to: Option<usize>) -> Option<Owner> {
    let spec = &world.scenario.services[service];
    let by = spec.workload.deployed_by.as_str();
    let edits = changes(world, service, ask, to)
        .into_iter()
        .filter_map(|change| {
            let path = match &*change.field {
                "replicas" => "spec.replicas".to_owned(),
                "image" => format!("spec.template.spec.containers.[name={}].image", spec.name),
                _ => return None,
            };
            let field = SafeText::line(&path);
            Some(Change { field, ..change })
        });
    let edits: Vec<Change> = edits.collect();
    if !world.scenario.cluster() || by.is_empty() || edits.is_empty() {
        return None;
    }
    let (undoes, source) = match by {
        "Helm" => (
            "its next upgrade may undo this",
            "the values of its release by which it comes to have",
        ),
        "Argo CD" => (
            "it undoes this within seconds where self-heal is on, else at its next sync",
            "its manifest in Git",
        ),
        "Flux" => (
            "it undoes this when it next reconciles",
            "its manifest in Git",
        ),
        _ => ("its next run may undo this", "what it deploys from"),
    };
    Some(Owner {
        name: SafeText::name(by),
        undoes: SafeText::from_static(undoes),
        source: SafeText::from_static(source),
        edits,
    })
}

fn remains(world: &World, ask: &Ask, spec: &ServiceSpec) -> Vec<SafeText> {
    let mut remains = Vec::new();
    if let Action::Rollout { .. } | Action::RollBack { .. } = ask.action {
        remains.push(SafeText::line(format!(
            "replicas stay at {}",
            ask.target.replicas
        )));
        for call in &spec.calls {
            let called = &world.scenario.services[world.callee(call.to)];
            if called.volume.is_some() {
                remains.push(SafeText::line(format!(
                    "the schema and data in {}",
                    called.name
                )));
            } else if called.store.is_some() {
                remains.push(SafeText::line(format!("what is in {} now", called.name)));
            }
        }
    }
    if let Action::Cluster(ClusterAction::Switch) = ask.action {
        remains.push(SafeText::from_static(
            "the other colour stays up as it is: switching back is the same once more",
        ));
    }
    if let (Some(volume), Action::Scale { .. } | Action::Stop | Action::Restart) =
        (&spec.volume, &ask.action)
    {
        remains.push(SafeText::line(format!("the volume {} stays", volume.name)));
    }
    remains
}

fn impact(world: &World, service: Index, ask: &Ask, spec: &ServiceSpec) -> SafeText {
    let ready = world.services[service]
        .replicas
        .iter()
        .filter(|r| r.ready())
        .count();
    let down = || {
        let down = spec.stops_in.min(spec.grace) + up_in(spec);
        format!("down for about {}", long(down))
    };
    let text = match &ask.action {
        Action::Rollout { .. } | Action::RollBack { .. } if walk::start_first(spec) => {
            format!("one at a time, the new one first; {ready} keep serving")
        }
        Action::Restart | Action::Rollout { .. } | Action::RollBack { .. } if ready > 1 => {
            format!("one at a time; {} of {ready} keep serving", ready - 1)
        }
        Action::Restart | Action::Rollout { .. } | Action::RollBack { .. } => down(),
        Action::Scale { replicas } => format!("{replicas} serve afterwards"),
        Action::Stop => "nothing serves afterwards".to_owned(),
        Action::BackUp => "it goes on serving, a little slower".to_owned(),
        Action::Start => "it serves once its checks pass".to_owned(),
        Action::Cluster(ClusterAction::Switch) => {
            "new connections go there at once; those that are open stay where they are".to_owned()
        }
        Action::Pause | Action::Unpause | Action::Cluster(_) => String::new(),
    };
    SafeText::line(&text)
}

/// From its start until the platform calls a replica healthy.
fn up_in(spec: &ServiceSpec) -> Duration {
    spec.starts_in + Duration::from_millis(500)
}

fn estimate(world: &World, spec: &ServiceSpec, moves: &[Move]) -> Duration {
    let service = world.scenario.service(&spec.name).unwrap_or(0);
    let dump = super::carry::dump_time(dump(world, service));
    moves
        .iter()
        .map(|step| match step.op {
            Op::Create { .. } | Op::Start(_) | Op::Remove(_) | Op::Rename(..) => {
                Duration::from_millis(200)
            }
            Op::Await(_) if spec.check.is_none() => super::carry::STEADY,
            Op::Await(_) => up_in(spec),
            Op::Stop(_) | Op::Restart(_) => spec.stops_in.min(spec.grace),
            Op::Scale(_) | Op::Template { .. } | Op::Switch { .. } => Duration::from_millis(200),
            Op::Beside(_) => super::carry::BESIDE,
            // A quarter of the replicas at a time.
            Op::Settle => (up_in(spec) + Duration::from_secs(2) + spec.stops_in) * 4,
            // Planned elsewhere, without a guess.
            Op::Errand(_) => Duration::ZERO,
            Op::Dump => dump,
            Op::Verify => dump / 4,
        })
        .sum()
}
