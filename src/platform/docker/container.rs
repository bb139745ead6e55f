//! A container as we know it: what the list, its inspect, and the events have told.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    domain::{
        instance::{InstanceId, Phase, Probe, Usage},
        service::{Port, ServiceId, ServiceKind},
    },
    platform::{
        crash_loop::Manner,
        docker::{
            actions,
            stats::Sample,
            wire::{Binding, Event, HealthState, Inspected, Labels, Listed, Mount},
        },
    },
    text::SafeText,
};

/// Deaths further apart than this do not belong to one loop (Docker waits a minute at most between two starts).
const ONE_LOOP: i64 = 150;

/// How the daemon starts containers again.
const RESTARTS: Manner = Manner {
    first_wait: Duration::from_millis(100),
    longest_wait: Duration::from_mins(1),
    at_once: 0,
    run: Duration::from_secs(10),
};

/// A container.
#[derive(Debug, Default)]
pub(super) struct Container {
    pub(super) id: Option<InstanceId>,
    pub(super) service: Option<ServiceId>,
    pub(super) kind: Option<ServiceKind>,
    /// Made by `docker compose run`: no part of its service.
    pub(super) oneoff: bool,
    /// Compose made it in place of another.
    pub(super) replaces: bool,
    pub(super) name: SafeText,
    pub(super) number: u32,
    pub(super) image: SafeText,
    pub(super) image_id: SafeText,
    pub(super) phase: Phase,
    pub(super) probe: Probe,
    pub(super) created: Option<Timestamp>,
    pub(super) started: Option<Timestamp>,
    pub(super) finished: Option<Timestamp>,
    pub(super) restarts: u32,
    pub(super) exit_code: Option<i64>,
    pub(super) oom_killed: bool,
    /// What its log said last before it ended by itself; empty where it did not, or nobody knows.
    pub(super) last_words: SafeText,
    /// The end that they are of, or are being read of.
    pub(super) words_of: Option<Timestamp>,
    /// What its check prints while it is starting and fails again and again; empty where it does not.
    pub(super) start_failing: SafeText,
    /// Why it could not be started; empty when it could.
    pub(super) start_error: SafeText,
    /// Its image is gone from the host, so that it cannot be made anew.
    pub(super) image_missing: bool,
    /// Started again whenever it ends, unless someone stopped it.
    pub(super) kept_up: bool,
    pub(super) memory_limit: Option<u64>,
    pub(super) ports: Vec<Port>,
    pub(super) depends_on: Vec<ServiceId>,
    /// It has a named volume.
    pub(super) volume: bool,
    pub(super) inspected: bool,
    pub(super) usage: Usage,
    pub(super) sample: Option<Sample>,
    pub(super) seen: Seen,
}

/// What the events told, and no inspect does.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Someone asked for its end; forgotten when it starts.
    pub(super) asked_to_stop: bool,
    /// How its process last ended.
    pub(super) last_exit: Option<i64>,
    pub(super) last_death: Option<Timestamp>,
    /// The first death of the loop that the last one belongs to, and how many there were.
    pub(super) loop_since: Option<Timestamp>,
    pub(super) loop_deaths: u32,
    pub(super) oom: Option<Timestamp>,
    pub(super) paused: Option<Timestamp>,
    pub(super) unhealthy: Option<Timestamp>,
}

impl Container {
    /// Takes over an entry of the list. Rows can be shown from it alone: its words carry health and exit code.
    pub(super) fn list(&mut self, listed: Listed) {
        self.id = Some(InstanceId(SafeText::name(&listed.id)));
        if let Some(name) = listed.names.first() {
            self.name = bare(name);
        }
        self.belong(&listed.labels);
        // A moved tag makes the list print an id; the name it was made with is in its inspect.
        if !self.inspected {
            self.image = SafeText::name(&listed.image);
        }
        self.image_id = SafeText::name(&listed.image_id);
        self.created = self
            .created
            .or_else(|| Timestamp::from_second(listed.created).ok());
        self.phase = phase(&listed.state);
        self.volume = has_volume(&listed.mounts);
        self.ports = in_order(listed.ports.iter().map(|port| Port {
            container: port.private_port,
            host: port.public_port.filter(|&p| p > 0),
            protocol: SafeText::name(&port.protocol),
        }));
        let (probe, exit) = told_by(&listed.status);
        // An inspect knows more than "unhealthy": its streak and its output.
        match (&self.probe, &probe) {
            (Probe::Unhealthy { .. }, Probe::Unhealthy { .. }) => {}
            _ => self.probe = probe,
        }
        if exit.is_some() {
            self.exit_code = exit;
        }
    }

