//! Jobs that a CronJob makes: each is one pod that runs to its end.

use super::{Replica, Tick, World, ticks};
use crate::{
    domain::instance::{InstanceId, Phase},
    platform::sim::scenario::Index,
};

/// Jobs that have ended stay, so many of them, as a CronJob keeps them by default.
const KEPT: usize = 3;

impl World {
    /// The Job of a CronJob that runs, or waits for a node.
    pub(crate) fn running_job(&self, service: Index) -> Option<&Replica> {
        let mut jobs = self.services[service].replicas.iter();
        jobs.find(|job| job.phase != Phase::Exited)
    }

    /// The number of the Job to come.
    pub(crate) fn next_job(&self, service: Index) -> u32 {
        self.services[service]
            .replicas
            .last()
            .map_or(1, |last| last.number + 1)
    }

    /// The name of a Job that somebody makes by hand.
    pub(crate) fn job_name(&self, service: Index, number: u32) -> String {
        format!("{}-manual-{number}", self.scenario.services[service].name)
    }

    /// Makes a Job; the oldest that have ended go.
    pub(super) fn run_job(&mut self, service: Index, number: u32) -> InstanceId {
        while self.services[service].replicas.len() >= KEPT
            && self.services[service].replicas[0].phase == Phase::Exited
        {
            self.remove(service, 0);
        }
        let revision = self.services[service].template;
        let at = self.launch(service, number, revision);
        self.services[service].replicas[at].id.clone()
    }

    /// After how many ticks a Job has done what it is for.
    pub(super) fn job_ends(&self, service: Index) -> Option<(Tick, i64)> {
        let workload = &self.scenario.services[service].workload;
        workload
            .comes_and_goes()
            .then(|| (ticks(workload.lasts), 0))
    }
}
