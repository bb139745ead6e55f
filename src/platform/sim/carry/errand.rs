//! The steps of what is no change of a workload, one by one.

use super::{Sent, SimRun, Went};
use crate::{
    domain::{
        action::{Action, ClusterAction},
        instance::{InstanceId, Phase},
    },
    plan::record::Failure,
    platform::sim::{
        errand::Do,
        scenario::Index,
        walk::Op,
        world::{Change, SECOND, Tick, World},
    },
    safe,
    text::SafeText,
};

/// Between two questions to a budget that lets no pod go.
const BLOCKED: Tick = 2 * SECOND;

impl SimRun {
    /// Takes one step. Only what a budget refused is sent again: it is known that nothing came of it.
    pub(super) async fn errand(
        &mut self,
        at: usize,
        errand: Do,
        id: Option<InstanceId>,
        name: &SafeText,
    ) -> Went {
        let change = match (errand, id) {
            (Do::Emptied, _) => return self.until_emptied().await,
            (Do::Ended { service, number }, _) => {
                return self.until_job_ends(service, number).await;
            }
            (Do::Gone(_), Some(id)) => return self.until_it_stopped(id, name).await,
            (Do::Delete(_), Some(id)) => Change::Delete { id },
            (Do::Evict(_), Some(id)) => Change::Evict { id },
            (Do::Cordon { node, cordoned }, _) => Change::Cordon { node, cordoned },
            (Do::Run { service, number }, _) => Change::Run { service, number },
            (_, None) => return Went::Done(None),
        };
        loop {
            match self.send(at, &change).await {
                Sent::Blocked(why) => {
                    self.wait_for(&why);
                    self.work.sleep(BLOCKED).await;
                    if self.told_to_stop() {
                        return Went::Stopped;
                    }
                }
                // That it was to go is so.
                Sent::Gone(_) => return Went::Done(None),
                sent => return sent.went(),
            }
        }
    }

    /// Waits until all pods that were seen are gone.
    async fn until_emptied(&mut self) -> Went {
        loop {
            let seen = &self.carry.plan.target().seen;
            let words = {
                let stage = self.work.shared.lock();
                let mut left = seen.iter().filter(|s| stage.world.replica(&s.id).is_some());
                let Some(first) = left.next() else {
                    return Went::Done(None);
                };
                let (gone, all) = (seen.len() - 1 - left.count(), seen.len());
                format!("{gone} of {all} pods are gone; {} is stopping", first.name)
            };
            if self.told_to_stop() {
                return Went::Stopped;
            }
            self.wait_for(&words);
            self.work.sleep(2).await;
        }
    }

    /// Waits until a Job has ended, well or not.
    async fn until_job_ends(&mut self, service: Index, number: u32) -> Went {
        loop {
            let far = far(&self.work.shared.lock().world, service, number);
            match far {
                Ok(words) => self.wait_for(&words),
                Err(went) => return went,
            }
            if self.told_to_stop() {
                return Went::Stopped;
            }
            self.work.sleep(2).await;
        }
    }

    /// What the cluster shows at the end of such a one; `None` where the action is no such one.
    pub(super) fn errand_shown(&self, world: &World) -> Option<String> {
        let target = self.carry.plan.target();
        match self.carry.plan.action() {
            Action::Cluster(ClusterAction::Switch) => None,
            Action::Cluster(ClusterAction::DeletePod { .. }) => Some("the pod is gone".to_owned()),
            Action::Cluster(ClusterAction::Cordon) => Some("it takes no new pods".to_owned()),
            Action::Cluster(ClusterAction::Uncordon) => Some("it takes new pods".to_owned()),
            Action::Cluster(ClusterAction::Drain) => {
                Some(format!("drained: {} pods are gone", target.seen.len()))
            }
            Action::Cluster(ClusterAction::RunNow) | Action::BackUp => {
                self.moves.iter().find_map(|step| match step.op {
                    Op::Errand(Do::Ended { service, number }) => Some(said(world, service, number)),
                    _ => None,
                })
            }
            _ => None,
        }
    }
}

/// What a Job that ended well said last.
fn said(world: &World, service: Index, number: u32) -> String {
    let name = world.job_name(service, number);
    let mut jobs = world.services[service].replicas.iter();
    match jobs.find(|job| job.number == number) {
        Some(job) if !job.last_words.is_empty() => {
            format!("{name} ended well; it said last: {}", job.last_words)
        }
        _ => format!("{name} ended well"),
    }
}
/// How far a Job is: in words while it runs, else how it went.
fn far(world: &World, service: Index, number: u32) -> Result<String, Went> {
    let name = world.job_name(service, number);
    let mut jobs = world.services[service].replicas.iter();
    let Some(job) = jobs.find(|job| job.number == number) else {
        let why = SafeText::from_static("the Job is gone: somebody deleted it");
        return Err(Went::Failed(Failure::Gone, why));
    };
    match (job.phase, job.exit_code) {
        (Phase::Exited, Some(0)) => Err(Went::Done(Some(job.id.clone()))),
        (Phase::Exited, code) => {
            let why = safe!(
                "{name} failed, exit {}: {}",
                code.unwrap_or_default(),
                job.last_words
            );
            Err(Went::Failed(Failure::Exited, why))
        }
        _ if job.pending => Ok(format!("{name}: no node takes its pod")),
        _ => Ok(format!("{name}: 1 running")),
    }
}