    /// Takes over its inspect.
    pub(super) fn inspect(&mut self, inspected: &Inspected) {
        self.inspected = true;
        self.id = Some(InstanceId(SafeText::name(&inspected.id)));
        self.name = bare(&inspected.name);
        self.belong(&inspected.config.labels);
        self.volume = has_volume(&inspected.mounts);
        self.ports = in_order(inspected.network_settings.ports.iter().flat_map(published));
        self.image = SafeText::name(&inspected.config.image);
        self.image_id = SafeText::name(&inspected.image);
        self.created = inspected.created;
        self.restarts = inspected.restart_count;
        self.kept_up = matches!(
            inspected.host_config.restart_policy.name.as_str(),
            "always" | "unless-stopped"
        );
        self.memory_limit = Some(inspected.host_config.memory).filter(|&limit| limit > 0);
        let state = &inspected.state;
        self.phase = phase(&state.status);
        self.started = state.started_at;
        self.finished = state.finished_at;
        self.oom_killed = state.oom_killed;
        self.start_error = SafeText::line(&state.error);
        let ended = matches!(self.phase, Phase::Exited | Phase::Restarting | Phase::Dead);
        self.exit_code = ended.then_some(state.exit_code).or(self.seen.last_exit);
        if ended {
            self.seen.last_exit = Some(state.exit_code);
        }
        if self.phase == Phase::Restarting {
            self.recall_loop();
        }
        self.start_failing = state.health.as_ref().map(start_failing).unwrap_or_default();
        self.probe = match &state.health {
            Some(health) if self.phase == Phase::Running => {
                let probe = probe(health);
                if !matches!(probe, Probe::Unhealthy { .. }) {
                    self.seen.unhealthy = None;
                } else if self.seen.unhealthy.is_none() {
                    let since = failing_since(health);
                    self.seen.unhealthy = since.map(|at| self.started.map_or(at, |s| at.max(s)));
                }
                probe
            }
            _ => Probe::None,
        };
        if self.phase != Phase::Running {
            self.usage = Usage::default();
            self.sample = None;
        }
    }

    /// Takes over what an event tells about it, be it new or replayed. What state it leads to is for an inspect to say.
    pub(super) fn event(&mut self, event: &Event) {
        let at = event.at();
        let seen = &mut self.seen;
        match event.action.as_str() {
            "kill" => {
                // Signals that end a process; a HUP or USR1 is a message.
                let signal = event.actor.attributes.signal.as_deref().unwrap_or_default();
                if matches!(signal, "2" | "3" | "9" | "15") {
                    seen.asked_to_stop = true;
                }
            }
            "stop" => seen.asked_to_stop = true,
            "start" => seen.asked_to_stop = false,
            "die" => {
                let exit = event.actor.attributes.exit_code.as_deref();
                seen.last_exit = exit.and_then(|code| code.parse().ok());
                let near = |last: Timestamp| at.as_second() - last.as_second() <= ONE_LOOP;
                if seen.asked_to_stop {
                    (seen.loop_since, seen.loop_deaths) = (None, 0);
                } else if seen.last_death.is_some_and(near) && seen.loop_since.is_some() {
                    seen.loop_deaths += 1;
                } else {
                    (seen.loop_since, seen.loop_deaths) = (Some(at), 1);
                }
                seen.last_death = Some(at);
            }
            "oom" => seen.oom = Some(at),
            "pause" => seen.paused = Some(at),
            "health_status: unhealthy" => seen.unhealthy = Some(at),
            "health_status: healthy" => seen.unhealthy = None,
            _ => {}
        }
    }

    /// Learns of the loop that it was in before anybody watched.
    fn recall_loop(&mut self) {
        let (Some(created), Some(started), Some(finished)) =
            (self.created, self.started, self.finished)
        else {
            return;
        };
        let deaths = self.restarts.saturating_add(1);
        // After a longer run the daemon waits as little as after the first.
        let brief = finished.duration_since(started).unsigned_abs() <= RESTARTS.run;
        if self.seen.loop_deaths < deaths
            && brief
            && let Some(began) = RESTARTS.began(created, finished, self.restarts)
        {
            self.seen.loop_since = Some(began);
            self.seen.loop_deaths = deaths;
            self.seen.last_death = Some(finished);
        }
    }

    fn belong(&mut self, labels: &Labels) {
        self.oneoff = labels
            .oneoff
            .as_deref()
            .is_some_and(|word| word.eq_ignore_ascii_case("true"));
        self.replaces = labels.replace.is_some();
        let number = labels.number.as_deref();
        self.number = number.and_then(|n| n.parse().ok()).unwrap_or_default();
        if let (Some(project), Some(service)) = (&labels.project, &labels.service) {
            let group = SafeText::name(project);
            let needs = labels.depends_on.as_deref().unwrap_or_default();
            self.depends_on = needs
                .split(',')
                // A job that had to end before is not needed any more.
                .filter(|need| need.split(':').nth(1) != Some("service_completed_successfully"))
                .map(|need| need.split(':').next().unwrap_or_default())
                .filter(|name| !name.is_empty())
                .map(|name| ServiceId {
                    group: group.clone(),
                    name: SafeText::name(name),
                })
                .collect();
            self.service = Some(ServiceId {
                group,
                name: SafeText::name(service),
            });
            self.kind = Some(ServiceKind::Compose);
            self.take_number();
        } else {
            self.service = Some(ServiceId {
                group: SafeText::EMPTY,
                name: SafeText::name(actions::replica_name(&self.name)),
            });
            self.kind = Some(ServiceKind::Container);
        }
    }

