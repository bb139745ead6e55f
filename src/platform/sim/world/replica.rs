//! One replica: its life from made to removed.

use std::time::Duration;

use super::{Past, SECOND, SimService, Tick, World, ticks};
use crate::{
    domain::{
        health::Health,
        instance::{InstanceId, Phase, Probe},
        service::ServiceId,
    },
    platform::sim::{
        scenario::{Index, On, Restart, ServiceSpec},
        world::{Figures, Ring, judge::Judged},
    },
    text::SafeText,
};

/// The longest wait of a restart policy, as Docker has it.
const LONGEST_WAIT: Tick = 60 * SECOND;
/// Having run for so long forgives the restarts before.
const FORGIVEN: Tick = 10 * SECOND;

/// One replica.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) id: InstanceId,
    /// Counts the replicas of the world.
    pub(crate) serial: u32,
    pub(crate) name: SafeText,
    pub(crate) number: u32,
    pub(crate) revision: usize,
    pub(crate) phase: Phase,
    pub(crate) probe: Probe,
    pub(crate) created: Tick,
    pub(crate) started: Option<Tick>,
    pub(crate) finished: Option<Tick>,
    pub(crate) restarts: u32,
    pub(crate) exit_code: Option<i64>,
    pub(crate) oom_killed: bool,
    /// What it wrote last before it ended by itself.
    pub(crate) last_words: SafeText,
    /// Counts the runs of its process.
    pub(crate) run: u32,
    pub(crate) memory: f64,
    pub(crate) cpu: f32,
    /// What has leaked in this run.
    pub(crate) leaked_memory: f64,
    pub(crate) leaked_connections: f32,
    pub(crate) origin: u32,
    /// Where it runs; `None` where there is but one machine, and while no node takes it.
    pub(crate) node: Option<Index>,
    /// No node takes it.
    pub(crate) pending: bool,
    wait: Tick,
    due: Option<Tick>,
    next_check: Tick,
    streak: u32,
    /// Checks that failed in a row in this run, those of its start among them, and what the last one printed.
    pub(super) failed: u32,
    pub(super) printed: SafeText,
    /// What follows once it has stopped.
    then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Nothing,
    Start,
    Remove,
}

impl Replica {
    pub(crate) fn running(&self) -> bool {
        self.phase == Phase::Running
    }

    /// For how many ticks its process has run.
    pub(crate) fn up(&self, now: Tick) -> Tick {
        match self.started {
            Some(started) if self.running() => now - started,
            _ => 0,
        }
    }

    /// Whether callers reach it.
    pub(crate) fn serves(&self, now: Tick, spec: &ServiceSpec) -> bool {
        self.running()
            && self.up(now) >= ticks(spec.starts_in)
            && matches!(self.probe, Probe::None | Probe::Healthy)
    }

    /// Whether the platform would call it ready.
    pub(crate) fn ready(&self) -> bool {
        self.running() && matches!(self.probe, Probe::None | Probe::Healthy)
    }

    /// Between two runs, or only just in the next.
    pub(crate) fn looping(&self, now: Tick) -> bool {
        self.restarts >= 2
            && (self.phase == Phase::Restarting
                || self.running() && self.up(now) < FORGIVEN + SECOND)
    }
}

impl SimService {
    /// What it is to run: in a cluster the template that was given last.
    pub(crate) fn meant(&self) -> usize {
        let pods = self.replicas.iter().all(|r| r.node.is_some() || r.pending);
        if pods { self.template } else { self.revision }
    }

    pub(super) fn new(project: &SafeText, spec: &ServiceSpec) -> Self {
        let past = spec.revisions.iter().map(|revision| {
            let first = revision.began.map(|ago| -ticks(ago));
            let served = ticks(revision.served);
            Past {
                first,
                last: first.map(|first| first + served),
                healthy: if first.is_some() { served } else { 0 },
                known_good: first
                    .filter(|_| served >= super::KNOWN_GOOD)
                    .map(|first| first + super::KNOWN_GOOD),
            }
        });
        let past: Vec<Past> = past.collect();
        Self {
            id: ServiceId {
                group: match &spec.workload.namespace {
                    Some(namespace) => SafeText::name(namespace),
                    None => project.clone(),
                },
                name: SafeText::name(format!("{}{}", spec.workload.kind.prefix(), spec.name)),
            },
            replicas: Vec::new(),
            revision: spec.current,
            template: spec.current,
            capped: None,
            desired: spec.replicas,
            busy: 0,
            since: past[spec.current]
                .first
                .unwrap_or(-ticks(Duration::from_hours(72))),
            past,
            figures: Figures::default(),
            cached: 0.0,
            judged: Judged::default(),
            trend: std::collections::VecDeque::with_capacity(60),
            ring: Ring::default(),
            backup: None,
            past_news: std::collections::VecDeque::new(),
            log_debt: 0.0,
            row: None,
        }
    }
}

