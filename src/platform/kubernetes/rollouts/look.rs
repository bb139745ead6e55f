//! What a workload, its ReplicaSets and its pods say of its rollout at one moment.

use jiff::Timestamp;

use super::Mark;
use crate::{
    domain::{
        health::Health, image::version, instance::Phase, rollout::RolloutState, service::ServiceId,
        service::ServiceKind,
    },
    platform::kubernetes::{
        argo,
        rows::{Condition, Pod, Set, Workload},
        status::{self, Status, Verdict},
        store::Uid,
        why,
    },
    safe,
    text::SafeText,
};

/// What there is of a workload.
#[derive(Clone, Debug)]
pub(in super::super) struct Look<'a> {
    /// It.
    pub(in super::super) workload: &'a Workload,
    /// Its ReplicaSets.
    pub(in super::super) sets: Vec<&'a Set>,
    /// Its pods.
    pub(in super::super) pods: &'a [&'a Pod],
    /// Why its pods cannot be made.
    pub(in super::super) refused: Option<&'a Condition>,
    /// Who changed it last, where that is known.
    pub(in super::super) by: SafeText,
}

/// A rollout as it is at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Seen {
    /// The workload.
    pub(super) top: Uid,
    pub(super) service: ServiceId,
    /// The versions.
    pub(super) from: SafeText,
    pub(super) to: SafeText,
    /// What pods of each are made from; empty where none of them is there.
    pub(super) from_template: SafeText,
    pub(super) to_template: SafeText,
    /// It is under way, be it that nobody has seen it begin.
    pub(super) begins: bool,
    /// When it began; `None` while nothing has.
    pub(super) started: Option<Timestamp>,
    /// When it ended, as far as the pods tell.
    pub(super) ended: Option<Timestamp>,
    pub(super) state: RolloutState,
    pub(super) new: Vec<Mark>,
    pub(super) old: Vec<Mark>,
    pub(super) wanted: u32,
    pub(super) by: SafeText,
    /// It has no deadline of its own.
    pub(super) stalls: bool,
}

/// The pods of two templates.
struct Sides<'a> {
    new: Vec<&'a Pod>,
    old: Vec<&'a Pod>,
    /// What the new ones are made from: a ReplicaSet's uid, a revision's name.
    template: SafeText,
}