    /// Takes a new name; outside Compose it is the service's name as well, but for what an action adds while it runs.
    pub(super) fn rename(&mut self, name: &str) {
        self.name = bare(name);
        if self.kind == Some(ServiceKind::Container) {
            self.service = Some(ServiceId {
                group: SafeText::EMPTY,
                name: SafeText::name(actions::replica_name(&self.name)),
            });
        }
        self.take_number();
    }

    /// Takes the number that its name tells: what an action makes in place of another has a number of its own in its
    /// label, and the other's in its name.
    fn take_number(&mut self) {
        if let Some(service) = &self.service
            && self.kind == Some(ServiceKind::Compose)
            && let Some(number) = actions::replica_number(&self.name, service)
        {
            self.number = number;
        }
    }
}

fn bare(name: &str) -> SafeText {
    SafeText::name(name.strip_prefix('/').unwrap_or(name))
}

fn phase(word: &str) -> Phase {
    match word {
        "created" => Phase::Created,
        "running" => Phase::Running,
        "paused" => Phase::Paused,
        "restarting" => Phase::Restarting,
        "removing" | "stopping" => Phase::Stopping,
        "exited" | "stopped" => Phase::Exited,
        "dead" => Phase::Dead,
        _ => Phase::Unknown,
    }
}

/// Health and exit code out of the list's words: `Up 2 minutes (healthy)`, `Exited (137) 3 minutes ago`.
fn told_by(status: &str) -> (Probe, Option<i64>) {
    let within = status
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    match within.map(|(word, _)| word) {
        Some("healthy") => (Probe::Healthy, None),
        Some("unhealthy") => (
            Probe::Unhealthy {
                streak: 0,
                output: SafeText::EMPTY,
            },
            None,
        ),
        Some("health: starting") => (Probe::Starting, None),
        Some(word) => (Probe::None, word.parse().ok()),
        None => (Probe::None, None),
    }
}

fn probe(health: &HealthState) -> Probe {
    match health.status.as_str() {
        "starting" => Probe::Starting,
        "healthy" => Probe::Healthy,
        "unhealthy" => Probe::Unhealthy {
            streak: health.failing_streak,
            output: health
                .log
                .last()
                .map(|run| SafeText::line(run.output.trim()).truncated(200))
                .unwrap_or_default(),
        },
        _ => Probe::None,
    }
}

/// What the check of a container that is starting prints, from the second failure on. Docker counts none of them: they
/// are within the start period.
fn start_failing(health: &HealthState) -> SafeText {
    let newest_first = || health.log.iter().rev();
    let failed = newest_first().take_while(|run| run.exit_code != 0).count();
    let last = newest_first()
        .next()
        .filter(|_| failed >= 2 && health.status == "starting");
    last.map(|run| match run.output.trim() {
        "" => crate::safe!("exit {}", run.exit_code),
        output => SafeText::line(output).truncated(200),
    })
    .unwrap_or_default()
}

/// When the present streak of failures began. Docker keeps five runs; before them, checks were as far apart as they are.
fn failing_since(health: &HealthState) -> Option<Timestamp> {
    let (kept, streak) = (health.log.len(), health.failing_streak as usize);
    if let Some(first) = kept.checked_sub(streak) {
        return health.log.get(first)?.end;
    }
    let (first, last) = (health.log.first()?.end?, health.log.last()?.end?);
    let runs = i32::try_from(kept - 1).ok().filter(|runs| *runs > 0)?;
    let apart = last.duration_since(first) / runs;
    let before = apart.checked_mul(i32::try_from(streak - kept).ok()?)?;
    first.checked_sub(before).ok()
}

/// Published ports first, each once (Docker tells one for IPv4 and one for IPv6).
fn in_order(all: impl Iterator<Item = Port>) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    for port in all {
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    ports.sort_by_key(|port| (port.host.is_none(), port.container, port.host));
    ports
}

/// The ports behind one entry of an inspect: `8080/tcp`, and where it is published.
fn published((name, bindings): (&String, &Option<Vec<Binding>>)) -> Vec<Port> {
    let (number, protocol) = name.split_once('/').unwrap_or((name, "tcp"));
    let Ok(container) = number.parse() else {
        return Vec::new();
    };
    let port = |host| Port {
        container,
        host,
        protocol: SafeText::name(protocol),
    };
    match bindings {
        Some(bindings) if !bindings.is_empty() => bindings
            .iter()
            .map(|binding| port(binding.host_port.parse().ok()))
            .collect(),
        _ => vec![port(None)],
    }
}

fn has_volume(mounts: &[Mount]) -> bool {
    mounts
        .iter()
        .any(|mount| mount.kind == "volume" && mount.writable)
}
