//! Hides what may be secret in an object, and folds what only machines read.

use serde_json::Value;

use crate::platform::secrets::{HIDDEN, has_password, hide_arguments, is_telling};

/// What kubectl remembers of the last apply: the whole object again, secrets and all.
const MEMORY: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Hides and folds, in place.
pub(in super::super) fn hide(object: &mut Value) {
    let secret = object["kind"] == "Secret";
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        && let Some(Value::Array(fields)) = metadata.get("managedFields")
    {
        let managers: Vec<&str> = fields
            .iter()
            .filter_map(|f| f["manager"].as_str())
            .collect();
        let folded = format!("folded: {}", managers.join(", "));
        metadata.insert("managedFields".to_owned(), Value::from(folded));
    }
    for part in ["data", "stringData"] {
        let map = object.get_mut(part).and_then(Value::as_object_mut);
        for (name, value) in map.into_iter().flatten() {
            if secret || is_telling(name) || is_secret(value) {
                *value = Value::from(HIDDEN);
            }
        }
    }
    within(object);
}

/// Hides at every depth: a pod's template stands at another depth in each kind.
fn within(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(within),
        Value::Object(map) => {
            for (name, value) in map {
                match name.as_str() {
                    "env" => variables(value),
                    "command" | "args" => hide_arguments(value),
                    "annotations" | "labels" => marks(value),
                    "httpHeaders" => variables(value),
                    _ => within(value),
                }
            }
        }
        _ => {}
    }
}

/// Values of variables go; where they come from stays.
fn variables(list: &mut Value) {
    for variable in list.as_array_mut().into_iter().flatten() {
        if let Some(value) = variable.get_mut("value") {
            *value = Value::from(HIDDEN);
        }
    }
}

fn marks(map: &mut Value) {
    for (name, value) in map.as_object_mut().into_iter().flatten() {
        if name == MEMORY {
            *value = Value::from("folded");
        } else if is_telling(name) || is_secret(value) {
            *value = Value::from(HIDDEN);
        }
    }
}

fn is_secret(value: &Value) -> bool {
    value.as_str().is_some_and(has_password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands_and_machines_words_are_folded() {
        let mut object = json!({
            "kind": "CronJob",
            "metadata": {
                "annotations": {MEMORY: "{\"value\": \"CANARY\"}", "team": "shop", "webhook-token": "CANARY"},
                "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
            },
            "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{
                "env": [{"name": "PLAIN", "value": "CANARY"}, {"name": "FROM", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
                "args": ["--password", "CANARY", "--port", "80"],
                "livenessProbe": {
                    "httpGet": {"httpHeaders": [{"name": "Authorization", "value": "CANARY"}]},
                    "exec": {"command": ["curl", "--token=CANARY"]},
                },
            }]}}}}},
        });
        hide(&mut object);
        let text = object.to_string();
        assert!(!text.contains("CANARY"), "{text}");
        assert!(!text.contains("f:spec"), "{text}");
        for kept in [
            "PLAIN",
            "secretKeyRef",
            "--port",
            "80",
            "shop",
            "folded: kubectl",
        ] {
            assert!(text.contains(kept), "{kept} is gone from {text}");
        }
    }

    #[test]
    fn all_values_of_a_secret_are_hidden_and_those_of_a_config_map_that_look_so() {
        let mut secret =
            json!({"kind": "Secret", "data": {"a": "CANARY"}, "stringData": {"b": "CANARY"}});
        hide(&mut secret);
        assert!(!secret.to_string().contains("CANARY"));
        let mut map = json!({"kind": "ConfigMap", "data": {"level": "info", "api-key": "CANARY", "db": "pg://u:CANARY@h"}});
        hide(&mut map);
        let text = map.to_string();
        assert!(!text.contains("CANARY") && text.contains("info"), "{text}");
    }
}
