//! What is wrong with one service, one rollout, or the host, judged by itself.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    domain::{
        alert::{Fingerprint, Severity},
        host::Host,
        instance::{Instance, Phase, Probe},
        rollout::{Rollout, RolloutState},
        service::{Service, ServiceId},
        threshold::{Threshold, Thresholds},
    },
    text::SafeText,
};

/// From so many restarts on it is a loop and no mishap.
const LOOP: u32 = 3;

/// Something that is wrong now.
pub(super) struct Finding {
    pub(super) fingerprint: Fingerprint,
    pub(super) severity: Severity,
    pub(super) summary: SafeText,
    pub(super) detail: SafeText,
    pub(super) service: Option<ServiceId>,
    /// Since when, where the platform says so.
    pub(super) since: Option<Timestamp>,
    /// For how long it must have been so.
    pub(super) hold: Duration,
}

impl Finding {
    fn new(
        rule: &str,
        subject: &str,
        severity: Severity,
        summary: std::fmt::Arguments<'_>,
    ) -> Self {
        Self {
            fingerprint: Fingerprint(SafeText::format(format_args!("{rule} {subject}"))),
            severity,
            summary: SafeText::format(summary),
            detail: SafeText::default(),
            service: None,
            since: None,
            hold: Duration::ZERO,
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
    let summary =
        format_args!("disk nearly full: {percent:.0} % free where the daemon keeps its data");
    let mut finding = Finding::new("disk", "host", severity, summary);
    finding.hold = thresholds.disk_free.hold;
    Some(finding)
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
    let name = service.id.to_string();
    let mut found: Vec<Finding> = broken(service, &name).into_iter().collect();
    let memory = service
        .instances
        .iter()
        .filter_map(|i| Some((i.usage.memory_percent()?, i)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((percent, instance)) = memory
        && let Some(severity) = beyond(&thresholds.memory, percent.into(), 1.0)
    {
        let mut finding = Finding::new(
            "memory",
            &name,
            severity,
            format_args!("{name} memory {percent:.0} % of its limit"),
        );
        finding.detail = instance.name.clone();
        finding.hold = thresholds.memory.hold;
        found.push(finding);
    }
    found.extend(traffic(service, &name));
    for finding in &mut found {
        finding.service = Some(service.id.clone());
    }
    found
}

/// What users notice: errors and slow answers, where something measures them.
fn traffic(service: &Service, name: &str) -> Vec<Finding> {
    let steps = |warning, critical| Threshold {
        warning: Some(warning),
        critical: Some(critical),
        hold: Duration::from_secs(5),
    };
    let mut found = Vec::new();
    let mut judge =
        |rule: &str, figure: Option<f32>, threshold: Threshold, words: &dyn Fn(f64) -> String| {
            let Some(figure) = figure.map(f64::from) else {
                return;
            };
            if let Some(severity) = beyond(&threshold, figure, 1.0) {
                let mut finding = Finding::new(
                    rule,
                    name,
                    severity,
                    format_args!("{name} {}", words(figure)),
                );
                finding.hold = threshold.hold;
                found.push(finding);
            }
        };
    judge(
        "errors",
        service.traffic.error_percent,
        steps(0.5, 1.0),
        &|f| format!("error rate {f:.1} %"),
    );
    judge("slow", service.traffic.p95_ms, steps(250.0, 500.0), &|f| {
        format!("slow: p95 {f:.0} ms")
    });
    found
}

/// The most telling thing about a service whose copies do not all serve.
fn broken(service: &Service, name: &str) -> Option<Finding> {
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
    let mut finding = Finding::new(word.rule(), name, severity, format_args!("{name} {what}"));
    finding.detail = match &instance.probe {
        Probe::Unhealthy { output, .. } if !output.is_empty() => output.clone(),
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

/// What is wrong with a rollout.
pub(super) fn rollout(rollout: &Rollout) -> Option<Finding> {
    let (word, why) = match &rollout.state {
        RolloutState::Stuck(why) => ("stuck", why),
        RolloutState::Failed(why) => ("failed", why),
        RolloutState::Progressing | RolloutState::Done | RolloutState::Superseded => return None,
    };
    let name = rollout.service.to_string();
    let summary = format_args!("{name} rollout to {} {word}: {why}", rollout.to);
    let mut finding = Finding::new("rollout", &name, Severity::Critical, summary);
    finding.service = Some(rollout.service.clone());
    finding.since = Some(rollout.started);
    Some(finding)
}
