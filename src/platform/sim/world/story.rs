//! The script of faults: what begins when, and what it does while it lasts.

use std::time::Duration;

use super::{Replica, Tick, World, release::Release, replica::Then, ticks};
use crate::{
    domain::health::Health,
    platform::sim::scenario::{Begin, Cut, Fault, Figure, Index, Store},
};

/// A fault that lasts.
#[derive(Clone, Debug)]
pub(super) struct Active {
    fault: Fault,
    until: Option<Tick>,
}

impl World {
    /// Begins what is due, and ends what is over.
    pub(super) fn tell_story(&mut self) {
        let tick = self.tick;
        self.active
            .retain(|active| active.until.is_none_or(|until| tick < until));
        for n in 0..self.beats.len() {
            if !self.beats[n] && self.begins(&self.scenario.story[n].begin) {
                self.beats[n] = true;
                let beat = self.scenario.story[n].clone();
                self.inject(beat.fault, beat.lasts);
            }
        }
    }

    fn begins(&self, begin: &Begin) -> bool {
        match *begin {
            Begin::At(after) => self.tick >= ticks(after),
            Begin::When {
                service,
                figure,
                over,
                bound,
            } => {
                let now = self.figure(service, figure);
                // Before its story begins the world only warms up.
                self.tick >= 0 && if over { now > bound } else { now < bound }
            }
        }
    }

    fn figure(&self, service: Index, figure: Figure) -> f32 {
        let now = &self.services[service];
        let spec = &self.scenario.services[service];
        match figure {
            Figure::Errors => now.figures.fails * 100.0,
            Figure::P95 => now.figures.p95_ms,
            Figure::Ready => now.replicas.iter().filter(|r| r.ready()).count() as f32,
            Figure::Memory => {
                let most = now.replicas.iter().map(|r| r.memory).fold(0.0, f64::max);
                let limit = spec.memory_limit.unwrap_or(u64::MAX) as f64;
                (most * 100.0 / limit) as f32
            }
            Figure::Connections => {
                let most = spec.store.as_ref().and_then(Store::connections);
                most.map_or(0.0, |most| now.figures.connections * 100.0 / most as f32)
            }
            Figure::Cache => match spec.store {
                Some(Store::Cache { max_memory }) => {
                    (now.cached * 100.0 / max_memory as f64) as f32
                }
                _ => 0.0,
            },
        }
    }

    /// Lets something go wrong from now on, for so long or until the end.
    pub fn inject(&mut self, fault: Fault, lasts: Option<Duration>) {
        match fault {
            Fault::Release {
                service,
                revision,
                by,
            } => {
                let version = &self.scenario.services[service].revisions[revision].version;
                let name = &self.scenario.services[service].name;
                let text = format!("{by} rolls out {name} {version}");
                self.tell(service, Health::Well, text);
                if self.scenario.cluster() {
                    return self.template(service, revision, &by, false);
                }
                self.releases.retain(|release| release.service != service);
                self.releases
                    .push(Release::new(service, revision, by, None));
            }
            Fault::Switch { route, to, by } => self.switch(route, to, &by),
            Fault::Scale {
                service,
                replicas,
                by,
            } => {
                let name = &self.scenario.services[service].name;
                let text = format!("{by} scales {name} to {replicas}");
                self.tell(service, Health::Well, text);
                self.scale(service, replicas);
            }
            Fault::Restart { service } => {
                for at in 0..self.services[service].replicas.len() {
                    self.stop(service, at, Then::Start);
                }
            }
            Fault::Remove { service } => {
                if let Some(last) = self.services[service].replicas.len().checked_sub(1) {
                    self.stop(service, last, Then::Remove);
                }
            }
            lasting => self.active.push(Active {
                until: lasts.map(|lasts| self.tick + ticks(lasts)),
                fault: lasting,
            }),
        }
        self.changed = true;
    }

    /// Ends every fault that lasts, those of the way to the platform among them.
    pub fn heal(&mut self) {
        self.active.clear();
    }

    fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.active.iter().map(|active| &active.fault)
    }

    /// A share of requests that fail, and milliseconds more.
    pub(super) fn fault_of(&self, service: Index) -> (f32, f32) {
        self.faults()
            .fold((0.0, 0.0), |(share, ms), fault| match fault {
                Fault::Errors {
                    service: s,
                    percent,
                } if *s == service => (share + percent / 100.0, ms),
                Fault::Slow {
                    service: s,
                    ms: more,
                } if *s == service => (share, ms + more),
                _ => (share, ms),
            })
    }

    pub(super) fn crash_fault(&self, service: Index) -> Option<i64> {
        self.faults().find_map(|fault| match fault {
            Fault::Crash { service: s, code } if *s == service => Some(*code),
            _ => None,
        })
    }

    pub(super) fn memory_fault(&self, service: Index) -> f64 {
        self.faults()
            .map(|fault| match fault {
                Fault::LeakMemory {
                    service: s,
                    bytes_per_s,
                } if *s == service => *bytes_per_s,
                _ => 0.0,
            })
            .sum()
    }

    pub(super) fn cache_fault(&self, service: Index) -> f64 {
        self.faults()
            .map(|fault| match fault {
                Fault::FillCache {
                    service: s,
                    bytes_per_s,
                } if *s == service => *bytes_per_s,
                _ => 0.0,
            })
            .sum()
    }

    pub(super) fn connection_fault(&self, service: Index) -> f32 {
        self.faults()
            .map(|fault| match fault {
                Fault::TakeConnections { service: s, count } if *s == service => *count,
                _ => 0.0,
            })
            .sum()
    }

    /// The disk fills by a second's worth.
    pub(super) fn fill_disk(&mut self) {
        let more: f64 = self
            .faults()
            .map(|fault| match fault {
                Fault::FillDisk { bytes_per_s } => *bytes_per_s,
                _ => 0.0,
            })
            .sum();
        self.disk_used = (self.disk_used + more).min(self.scenario.host.disk_size as f64);
    }

    /// How the connection to the platform is cut now, if it is.
    pub(crate) fn cut(&self) -> Option<Cut> {
        self.faults().find_map(|fault| match fault {
            Fault::Disconnect(cut) => Some(*cut),
            _ => None,
        })
    }

    /// How long an answer of the platform takes.
    pub(crate) fn latency(&self) -> Duration {
        let faults = self.faults().filter_map(|fault| match fault {
            Fault::Latency(by) => Some(*by),
            _ => None,
        });
        faults.sum()
    }

    /// A replica of a service by its id.
    pub(crate) fn replica(
        &self,
        id: &crate::domain::instance::InstanceId,
    ) -> Option<(Index, usize, &Replica)> {
        self.services.iter().enumerate().find_map(|(service, s)| {
            let at = s.replicas.iter().position(|r| &r.id == id)?;
            Some((service, at, &s.replicas[at]))
        })
    }
}
