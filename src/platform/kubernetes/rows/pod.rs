//! A pod, as an instance of its service.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{Owner, controller, time, truth};
use crate::{
    domain::{
        health::Health,
        instance::{Instance, InstanceId, Phase, Probe, Usage},
    },
    platform::{
        crash_loop::Manner,
        kubernetes::{
            metrics::Used,
            quantity,
            store::Uid,
            texts::Texts,
            wire::{core, meta},
        },
    },
    safe,
    text::SafeText,
};

/// How long a pod may take before its waiting is worth a look. In seconds.
const PATIENCE: i64 = 30;

/// What is said of a pod that runs and does not serve.
const UNREADY: Probe = Probe::Unhealthy {
    streak: 1,
    output: SafeText::EMPTY,
};

/// How long a restart stays worth a look. In seconds.
const RECENT: i64 = 600;

/// How a kubelet starts containers again.
const RESTARTS: Manner = Manner {
    first_wait: Duration::from_secs(10),
    longest_wait: Duration::from_mins(5),
    at_once: 1,
    run: Duration::from_secs(15),
};

/// A pod.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Pod {
    /// Its uid.
    pub(in super::super) uid: Uid,
    /// Where it is.
    pub(in super::super) namespace: SafeText,
    /// Who manages it.
    pub(in super::super) owner: Option<Owner>,
    /// Which template it was made from: `pod-template-hash` or `controller-revision-hash`.
    pub(in super::super) template: SafeText,
    /// Its containers that run for as long as it does: name, and whether it is a sidecar.
    pub(in super::super) containers: Arc<[SafeText]>,
    /// Its init containers that end before the others begin.
    pub(in super::super) init_containers: Arc<[SafeText]>,
    /// As a row.
    pub(in super::super) instance: Arc<Instance>,
    /// When `why` became true.
    pub(in super::super) since: Option<Timestamp>,
    /// What time alone makes of it.
    pub(in super::super) ripening: Option<Box<Ripening>>,
}

/// What is to be said of a pod from a moment on, if nothing happens to it until then.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Ripening {
    /// The moment.
    pub(in super::super) at: Timestamp,
    health: Health,
    why: SafeText,
}

impl Pod {
    /// By whose uid it is found: its controller's, or its own.
    pub(in super::super) fn key(&self) -> &Uid {
        self.owner.as_ref().map_or(&self.uid, |owner| &owner.uid)
    }

    /// Takes what it uses, of which nothing else tells; whether that is something else than before.
    pub(in super::super) fn measure(&mut self, used: Option<Used>) -> bool {
        let mut usage = self.instance.usage;
        usage.cpu_percent = used.map(|used| used.cpu_percent);
        usage.memory_bytes = used.map(|used| used.memory_bytes);
        let differs = usage != self.instance.usage;
        if differs {
            Arc::make_mut(&mut self.instance).usage = usage;
        }
        differs
    }

    /// Takes what it was last seen to use from the row before.
    pub(in super::super) fn measured_as(&mut self, before: &Self) {
        let usage = &before.instance.usage;
        if let (Some(cpu_percent), Some(memory_bytes)) = (usage.cpu_percent, usage.memory_bytes) {
            self.measure(Some(Used {
                cpu_percent,
                memory_bytes,
            }));
        }
    }

    /// Becomes what time alone has made of it by now.
    pub(in super::super) fn ripen(&mut self, now: Timestamp) {
        if let Some(ripe) = self.ripening.take_if(|ripening| ripening.at <= now) {
            let instance = Arc::make_mut(&mut self.instance);
            if instance.phase == Phase::Running && ripe.health == Health::Critical {
                instance.probe = UNREADY;
            }
            instance.health = ripe.health;
            instance.why = ripe.why;
        }
    }

