//! What is wrong with one service, one rollout, or the host, judged by itself.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    domain::{
        alert::{Alert, Fingerprint, Severity},
        figures,
        health::Health,
        host::Host,
        instance::{Instance, Phase, Probe},
        rollout::{Rollout, RolloutState},
        service::{Service, ServiceId, ServiceKind, Traffic, Trouble, TroubleKind},
        signals::{Check, Found},
        threshold::{Threshold, Thresholds},
    },
    text::SafeText,
};

/// From so many restarts on it is a loop and no mishap.
const LOOP: u32 = 3;

/// What a rule looks at. A finding is new only where the same figure was known before, and was well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Figure {
    State,
    Memory,
    Errors,
    P95,
    Disk,
    Quota,
    /// The errors in its log.
    Log,
    /// What the platform says is wrong with the whole of it.
    Whole(TroubleKind),
    /// The check of that number.
    Check(usize),
}

impl Figure {
    /// The figure that is known where this one is: a platform that shows a service says what is wrong with it.
    pub(super) const fn known_by(self) -> Self {
        match self {
            Self::Whole(_) => Self::State,
            other => other,
        }
    }
}

/// The figures of a service that are known.
pub(super) fn known(service: &Service) -> impl Iterator<Item = Figure> {
    let memory = service
        .instances
        .iter()
        .any(|i| i.usage.memory_percent().is_some());
    let is_told = |figure: Option<f32>| figure.is_some_and(|figure| !figure.is_nan());
    let (errors, p95) = (service.traffic.error_percent, service.traffic.p95_ms);
    let figures = [
        (memory, Figure::Memory),
        (is_told(errors), Figure::Errors),
        (is_told(p95), Figure::P95),
    ];
    let figures = figures.into_iter().filter(|(known, _)| *known);
    std::iter::once(Figure::State).chain(figures.map(|(_, figure)| figure))
}

/// Something that is wrong now.
pub(super) struct Finding {
    pub(super) rule: &'static str,
    pub(super) figure: Figure,
    pub(super) severity: Severity,
    /// In an operator's words, without the subject: `crash loop, exit 1`.
    what: String,
    pub(super) detail: SafeText,
    /// Which one, of a figure that many have; else empty.
    pub(super) part: SafeText,
    /// Whose; `None` for the host.
    pub(super) service: Option<ServiceId>,
    /// Since when, where the platform says so.
    pub(super) since: Option<Timestamp>,
    /// For how long it must have been so.
    pub(super) hold: Duration,
}

impl Finding {
    pub(super) fn new(
        rule: &'static str,
        figure: Figure,
        severity: Severity,
        what: String,
    ) -> Self {
        Self {
            rule,
            figure,
            severity,
            what,
            detail: SafeText::default(),
            part: SafeText::EMPTY,
            service: None,
            since: None,
            hold: Duration::ZERO,
        }
    }

    /// Rule and subject: the same for as long as it lasts.
    fn fingerprint(&self) -> Fingerprint {
        let rule = self.rule;
        Fingerprint(match &self.service {
            Some(service) if self.part.is_empty() => crate::safe!("{rule} {service}"),
            Some(service) => crate::safe!("{rule} {service} {}", self.part),
            None if self.part.is_empty() => crate::safe!("{rule} host"),
            None => crate::safe!("{rule} {}", self.part),
        })
    }

    /// Subject and words, as an alert reads.
    fn summary(&self) -> SafeText {
        match &self.service {
            Some(service) => crate::safe!("{} {}", service.name, self.what),
            None => crate::safe!("{}", self.what),
        }
    }

    /// The alert that it is, since then; `seen` is when it was first seen.
    pub(super) fn alert(self, since: Option<Timestamp>, seen: Timestamp) -> Alert {
        Alert {
            fingerprint: self.fingerprint(),
            severity: self.severity,
            summary: self.summary(),
            since,
            seen,
            source: SafeText::from_static(match self.figure {
                Figure::Log => "logs",
                Figure::Check(_) => "check",
                Figure::Errors | Figure::P95 => "metrics",
                Figure::State
                | Figure::Memory
                | Figure::Disk
                | Figure::Quota
                | Figure::Whole(_) => "platform",
            }),
            detail: self.detail,
            service: self.service,
            silenced: false,
        }
    }
}

/// What is wrong with the host.
pub(super) fn host(host: &Host, thresholds: &Thresholds) -> Option<Finding> {
    let (free, size) = (
        host.disk_free_bytes?,
        host.disk_size_bytes.filter(|&s| s > 0)?,
    );
    let percent = free as f64 * 100.0 / size as f64;
    let severity = beyond(&thresholds.disk_free, -percent, -1.0)?;
    // Rounded down: "100 % used" is said of what is full.
    let used = ((size - free.min(size)) as f64 * 100.0 / size as f64).floor();
    let (free, size) = (figures::size(free), figures::size(size));
    let what = format!("disk of the daemon's data: {free} free of {size}, {used:.0} % used");
    let mut finding = Finding::new("disk", Figure::Disk, severity, what);
    finding.detail = SafeText::from_static(
        "docker system df says what takes it; docker system prune frees what nothing uses",
    );
    finding.hold = thresholds.disk_free.hold;
    Some(finding)
}