impl World {
    /// Sets the first replicas up, as if they had run for long.
    pub(super) fn populate(&mut self) {
        for service in 0..self.services.len() {
            let spec = &self.scenario.services[service];
            let (replicas, checked) = (spec.replicas, spec.check.is_some());
            let (revision, since) = (
                self.services[service].revision,
                self.services[service].since,
            );
            for number in 1..=replicas {
                let at = self.make(service, number, revision);
                let replica = &mut self.services[service].replicas[at];
                // Copies of a service start one after another.
                let started = since + Tick::from(number) * 3 * SECOND;
                replica.created = started - 2;
                replica.phase = Phase::Running;
                replica.started = Some(started);
                replica.run = 1;
                if checked {
                    replica.probe = Probe::Healthy;
                }
            }
            self.empty_store(service);
        }
    }

    /// Makes a replica that is not started yet, and gives its place.
    pub(super) fn make(&mut self, service: Index, number: u32, revision: usize) -> usize {
        self.serial += 1;
        let draw = self.chance.at(u64::MAX).at(u64::from(self.serial));
        let id = draw.hex();
        let name = if self.scenario.cluster() {
            self.pod_name(service, number, revision)
        } else {
            let ServiceId { group, name } = &self.services[service].id;
            let dash = if group.is_empty() { "" } else { "-" };
            format!("{group}{dash}{name}-{number}")
        };
        let node = self.place_for(service);
        let replica = Replica {
            id: InstanceId(SafeText::name(&id)),
            serial: self.serial,
            name: SafeText::name(&name),
            number,
            revision,
            phase: Phase::Created,
            probe: Probe::None,
            created: self.tick,
            started: None,
            finished: None,
            restarts: 0,
            exit_code: None,
            oom_killed: false,
            last_words: SafeText::EMPTY,
            run: 0,
            memory: 0.0,
            cpu: 0.0,
            leaked_memory: 0.0,
            leaked_connections: 0.0,
            origin: 0,
            node,
            pending: self.scenario.cluster() && node.is_none(),
            wait: 0,
            due: None,
            next_check: Tick::MAX,
            streak: 0,
            failed: 0,
            printed: SafeText::EMPTY,
            then: Then::Nothing,
        };
        let replicas = &mut self.services[service].replicas;
        let at = replicas.partition_point(|r| r.number <= number);
        replicas.insert(at, replica);
        self.join(service, at);
        self.changed = true;
        at
    }

    /// Makes a replica and starts it, where a node takes it; gives its place.
    pub(super) fn launch(&mut self, service: Index, number: u32, revision: usize) -> usize {
        let at = self.make(service, number, revision);
        if !self.services[service].replicas[at].pending {
            self.start(service, at);
        }
        at
    }

    /// Starts the process of a replica.
    pub(super) fn start(&mut self, service: Index, at: usize) {
        let tick = self.tick;
        let spec = &self.scenario.services[service];
        let checked = spec.check.is_some();
        // The first run of a check comes when it can pass, as `start_interval` makes it.
        let first_check = tick + ticks(spec.starts_in) + 5;
        let replica = &mut self.services[service].replicas[at];
        replica.phase = Phase::Running;
        replica.probe = if checked {
            Probe::Starting
        } else {
            Probe::None
        };
        replica.started = Some(tick);
        replica.finished = None;
        replica.run += 1;
        replica.streak = 0;
        replica.failed = 0;
        replica.next_check = first_check;
        replica.due = None;
        replica.then = Then::Nothing;
        replica.leaked_memory = 0.0;
        replica.leaked_connections = 0.0;
        replica.memory = spec.load.memory as f64 * 0.6;
        self.write(service, at, On::Start);
        self.changed = true;
    }

    /// Asks a replica to stop; `then` follows.
    pub(super) fn stop(&mut self, service: Index, at: usize, then: Then) {
        let spec = &self.scenario.services[service];
        let takes = ticks(spec.stops_in.min(spec.grace));
        let was_running = self.services[service].replicas[at].running();
        if was_running {
            self.write(service, at, On::Stop);
        }
        let tick = self.tick;
        let replica = &mut self.services[service].replicas[at];
        replica.phase = Phase::Stopping;
        replica.last_words = SafeText::EMPTY;
        replica.then = then;
        replica.due = Some(tick + if was_running { takes } else { 1 });
        self.changed = true;
    }

    /// Removes a replica that does not run.
    pub(super) fn remove(&mut self, service: Index, at: usize) {
        self.leave(service, at);
        self.services[service].replicas.remove(at);
        self.changed = true;
    }

    /// Whatever is due for every replica.
    pub(super) fn live(&mut self) {
        for service in 0..self.services.len() {
            let mut at = 0;
            while at < self.services[service].replicas.len() {
                if !self.live_one(service, at) {
                    at += 1;
                }
            }
        }
    }

