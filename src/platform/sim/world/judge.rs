//! How well a service is, and the one thing to know about it.

use super::{Replica, Tick, World};
use crate::{
    domain::{
        health::Health,
        instance::{Phase, Probe},
    },
    platform::sim::scenario::{Index, ServiceSpec, Store},
    text::SafeText,
};

/// A judgement, and since when it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judged {
    pub(crate) health: Health,
    pub(crate) why: SafeText,
    /// What kind of reason it is: figures in the words may change while it lasts.
    kind: Kind,
    pub(crate) since: Option<Tick>,
}

/// Reasons, worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    CrashLoop,
    OutOfMemory,
    Exited,
    CacheFull,
    Connections,
    Unhealthy,
    Errors,
    Missing,
    Slow,
    AtMaximum,
    Nearly,
    Memory,
    Starting,
    Stopped,
    #[default]
    Well,
}

type Reason = (Health, Kind, String);

/// Why a replica can't come up, if it can't.
pub(super) fn broken(replica: &Replica, now: Tick) -> Option<SafeText> {
    let (health, _, why) = judge_replica(replica, now, None)?;
    (health == Health::Critical).then(|| SafeText::line(&why))
}

/// What is to be known of one replica; `None` when it is well.
fn judge_replica(replica: &Replica, now: Tick, limit: Option<u64>) -> Option<Reason> {
    let code = replica.exit_code.unwrap_or(0);
    if replica.oom_killed
        && replica
            .finished
            .or(replica.started)
            .is_some_and(|at| now - at < 600)
        && replica.restarts < 2
    {
        let why = "killed, out of memory".to_owned();
        return Some((Health::Critical, Kind::OutOfMemory, why));
    }
    if replica.looping(now) {
        let why = if replica.oom_killed {
            "crash loop, out of memory".to_owned()
        } else {
            format!("crash loop, exit {code}{}", last_words(replica))
        };
        return Some((Health::Critical, Kind::CrashLoop, why));
    }
    match (replica.phase, &replica.probe) {
        (Phase::Restarting, _) => {
            let why = format!("restarting, exit {code}{}", last_words(replica));
            Some((Health::Critical, Kind::Exited, why))
        }
        (Phase::Exited | Phase::Dead, _) if code != 0 => Some((
            Health::Critical,
            Kind::Exited,
            format!("exited, exit {code}{}", last_words(replica)),
        )),
        (Phase::Created, _) if replica.pending => {
            let why = "not scheduled: no node takes new pods".to_owned();
            Some((Health::Critical, Kind::Missing, why))
        }
        (Phase::Exited | Phase::Created, _) => {
            Some((Health::Off, Kind::Stopped, "stopped".to_owned()))
        }
        (Phase::Running, Probe::Unhealthy { streak, output }) => {
            let why = match replica.node {
                None => format!("unhealthy, {streak} checks failed"),
                Some(_) => format!("not ready: {output}"),
            };
            Some((Health::Critical, Kind::Unhealthy, why))
        }
        (Phase::Running, Probe::Starting) => {
            let why = match replica.failed {
                0 | 1 => "starting".to_owned(),
                _ => format!("starting, check failing: {}", replica.printed),
            };
            Some((Health::Unknown, Kind::Starting, why))
        }
        (Phase::Running, _) => {
            let percent = replica.memory * 100.0 / limit? as f64;
            (percent > 80.0).then(|| {
                let why = format!("memory {percent:.0} %");
                (Health::Warning, Kind::Memory, why)
            })
        }
        _ => None,
    }
}

/// What a replica wrote last, as it goes on from its exit code.
fn last_words(replica: &Replica) -> String {
    match &replica.last_words {
        words if words.is_empty() => String::new(),
        words => format!(": {words}"),
    }
}

impl World {
    /// The health of a replica and the one thing to know about it.
    pub(super) fn judged(&self, replica: &Replica, spec: &ServiceSpec) -> (Health, SafeText) {
        match judge_replica(replica, self.tick, spec.memory_limit) {
            Some((health, Kind::Stopped, _)) if spec.workload.comes_and_goes() => {
                (health, SafeText::from_static("ended well"))
            }
            Some((health, _, why)) => (health, SafeText::line(&why)),
            None => (Health::Well, SafeText::default()),
        }
    }

    /// Judges every service anew.
    pub(super) fn judge_all(&mut self) {
        for service in 0..self.services.len() {
            let reason = self.reasons(service).into_iter().min_by_key(|r| (r.0, r.1));
            let (health, kind, why) = reason.unwrap_or((Health::Well, Kind::Well, String::new()));
            let tick = self.tick;
            let judged = &mut self.services[service].judged;
            if judged.kind != kind {
                judged.since = (kind != Kind::Well && tick > -super::BEFORE + 20).then_some(tick);
                judged.kind = kind;
            }
            judged.health = health;
            if *judged.why != *why {
                judged.why = SafeText::line(&why);
            }
        }
    }

    /// Why a service is not well, most likely cause first.
    pub(crate) fn evidence(&self, service: Index) -> Vec<(Health, String)> {
        let mut reasons = self.reasons(service);
        reasons.sort();
        reasons.dedup();
        reasons
            .into_iter()
            .map(|(health, _, why)| (health, why))
            .collect()
    }

