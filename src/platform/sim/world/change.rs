//! What an executor can ask of the platform, and the platform's answers.

use jiff::Timestamp;

use super::{World, replica::Then};
use crate::{
    domain::instance::{InstanceId, Phase},
    platform::sim::scenario::Index,
    text::SafeText,
};

/// One request that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Makes a replica, without starting it.
    Create {
        service: Index,
        number: u32,
        revision: usize,
        /// Who began it, for the rollouts pane.
        by: String,
    },
    /// Starts one that does not run.
    Start { id: InstanceId },
    /// Stops one, with its grace period.
    Stop {
        id: InstanceId,
        seen: Option<Timestamp>,
    },
    /// Restarts one in place.
    Restart {
        id: InstanceId,
        seen: Option<Timestamp>,
    },
    /// Removes one that does not run.
    Remove { id: InstanceId },
    /// A cluster is to keep so many.
    Scale { service: Index, replicas: u32 },
    /// A cluster is to make its replicas of that revision, with `anew` even those that are of it.
    Template {
        service: Index,
        revision: usize,
        by: String,
        anew: bool,
    },
    /// A route is to select another service than that one.
    Switch {
        route: usize,
        from: Index,
        to: Index,
        by: String,
    },
    /// Deletes a pod, with its grace period.
    Delete { id: InstanceId },
    /// The same, if its budget lets it go.
    Evict { id: InstanceId },
    /// A node is to take no new pods, or to take them again.
    Cordon { node: Index, cordoned: bool },
    /// Makes a Job of a CronJob.
    Run { service: Index, number: u32 },
    /// Gives it another name.
    Rename { id: InstanceId, name: SafeText },
}

/// Why the platform did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// There is no such replica (any more).
    Gone(SafeText),
    /// It is not what was seen.
    Changed(SafeText),
    /// Not now: a budget needs it.
    Blocked(SafeText),
}

impl World {
    /// Carries a change out, or says why not. Gives the id of what it is about.
    pub(crate) fn change(&mut self, change: &Change) -> Result<InstanceId, Denied> {
        match change {
            Change::Create {
                service,
                number,
                revision,
                by,
            } => {
                // Two hands on one service: the one that comes later wins.
                self.releases.retain(|release| release.service != *service);
                self.announce(*service, *revision, by);
                let at = self.make(*service, *number, *revision);
                Ok(self.services[*service].replicas[at].id.clone())
            }
            Change::Start { id } => {
                let (service, at) = self.place(id)?;
                if !self.services[service].replicas[at].running() {
                    self.services[service].replicas[at].restarts = 0;
                    self.start(service, at);
                }
                Ok(id.clone())
            }
            Change::Stop { id, seen } => {
                let (service, at) = self.as_seen(id, *seen)?;
                if self.services[service].replicas[at].phase != Phase::Exited {
                    self.stop(service, at, Then::Nothing);
                }
                Ok(id.clone())
            }
            Change::Restart { id, seen } => {
                let (service, at) = self.as_seen(id, *seen)?;
                self.stop(service, at, Then::Start);
                Ok(id.clone())
            }
            Change::Remove { id } => {
                let (service, at) = self.place(id)?;
                let replica = &self.services[service].replicas[at];
                if replica.running() {
                    let why = format!("{} runs again: it is not removed", replica.name);
                    return Err(Denied::Changed(SafeText::line(&why)));
                }
                self.remove(service, at);
                Ok(id.clone())
            }
            Change::Scale { service, replicas } => {
                self.scale(*service, *replicas);
                Ok(self.first_of(*service))
            }
            Change::Template {
                service,
                revision,
                by,
                anew,
            } => {
                self.template(*service, *revision, by, *anew);
                Ok(self.first_of(*service))
            }
            Change::Switch {
                route,
                from,
                to,
                by,
            } => {
                if self.selected(*route) != *from {
                    let why = "somebody switched it meanwhile";
                    return Err(Denied::Changed(SafeText::from_static(why)));
                }
                self.switch(*route, *to, by);
                Ok(self.first_of(*to))
            }
            Change::Delete { id } => {
                let (service, at) = self.place(id)?;
                self.let_go(service, at);
                Ok(id.clone())
            }
            Change::Evict { id } => {
                let (service, at) = self.place(id)?;
                let pod = &self.services[service].replicas[at];
                if let Some(why) = self.budget_blocks(service, pod) {
                    return Err(Denied::Blocked(SafeText::line(&why)));
                }
                self.let_go(service, at);
                Ok(id.clone())
            }
            Change::Cordon { node, cordoned } => {
                self.cordon(*node, *cordoned);
                Ok(InstanceId::default())
            }
            Change::Run { service, number } => {
                if let Some(job) = self.running_job(*service) {
                    let why = format!("{} of it runs meanwhile", job.name);
                    return Err(Denied::Changed(SafeText::line(&why)));
                }
                Ok(self.run_job(*service, *number))
            }
            Change::Rename { id, name } => {
                let (service, at) = self.place(id)?;
                self.services[service].replicas[at].name = name.clone();
                self.touch();
                Ok(id.clone())
            }
        }
    }

    fn let_go(&mut self, service: Index, at: usize) {
        if self.services[service].replicas[at].phase != Phase::Stopping {
            self.stop(service, at, Then::Remove);
        }
    }

    fn place(&self, id: &InstanceId) -> Result<(Index, usize), Denied> {
        self.replica(id)
            .map(|(service, at, _)| (service, at))
            .ok_or_else(|| {
                let why = format!("{} is gone: somebody removed it", id.short());
                Denied::Gone(SafeText::line(&why))
            })
    }

    /// The place of a replica whose process is still the one that was seen. One that loops starts by itself all the
    /// time, so of that one only the id counts.
    fn as_seen(&self, id: &InstanceId, seen: Option<Timestamp>) -> Result<(Index, usize), Denied> {
        let (service, at) = self.place(id)?;
        let replica = &self.services[service].replicas[at];
        let started = replica.started.map(|t| self.when(t));
        if replica.restarts == 0 && seen.is_some() && started != seen {
            let why = format!("{} was restarted by somebody else meanwhile", replica.name);
            return Err(Denied::Changed(SafeText::line(&why)));
        }
        Ok((service, at))
    }
}