impl Look<'_> {
    /// The rollout that it shows; `None` for what has none.
    pub(in super::super) fn seen(&self) -> Option<Seen> {
        let workload = self.workload;
        let stalls = match workload.kind {
            ServiceKind::Deployment | ServiceKind::Rollout => false,
            ServiceKind::StatefulSet | ServiceKind::DaemonSet => true,
            _ => return None,
        };
        // What its controller has not seen yet has not begun.
        if workload.progress.generation > workload.progress.observed {
            return None;
        }
        let status = status::status(workload);
        let sides = self.sides();
        let (from_template, from, to) = self.versions(&sides);
        let wanted = wanted(workload);
        let state = self.state(&status, &sides, wanted);
        let mut new: Vec<Mark> = sides.new.iter().map(|pod| mark(pod)).collect();
        if state == RolloutState::Done {
            // The workload's own figures may come before its pods' last change.
            new = vec![Mark::Ready; wanted as usize];
        } else {
            let there = new.iter().filter(|m| **m != Mark::Draining).count();
            let missing = (wanted as usize).saturating_sub(there);
            new.extend(std::iter::repeat_n(Mark::Waiting, missing));
        }
        let last = sides.new.iter().filter_map(|p| p.instance.created).max();
        let known = !from.is_empty();
        Some(Seen {
            top: workload.uid.clone(),
            service: workload.id.clone(),
            begins: state.open() && self.begins(&status, &sides),
            started: self.started(&sides),
            // A first one that is over is no news.
            ended: last.filter(|_| state == RolloutState::Done && known),
            from,
            to,
            from_template,
            to_template: sides.template,
            state,
            new,
            old: sides.old.iter().map(|pod| mark(pod)).collect(),
            wanted,
            by: self.who(),
            stalls,
        })
    }

    fn sides(&self) -> Sides<'_> {
        let workload = self.workload;
        let there = || {
            self.pods
                .iter()
                .copied()
                .filter(|p| p.instance.phase != Phase::Exited)
        };
        let pending = workload.progress.updated == 0;
        let of = |pod: &Pod| -> SafeText {
            match (workload.kind, &pod.owner) {
                (kind, Some(owner)) if kind.has_sets() => owner.uid.clone(),
                _ => pod.template.clone(),
            }
        };
        let template = match workload.kind {
            kind if kind.has_sets() => self.newest().map(|set| set.uid.clone()),
            ServiceKind::StatefulSet => Some(workload.revision.clone()),
            // Which one is new it does not say; how many pods are, it does.
            _ => there()
                .filter(|p| !pending && p.instance.phase != Phase::Stopping)
                .max_by_key(|p| p.instance.created)
                .map(of),
        };
        // A paused Deployment makes no ReplicaSet: the newest one is of the template before.
        let stale = pending
            && workload.kind.has_sets()
            && there().any(|p| Some(of(p)) == template && p.instance.phase != Phase::Stopping);
        let template = template.filter(|_| !stale).unwrap_or_default();
        let (new, old) = there().partition(|p| of(p) == template);
        Sides { new, old, template }
    }

    /// The ReplicaSet of the present template.
    fn newest(&self) -> Option<&Set> {
        self.sets
            .iter()
            .copied()
            .max_by_key(|set| (set.revision, set.created))
    }

    /// What the old pods are made from, their version, and the new one.
    fn versions(&self, sides: &Sides<'_>) -> (SafeText, SafeText, SafeText) {
        let to = self
            .workload
            .images
            .first()
            .map(|image| version(image))
            .unwrap_or_default();
        if self.workload.kind.has_sets() {
            let others = || {
                self.sets
                    .iter()
                    .copied()
                    .filter(|set| set.uid != sides.template)
            };
            let has_pods = |set: &&Set| {
                let owner = |p: &&Pod| p.owner.as_ref().is_some_and(|o| o.uid == set.uid);
                sides.old.iter().any(owner)
            };
            let before = others()
                .filter(has_pods)
                .max_by_key(|set| set.revision)
                .or_else(|| others().max_by_key(|set| set.revision));
            let Some(before) = before else {
                return (SafeText::EMPTY, SafeText::EMPTY, to);
            };
            let from = version(&before.image);
            if from != to {
                return (before.uid.clone(), from, to);
            }
            // The image is the same: what else differs has only a number.
            let number = self.newest().map_or(0, |set| set.revision);
            let from = safe!("{from} #{}", before.revision);
            return (before.uid.clone(), from, safe!("{to} #{number}"));
        }
        let Some(before) = sides.old.iter().min_by_key(|p| p.instance.created) else {
            return (SafeText::EMPTY, SafeText::EMPTY, to);
        };
        let from = version(&before.instance.image);
        if from != to {
            return (before.template.clone(), from, to);
        }
        let tail = |template: &str| template.rsplit('-').next().unwrap_or_default().to_owned();
        (
            before.template.clone(),
            safe!("{from} #{}", tail(&before.template)),
            safe!("{to} #{}", tail(&sides.template)),
        )
    }

    /// When the newest ReplicaSet was made. Of one that is used again, and of a set, when the first of its pods was that is
    /// younger than the old ones and than the other ReplicaSets: those from before are back, and tell nothing. Without such
    /// a pod, when its controller came to a stop.
    fn started(&self, sides: &Sides<'_>) -> Option<Timestamp> {
        let set = self.newest().filter(|set| set.uid == sides.template);
        let youngest = |set: &&Set| self.sets.iter().all(|other| other.created <= set.created);
        let made = set.filter(youngest).and_then(|set| set.created);
        let old = sides.old.iter().filter_map(|p| p.instance.created);
        let others = self.sets.iter().filter(|set| set.uid != sides.template);
        let old = old.chain(others.filter_map(|set| set.created)).max();
        let new = sides.new.iter().filter_map(|p| p.instance.created);
        made.or_else(|| new.filter(|at| Some(*at) >= old).min())
            .or_else(|| self.stopped())
    }

    /// When pods could no longer be made, when its deadline had passed, or when it was paused.
    fn stopped(&self) -> Option<Timestamp> {
        let workload = self.workload;
        let refused = self
            .refused
            .or(status::condition(workload, "ReplicaFailure"));
        let progressing = status::condition(workload, "Progressing")
            .filter(|c| matches!(&*c.reason, "ProgressDeadlineExceeded" | "DeploymentPaused"));
        refused.or(progressing)?.since
    }

    fn state(&self, status: &Status, sides: &Sides<'_>, wanted: u32) -> RolloutState {
        let old = sides.old.iter().any(|pod| stays(pod));
        if status.verdict == Verdict::Done && !(old && status.held.is_some()) {
            return RolloutState::Done;
        }
        let refused = self
            .refused
            .or(status.refused.as_ref())
            .filter(|_| (sides.new.len() as u32) < wanted);
        if let Some(refused) = refused {
            let why = why::refusal(&refused.message);
            return RolloutState::Stuck(safe!("pods cannot be made: {why}"));
        }
        if let Some(aborted) = argo::aborted(self.workload, self.sets.iter().copied()) {
            return RolloutState::Failed(aborted);
        }
        if let Some(why) = broken(&sides.new) {
            return RolloutState::Stuck(why);
        }
        let paused = self.workload.progress.paused || self.workload.stage.is_some();
        match (&status.verdict, &status.held) {
            (_, Some(held)) if paused => RolloutState::Held(held.clone()),
            (Verdict::Failed(why), _) => RolloutState::Stuck(why.clone()),
            (Verdict::Done, Some(held)) => RolloutState::Held(held.clone()),
            _ => RolloutState::Progressing,
        }
    }

    /// Whether what is missing is missing for a change of the template: pods come and go for other reasons too.
    fn begins(&self, status: &Status, sides: &Sides<'_>) -> bool {
        let first = match self.workload.kind {
            ServiceKind::Deployment => {
                status::condition(self.workload, "Progressing").is_some_and(|c| {
                    !matches!(&*c.reason, "NewReplicaSetAvailable" | "DeploymentPaused")
                })
            }
            _ => self.workload.progress.generation == 1,
        };
        sides.old.iter().any(|pod| stays(pod)) || first && status.verdict != Verdict::Done
    }

    /// Who changed it, by its own word or the platform's.
    fn who(&self) -> SafeText {
        if self.workload.deployed_by.is_empty() {
            self.by.clone()
        } else {
            self.workload.deployed_by.clone()
        }
    }
}

/// How many new pods there are to be at the end.
fn wanted(workload: &Workload) -> u32 {
    let progress = &workload.progress;
    progress.desired.saturating_sub(progress.partition)
}

/// What is wrong with the first of the new pods that is broken.
fn broken(new: &[&Pod]) -> Option<SafeText> {
    let broken = new
        .iter()
        .filter(|p| p.instance.health == Health::Critical && p.instance.phase != Phase::Stopping)
        .min_by_key(|p| p.since)?;
    Some(why::words(&broken.instance))
}

/// Whether a pod is there and nobody has told it to go.
fn stays(pod: &Pod) -> bool {
    pod.instance.phase != Phase::Stopping
}

fn mark(pod: &Pod) -> Mark {
    let instance = &pod.instance;
    match instance.health {
        _ if instance.phase == Phase::Stopping => Mark::Draining,
        Health::Critical => Mark::Failed,
        _ if instance.ready() => Mark::Ready,
        _ => Mark::Starting,
    }
}