    /// Gives whether the replica is gone.
    fn live_one(&mut self, service: Index, at: usize) -> bool {
        let tick = self.tick;
        let replica = &mut self.services[service].replicas[at];
        match replica.phase {
            Phase::Stopping if replica.due.is_some_and(|due| tick >= due) => {
                let then = replica.then;
                replica.phase = Phase::Exited;
                replica.exit_code = Some(0);
                replica.finished = Some(tick);
                replica.due = None;
                self.ended(service);
                match then {
                    Then::Nothing => {}
                    Then::Start => {
                        self.services[service].replicas[at].restarts = 0;
                        self.start(service, at);
                    }
                    Then::Remove => {
                        self.remove(service, at);
                        return true;
                    }
                }
                self.changed = true;
            }
            Phase::Restarting if replica.due.is_some_and(|due| tick >= due) => {
                replica.restarts += 1;
                self.start(service, at);
            }
            Phase::Running => {
                if let Some((after, code)) = self.exit_planned(service, at)
                    && self.services[service].replicas[at].up(tick) >= after
                {
                    self.die(service, at, code, false);
                } else if tick >= self.services[service].replicas[at].next_check {
                    self.check(service, at);
                }
            }
            _ => {}
        }
        false
    }

    /// After how many ticks, and with which code, a flaw or a fault ends the process.
    fn exit_planned(&self, service: Index, at: usize) -> Option<(Tick, i64)> {
        let revision = self.services[service].replicas[at].revision;
        let flaw = &self.scenario.services[service].revisions[revision].flaw;
        flaw.exits
            .map(|(after, code)| (ticks(after), code))
            .or_else(|| self.crash_fault(service).map(|code| (2 * SECOND, code)))
            .or_else(|| self.job_ends(service))
    }

    /// The process ends by itself or by the kernel.
    pub(super) fn die(&mut self, service: Index, at: usize, code: i64, oom: bool) {
        let well = code == 0;
        self.write(service, at, if well { On::End } else { On::Exit });
        let last_words = self.last_words(service, at);
        let spec = &self.scenario.services[service];
        let policy = if spec.workload.comes_and_goes() {
            Restart::No
        } else {
            spec.restart
        };
        let tick = self.tick;
        let replica = &mut self.services[service].replicas[at];
        let up = replica.up(tick);
        replica.exit_code = Some(code);
        replica.last_words = last_words;
        replica.oom_killed = oom;
        replica.finished = Some(tick);
        replica.cpu = 0.0;
        let again = match policy {
            Restart::No => false,
            Restart::OnFailure => code != 0,
            Restart::Always | Restart::UnlessStopped => true,
        };
        if again {
            replica.wait = if up >= FORGIVEN {
                1
            } else {
                (replica.wait * 2).clamp(1, LONGEST_WAIT)
            };
            replica.phase = Phase::Restarting;
            replica.due = Some(tick + replica.wait);
        } else {
            replica.phase = Phase::Exited;
            replica.due = None;
        }
        let how = if oom { ": killed, out of memory" } else { "" };
        let (health, text) = if well {
            (Health::Well, format!("{} ended well", replica.name))
        } else {
            let text = format!("{} ended, exit {code}{how}", replica.name);
            (Health::Critical, text)
        };
        self.ended(service);
        self.tell(service, health, text);
    }

    /// Runs the health check of a replica.
    fn check(&mut self, service: Index, at: usize) {
        let tick = self.tick;
        let chance = self.chance_of(service).at(at as u64).at(7);
        let Some(check) = &self.scenario.services[service].check else {
            return;
        };
        let spec = &self.scenario.services[service];
        let replica = &self.services[service].replicas[at];
        let through = if check.through {
            self.services[service].figures.called_fail
        } else {
            0.0
        };
        let fails = replica.up(tick) < ticks(spec.starts_in)
            || spec.revisions[replica.revision].flaw.unhealthy
            || chance.unit() < through;
        let within = replica.up(tick) < ticks(check.start_period);
        let (interval, retries) = (ticks(check.interval), check.retries);
        let own = &spec.revisions[replica.revision].flaw.check_says;
        let output = if !own.is_empty() {
            SafeText::line(own)
        } else if check.through {
            SafeText::from_static("HTTP 503: a service it needs does not answer")
        } else {
            SafeText::from_static("the check ended with exit 1")
        };
        let replica = &mut self.services[service].replicas[at];
        replica.next_check = tick + interval;
        if fails {
            replica.failed += 1;
            replica.printed = output.clone();
        }
        let before = replica.probe.clone();
        if !fails {
            (replica.streak, replica.failed) = (0, 0);
            replica.probe = Probe::Healthy;
        } else if !within || before != Probe::Starting {
            replica.streak += 1;
            if replica.streak >= retries {
                replica.probe = Probe::Unhealthy {
                    streak: replica.streak,
                    output,
                };
            } else if before == Probe::Starting {
                // A start that fails its checks is looked at again soon.
                replica.next_check = tick + interval.min(2 * SECOND);
            }
        } else {
            replica.next_check = tick + interval.min(2 * SECOND);
        }
        if replica.probe != before {
            self.changed = true;
            let name = self.services[service].replicas[at].name.clone();
            match &self.services[service].replicas[at].probe {
                Probe::Unhealthy { .. } => {
                    self.tell(
                        service,
                        Health::Critical,
                        format!("{name} became unhealthy"),
                    );
                }
                Probe::Healthy => {
                    self.tell(service, Health::Well, format!("{name} became healthy"));
                }
                Probe::None | Probe::Starting => {}
            }
        }
    }
}
