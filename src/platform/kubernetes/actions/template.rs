//! What pods are made from: what a kept revision holds of it, and how two of them differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::object::{Object, entry, list, text};
use crate::{
    domain::service::ServiceKind,
    plan::{Change, ChangeKind},
    platform::kubernetes::argo,
    safe,
    text::SafeText,
};

/// The annotation that numbers a Deployment's revisions.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// The labels by which ReplicaSets are told apart; no part of what was asked for.
const HASHES: [&str; 2] = ["pod-template-hash", argo::HASH];

/// Annotations that stay as they are on the Deployment: its controller's own, and kubectl's memory.
const OWN: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// What a ReplicaSet's owner numbers it; 0 where nobody did.
pub(super) fn number(set: &Value) -> i64 {
    let numbers = [REVISION, argo::REVISION].map(|key| entry(set, "/metadata/annotations", key));
    let mut numbers = numbers.iter().filter_map(|number| number.parse().ok());
    numbers.next().unwrap_or_default()
}

/// The template that a kept revision holds.
pub(super) fn kept(kind: ServiceKind, revision: &Value) -> Value {
    if kind.has_sets() {
        return without_hash(revision.pointer("/spec/template").unwrap_or(&Value::Null));
    }
    let mut template = revision
        .pointer("/data/spec/template")
        .cloned()
        .unwrap_or_default();
    // It is a strategic merge patch that replaces the template whole.
    if let Some(template) = template.as_object_mut() {
        template.remove("$patch");
    }
    tidy(&mut template);
    template
}

/// A ReplicaSet's template as its Deployment had it.
fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut)
    {
        for hash in HASHES {
            labels.remove(hash);
        }
    }
    tidy(&mut template);
    template
}

/// Takes away what is written and means nothing: `creationTimestamp: null`.
fn tidy(template: &mut Value) {
    if let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut)
        && metadata.get("creationTimestamp") == Some(&Value::Null)
    {
        metadata.remove("creationTimestamp");
    }
}

