//! The world as a platform shows it.

use std::sync::Arc;

use super::{Replica, World};
use crate::{
    domain::{
        health::Health,
        host::{Host, SIMULATED},
        instance::{Instance, Phase, Usage},
        revision::Revision,
        rollout::{Mark, Rollout},
        service::{Port, Service, Traffic, Trouble, TroubleKind},
        snapshot::Snapshot,
    },
    platform::sim::scenario::{Index, ServiceSpec},
    safe,
    text::SafeText,
};

impl World {
    /// Makes the snapshot anew; rows that did not change are shared with the one before.
    pub(super) fn look(&mut self) {
        let mut services = Vec::with_capacity(self.services.len());
        for service in 0..self.services.len() {
            let row = self.row(service);
            let kept = self.services[service].row.take();
            let row = match kept {
                Some(kept) if *kept == row => kept,
                _ => Arc::new(row),
            };
            self.services[service].row = Some(Arc::clone(&row));
            services.push(row);
        }
        let nodes = self.node_rows(&services);
        services.extend(nodes);
        services.sort_by(|a, b| a.id.cmp(&b.id));
        let mut rollouts: Vec<_> = self
            .rollouts
            .iter()
            .map(|r| Arc::new(self.rollout(r)))
            .collect();
        rollouts.reverse();
        let host = self.host();
        let host = if host == *self.snapshot.host {
            Arc::clone(&self.snapshot.host)
        } else {
            Arc::new(host)
        };
        self.snapshot = Arc::new(Snapshot {
            services,
            rollouts,
            host,
        });
    }

    fn host(&self) -> Host {
        let spec = &self.scenario.host;
        Host {
            name: SafeText::name(&spec.name),
            identity: SafeText::name(format!("{SIMULATED}{}", self.scenario.name)),
            version: SafeText::name(&spec.version),
            disk_free_bytes: (!self.scenario.cluster())
                .then(|| spec.disk_size.saturating_sub(self.disk_used as u64)),
            disk_size_bytes: (!self.scenario.cluster()).then_some(spec.disk_size),
            ..Host::default()
        }
    }

    /// The revision that most replicas serve with, or run where none serves; while two are equal, what it was.
    pub(crate) fn serves_with(&self, service: Index) -> usize {
        let now = &self.services[service];
        let most = |revision: usize| {
            let of_it = || now.replicas.iter().filter(|r| r.revision == revision);
            let ready = of_it().filter(|r| r.ready()).count();
            (ready, of_it().count(), revision == now.revision)
        };
        let all = 0..self.scenario.services[service].revisions.len();
        all.max_by_key(|&n| most(n)).unwrap_or(now.revision)
    }

    fn row(&self, service: Index) -> Service {
        let spec = &self.scenario.services[service];
        let now = &self.services[service];
        let instances: Vec<_> = now
            .replicas
            .iter()
            .map(|replica| Arc::new(self.instance(service, spec, replica)))
            .collect();
        let usage = instances
            .iter()
            .map(|i| i.usage)
            .reduce(|a, b| a.plus(&b))
            .unwrap_or_default();
        let revision = self.serves_with(service);
        let begun = now
            .replicas
            .iter()
            .filter(|r| r.revision == revision)
            .map(|r| r.created)
            .min();
        let answers = !now.figures.down;
        Service {
            id: now.id.clone(),
            kind: spec.workload.kind,
            desired: Some(self.wanted(service)),
            health: now.judged.health,
            why: now.judged.why.clone(),
            why_since: now.judged.since.map(|since| self.when(since)),
            image: self.image(service, revision),
            version: SafeText::name(&spec.revisions[revision].version),
            since: begun.map(|begun| self.when(begun)),
            usage,
            troubles: self.troubles(service),
            traffic: Traffic {
                rate: (!spec.workload.comes_and_goes()).then_some(round(now.figures.rate, 10.0)),
                error_percent: (answers || now.figures.rate > 0.0)
                    .then(|| round(now.figures.fails.max(now.figures.refuses) * 100.0, 10.0)),
                p95_ms: answers.then(|| round(now.figures.p95_ms, 10.0)),
            },
            trend: now.trend.iter().copied().collect(),
            ports: spec
                .ports
                .iter()
                .map(|&(container, host)| Port {
                    container,
                    host,
                    protocol: SafeText::from_static("tcp"),
                })
                .collect(),
            depends_on: self
                .needs(service)
                .map(|needed| self.services[needed].id.clone())
                .collect(),
            stateful: spec.stateful(),
            instances,
            uid: SafeText::EMPTY,
            zone: SafeText::EMPTY,
        }
    }

    /// What is wrong with a workload as a whole.
    fn troubles(&self, service: Index) -> Vec<Trouble> {
        let at_maximum = self.at_maximum(service).map(|(most, words)| Trouble {
            kind: TroubleKind::Autoscaler,
            health: Health::Warning,
            text: safe!("at its autoscaler's maximum of {most}: {words}"),
            since: self.services[service].capped.map(|at| self.when(at)),
        });
        at_maximum.into_iter().collect()
    }