/// What a check of that number found wrong, or why it finds nothing; `service` is the one that is checked, where it is shown.
pub(super) fn check(number: usize, check: &Check, service: Option<&ServiceId>) -> Option<Finding> {
    let (severity, words) = match &check.last.as_ref()?.found {
        Found::Well(_) => return None,
        Found::Bad(severity, words) => (*severity, format!(": {words}")),
        Found::Unknown(why) => (Severity::Warning, format!(" cannot be checked: {why}")),
    };
    let name = &check.name;
    let what = match service {
        Some(_) => format!("{name}{words}"),
        None => format!("{} {name}{words}", check.service),
    };
    let mut finding = Finding::new("check", Figure::Check(number), severity, what);
    finding.part = match service {
        Some(_) => name.clone(),
        None => crate::safe!("{} {name}", check.service),
    };
    finding.service = service.cloned();
    Some(finding)
}

/// What namespaces have nearly used up of what they may.
pub(super) fn quotas(host: &Host) -> impl Iterator<Item = Finding> {
    host.quotas.iter().flatten().map(|quota| {
        let what = format!(
            "quota {} of {}: {} {} of {} used, {} %",
            quota.name, quota.namespace, quota.what, quota.used, quota.hard, quota.percent
        );
        let mut finding = Finding::new("quota", Figure::Quota, Severity::Warning, what);
        finding.detail =
            SafeText::from_static("what would take more than is left cannot be made there");
        finding.part = quota.subject();
        finding
    })
}

/// The severity of a figure beyond its threshold; with `sign` -1 less is worse.
fn beyond(threshold: &Threshold, figure: f64, sign: f64) -> Option<Severity> {
    let over = |step: Option<f64>| step.is_some_and(|step| figure >= step * sign);
    if over(threshold.critical) {
        Some(Severity::Critical)
    } else {
        over(threshold.warning).then_some(Severity::Warning)
    }
}

/// What is wrong with a service: the worst of what its copies are in, and its figures.
pub(super) fn service(service: &Service, thresholds: &Thresholds) -> Vec<Finding> {
    let mut found = Vec::new();
    // What is on a node are copies of other services, which tell by themselves.
    if service.kind != ServiceKind::Node {
        found.extend(broken(service));
        found.extend(memory(service, thresholds));
    }
    let troubles: Vec<Finding> = service.troubles.iter().filter_map(trouble).collect();
    if found.is_empty() {
        // A trouble that is less grave than what is said of the service does not hide it.
        let graver = |said: &Finding| troubles.iter().all(|t| t.severity > said.severity);
        found.extend(said(service).filter(graver));
    }
    found.extend(troubles);
    found.extend(traffic(service, thresholds));
    for finding in &mut found {
        finding.service = Some(service.id.clone());
    }
    found
}

/// The copy that is nearest to its memory limit, if it is too near.
fn memory(service: &Service, thresholds: &Thresholds) -> Option<Finding> {
    let used = service
        .instances
        .iter()
        .filter_map(|i| Some((i.usage.memory_percent()?, i)));
    let (percent, instance) = used.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let severity = beyond(&thresholds.memory, percent.into(), 1.0)?;
    let mut finding = Finding::new(
        "memory",
        Figure::Memory,
        severity,
        format!("memory {percent:.0} % of its limit"),
    );
    finding.detail = instance.name.clone();
    finding.hold = thresholds.memory.hold;
    Some(finding)
}

/// How its requests are answered, where that is not well enough. Too few to tell are no number, which is beyond nothing.
fn traffic(service: &Service, thresholds: &Thresholds) -> impl Iterator<Item = Finding> {
    let judged =
        |rule, figure, threshold: &Threshold, told: Option<f32>, words: fn(f32) -> String| {
            let told = told?;
            let severity = beyond(threshold, told.into(), 1.0)?;
            let mut finding = Finding::new(rule, figure, severity, words(told));
            finding.hold = threshold.hold;
            Some(finding)
        };
    let Traffic {
        error_percent,
        p95_ms,
        ..
    } = service.traffic;
    let errors = |percent| format!("{} of its requests fail", figures::percent(percent));
    let slow = |p95| format!("answers slowly: p95 {}", figures::millis(p95));
    let of = thresholds;
    let errors = judged(
        "error-rate",
        Figure::Errors,
        &of.error_rate,
        error_percent,
        errors,
    );
    let slow = judged("p95", Figure::P95, &of.p95, p95_ms, slow);
    errors.into_iter().chain(slow)
}

