//! Nodes: no new pods there, new pods again, or none at all.

use super::{Do, Errand, refusal, side, step};
use crate::{
    domain::{alert::Severity, service::ServiceKind},
    plan::{Ask, Note, Refusal, SeenInstance},
    platform::sim::{
        scenario::Index,
        walk::Who,
        world::{Replica, World},
    },
    safe,
    text::SafeText,
};

/// What a node is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// It takes new pods.
    Open,
    /// It takes none.
    Cordoned,
    /// It takes none, and those that are there go.
    Empty,
}

pub(super) fn plan(world: &World, ask: &Ask, wish: Wish) -> Result<Errand, Refusal> {
    let id = &ask.target.service;
    let Some(node) = world.node(id) else {
        return Err(refusal(safe!("{id} is no node"), ":nodes shows them"));
    };
    let (name, is) = (&world.scenario.nodes[node].name, world.cordoned(node));
    let (wanted, drains) = (wish != Wish::Open, wish == Wish::Empty);
    let pods = if drains {
        world.leaving(node)
    } else {
        Vec::new()
    };
    if is == wanted && !drains {
        let words = takes(is);
        return Err(Refusal::already(safe!(
            "there is nothing to do: {name} {words} already"
        )));
    }
    let object = safe!("node {name}");
    let cordoned = wanted;
    let mut moves = vec![step(Do::Cordon { node, cordoned }, object.clone())];
    for (at, (service, pod)) in pods.iter().enumerate() {
        let namespace = &world.services[*service].id.group;
        let object = safe!("pod {namespace}/{}", pod.name);
        moves.push(step(Do::Evict(Who::Seen(at)), object));
    }
    if !pods.is_empty() {
        moves.push(step(Do::Emptied, object));
    }
    let mut ask = ask.clone();
    if drains {
        ask.target.seen = pods.iter().map(|(_, pod)| seen(world, pod)).collect();
    }
    let facts = match pods.len() {
        _ if !drains => SafeText::EMPTY,
        0 => SafeText::from_static("no pod has to go"),
        1 => SafeText::from_static("1 pod goes"),
        count => safe!("{count} pods go"),
    };
    Ok(Errand {
        ask,
        sides: [
            side(SafeText::from_static(takes(is)), SafeText::EMPTY),
            side(SafeText::from_static(takes(wanted)), facts),
        ],
        impact: match wish {
            Wish::Empty => {
                "pods are evicted one after another, as their budgets allow; pods of DaemonSets stay"
            }
            Wish::Cordoned => "what runs there stays",
            Wish::Open => "pods may be put there again; none comes back by itself",
        },
        notes: notes(world, &pods),
        moves,
    })
}

const fn takes(cordoned: bool) -> &'static str {
    if cordoned {
        "takes no new pods"
    } else {
        "takes new pods"
    }
}

fn seen(world: &World, pod: &Replica) -> SeenInstance {
    SeenInstance {
        id: pod.id.clone(),
        name: pod.name.clone(),
        number: 0,
        started: pod.started.map(|at| world.when(at)),
        image_id: SafeText::EMPTY,
    }
}

/// What lets none of its pods go now, and what does not come back.
fn notes(world: &World, pods: &[(Index, &Replica)]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for (service, pod) in pods {
        if let Some(why) = world.budget_blocks(*service, pod) {
            notes.push(Note {
                severity: Some(Severity::Warning),
                text: SafeText::line(&why),
            });
        }
        let workload = &world.scenario.services[*service].workload;
        if workload.kind == ServiceKind::CronJob && pod.running() {
            notes.push(Note {
                severity: Some(Severity::Critical),
                text: safe!("{} is a Job's: it does not come back", pod.name),
            });
        }
    }
    notes.dedup();
    notes
}