    pub(in super::super) fn of(wire: &core::Pod, now: Timestamp, texts: &mut Texts) -> Self {
        let empty = meta::ObjectMeta::default();
        let meta = wire.metadata.as_ref().unwrap_or(&empty);
        let no_spec = core::PodSpec::default();
        let spec = wire.spec.as_ref().unwrap_or(&no_spec);
        let no_status = core::PodStatus::default();
        let status = wire.status.as_ref().unwrap_or(&no_status);
        let uid = SafeText::name(&meta.uid);
        let judged = judge(meta, spec, status, now);
        let main = spec.containers.first();
        let main_status = main.and_then(|c| status.containers.iter().find(|s| s.name == c.name));
        let last = main_status.and_then(|s| s.last.as_ref()?.terminated.as_ref());
        let ended = main_status
            .and_then(|s| s.state.as_ref()?.terminated.as_ref())
            .or(last);
        let running = main_status.and_then(|s| s.state.as_ref()?.running.as_ref());
        let template = [b"pod-template-hash".as_slice(), b"controller-revision-hash"]
            .into_iter()
            .find_map(|key| meta.labels.iter().find(|p| *p.key == *key))
            .map_or(&b""[..], |p| &p.value);
        let names = |of: &mut dyn Iterator<Item = &core::Container>, texts: &mut Texts| {
            of.map(|c| texts.name(&c.name)).collect::<Arc<[SafeText]>>()
        };
        // The mirror of a static pod belongs to its node, which is no reason to group it by that.
        let owner = controller(meta, texts).filter(|owner| &*owner.kind != "Node");
        let revision = match &owner {
            Some(owner) if *owner.kind == *"ReplicaSet" => owner.name.clone(),
            // Its label has the last part of the name alone.
            Some(owner) if *owner.kind == *"DaemonSet" => {
                texts.words(safe!("{}-{}", owner.name, SafeText::name(template)))
            }
            Some(owner) if *owner.kind == *"StatefulSet" => texts.name(template),
            _ => SafeText::EMPTY,
        };
        let sidecar = |c: &&core::Container| *c.restart_policy == *b"Always";
        let instance = Instance {
            id: InstanceId(uid.clone()),
            name: SafeText::name(&meta.name),
            number: 0,
            phase: judged.phase,
            probe: judged.probe,
            health: judged.health,
            why: texts.words(judged.why),
            created: time(meta.created.as_ref()),
            started: running.and_then(|r| time(r.started.as_ref())),
            finished: ended.and_then(|e| time(e.finished.as_ref())),
            restarts: status.containers.iter().map(restarts).sum(),
            exit_code: ended.map(|e| i64::from(e.exit_code)),
            oom_killed: ended.is_some_and(|e| *e.reason == *b"OOMKilled"),
            image: texts.name(main.map_or(&b""[..], |c| &c.image)),
            image_id: texts.name(main_status.map_or(&b""[..], |s| &s.image_id)),
            revision,
            usage: limits(spec),
            node: texts.name(&spec.node_name),
            ..Instance::default()
        };
        Self {
            uid,
            namespace: texts.name(&meta.namespace),
            owner,
            template: texts.name(template),
            containers: names(
                &mut spec
                    .containers
                    .iter()
                    .chain(spec.init_containers.iter().filter(sidecar)),
                texts,
            ),
            init_containers: names(
                &mut spec.init_containers.iter().filter(|c| !sidecar(c)),
                texts,
            ),
            instance: Arc::new(instance),
            since: judged.since,
            ripening: judged.ripening,
        }
    }
}

/// What is to be said of a pod.
struct Judged {
    phase: Phase,
    probe: Probe,
    health: Health,
    why: SafeText,
    since: Option<Timestamp>,
    ripening: Option<Box<Ripening>>,
}

impl Judged {
    /// So many seconds after `from` something else is to be said, if nothing happens; not when that is over.
    fn ripens(
        mut self,
        from: Option<Timestamp>,
        seconds: i64,
        now: Timestamp,
        health: Health,
        why: SafeText,
    ) -> Self {
        let at = from.and_then(|from| from.checked_add(SignedDuration::from_secs(seconds)).ok());
        self.ripening = at
            .filter(|at| *at > now)
            .map(|at| Box::new(Ripening { at, health, why }));
        self
    }
}

