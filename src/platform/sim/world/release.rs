//! Rollouts: those that somebody else carries out, and how all of them show.

use std::sync::Arc;

use super::{Past, SECOND, Tick, World, replica::Then};
use crate::{
    domain::{
        action::Action,
        image::{self, Name},
        instance::{InstanceId, Phase},
        rollout::RolloutState,
    },
    plan::Ask,
    platform::sim::scenario::{Index, RevisionSpec},
    text::SafeText,
};

/// For how long an ended rollout still shows.
const SHOWN: Tick = 3_600 * SECOND;
/// A rollout that has not moved for so long is stuck.
const STUCK: Tick = 30 * SECOND;

/// Somebody else's walk from one revision to another.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) service: Index,
    revision: usize,
    by: String,
    /// Of a restart: every replica up to this serial number is made anew.
    anew: Option<u32>,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Next,
    /// The old one goes first: its port cannot be had twice.
    Draining(InstanceId, u32),
    /// The new one comes up; the old one, if it is still there, follows.
    Coming(InstanceId, Option<InstanceId>),
}

impl Release {
    pub(super) const fn new(
        service: Index,
        revision: usize,
        by: String,
        anew: Option<u32>,
    ) -> Self {
        Self {
            service,
            revision,
            by,
            anew,
            stage: Stage::Next,
        }
    }
}

/// A rollout as the platform shows it.
#[derive(Clone, Debug)]
pub(super) struct SimRollout {
    pub(super) service: Index,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) started: Tick,
    pub(super) ended: Option<Tick>,
    pub(super) state: RolloutState,
    pub(super) by: SafeText,
    pub(super) wanted: u32,
    moved: Tick,
    ready: usize,
}

impl World {
    /// Where every tag is there, the one that is asked for is from now on.
    pub(crate) fn learn(&mut self, ask: &Ask) {
        let Action::Rollout { image } = &ask.action else {
            return;
        };
        let Some(service) = self
            .find(&ask.target.service)
            .filter(|_| self.scenario.any_tag)
        else {
            return;
        };
        let name = Name::parse(image);
        let spec = &self.scenario.services[service];
        let tag = match name.tag {
            Some(tag) if name.repository == spec.image => tag,
            None if image::is_bare_tag(image) => image,
            _ => return,
        };
        if spec.revision(tag).is_none() {
            let spec = RevisionSpec::new(tag);
            let all = &mut Arc::make_mut(&mut self.scenario).services[service].revisions;
            all.push(spec);
            self.services[service].past.push(Past {
                first: None,
                last: None,
                healthy: 0,
                known_good: None,
            });
        }
    }

    /// To what, and by whom, replicas of a service are made anew at the moment.
    pub(crate) fn releasing(&self, service: Index) -> Option<(usize, &str)> {
        let release = self.releases.iter().find(|r| r.service == service)?;
        Some((release.revision, &release.by))
    }

    /// Moves every rollout of somebody else by a tick.
    pub(super) fn carry_releases(&mut self) {
        for n in (0..self.releases.len()).rev() {
            let mut release = self.releases[n].clone();
            if self.carry_release(&mut release) {
                self.releases[n] = release;
            } else {
                self.releases.remove(n);
            }
        }
    }

    /// Gives whether there is more to do.
    fn carry_release(&mut self, release: &mut Release) -> bool {
        let service = release.service;
        match &release.stage {
            Stage::Next => {
                let replicas = &self.services[service].replicas;
                let of_it = |r: &super::Replica| {
                    r.revision == release.revision
                        && release.anew.is_none_or(|serial| r.serial > serial)
                };
                // What another hand of the same rollout replaces is not left over.
                let left = |r: &&super::Replica| {
                    let replaced = |new: &super::Replica| new.number == r.number && of_it(new);
                    !of_it(r) && r.phase != Phase::Stopping && !replicas.iter().any(replaced)
                };
                let Some(old) = replicas.iter().find(left) else {
                    return false;
                };
                let (id, number) = (old.id.clone(), old.number);
                if self.scenario.services[service].stops_first() {
                    self.announce(service, release.revision, &release.by);
                    self.stop_by_id(&id, Then::Remove);
                    release.stage = Stage::Draining(id, number);
                } else {
                    let new = self.bring(release, number);
                    release.stage = Stage::Coming(new, Some(id));
                }
            }
            Stage::Draining(old, number) => {
                if self.replica(old).is_none() {
                    let new = self.bring(release, *number);
                    release.stage = Stage::Coming(new, None);
                }
            }
            Stage::Coming(new, old) => {
                let Some((_, _, replica)) = self.replica(new) else {
                    return false;
                };
                let up = replica.up(self.tick);
                if replica.ready() && up >= 2 * SECOND {
                    if let Some(old) = old {
                        self.stop_by_id(&old.clone(), Then::Remove);
                    }
                    release.stage = Stage::Next;
                }
            }
        }
        true
    }

