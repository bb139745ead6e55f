//! What is no change of a workload: a pod deleted, a CronJob run by hand, a node cordoned or drained. Planned here, for the
//! preview and for whoever carries it out.

use super::{
    walk::{Move, Op, Who},
    world::World,
};
use crate::{
    domain::{
        action::{Action, ClusterAction},
        service::ServiceKind,
    },
    plan::{Ask, Note, Preview, Refusal, Risk, Side},
    platform::sim::scenario::Index,
    text::SafeText,
};

mod job;
mod node;
mod pod;

/// What a step of an errand does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Do {
    Delete(Who),
    /// Deletes it once its budget lets it go.
    Evict(Who),
    /// Waits until it is gone.
    Gone(Who),
    /// A node takes no new pods, or takes them again.
    Cordon {
        node: Index,
        cordoned: bool,
    },
    /// Waits until all pods that were seen are gone.
    Emptied,
    /// Makes a Job of a CronJob.
    Run {
        service: Index,
        number: u32,
    },
    /// Waits until the Job has ended.
    Ended {
        service: Index,
        number: u32,
    },
}

impl Do {
    /// The pod that it is about.
    pub(super) const fn who(self) -> Option<Who> {
        match self {
            Self::Delete(who) | Self::Evict(who) | Self::Gone(who) => Some(who),
            Self::Cordon { .. } | Self::Emptied | Self::Run { .. } | Self::Ended { .. } => None,
        }
    }
}

/// A plan: what is agreed to, and the steps.
pub(super) struct Errand {
    ask: Ask,
    sides: [Side; 2],
    impact: &'static str,
    notes: Vec<Note>,
    pub(super) moves: Vec<Move>,
}

/// Whether an action is such a one; of backups, those that a CronJob makes.
pub(super) fn is_one(ask: &Ask) -> bool {
    match ask.action {
        Action::Cluster(ClusterAction::Switch) => false,
        Action::Cluster(_) => true,
        Action::BackUp => {
            let name = &ask.target.service.name;
            name.starts_with(ServiceKind::CronJob.prefix())
        }
        _ => false,
    }
}

/// Plans it.
///
/// # Errors
/// Why it can't be done, and what could be done instead.
pub(super) fn plan(world: &World, ask: &Ask) -> Result<Errand, Refusal> {
    match &ask.action {
        Action::Cluster(ClusterAction::DeletePod { pod }) => pod::plan(world, ask, pod),
        Action::Cluster(ClusterAction::Cordon) => node::plan(world, ask, node::Wish::Cordoned),
        Action::Cluster(ClusterAction::Uncordon) => node::plan(world, ask, node::Wish::Open),
        Action::Cluster(ClusterAction::Drain) => node::plan(world, ask, node::Wish::Empty),
        _ => job::plan(world, ask),
    }
}

impl Errand {
    /// What the operator agrees to.
    pub(super) fn preview(self) -> Preview {
        let [now, to] = self.sides;
        let mut notes = self.notes;
        notes.sort_by_key(|note| (note.severity.is_none(), note.severity));
        Preview {
            now,
            to,
            changes: Vec::new(),
            remains: Vec::new(),
            notes,
            steps: self.moves.iter().map(Move::step).collect(),
            impact: SafeText::from_static(self.impact),
            estimate: None,
            risk: Risk::of(&self.ask.action, &self.ask.target),
            choices: Vec::new(),
            owner: None,
            ask: self.ask,
        }
    }
}

const fn step(errand: Do, object: SafeText) -> Move {
    Move {
        op: Op::Errand(errand),
        object,
    }
}

const fn side(what: SafeText, facts: SafeText) -> Side {
    Side { what, facts }
}

const fn refusal(why: SafeText, instead: &'static str) -> Refusal {
    Refusal {
        so_already: false,
        why,
        instead: SafeText::from_static(instead),
    }
}
