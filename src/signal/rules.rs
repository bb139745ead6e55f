//! From a snapshot to the alerts that stand now, and since when.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::subjects::{self, Figure, Finding};
use crate::{
    domain::{
        alert::{Alert, Fingerprint},
        service::ServiceId,
        snapshot::Snapshot,
        source::SourceState,
        threshold::Thresholds,
    },
    text::SafeText,
};

/// Watches snapshots one after another. It remembers since when a figure is beyond its threshold; the platform says so
/// only of what has a time of its own.
#[derive(Debug, Default)]
pub struct Watch {
    /// When a finding was first seen; `None` where nobody watched it begin.
    seen: BTreeMap<Fingerprint, Option<Timestamp>>,
    /// The figures that the snapshot before had; `None` is the host.
    known: BTreeSet<(Figure, Option<ServiceId>)>,
}

impl Watch {
    /// The alerts that stand at `now`. `thresholds` are those of a service, by name; the empty name asks for the general ones.
    pub fn alerts(
        &mut self,
        state: &SourceState,
        thresholds: &dyn Fn(&str) -> Thresholds,
        now: Timestamp,
    ) -> Vec<Alert> {
        let mut found: Vec<Finding> = subjects::host(&state.snapshot.host, &thresholds(""))
            .into_iter()
            .collect();
        for service in &state.snapshot.services {
            found.extend(subjects::service(service, &thresholds(&service.id.name)));
        }
        for rollout in &state.snapshot.rollouts {
            found.extend(subjects::rollout(rollout));
        }
        let before = std::mem::take(&mut self.seen);
        let mut alerts = Vec::new();
        for finding in found {
            let fingerprint = finding.fingerprint();
            let watched = self
                .known
                .contains(&(finding.figure, finding.service.clone()));
            let begun = watched.then_some(now);
            let seen = before.get(&fingerprint).copied().unwrap_or(begun);
            self.seen.insert(fingerprint.clone(), seen);
            // What has to hold for a while is no alert before it has; what was there when watching began counts at once.
            let held = seen.is_none_or(|at| now.duration_since(at).unsigned_abs() >= finding.hold);
            if held {
                alerts.push(Alert {
                    fingerprint,
                    severity: finding.severity,
                    summary: finding.summary(),
                    since: finding.since.or(seen),
                    detail: finding.detail,
                    service: finding.service,
                    source: SafeText::from_static("platform"),
                });
            }
        }
        self.known = known(&state.snapshot);
        alerts
    }
}

fn known(snapshot: &Snapshot) -> BTreeSet<(Figure, Option<ServiceId>)> {
    let disk = snapshot.host.disk_free_bytes.map(|_| (Figure::Disk, None));
    let services = snapshot.services.iter();
    let of_services =
        services.flat_map(|s| subjects::known(s).map(|figure| (figure, Some(s.id.clone()))));
    disk.into_iter().chain(of_services).collect()
}

#[cfg(test)]
mod tests;