/// What the platform says is wrong with the whole of a service.
fn trouble(trouble: &Trouble) -> Option<Finding> {
    let mut finding = Finding::new(
        trouble.kind.word(),
        Figure::Whole(trouble.kind),
        severity(trouble.health)?,
        trouble.text.to_string(),
    );
    finding.since = trouble.since;
    Some(finding)
}

/// How much a state hurts; `None` where it does not.
const fn severity(health: Health) -> Option<Severity> {
    match health {
        Health::Critical => Some(Severity::Critical),
        Health::Warning => Some(Severity::Warning),
        Health::Unknown | Health::Well | Health::Off => None,
    }
}

/// What the platform itself says of a service, where no rule here says it better.
fn said(service: &Service) -> Option<Finding> {
    let severity = severity(service.health)?;
    let what = match service.why.as_str() {
        "" => service.health.word(),
        why => why,
    };
    let mut finding = Finding::new("state", Figure::State, severity, what.to_owned());
    finding.since = service.why_since;
    Some(finding)
}

/// The most telling thing about a service whose copies do not all serve.
fn broken(service: &Service) -> Option<Finding> {
    let (word, instance) = service
        .instances
        .iter()
        .filter_map(|i| Some((ailment(i)?, i)))
        .min_by_key(|(ailment, _)| *ailment)?;
    let exit = instance
        .exit_code
        .map(|code| format!(", exit {code}"))
        .unwrap_or_default();
    let (ready, wanted) = (service.ready(), service.wanted());
    let severity = match word {
        Ailment::Restarted => Severity::Warning,
        _ if ready == 0 || word <= Ailment::CrashLoop => Severity::Critical,
        _ => Severity::Warning,
    };
    let what = match word {
        Ailment::OutOfMemory => "killed for memory (OOM)".to_owned(),
        Ailment::CrashLoop => format!("crash loop{exit}"),
        Ailment::Unhealthy => "unhealthy".to_owned(),
        Ailment::Exited => format!("exited{exit}"),
        Ailment::Restarting => format!("restarting{exit}"),
        Ailment::Restarted => format!("restarted {} times by itself", instance.restarts),
    };
    let mut finding = Finding::new(word.rule(), Figure::State, severity, what);
    finding.detail = match &instance.probe {
        Probe::Unhealthy { output, .. } if !output.is_empty() => output.clone(),
        _ if !instance.last_words.is_empty() && word != Ailment::OutOfMemory => {
            instance.last_words.clone()
        }
        _ => SafeText::format(format_args!("{}; {ready} of {wanted} serve", instance.name)),
    };
    finding.since = service.why_since.or(match word {
        Ailment::Exited | Ailment::OutOfMemory => instance.finished,
        _ => None,
    });
    Some(finding)
}

/// What can be wrong with a copy, the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ailment {
    OutOfMemory,
    CrashLoop,
    Unhealthy,
    Exited,
    Restarting,
    Restarted,
}

impl Ailment {
    const fn rule(self) -> &'static str {
        match self {
            Self::OutOfMemory => "oom",
            Self::CrashLoop => "crash-loop",
            Self::Unhealthy => "unhealthy",
            Self::Exited => "exited",
            Self::Restarting | Self::Restarted => "restarting",
        }
    }
}

fn ailment(instance: &Instance) -> Option<Ailment> {
    // The platform knows that somebody stopped it: the row and the alerts do not contradict each other.
    if instance.health == Health::Off {
        return None;
    }
    let down = !instance.ready();
    let by_itself = instance.exit_code.is_some_and(|code| code != 0);
    match instance.phase {
        Phase::Running | Phase::Restarting | Phase::Exited | Phase::Dead
            if instance.oom_killed && (down || instance.restarts > 0) =>
        {
            Some(Ailment::OutOfMemory)
        }
        Phase::Restarting if instance.restarts >= LOOP => Some(Ailment::CrashLoop),
        Phase::Restarting => Some(Ailment::Restarting),
        Phase::Running if matches!(instance.probe, Probe::Unhealthy { .. }) => {
            Some(Ailment::Unhealthy)
        }
        Phase::Running if instance.restarts >= LOOP && down => Some(Ailment::CrashLoop),
        Phase::Running if instance.restarts >= LOOP => Some(Ailment::Restarted),
        Phase::Exited | Phase::Dead if by_itself => Some(Ailment::Exited),
        _ => None,
    }
}

/// What is wrong with a rollout. One that was put back or given up is over: what it left says the service itself.
pub(super) fn rollout(rollout: &Rollout) -> Option<Finding> {
    let RolloutState::Stuck(why) = &rollout.state else {
        return None;
    };
    let what = format!("rollout to {} stuck: {why}", rollout.to);
    let mut finding = Finding::new("rollout", Figure::State, Severity::Critical, what);
    finding.service = Some(rollout.service.clone());
    finding.since = rollout.began();
    Some(finding)
}
