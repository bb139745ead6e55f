//! From a snapshot to the alerts that stand now, and since when.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::subjects::{self, Finding};
use crate::{
    domain::{
        alert::{Alert, Fingerprint},
        source::SourceState,
        threshold::Thresholds,
    },
    text::SafeText,
};

/// Watches snapshots one after another. It remembers since when a figure is beyond its threshold; the platform says so
/// only of what has a time of its own.
#[derive(Debug, Default)]
pub struct Watch {
    /// When a finding was first seen; `None` where it was there when watching began, since nobody knows for how long.
    seen: BTreeMap<Fingerprint, Option<Timestamp>>,
    watching: bool,
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
        let begun = self.watching.then_some(now);
        let before = std::mem::take(&mut self.seen);
        let mut alerts = Vec::new();
        for finding in found {
            let fingerprint = finding.fingerprint();
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
        // The first snapshot with anything in it is where watching begins.
        self.watching |= !state.snapshot.services.is_empty();
        alerts
    }
}

#[cfg(test)]
mod tests;
