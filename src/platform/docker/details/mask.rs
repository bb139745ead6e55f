//! Hides what may be secret in a container's description: values of its environment, arguments, labels that look so.

use serde_json::Value;

/// What stands for what is hidden.
pub(in crate::platform::docker) const HIDDEN: &str = "•••";

/// Parts of a name that say that its value is nobody's business.
const TELLING: [&str; 9] = [
    "pass",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
    "private",
    "dsn",
    "url",
];

/// Hides them, in place.
pub(in crate::platform::docker) fn hide(value: &mut Value) {
    for pair in strings(&mut value["Config"]["Env"]) {
        let name = pair.split('=').next().unwrap_or_default();
        *pair = format!("{name}={HIDDEN}");
    }
    // Arguments are given where nobody thinks of who reads them: what follows a telling name goes, and all of a URL with a
    // password in it.
    for list in [
        "/Args",
        "/Config/Cmd",
        "/Config/Entrypoint",
        "/Config/Healthcheck/Test",
    ] {
        if let Some(list) = value.pointer_mut(list) {
            arguments(list);
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

fn arguments(list: &mut Value) {
    let mut before = false;
    for argument in strings(list) {
        let (name, has_value) = argument
            .split_once('=')
            .map_or((&**argument, false), |(name, _)| (name, true));
        let telling = is_telling(name);
        let inline = telling && has_value;
        // A script is one argument, and can hold anything.
        let script = argument.contains(char::is_whitespace)
            && TELLING.iter().any(|t| argument.to_lowercase().contains(t));
        let hide_whole = before || has_password(argument) || script;
        before = telling && !has_value && argument.starts_with('-');
        if hide_whole {
            HIDDEN.clone_into(argument);
        } else if inline {
            *argument = format!("{name}={HIDDEN}");
        }
    }
}

fn is_telling(name: &str) -> bool {
    let name = name.to_lowercase();
    TELLING.iter().any(|part| name.contains(part))
}

/// `scheme://user:password@host`.
fn has_password(text: &str) -> bool {
    let authority = text.split_once("://").map_or("", |(_, rest)| {
        rest.split(['/', '?', ' ']).next().unwrap_or_default()
    });
    authority
        .split_once('@')
        .is_some_and(|(user, _)| user.contains(':'))
}

fn strings(list: &mut Value) -> impl Iterator<Item = &mut String> {
    list.as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(|each| match each {
            Value::String(text) => Some(text),
            _ => None,
        })
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
