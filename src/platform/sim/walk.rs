//! The steps of an action, worked out from what was asked alone: the preview shows them, the executor takes them.

use super::{
    errand::Do,
    scenario::{Index, Scenario, ServiceSpec},
    world::World,
};
use crate::{
    domain::action::{Action, ClusterAction},
    plan::{Ask, SeenInstance, Step, Verb},
    platform::known_good,
    text::SafeText,
};

/// Which replica a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// One of those seen when the dialog opened.
    Seen(usize),
    /// The one that the plan makes under this number.
    New(u32),
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Create {
        number: u32,
        revision: usize,
    },
    Start(Who),
    Await(Who),
    Stop(Who),
    Restart(Who),
    Remove(Who),
    /// Gives it the name that its service and number make, or the name of one that is set aside.
    Rename(Who, bool),
    Dump,
    Verify,
    /// A cluster is to keep so many.
    Scale(u32),
    /// A cluster is to make its replicas of that revision, with `anew` even those that are of it.
    Template {
        revision: usize,
        anew: bool,
    },
    /// A route that selects that service is to select this one.
    Switch {
        route: usize,
        from: Index,
    },
    /// Both stay up for a while.
    Beside(Index),
    /// Waits until the cluster has carried it out.
    Settle,
    /// A step of what is no change of a workload.
    Errand(Do),
}

/// A step, and the object's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) op: Op,
    pub(super) object: SafeText,
}

impl Move {
    pub(super) fn step(&self) -> Step {
        Step {
            verb: match self.op {
                Op::Create { .. } | Op::Errand(Do::Run { .. }) => Verb::Create,
                Op::Start(_) => Verb::Start,
                Op::Await(_)
                | Op::Settle
                | Op::Beside(_)
                | Op::Errand(Do::Gone(_) | Do::Emptied | Do::Ended { .. }) => Verb::Await,
                Op::Stop(_) => Verb::Stop,
                Op::Restart(_) => Verb::Restart,
                Op::Remove(_) | Op::Errand(Do::Delete(_) | Do::Evict(_)) => Verb::Remove,
                Op::Rename(..) => Verb::Rename,
                Op::Scale(_)
                | Op::Template { .. }
                | Op::Switch { .. }
                | Op::Errand(Do::Cordon { .. }) => Verb::Patch,
                Op::Dump => Verb::Dump,
                Op::Verify => Verb::Verify,
            },
            object: self.object.clone(),
        }
    }
}

/// The name of a replica, or of one that is set aside until the new one serves.
pub(super) fn name(scenario: &Scenario, service: Index, number: u32, aside: bool) -> SafeText {
    let (project, service) = (&scenario.project, &scenario.services[service].name);
    let aside = if aside { "-old" } else { "" };
    SafeText::name(format!("{project}-{service}-{number}{aside}"))
}

/// Whether the new replica can serve before the old one goes.
pub(super) fn start_first(spec: &ServiceSpec) -> bool {
    spec.fixed_port().is_none() && spec.volume.is_none()
}

/// The revision that somebody means by its id, its version or its image: of those that ran here.
pub(super) fn revision_of(world: &World, service: Index, to: &str) -> Option<usize> {
    let past = world.revisions(service);
    let meant = known_good::meant(&past, to)?;
    let mut all = 0..world.scenario.services[service].revisions.len();
    all.find(|&n| world.image_id(service, n) == meant.id)
}

/// All steps, in order. `to` is the revision of a rollout or a rollback.
pub(super) fn walk(world: &World, service: Index, ask: &Ask, to: Option<usize>) -> Vec<Move> {
    let seen = &ask.target.seen;
    let mut walk = Walk {
        world,
        service,
        seen,
        moves: Vec::new(),
    };
    if world.scenario.cluster() && ask.action != Action::BackUp {
        walk.controllers(&ask.action, to);
        return walk.moves;
    }
    match &ask.action {
        Action::Scale { replicas } => walk.scale(*replicas, ask.resumes.is_some()),
        Action::Restart => {
            for at in 0..seen.len() {
                walk.push(Op::Restart(Who::Seen(at)));
                walk.push(Op::Await(Who::Seen(at)));
            }
        }
        Action::Rollout { .. } | Action::RollBack { .. } => {
            if let Some(to) = to {
                walk.replace_all(to);
            }
        }
        Action::BackUp => {
            walk.push(Op::Dump);
            walk.push(Op::Verify);
        }
        Action::Start => {
            for (at, seen) in seen.iter().enumerate() {
                if !running(world, seen) {
                    walk.push(Op::Start(Who::Seen(at)));
                    walk.push(Op::Await(Who::Seen(at)));
                }
            }
        }
        Action::Pause | Action::Unpause | Action::Cluster(_) => {}
        Action::Stop => {
            for at in (0..seen.len()).rev() {
                if running(world, &seen[at]) {
                    walk.push(Op::Stop(Who::Seen(at)));
                }
            }
        }
    }
    walk.moves
}

/// Whether a replica runs, or would by itself in a moment.
pub(super) fn running(world: &World, seen: &SeenInstance) -> bool {
    use crate::domain::instance::Phase;
    world
        .replica(&seen.id)
        .is_some_and(|(_, _, r)| matches!(r.phase, Phase::Running | Phase::Restarting))
}

/// Whether a replica was made and never started.
pub(super) fn made_alone(world: &World, seen: &SeenInstance) -> bool {
    use crate::domain::instance::Phase;
    world
        .replica(&seen.id)
        .is_some_and(|(_, _, r)| r.phase == Phase::Created)
}