    /// An image as a compose file names it.
    pub(crate) fn image(&self, service: Index, revision: usize) -> SafeText {
        let spec = &self.scenario.services[service];
        SafeText::name(format!(
            "{}:{}",
            spec.image, spec.revisions[revision].version
        ))
    }

    /// An image's own id.
    pub(crate) fn image_id(&self, service: Index, revision: usize) -> SafeText {
        // From its name and not from the seed: the same image is the same wherever it runs.
        let name = self.image(service, revision);
        let draw = name
            .bytes()
            .fold(super::Chance::new(0), |draw, byte| draw.at(u64::from(byte)));
        let hex = draw.hex();
        SafeText::name(format!("sha256:{hex}"))
    }

    fn instance(&self, service: Index, spec: &ServiceSpec, replica: &Replica) -> Instance {
        let (health, why) = self.judged(replica, spec);
        let running = replica.running();
        let share = self.services[service].figures.rate / self.serving(service).max(1) as f32;
        Instance {
            id: replica.id.clone(),
            name: replica.name.clone(),
            // A pod goes by its name.
            number: if self.scenario.cluster() {
                0
            } else {
                replica.number
            },
            phase: replica.phase,
            probe: replica.probe.clone(),
            health,
            why,
            created: Some(self.when(replica.created)),
            started: replica.started.map(|t| self.when(t)),
            finished: replica.finished.map(|t| self.when(t)),
            restarts: replica.restarts,
            exit_code: if running { None } else { replica.exit_code },
            last_words: replica.last_words.clone(),
            oom_killed: replica.oom_killed,
            image: self.image(service, replica.revision),
            image_id: self.image_id(service, replica.revision),
            usage: Usage {
                cpu_percent: running.then(|| round(replica.cpu, 10.0)),
                memory_bytes: running.then_some((replica.memory as u64) & !0xffff),
                memory_limit_bytes: spec.memory_limit,
                rx_bytes_per_s: running.then(|| round(share * 900.0, 1.0)),
                tx_bytes_per_s: running.then(|| round(share * 4_200.0, 1.0)),
            },
            revision: SafeText::EMPTY,
            node: replica.node.map_or(SafeText::EMPTY, |node| {
                SafeText::name(&self.scenario.nodes[node].name)
            }),
        }
    }

    fn rollout(&self, rollout: &super::release::SimRollout) -> Rollout {
        let spec = &self.scenario.services[rollout.service];
        let version = |n: usize| SafeText::name(&spec.revisions[n].version);
        let replicas = &self.services[rollout.service].replicas;
        let open = rollout.state.open();
        let mut new: Vec<Mark> = replicas
            .iter()
            .filter(|r| r.revision == rollout.to)
            .map(|r| self.mark(r, spec))
            .collect();
        let old = replicas
            .iter()
            .filter(|r| r.revision != rollout.to)
            .map(|r| self.mark(r, spec))
            .collect();
        if open {
            new.resize(new.len().max(rollout.wanted as usize), Mark::Waiting);
        }
        Rollout {
            service: self.services[rollout.service].id.clone(),
            from: version(rollout.from),
            to: version(rollout.to),
            started: self.when(rollout.started),
            began_before: false,
            ended: rollout.ended.map(|t| self.when(t)),
            state: rollout.state.clone(),
            new,
            old,
            wanted: rollout.wanted,
            by: rollout.by.clone(),
        }
    }

    fn mark(&self, replica: &Replica, spec: &ServiceSpec) -> Mark {
        let health = self.judged(replica, spec).0;
        match replica.phase {
            Phase::Stopping => Mark::Draining,
            _ if health == Health::Critical => Mark::Failed,
            _ if replica.ready() => Mark::Ready,
            Phase::Running | Phase::Restarting => Mark::Starting,
            _ => Mark::Waiting,
        }
    }

    /// What ran before, newest first.
    pub(crate) fn revisions(&self, service: Index) -> Vec<Revision> {
        let spec = &self.scenario.services[service];
        let now = &self.services[service];
        let runs = |n: usize| now.replicas.iter().any(|r| r.revision == n);
        let mut revisions: Vec<Revision> = (0..spec.revisions.len())
            .filter_map(|n| {
                let past = now.past[n];
                let first = past.first?;
                let healthy = u64::try_from(past.healthy).unwrap_or(0) * 100;
                Some(Revision {
                    id: self.image_id(service, n),
                    image: self.image(service, n),
                    version: SafeText::name(&spec.revisions[n].version),
                    first_seen: self.when(first),
                    last_seen: self.when(past.last.unwrap_or(first)),
                    healthy: std::time::Duration::from_millis(healthy),
                    known_good: past.known_good.map(|t| self.when(t)),
                    current: n == now.meant() || runs(n),
                    available: true,
                })
            })
            .collect();
        revisions.sort_by_key(|r| std::cmp::Reverse(r.first_seen));
        revisions
    }
}

/// Rounded to a part of one: more digits than a screen shows would make every row new every second.
fn round(value: f32, parts: f32) -> f32 {
    (value * parts).round() / parts
}
