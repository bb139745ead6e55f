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
use crate::domain::{
    alert::{Alert, Severity},
    log::LogItem,
    service::ServiceId,
    snapshot::Snapshot,
    source::SourceState,
    threshold::Thresholds,
};

/// What is bad: a figure of a service, or of the host, which is `None`.
type Subject = (Figure, Option<ServiceId>);

/// Watches snapshots one after another, and listens to the logs that are followed. It remembers since when a subject is
/// bad: the platform says so only of what has a time of its own, and its words for it change.
#[derive(Debug, Default)]
pub struct Watch {
    bad: BTreeMap<Subject, Bad>,
    /// The figures that the snapshot before had.
    known: BTreeSet<Subject>,
    heard: Heard,
}

/// Since when something is so; `None` where nobody watched it begin.
#[derive(Clone, Copy, Debug)]
struct Since(Option<Timestamp>);

impl Since {
    /// It is so again or for the first time. `told` is the platform's word for it, `same` whether it is of the same ailment
    /// as `before`, `begun` when it began for what has no time of its own.
    fn goes_on(
        before: Option<Self>,
        told: Option<Timestamp>,
        same: bool,
        begun: Option<Timestamp>,
    ) -> Self {
        match (before, told) {
            (None, told) => Self(told.or(begun)),
            (Some(Self(Some(before))), Some(told)) => Self(Some(before.min(told))),
            // The platform has found out since when; of another ailment it would say nothing about the one before.
            (Some(Self(None)), Some(told)) if same => Self(Some(told)),
            (Some(before), _) => before,
        }
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
    fn goes_on(before: Option<Self>, finding: &Finding, begun: Option<Timestamp>) -> Self {
        let same = before.is_some_and(|bad| bad.rule == finding.rule);
        let since = |before| Since::goes_on(before, finding.since, same, begun);
        let critical = finding.severity == Severity::Critical;
        Self {
            rule: finding.rule,
            warning: since(before.map(|bad| bad.warning)),
            critical: critical.then(|| since(before.and_then(|bad| bad.critical))),
        }
    }

    /// Since when it is as bad as it is, or worse.
    fn since(&self) -> Option<Timestamp> {
        self.critical.unwrap_or(self.warning).0
    }

    /// Whether it has been bad for so long. What was there when watching began counts at once.
    fn held(&self, hold: Duration, now: Timestamp) -> bool {
        let lasted = |at| now.duration_since(at).unsigned_abs() >= hold;
        self.warning.0.is_none_or(lasted)
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

    /// The alerts that stand at `now`. `thresholds` are those of a service, by name; the empty name asks for the general ones.
    pub fn alerts(
        &mut self,
        state: &SourceState,
        thresholds: &dyn Fn(&str) -> Thresholds,
        now: Timestamp,
    ) -> Vec<Alert> {
        let found = self.findings(&state.snapshot, thresholds, now);
        let before = std::mem::take(&mut self.bad);
        let mut alerts = Vec::new();
        for finding in found {
            let subject = (finding.figure, finding.service.clone());
            let figure = finding.figure.known_by();
            let watched = self.known.contains(&(figure, finding.service.clone()));
            let old = before.get(&subject).copied();
            let bad = Bad::goes_on(old, &finding, watched.then_some(now));
            self.bad.insert(subject, bad);
            if bad.held(finding.hold, now) {
                alerts.push(finding.alert(bad.since()));
            }
        }
        // Each rollout is a subject of its own, and says itself since when.
        let rollouts = state.snapshot.rollouts.iter();
        alerts.extend(rollouts.filter_map(|rollout| {
            let finding = subjects::rollout(rollout)?;
            let since = finding.since;
            Some(finding.alert(since))
        }));
        self.known = known(&state.snapshot);
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

fn known(snapshot: &Snapshot) -> BTreeSet<Subject> {
    let disk = snapshot.host.disk_free_bytes.map(|_| (Figure::Disk, None));
    let services = snapshot.services.iter();
    let of_services =
        services.flat_map(|s| subjects::known(s).map(|figure| (figure, Some(s.id.clone()))));
    disk.into_iter().chain(of_services).collect()
}

#[cfg(test)]
mod tests;
