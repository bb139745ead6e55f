//! What an image itself supplies to its containers, taken out again, so that another image can supply its own.

use serde_json::{Map, Value};

use super::spec::is_empty;

/// Leaves in `config` what whoever made the container had chosen, as far as it differs from what `image` supplies.
/// A value that was chosen and is the same as the image's can't be told from the image's own.
pub(super) fn subtract(config: &mut Map<String, Value>, image: &Value) {
    for field in ["Env", "Volumes", "ExposedPorts", "Labels"] {
        if let (Some(ours), Some(theirs)) = (config.get_mut(field), image.get(field)) {
            without(ours, theirs);
        }
    }
    for field in ["WorkingDir", "User", "StopSignal", "Shell"] {
        if config
            .get(field)
            .is_some_and(|ours| image.get(field) == Some(ours))
        {
            config.remove(field);
        }
    }
    command(config, image);
    health_check(config, image);
}

/// Removes what stands in `theirs` with the same value.
fn without(ours: &mut Value, theirs: &Value) {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => ours.retain(|v| !theirs.contains(v)),
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.retain(|key, value| theirs.get(key) != Some(value));
        }
        _ => {}
    }
}

/// An image's command counts only under its own entrypoint: Docker drops it as soon as another one is chosen.
fn command(config: &mut Map<String, Value>, image: &Value) {
    let same = |field: &str, config: &Map<String, Value>| {
        let (ours, theirs) = (config.get(field), image.get(field));
        ours == theirs || (ours.is_none_or(is_empty) && theirs.is_none_or(is_empty))
    };
    if same("Entrypoint", config) {
        config.remove("Entrypoint");
        if same("Cmd", config) {
            config.remove("Cmd");
        }
    }
}

/// Docker fills in a health check part by part, so that is how it is taken out. Where the container brought a test of
/// its own, its times are its own as well, even where they equal the image's: nobody could tell, and keeping them is safe.
fn health_check(config: &mut Map<String, Value>, image: &Value) {
    let Some(theirs) = image.get("Healthcheck").and_then(Value::as_object) else {
        return;
    };
    let Some(ours) = config.get_mut("Healthcheck").and_then(Value::as_object_mut) else {
        return;
    };
    if ours.get("Test") != theirs.get("Test") {
        return;
    }
    ours.retain(|part, value| theirs.get(part) != Some(value));
    if ours.is_empty() {
        config.remove("Healthcheck");
    }
}