/// The annotations that a Deployment has once it is back on a ReplicaSet.
pub(super) fn annotations(deployment: &Object, set: &Value) -> Value {
    let of = |value: &Value| {
        let map = value.pointer("/metadata/annotations");
        map.and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let own = |key: &str| OWN.contains(&key);
    let stay = of(&deployment.0).into_iter().filter(|(key, _)| own(key));
    let come = of(set).into_iter().filter(|(key, _)| !own(key));
    Value::Object(stay.chain(come).collect::<Map<_, _>>())
}

/// The lines of the diff between two templates. Of environment variables the names; values only on request.
pub(super) fn changes(is: &Value, will: &Value) -> Vec<Change> {
    let (is, will) = (fields(is), fields(will));
    let keys: BTreeSet<&(String, String)> = is.keys().chain(will.keys()).collect();
    let mut lines = Vec::new();
    for key in keys {
        let (before, after) = (is.get(key), will.get(key));
        if before == after {
            continue;
        }
        for (kind, value) in [(ChangeKind::Removed, before), (ChangeKind::Added, after)] {
            if let Some(value) = value {
                lines.push(line(kind, key, value));
            }
        }
    }
    lines
}

/// What is open to be read in a diff: it holds no secrets.
const OPEN: [&str; 3] = ["image", "replicas", "paused"];

fn line(kind: ChangeKind, (field, name): &(String, String), value: &str) -> Change {
    let open = OPEN.iter().any(|known| field.ends_with(known));
    let (value, secret) = match (open, name.is_empty()) {
        (true, _) => (SafeText::name(value), None),
        (false, false) => (SafeText::name(name), Some(SafeText::line(value))),
        (false, true) => (SafeText::from_static("…"), Some(SafeText::line(value))),
    };
    Change {
        kind,
        field: SafeText::name(field),
        value,
        secret,
    }
}

/// A template as fields with names: `("env", "LOG_LEVEL")`, `("sidecar: image", "")`.
fn fields(template: &Value) -> BTreeMap<(String, String), String> {
    let mut fields = BTreeMap::new();
    for part in ["labels", "annotations"] {
        let map = template.pointer(&format!("/metadata/{part}"));
        for (key, value) in map.and_then(Value::as_object).into_iter().flatten() {
            fields.insert((singular(part), key.clone()), plain(value));
        }
    }
    let spec = template.get("spec").and_then(Value::as_object);
    for (key, value) in spec.into_iter().flatten() {
        match key.as_str() {
            "containers" | "initContainers" => {
                let several = value.as_array().is_some_and(|all| all.len() > 1);
                for (at, one) in list(template, &format!("/spec/{key}")).iter().enumerate() {
                    let first = key == "containers" && at == 0 && !several;
                    let prefix = if first {
                        String::new()
                    } else {
                        format!("{}: ", text(one, "/name"))
                    };
                    container(&mut fields, &prefix, one);
                }
            }
            "volumes" => {
                for volume in list(template, "/spec/volumes") {
                    let name = text(volume, "/name").to_owned();
                    fields.insert(("volume".to_owned(), name), plain(volume));
                }
            }
            _ => {
                fields.insert((key.clone(), String::new()), plain(value));
            }
        }
    }
    fields
}

fn container(fields: &mut BTreeMap<(String, String), String>, prefix: &str, one: &Value) {
    for (key, value) in one.as_object().into_iter().flatten() {
        if key == "env" {
            for variable in value.as_array().into_iter().flatten() {
                let name = text(variable, "/name").to_owned();
                let value = variable.get("value").or_else(|| variable.get("valueFrom"));
                let value = value.map(plain).unwrap_or_default();
                fields.insert((format!("{prefix}env"), name), value);
            }
        } else if key != "name" {
            fields.insert((format!("{prefix}{key}"), String::new()), plain(value));
        }
    }
}

fn singular(part: &str) -> String {
    part.trim_end_matches('s').to_owned()
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The line of a diff of one value that everybody may read.
pub(super) fn plain_change(field: &'static str, before: &str, after: &str) -> Vec<Change> {
    [(ChangeKind::Removed, before), (ChangeKind::Added, after)]
        .map(|(kind, value)| Change {
            kind,
            field: SafeText::from_static(field),
            value: safe!("{value}"),
            secret: None,
        })
        .into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_diff_names_variables_and_keeps_their_values_for_who_asks() {
        let template = |image: &str, level: &str| {
            json!({ "metadata": { "labels": { "app": "api" } }, "spec": { "containers": [
                { "name": "api", "image": image, "env": [{ "name": "LEVEL", "value": level }] },
            ] } })
        };
        let lines = changes(&template("api:v1", "info"), &template("api:v2", "debug"));
        let read: Vec<_> = lines
            .iter()
            .map(|l| (l.kind, &*l.field, &*l.value, l.secret.as_deref()))
            .collect();
        assert_eq!(
            read,
            [
                (ChangeKind::Removed, "env", "LEVEL", Some("info")),
                (ChangeKind::Added, "env", "LEVEL", Some("debug")),
                (ChangeKind::Removed, "image", "api:v1", None),
                (ChangeKind::Added, "image", "api:v2", None),
            ]
        );
    }

    #[test]
    fn what_a_deployment_goes_back_to_has_its_own_annotations_and_no_hash() {
        let set = json!({
            "metadata": { "annotations": { REVISION: "2", "note": "old" } },
            "spec": { "template": { "metadata": { "labels": { "pod-template-hash": "abc", "app": "api" } } } },
        });
        let deployment = Object(json!({
            "metadata": { "annotations": { REVISION: "5", "note": "new", "later": "x" } },
        }));
        assert_eq!(
            annotations(&deployment, &set),
            json!({ REVISION: "5", "note": "old" })
        );
        assert_eq!(
            kept(ServiceKind::Deployment, &set),
            json!({ "metadata": { "labels": { "app": "api" } } })
        );
    }
}