struct Walk<'w> {
    world: &'w World,
    service: Index,
    seen: &'w [SeenInstance],
    moves: Vec<Move>,
}

impl Walk<'_> {
    fn push(&mut self, op: Op) {
        let object = match op {
            Op::Create { number, .. }
            | Op::Start(Who::New(number))
            | Op::Await(Who::New(number))
            | Op::Stop(Who::New(number))
            | Op::Restart(Who::New(number))
            | Op::Remove(Who::New(number))
            | Op::Rename(Who::New(number), _) => {
                name(&self.world.scenario, self.service, number, false)
            }
            Op::Start(Who::Seen(at))
            | Op::Await(Who::Seen(at))
            | Op::Stop(Who::Seen(at))
            | Op::Restart(Who::Seen(at))
            | Op::Remove(Who::Seen(at))
            | Op::Rename(Who::Seen(at), _) => self.seen[at].name.clone(),
            Op::Switch { route, .. } => {
                let name = &self.world.scenario.routes[route].name;
                SafeText::name(format!("service {name}"))
            }
            Op::Beside(old) => {
                let name = &self.world.scenario.services[old].name;
                SafeText::name(format!("deployment {name}, still up"))
            }
            Op::Dump
            | Op::Verify
            | Op::Scale(_)
            | Op::Template { .. }
            | Op::Settle
            | Op::Errand(_) => self.world.services[self.service].id.name.clone(),
        };
        self.moves.push(Move { op, object });
    }

    /// A cluster is told what is wanted, and carries it out by itself.
    fn controllers(&mut self, action: &Action, to: Option<usize>) {
        let now = &self.world.services[self.service];
        let template = |revision, anew| Op::Template { revision, anew };
        let change = match action {
            Action::Scale { replicas } if *replicas != now.desired => Op::Scale(*replicas),
            Action::Restart => template(now.template, true),
            Action::Rollout { .. } | Action::RollBack { .. } => match to {
                Some(to) if to != now.template => template(to, false),
                _ => return,
            },
            Action::Cluster(ClusterAction::Switch) => {
                let Some((route, from)) = self.world.elsewhere(self.service) else {
                    return;
                };
                self.push(Op::Switch { route, from });
                self.push(Op::Beside(from));
                return;
            }
            _ => return,
        };
        self.push(change);
        self.push(Op::Settle);
    }

    fn scale(&mut self, replicas: u32, resumes: bool) {
        let have = self.seen.len() as u32;
        // The highest numbers go first.
        for at in (replicas.min(have)..have).rev() {
            self.push(Op::Stop(Who::Seen(at as usize)));
            self.push(Op::Remove(Who::Seen(at as usize)));
        }
        // One that an interrupted action made and never started serves nobody; nor does one that it had stopped on its way
        // out, and that is to stay after all.
        for at in 0..replicas.min(have) as usize {
            let seen = &self.seen[at];
            if made_alone(self.world, seen) || resumes && !running(self.world, seen) {
                self.push(Op::Start(Who::Seen(at)));
                self.push(Op::Await(Who::Seen(at)));
            }
        }
        let highest = self.seen.iter().map(|s| s.number).max().unwrap_or(0);
        let revision = self.world.services[self.service].revision;
        for number in (highest + 1..).take(replicas.saturating_sub(have) as usize) {
            self.push(Op::Create { number, revision });
            self.push(Op::Start(Who::New(number)));
            self.push(Op::Await(Who::New(number)));
        }
    }

    fn replace_all(&mut self, to: usize) {
        let wanted = self.world.image_id(self.service, to);
        let first = start_first(&self.world.scenario.services[self.service]);
        for at in 0..self.seen.len() {
            let old = &self.seen[at];
            let of_it = |s: &&SeenInstance| s.number == old.number && s.image_id != old.image_id;
            let rival = self.seen.iter().find(of_it);
            if old.image_id == wanted {
                if rival.is_none() && self.aside(old) {
                    self.bring_back(at);
                }
                continue;
            }
            // What was set aside for it comes back under its name.
            if let Some(back) = self
                .seen
                .iter()
                .position(|s| s.number == old.number && s.image_id == wanted && self.aside(s))
            {
                self.push(Op::Stop(Who::Seen(at)));
                self.push(Op::Remove(Who::Seen(at)));
                self.bring_back(back);
                continue;
            }
            let (old, number) = (Who::Seen(at), old.number);
            // One that was begun before and left in the middle is taken up again.
            let twin = self
                .seen
                .iter()
                .position(|s| s.number == number && s.image_id == wanted)
                .map(Who::Seen);
            let new = twin.unwrap_or(Who::New(number));
            self.push(Op::Rename(old, true));
            if !first {
                self.push(Op::Stop(old));
            }
            if twin.is_none() {
                self.push(Op::Create {
                    number,
                    revision: to,
                });
            }
            self.push(Op::Start(new));
            self.push(Op::Await(new));
            if first {
                self.push(Op::Stop(old));
            }
            self.push(Op::Remove(old));
        }
    }
    /// Whether a replica bears the name of one that is set aside.
    fn aside(&self, seen: &SeenInstance) -> bool {
        seen.name == name(&self.world.scenario, self.service, seen.number, true)
    }

    /// One that was set aside serves again.
    fn bring_back(&mut self, at: usize) {
        self.push(Op::Rename(Who::Seen(at), false));
        if !running(self.world, &self.seen[at]) {
            self.push(Op::Start(Who::Seen(at)));
            self.push(Op::Await(Who::Seen(at)));
        }
    }
}
