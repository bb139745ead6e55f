//! What a service may need, and who may need it: guessed from names, and said to be a guess.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Fact, Rows, fact,
    listed::{Kind, Listed},
};
use crate::{
    domain::service::ServiceId,
    platform::kubernetes::{
        json::{list, text},
        rows::Workload,
    },
    text::SafeText,
};

/// NetworkPolicies.
pub(super) const POLICIES: Kind = Kind {
    api: "/apis/networking.k8s.io/v1",
    plural: "networkpolicies",
    fact: "network policies",
};

/// What it needs by its environment and by NetworkPolicies, and who reaches it.
pub(super) fn of(
    rows: &Rows<'_>,
    id: &ServiceId,
    template: &Value,
    services: &[Value],
    policies: &Listed,
) -> Vec<Fact> {
    let Some(workload) = rows.workload else {
        return Vec::new();
    };
    let mut facts: Vec<Fact> = policies.missing().into_iter().collect();
    let mut needs = by_environment(template, services);
    needs.retain(|name, _| **name != *workload.name);
    let mut may_call: Vec<String> = Vec::new();
    for policy in policies
        .items
        .iter()
        .filter(|p| chooses(p.pointer("/spec/podSelector/matchLabels"), workload, true))
    {
        let name = text(policy, "/metadata/name");
        for other in peers(rows, id, policy, "egress", "to") {
            needs
                .entry(other)
                .or_insert_with(|| format!("network policy {name}"));
        }
        let callers = peers(rows, id, policy, "ingress", "from");
        may_call.extend(
            callers
                .into_iter()
                .map(|c| format!("{c} (network policy {name})")),
        );
    }
    if !needs.is_empty() {
        let listed: Vec<String> = needs
            .iter()
            .map(|(name, by)| format!("{name} (by {by})"))
            .collect();
        facts.push(fact("needs, a guess", SafeText::line(listed.join(", "))));
    }
    if !may_call.is_empty() {
        may_call.sort();
        may_call.dedup();
        facts.push(fact(
            "called by, a guess",
            SafeText::line(may_call.join(", ")),
        ));
    }
    facts
}

/// Services whose name stands in a variable's value as a host, or begins a variable's name: `POSTGRES_HOST`.
fn by_environment(template: &Value, services: &[Value]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let containers = list(template, "/spec/containers").iter();
    for variable in containers.flat_map(|container| list(container, "/env")) {
        let name = text(variable, "/name");
        let hosts: Vec<&str> = hosts(text(variable, "/value"));
        for service in services {
            let service = text(service, "/metadata/name");
            let start = service.to_uppercase().replace('-', "_") + "_";
            if hosts.contains(&service) || name.starts_with(&start) {
                let shown = SafeText::name(name).to_string();
                found.entry(service.to_owned()).or_insert(shown);
            }
        }
    }
    found
}

/// The hosts that a value names: `postgres` of `postgres://u:p@postgres.shop.svc:5432/db`, `a` and `b` of `a:1,b:2`.
fn hosts(value: &str) -> Vec<&str> {
    let authority = match value.split_once("://") {
        Some((_, rest)) => rest.split(['/', '?']).next().unwrap_or_default(),
        None if value.contains('/') => return Vec::new(),
        None => value,
    };
    let places = authority.rsplit('@').next().unwrap_or_default();
    let host = |place: &'_ str| place.find(['.', ':']).unwrap_or(place.len());
    places
        .split(',')
        .map(|place| place[..host(place)].trim())
        .collect()
}

/// The workloads that a policy lets a side of the traffic be.
fn peers(rows: &Rows<'_>, id: &ServiceId, policy: &Value, rules: &str, side: &str) -> Vec<String> {
    let rules = list(policy, &format!("/spec/{rules}")).iter();
    let peers = rules.filter_map(|r| r[side].as_array()).flatten();
    let selectors: Vec<&Value> = peers
        .filter_map(|p| p.pointer("/podSelector/matchLabels"))
        .collect();
    let others = rows
        .store
        .workloads
        .values()
        .filter(|w| w.id.group == id.group && w.id != *id);
    others
        .filter(|w| selectors.iter().any(|s| chooses(Some(s), w, false)))
        .map(|w| w.id.name.to_string())
        .collect()
}

/// Whether labels choose a workload's pods; without any, only where `all` are meant then.
fn chooses(labels: Option<&Value>, workload: &Workload, all: bool) -> bool {
    let Some(labels) = labels.and_then(Value::as_object).filter(|l| !l.is_empty()) else {
        return all;
    };
    labels.iter().all(|(key, value)| {
        let mut own = workload.labels.iter();
        own.any(|(k, v)| **k == **key && Some(&**v) == value.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_needed_is_guessed_from_hosts_and_from_names_of_variables() {
        let services: Vec<Value> = ["postgres", "order-queue", "api", "web"]
            .map(|name| json!({"metadata": {"name": name}}))
            .into();
        let template = json!({"spec": {"containers": [{"env": [
            {"name": "DATABASE_URL", "value": "postgres://u:p@postgres.shop.svc:5432/api"},
            {"name": "ORDER_QUEUE_TOKEN", "valueFrom": {}},
            {"name": "WEBSITE", "value": "https://example.com/api"},
            {"name": "LEVEL", "value": "web of trust"},
        ]}]}});
        let found = by_environment(&template, &services);
        let found: Vec<(&str, &str)> = found.iter().map(|(k, v)| (&**k, &**v)).collect();
        let expected = [
            ("order-queue", "ORDER_QUEUE_TOKEN"),
            ("postgres", "DATABASE_URL"),
        ];
        assert_eq!(found, expected);
    }
}
