//! Alerts that others tell: Alertmanager's, of all its peers, and Prometheus's.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::Deserialize;

use super::{http, rounds::PATIENCE, way::Way};
use crate::{
    clock,
    config::settings::address::Web,
    domain::{
        alert::{Alert, Fingerprint, Severity},
        service::ServiceId,
        snapshot::Snapshot,
    },
    safe,
    text::SafeText,
};

/// Severities that want nobody's eye: what is told for information, and what only says that alerts come through.
const QUIET: [&str; 4] = ["none", "info", "informational", "debug"];
/// Severities that hurt users.
const CRITICAL: [&str; 5] = ["critical", "page", "emergency", "fatal", "disaster"];

/// Labels of a series, or of an alert.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Labels(BTreeMap<String, String>);

impl Labels {
    /// The value of a label that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }
}

impl fmt::Display for Labels {
    /// Those that differ read differently, whatever their values hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for (name, value) in &self.0 {
            write!(f, "{between}{name}={value:?}")?;
            between = " ";
        }
        Ok(())
    }
}

/// An alert as somebody told it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) fingerprint: SafeText,
    pub(super) labels: Labels,
    pub(super) annotations: Labels,
    pub(super) since: Option<Timestamp>,
    pub(super) silenced: bool,
    /// Not raised yet: it has not been so for long enough.
    pub(super) pending: bool,
    pub(super) source: SafeText,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raised {
    fingerprint: String,
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    starts_at: Option<Timestamp>,
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    silenced_by: Vec<String>,
}

/// The alerts that one peer tells, silenced ones with them.
///
/// # Errors
/// Why it doesn't answer.
pub(super) async fn alerts(peer: &Web, way: &Way) -> Result<Vec<Told>, SafeText> {
    // What another alert holds down is told by that one.
    let page = peer.below("api/v2/alerts", &[("inhibited", "false")]);
    let raised: Vec<Raised> = http::json(&page, way, PATIENCE).await?;
    let told = raised.into_iter().map(|raised| Told {
        fingerprint: safe!("alertmanager {}", raised.fingerprint),
        labels: raised.labels,
        annotations: raised.annotations,
        since: raised.starts_at,
        silenced: !raised.status.silenced_by.is_empty(),
        pending: false,
        source: SafeText::from_static("alertmanager"),
    });
    Ok(told.collect())
}

/// The name of a service without what tells its kind.
pub(super) fn plain(service: &ServiceId) -> &str {
    let name: &str = &service.name;
    name.rsplit('/').next().unwrap_or(name)
}

impl Told {
    /// As an alert of the services that are shown; `None` where nobody's eye is wanted.
    pub(super) fn alert(&self, labels: &[String], snapshot: &Snapshot) -> Option<Alert> {
        let told = self.labels.get("severity").unwrap_or_default();
        if QUIET.contains(&told) {
            return None;
        }
        let severity = if CRITICAL.contains(&told) && !self.pending {
            Severity::Critical
        } else {
            Severity::Warning
        };
        // Names that differ have to look different.
        let name = SafeText::name(self.labels.get("alertname").unwrap_or("alert"));
        let text = |names: [&str; 2]| names.iter().find_map(|name| self.annotations.get(name));
        let service = self.service(labels, snapshot);
        let of = service
            .as_ref()
            .map_or(String::new(), |of| format!("{} ", of.name));
        let pending = if self.pending { ", pending" } else { "" };
        Some(Alert {
            fingerprint: Fingerprint(self.fingerprint.clone()),
            severity,
            summary: safe!("{of}{name}{pending}"),
            detail: SafeText::line(text(["summary", "description"]).unwrap_or_default()),
            since: self.since,
            seen: self.since.unwrap_or_else(clock::now),
            source: self.source.clone(),
            silenced: self.silenced,
            service,
        })
    }

    /// Whose it is: the service that a label names, where that is one.
    fn service(&self, labels: &[String], snapshot: &Snapshot) -> Option<ServiceId> {
        let namespace = self.labels.get("namespace");
        let own = labels.iter().map(String::as_str);
        let usual = ["deployment", "statefulset", "daemonset", "container"];
        let mut values = own.chain(usual).filter_map(|label| self.labels.get(label));
        values.find_map(|value| {
            let named = snapshot.services.iter().filter(|s| plain(&s.id) == value);
            let mut named = named.filter(|s| namespace.is_none_or(|n| *s.id.group == *n));
            match (named.next(), named.next()) {
                (Some(one), None) => Some(one.id.clone()),
                _ => None,
            }
        })
    }
}