    fn bring(&mut self, release: &Release, number: u32) -> InstanceId {
        self.announce(release.service, release.revision, &release.by);
        let at = self.launch(release.service, number, release.revision);
        self.services[release.service].replicas[at].id.clone()
    }

    fn stop_by_id(&mut self, id: &InstanceId, then: Then) {
        if let Some((service, at, _)) = self.replica(id) {
            self.stop(service, at, then);
        }
    }

    /// A replica of another revision comes: from now on this shows as a rollout.
    pub(super) fn announce(&mut self, service: Index, to: usize, by: &str) {
        let tick = self.tick;
        let from = self.services[service].revision;
        let mut open = self
            .rollouts
            .iter_mut()
            .filter(|r| r.service == service && r.state.open());
        if let Some(rollout) = open.next() {
            if rollout.to == to {
                return;
            }
            rollout.state = RolloutState::Superseded;
            rollout.ended = Some(tick);
        } else if from == to {
            return;
        }
        let wanted = self.wanted(service);
        // What was being rolled out is what most replicas leave now.
        let from = if from == to {
            self.services[service]
                .replicas
                .iter()
                .find(|r| r.revision != to)
                .map_or(from, |r| r.revision)
        } else {
            from
        };
        self.rollouts.push(SimRollout {
            service,
            from,
            to,
            started: tick,
            ended: None,
            state: RolloutState::Progressing,
            by: SafeText::line(by),
            wanted,
            moved: tick,
            ready: 0,
        });
        self.changed = true;
    }

    /// The revision that is being rolled out, if any is.
    pub(crate) fn rolling(&self, service: Index) -> Option<usize> {
        let mut open = self
            .rollouts
            .iter()
            .filter(|r| r.service == service && r.state.open());
        open.next().map(|rollout| rollout.to)
    }

    /// How many replicas there should be: a new one takes the number of the one that it replaces.
    pub(crate) fn wanted(&self, service: Index) -> u32 {
        if self.scenario.cluster() {
            return self.services[service].desired;
        }
        let mut numbers: Vec<u32> = self.services[service]
            .replicas
            .iter()
            .map(|r| r.number)
            .collect();
        numbers.dedup();
        numbers.len() as u32
    }

    /// Looks where each rollout is.
    pub(super) fn follow_rollouts(&mut self) {
        let tick = self.tick;
        self.rollouts
            .retain(|r| r.ended.is_none_or(|ended| tick - ended < SHOWN));
        for n in 0..self.rollouts.len() {
            if !self.rollouts[n].state.open() {
                continue;
            }
            let (service, to) = (self.rollouts[n].service, self.rollouts[n].to);
            let replicas = &self.services[service].replicas;
            let new = || replicas.iter().filter(|r| r.revision == to);
            let ready = new().filter(|r| r.ready()).count();
            let old = replicas.iter().filter(|r| r.revision != to).count();
            let broken = new().find_map(|r| super::judge::broken(r, tick));
            let coming = new().count();
            let idle = !self.releases.iter().any(|r| r.service == service);
            let rollout = &mut self.rollouts[n];
            if ready != rollout.ready {
                rollout.ready = ready;
                rollout.moved = tick;
            }
            let state = if old == 0 && ready > 0 && ready == coming {
                RolloutState::Done
            } else if coming == 0 && old > 0 && idle && tick > rollout.moved + SECOND {
                RolloutState::Failed(SafeText::from_static("put back: the old version serves"))
            } else if let Some(why) = broken {
                RolloutState::Stuck(why)
            } else if tick - rollout.moved > STUCK {
                RolloutState::Stuck(SafeText::from_static("nothing has moved for 30 s"))
            } else {
                RolloutState::Progressing
            };
            if state == rollout.state {
                continue;
            }
            rollout.state = state;
            self.changed = true;
            if !self.rollouts[n].state.open() {
                self.rollouts[n].ended = Some(tick);
            }
            if self.rollouts[n].state == RolloutState::Done {
                let started = self.rollouts[n].started;
                self.services[service].revision = to;
                self.services[service].since = started;
            }
        }
    }
}
