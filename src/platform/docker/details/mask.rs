//! Hides what may be secret in a container's description: values of its environment, arguments, labels that look so.

use serde_json::Value;

use crate::platform::secrets::{HIDDEN, has_password, hide_arguments, is_telling, strings};

/// Hides them, in place.
pub(in crate::platform::docker) fn hide(value: &mut Value) {
    if let Some(environment) = value.pointer_mut("/Config/Env") {
        for pair in strings(environment) {
            let name = pair.split('=').next().unwrap_or_default();
            *pair = format!("{name}={HIDDEN}");
        }
    }
    for list in [
        "/Args",
        "/Config/Cmd",
        "/Config/Entrypoint",
        "/Config/Healthcheck/Test",
    ] {
        if let Some(list) = value.pointer_mut(list) {
            hide_arguments(list);
        }
    }
    for map in ["/Config/Labels", "/HostConfig/LogConfig/Config"] {
        if let Some(map) = value.pointer_mut(map).and_then(Value::as_object_mut) {
            for (name, value) in map {
                let telling = is_telling(name) || value.as_str().is_some_and(has_password);
                if telling {
                    *value = Value::from(HIDDEN);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let mut value = json!({
            "Path": "serve",
            "Args": ["--password", "CANARY", "--api-key=CANARY", "postgres://u:CANARY@db/x", "--port", "80"],
            "Config": {
                "Env": ["DATABASE_URL=CANARY", "PLAIN=CANARY"],
                "Cmd": ["sh", "-c", "export TOKEN=CANARY; run"],
                "Entrypoint": null,
                "Healthcheck": {"Test": ["CMD", "curl", "-H", "Authorization: CANARY"]},
                "Labels": {"traefik.auth.users": "CANARY", "team": "shop", "link": "https://a:CANARY@b"},
            },
            "HostConfig": {"LogConfig": {"Type": "splunk", "Config": {"splunk-token": "CANARY"}}},
        });
        hide(&mut value);
        let text = value.to_string();
        assert!(!text.contains("CANARY"), "{text}");
        for kept in ["DATABASE_URL", "PLAIN", "--port", "80", "shop", "--api-key"] {
            assert!(text.contains(kept), "{kept} is gone from {text}");
        }
    }
}
