//! From a snapshot to the alerts that stand now, and since when.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    heard::Heard,
    subjects::{self, Figure, Finding},
};
use crate::{
    domain::{
        alert::{Alert, Severity},
        log::LogItem,
        service::ServiceId,
        snapshot::Snapshot,
        source::SourceState,
        threshold::Thresholds,
    },
    text::SafeText,
};

/// What can be bad: a figure of a service, or of the host, which is `None`.
type Known = (Figure, Option<ServiceId>);
/// What is bad; of a figure that many have the one that it is.
type Subject = (Known, SafeText);

/// Watches snapshots one after another, and listens to the logs that are followed. It remembers since when a subject is
/// bad: the platform says so only of what has a time of its own, and its words for it change.
#[derive(Debug, Default)]
pub struct Watch {
    bad: BTreeMap<Subject, Bad>,
    /// The figures that the snapshot before had.
    known: BTreeSet<Known>,
    heard: Heard,
}

/// Since when something is so.
#[derive(Clone, Copy, Debug)]
struct Since {
    /// `None` where nobody watched it begin.
    began: Option<Timestamp>,
    /// When it was first seen so.
    seen: Timestamp,
}

impl Since {
    /// It is so again or for the first time. `told` is the platform's word for it, `same` whether it is of the same ailment
    /// as `before`, `watched` whether somebody would have seen it before `now`.
    fn goes_on(
        before: Option<Self>,
        told: Option<Timestamp>,
        same: bool,
        watched: bool,
        now: Timestamp,
    ) -> Self {
        let Some(before) = before else {
            let began = told.or(watched.then_some(now));
            return Self { began, seen: now };
        };
        let began = match (before.began, told) {
            (Some(before), Some(told)) => Some(before.min(told)),
            // The platform has found out since when; of another ailment it would say nothing about the one before.
            (None, Some(told)) if same => Some(told),
            (before, _) => before,
        };
        Self { began, ..before }
    }
}

/// How long a subject has been bad.
#[derive(Clone, Copy, Debug)]
struct Bad {
    /// What was wrong with it last.
    rule: &'static str,
    /// Since when it is bad at all.
    warning: Since,
    /// Since when it is critical, where it is.
    critical: Option<Since>,
}

impl Bad {
    /// The same subject is found bad, again or for the first time.
    fn goes_on(before: Option<Self>, finding: &Finding, watched: bool, now: Timestamp) -> Self {
        let same = before.is_some_and(|bad| bad.rule == finding.rule);
        let since = |before| Since::goes_on(before, finding.since, same, watched, now);
        let critical = finding.severity == Severity::Critical;
        Self {
            rule: finding.rule,
            warning: since(before.map(|bad| bad.warning)),
            critical: critical.then(|| since(before.and_then(|bad| bad.critical))),
        }
    }

    /// Since when it is as bad as it is, or worse.
    fn since(&self) -> Since {
        self.critical.unwrap_or(self.warning)
    }

    /// Whether it has been bad for so long. What was there when watching began counts at once.
    fn held(&self, hold: Duration, now: Timestamp) -> bool {
        let lasted = |at| now.duration_since(at).unsigned_abs() >= hold;
        self.warning.began.is_none_or(lasted)
    }
}

impl Watch {
    /// From now on the logs of these services are followed, of all where none is named.
    pub fn follow(&mut self, services: &[ServiceId], now: Timestamp) {
        self.heard.follow(services, now);
    }

    /// Takes lines of the logs that are followed.
    pub fn hear(&mut self, items: &[LogItem], now: Timestamp) {
        self.heard.take(items, now);
    }

    /// The alerts that stand at `now`, or stood when the platform last answered. `thresholds` are those of a service, by name; the empty name asks for the general ones.
    pub fn alerts(
        &mut self,
        state: &SourceState,
        thresholds: &dyn Fn(&str) -> Thresholds,
        now: Timestamp,
    ) -> Vec<Alert> {
        let now = state.known_until(now);
        let mut found = self.findings(&state.snapshot, thresholds, now);
        let checks = state.signals.checks.iter().enumerate();
        found.extend(checks.filter_map(|(number, check)| {
            let service = checked(&state.snapshot, &check.service);
            subjects::check(number, check, service)
        }));
        let before = std::mem::take(&mut self.bad);
        let mut alerts = Vec::new();
        for finding in found {
            let of = (finding.figure, finding.service.clone());
            let subject = (of, finding.part.clone());
            let figure = finding.figure.known_by();
            let watched = self.known.contains(&(figure, finding.service.clone()));
            let old = before.get(&subject).copied();
            let bad = Bad::goes_on(old, &finding, watched, now);
            self.bad.insert(subject, bad);
            if bad.held(finding.hold, now) {
                let since = bad.since();
                alerts.push(finding.alert(since.began, since.seen));
            }
        }
        // Each rollout is a subject of its own, and says itself since when.
        let rollouts = state.snapshot.rollouts.iter();
        alerts.extend(rollouts.filter_map(|rollout| {
            let finding = subjects::rollout(rollout)?;
            let since = finding.since;
            Some(finding.alert(since, rollout.started))
        }));
        alerts.extend(state.signals.alerts.iter().cloned());
        self.known = known(state);
        alerts
    }

    /// What is wrong with the host and the services.
    fn findings(
        &mut self,
        snapshot: &Snapshot,
        thresholds: &dyn Fn(&str) -> Thresholds,
        now: Timestamp,
    ) -> Vec<Finding> {
        let mut all: Vec<Finding> = subjects::host(&snapshot.host, &thresholds(""))
            .into_iter()
            .chain(subjects::quotas(&snapshot.host))
            .collect();
        for service in &snapshot.services {
            let found = subjects::service(service, &thresholds(&service.id.name));
            let errors = self.heard.finding(&service.id, now);
            // What is critical says more than that errors are written about it.
            let critical = found.iter().any(|f| f.severity == Severity::Critical);
            all.extend(found);
            all.extend(errors.filter(|_| !critical));
        }
        all
    }
}

/// The service of that name, where there is one.
fn checked<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a ServiceId> {
    let mut named = snapshot.named(name).into_iter();
    named.next().map(|service| &service.id)
}

fn known(state: &SourceState) -> BTreeSet<Known> {
    let snapshot = &state.snapshot;
    let checks = state.signals.checks.iter().enumerate();
    let checks = checks.filter(|(_, check)| check.last.is_some());
    let checks = checks.map(|(number, check)| {
        let service = checked(snapshot, &check.service).cloned();
        (Figure::Check(number), service)
    });
    let disk = snapshot.host.disk_free_bytes.map(|_| (Figure::Disk, None));
    let quotas = snapshot.host.quotas.as_ref().map(|_| (Figure::Quota, None));
    let services = snapshot.services.iter();
    let of_services =
        services.flat_map(|s| subjects::known(s).map(|figure| (figure, Some(s.id.clone()))));
    let of_host = disk.into_iter().chain(quotas);
    of_host.chain(of_services).chain(checks).collect()
}

#[cfg(test)]
mod tests;