fn judge(
    meta: &meta::ObjectMeta,
    spec: &core::PodSpec,
    status: &core::PodStatus,
    now: Timestamp,
) -> Judged {
    let condition = |kind: &[u8]| status.conditions.iter().find(|c| *c.kind == *kind);
    let ready = condition(b"Ready");
    let is_ready = ready.and_then(|c| truth(&c.status)) == Some(true);
    let ready_since = ready.and_then(|c| time(c.since.as_ref()));
    let created = time(meta.created.as_ref());
    let say = |phase, health, why: SafeText, since: Option<Timestamp>| Judged {
        phase,
        probe: if is_ready {
            Probe::Healthy
        } else {
            Probe::Starting
        },
        health,
        why,
        since,
        ripening: None,
    };
    if meta.deleted.is_some() {
        return say(
            Phase::Stopping,
            Health::Unknown,
            SafeText::from_static("stopping"),
            time(meta.deleted.as_ref()),
        );
    }
    match &*status.phase {
        b"Succeeded" => return say(Phase::Exited, Health::Off, SafeText::EMPTY, None),
        b"Failed" => {
            let why = if status.reason.is_empty() {
                ended_words(status)
            } else {
                safe!(
                    "{}: {}",
                    SafeText::name(&status.reason).to_lowercase(),
                    SafeText::line(&status.message)
                )
            };
            return say(Phase::Exited, Health::Critical, why, ready_since);
        }
        _ => {}
    }
    for container in status.init_containers.iter().chain(&status.containers) {
        let Some(waiting) = container.state.as_ref().and_then(|s| s.waiting.as_ref()) else {
            continue;
        };
        if let Some((phase, why)) = waiting_words(container, waiting) {
            let since = match last_end(container) {
                // It is ready for a moment at each restart: its condition says when the last one failed.
                Some(ended) if phase == Phase::Restarting => {
                    created.and_then(|made| RESTARTS.began(made, ended, restarts(container)))
                }
                _ => ready_since.or(created),
            };
            return say(phase, Health::Critical, why, since);
        }
    }
    if let Some(scheduled) = condition(b"PodScheduled").filter(|c| truth(&c.status) == Some(false))
    {
        let message = SafeText::line(&scheduled.message);
        let why = safe!("unschedulable: {message}");
        let began = time(scheduled.since.as_ref()).or(created);
        let old = began.is_none_or(|began| now.duration_since(began).as_secs() > PATIENCE);
        // Of its own errors, a write that came too late for instance, the scheduler mostly gets the better at once.
        if *scheduled.reason == *b"SchedulerError" && !old {
            let trying = safe!("the scheduler tries again: {message}");
            return say(Phase::Created, Health::Unknown, trying, began).ripens(
                began,
                PATIENCE,
                now,
                Health::Critical,
                why,
            );
        }
        return say(Phase::Created, Health::Critical, why, began);
    }
    if *status.phase != *b"Running" {
        let old = created.is_some_and(|c| now.duration_since(c).as_secs() > PATIENCE);
        let health = if old {
            Health::Warning
        } else {
            Health::Unknown
        };
        let why = SafeText::from_static("starting");
        return say(Phase::Created, health, why.clone(), created).ripens(
            created,
            PATIENCE,
            now,
            Health::Warning,
            why,
        );
    }
    let looping = || {
        let of = |container| looping_since(created?, container);
        status.containers.iter().filter_map(of).min()
    };
    let recent = status
        .containers
        .iter()
        .filter_map(|c| c.last.as_ref()?.terminated.as_ref())
        .find(|t| {
            time(t.finished.as_ref()).is_some_and(|at| now.duration_since(at).as_secs() < RECENT)
        });
    if !is_ready {
        let probed = spec.containers.iter().any(|c| c.readiness.is_some());
        let starting = status.containers.iter().any(|c| c.started == Some(false));
        if starting {
            return say(
                Phase::Running,
                Health::Unknown,
                SafeText::from_static("starting"),
                created,
            );
        }
        let words = if probed {
            "not ready: its readiness probe fails"
        } else {
            "not ready"
        };
        let words = SafeText::from_static(words);
        // Its first probes fail while it starts: that is no failure yet.
        if created.is_some_and(|at| now.duration_since(at).as_secs() < PATIENCE) {
            let starting = SafeText::from_static("starting");
            let young = say(Phase::Running, Health::Unknown, starting, created);
            return young.ripens(created, PATIENCE, now, Health::Critical, words);
        }
        let since = looping().or(ready_since);
        let mut judged = say(Phase::Running, Health::Critical, words, since);
        judged.probe = UNREADY;
        return judged;
    }
    let judged = match recent {
        Some(ended) if *ended.reason == *b"OOMKilled" => say(
            Phase::Running,
            Health::Warning,
            SafeText::from_static("killed for its memory, started again"),
            looping().or(time(ended.finished.as_ref())),
        ),
        Some(ended) => say(
            Phase::Running,
            Health::Warning,
            safe!("started again after exit {}", ended.exit_code),
            looping().or(time(ended.finished.as_ref())),
        ),
        None => say(Phase::Running, Health::Well, SafeText::EMPTY, None),
    };
    let ended = recent.and_then(|ended| time(ended.finished.as_ref()));
    judged.ripens(ended, RECENT, now, Health::Well, SafeText::EMPTY)
}