    /// Why a service is not well, in no order.
    fn reasons(&self, service: Index) -> Vec<Reason> {
        let spec = &self.scenario.services[service];
        let now = &self.services[service];
        let mut reasons = Vec::new();
        if spec.workload.comes_and_goes() {
            // Its last Job tells how it is.
            let last = now.replicas.last();
            let reason = last.and_then(|r| judge_replica(r, self.tick, spec.memory_limit));
            return reason.filter(|r| r.0 != Health::Off).into_iter().collect();
        }
        let stopped = now.replicas.iter().all(|r| {
            matches!(r.phase, Phase::Exited | Phase::Created) && r.exit_code.unwrap_or(0) == 0
        });
        if stopped && (self.wanted(service) == 0 || !self.scenario.cluster()) {
            let why = if now.replicas.is_empty() {
                "scaled to 0"
            } else {
                "stopped"
            };
            return vec![(Health::Off, Kind::Stopped, why.to_owned())];
        }
        for replica in &now.replicas {
            // A replica that another one replaces may stop.
            let replaced = |r: &Replica| {
                now.replicas
                    .iter()
                    .any(|other| other.number == r.number && other.id != r.id && other.ready())
            };
            if let Some(reason) = judge_replica(replica, self.tick, spec.memory_limit)
                && !(reason.1 == Kind::Stopped && replaced(replica))
            {
                reasons.push(match reason {
                    (Health::Off, kind, why) => (Health::Warning, kind, why),
                    other => other,
                });
            }
        }
        let ready = now.replicas.iter().filter(|r| r.ready()).count();
        if ready >= self.wanted(service) as usize {
            // One that comes up beside them takes nothing away.
            reasons.retain(|reason| reason.1 != Kind::Starting);
        }
        if ready == 0
            && let Some(route) = self.routed(service)
        {
            let why = format!("service {route} sends here, and nothing is ready");
            reasons.push((Health::Critical, Kind::Missing, why));
        } else if ready == 0 && !reasons.iter().any(|r| r.1 <= Kind::Exited) {
            reasons.push((Health::Critical, Kind::Missing, "nothing serves".to_owned()));
        }
        reasons.extend(self.store_reason(service));
        let at_maximum = self.at_maximum(service);
        if let Some((most, words)) = &at_maximum {
            let why = format!("HPA at its maximum of {most}, {words}");
            reasons.push((Health::Warning, Kind::AtMaximum, why));
        }
        let fails = now.figures.fails * 100.0;
        if fails > 0.5 && !now.figures.down {
            let health = if fails > 1.0 {
                Health::Critical
            } else {
                Health::Warning
            };
            let cause = match now.figures.cause {
                Some(other) => format!(", {} fails", self.scenario.services[other].name),
                None => String::new(),
            };
            // Both at once is one thing to know: more replicas will not come, and would not help.
            let most = match &at_maximum {
                Some((most, _)) => format!(", HPA at max {most}"),
                None => String::new(),
            };
            let decimals = usize::from(fails < 10.0);
            let why = format!("errors {fails:.decimals$} %{most}{cause}");
            reasons.push((health, Kind::Errors, why));
        }
        let p95 = now.figures.p95_ms;
        // Something that is slow by nature is judged by its own measure.
        let usual = spec.load.p95_ms.max(125.0);
        if p95 > usual * 2.0 && !now.figures.down {
            let health = if p95 > usual * 4.0 {
                Health::Critical
            } else {
                Health::Warning
            };
            reasons.push((health, Kind::Slow, format!("slow, p95 {p95:.0} ms")));
        }
        reasons
    }

    fn store_reason(&self, service: Index) -> Option<Reason> {
        let now = &self.services[service];
        if now.figures.down {
            return None;
        }
        let (kind, share, words) = match *self.scenario.services[service].store.as_ref()? {
            Store::Database { max_connections } => {
                let used = now.figures.connections;
                let max = max_connections as f32;
                (
                    Kind::Connections,
                    used / max,
                    format!("connections {used:.0}/{max_connections}"),
                )
            }
            Store::Pool { size } => {
                let used = now.figures.connections;
                let waiting = if now.figures.refuses > 0.0 {
                    ", clients wait in vain"
                } else {
                    ""
                };
                (
                    Kind::Connections,
                    used / size as f32,
                    format!("pool {used:.0}/{size}{waiting}"),
                )
            }
            Store::Cache { max_memory } => {
                let share = now.cached / max_memory as f64;
                let words = format!("maxmemory {:.0} % used", share * 100.0);
                (Kind::CacheFull, share as f32, words)
            }
        };
        if now.figures.refuses > 0.0 {
            Some((Health::Critical, kind, words))
        } else if share > 0.8 {
            Some((Health::Warning, Kind::Nearly, words))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_cause_stands_before_its_symptoms() {
        assert!(Kind::CrashLoop < Kind::Errors);
        assert!(Kind::CacheFull < Kind::Unhealthy);
        assert!(Kind::Memory < Kind::Well);
    }
}