/// Since when a container that runs has ended again and again; `None` of one that may have served before, or ended once.
fn looping_since(made: Timestamp, container: &core::ContainerStatus) -> Option<Timestamp> {
    let restarts = restarts(container);
    let ended = last_end(container).filter(|_| restarts > 1)?;
    RESTARTS.began(made, ended, restarts)
}

/// When a container's run before the present one ended.
fn last_end(container: &core::ContainerStatus) -> Option<Timestamp> {
    time(
        container
            .last
            .as_ref()?
            .terminated
            .as_ref()?
            .finished
            .as_ref(),
    )
}

fn restarts(container: &core::ContainerStatus) -> u32 {
    container.restarts.max(0) as u32
}

/// Why a container waits, where that is no mere beginning.
fn waiting_words(
    container: &core::ContainerStatus,
    waiting: &core::Waiting,
) -> Option<(Phase, SafeText)> {
    let last = container.last.as_ref().and_then(|l| l.terminated.as_ref());
    let name = SafeText::name(&container.image);
    Some(match &*waiting.reason {
        b"CrashLoopBackOff" => (
            Phase::Restarting,
            match last {
                Some(last) if *last.reason == *b"OOMKilled" => {
                    SafeText::from_static("crash loop, killed for its memory")
                }
                Some(last) if !last.message.is_empty() => safe!(
                    "crash loop, exit {}: {}",
                    last.exit_code,
                    SafeText::line(&last.message)
                ),
                Some(last) => safe!("crash loop, exit {}", last.exit_code),
                None => SafeText::from_static("crash loop"),
            },
        ),
        b"ImagePullBackOff" | b"ErrImagePull" => {
            (Phase::Created, safe!("image cannot be pulled: {name}"))
        }
        b"InvalidImageName" => (Phase::Created, safe!("no image has such a name: {name}")),
        b"ErrImageNeverPull" => (
            Phase::Created,
            safe!("image missing on the node, and never pulled: {name}"),
        ),
        b"CreateContainerConfigError" | b"CreateContainerError" | b"RunContainerError" => (
            Phase::Created,
            safe!("did not start: {}", SafeText::line(&waiting.message)),
        ),
        _ => return None,
    })
}

fn ended_words(status: &core::PodStatus) -> SafeText {
    let ended = status.containers.iter().find_map(|c| {
        c.state
            .as_ref()?
            .terminated
            .as_ref()
            .filter(|t| t.exit_code != 0)
    });
    match ended {
        Some(ended) if *ended.reason == *b"OOMKilled" => {
            SafeText::from_static("killed for its memory")
        }
        Some(ended) => safe!("exit {}", ended.exit_code),
        None => SafeText::from_static("failed"),
    }
}

/// What a pod asks for and may use, over its containers; a limit counts only where each of them has one.
fn limits(spec: &core::PodSpec) -> Usage {
    let of = |c: &core::Container| {
        let pair = c
            .resources
            .as_ref()?
            .limits
            .iter()
            .find(|p| *p.key == *b"memory")?;
        quantity::bytes(&pair.value.as_ref()?.text)
    };
    Usage {
        memory_limit_bytes: spec.containers.iter().map(of).sum(),
        ..Usage::default()
    }
}
