//! From a container's inspect JSON to the request that makes it anew.
//!
//! `HostConfig` goes over verbatim. What Docker added by itself stays behind (addresses, endpoint ids, the short id as
//! hostname and alias), and, where another image is to run, what the present image had supplied.

use serde_json::{Map, Value, json};

use super::{
    container::{Container, IMAGE, NUMBER, REPLACE},
    supplied::subtract,
};

/// Characters of a short id, which Docker uses as hostname and as an alias.
const SHORT_ID: usize = 12;

/// What the new container is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose<'a> {
    /// It takes the place of the one it is made from, and its data.
    Replace {
        /// The number by which Compose is to tell the two apart.
        number: u32,
    },
    /// It stands beside it, under another name and number, with volumes of its own where they have no name.
    Beside {
        /// The name it will have.
        name: &'a str,
        /// Its number within the service.
        number: u32,
    },
}

/// The image that a new container runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image<'a> {
    /// How it is asked for.
    pub(crate) reference: &'a str,
    /// Its id.
    pub(crate) id: &'a str,
    /// The `Config` of the image that runs now, where another one is to run: what it supplies is left out.
    pub(crate) supplied_by: Option<&'a Value>,
}

/// What is sent to make a container.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spec {
    /// The body of the request that creates it; the name goes beside it.
    pub(crate) create: Value,
    /// The networks to connect it to before it starts, each with its endpoint. An Engine before 1.44 takes but one when
    /// a container is made.
    pub(crate) connect: Vec<(String, Value)>,
}

/// The request that makes `old` anew.
pub(crate) fn spec(old: &Container, purpose: Purpose<'_>, image: Image<'_>) -> Spec {
    let mut config = object(old.0.get("Config"));
    let mut host = object(old.0.get("HostConfig"));
    if matches!(purpose, Purpose::Replace { .. }) {
        carry_volumes(old, &mut config, &mut host);
    }
    if let Some(supplied) = image.supplied_by {
        subtract(&mut config, supplied);
    }
    config.insert("Image".into(), image.reference.into());
    leave_hostname(old, &mut config);
    set_labels(&mut config, purpose, image);

    let mut connect = Vec::new();
    let mut first = Map::new();
    for (name, endpoint) in old.networks() {
        let made_in = made_in(old, name, endpoint);
        let endpoint = clean_endpoint(old, purpose, endpoint);
        if made_in {
            first.insert(name.to_owned(), endpoint);
        } else {
            connect.push((name.to_owned(), endpoint));
        }
    }
    connect.sort_by(|a, b| a.0.cmp(&b.0));

    config.insert("HostConfig".into(), Value::Object(host));
    config.insert(
        "NetworkingConfig".into(),
        json!({ "EndpointsConfig": first }),
    );
    Spec {
        create: Value::Object(config),
        connect,
    }
}

/// Whether a container was made in this network, so that the new one is too.
fn made_in(old: &Container, name: &str, endpoint: &Value) -> bool {
    let mode = old.network_mode();
    let id = endpoint.get("NetworkID").and_then(Value::as_str);
    mode == name
        || id == Some(mode)
        || (mode == "default" && name == "bridge")
        || matches!(name, "host" | "none")
}

/// An endpoint without what Docker gave it by itself. An address that somebody chose stays.
fn clean_endpoint(old: &Container, purpose: Purpose<'_>, endpoint: &Value) -> Value {
    let mut clean = Map::new();
    let short = old.id().get(..SHORT_ID).unwrap_or_default();
    let aliases: Vec<Value> = endpoint
        .get("Aliases")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|alias| *alias != short)
        .map(|alias| match purpose {
            Purpose::Beside { name, .. } if alias == old.name() => name.into(),
            _ => alias.into(),
        })
        .collect();
    if !aliases.is_empty() {
        clean.insert("Aliases".into(), aliases.into());
    }
    for field in ["IPAMConfig", "Links", "DriverOpts"] {
        if let Some(value) = endpoint.get(field).filter(|v| !is_empty(v)) {
            clean.insert(field.into(), value.clone());
        }
    }
    Value::Object(clean)
}

/// Names the volumes that Docker named by itself, so that their data follows into the new container.
fn carry_volumes(old: &Container, config: &mut Map<String, Value>, host: &mut Map<String, Value>) {
    for mount in old.mounts() {
        let field = |name| mount.get(name).and_then(Value::as_str).unwrap_or_default();
        let (volume, destination) = (field("Name"), field("Destination"));
        if field("Type") != "volume" || volume.is_empty() {
            continue;
        }
        let nameless = host
            .get_mut("Mounts")
            .and_then(Value::as_array_mut)
            .and_then(|mounts| mounts.iter_mut().find(|m| m["Target"] == destination))
            .filter(|m| m["Type"] == "volume" && is_empty(&m["Source"]));
        if let Some(nameless) = nameless {
            nameless["Source"] = volume.into();
            continue;
        }
        let declared = config
            .get_mut("Volumes")
            .and_then(Value::as_object_mut)
            .is_some_and(|volumes| volumes.remove(destination).is_some());
        if declared && !bound(host, destination) {
            let mode = if mount["RW"] == false { "ro" } else { "rw" };
            let bind = format!("{volume}:{destination}:{mode}");
            match host.get_mut("Binds").and_then(Value::as_array_mut) {
                Some(binds) => binds.push(bind.into()),
                None => {
                    host.insert("Binds".into(), json!([bind]));
                }
            }
        }
    }
}

/// Whether something chosen by hand is mounted there already.
fn bound(host: &Map<String, Value>, destination: &str) -> bool {
    let list = |field| {
        host.get(field)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    list("Binds")
        .filter_map(Value::as_str)
        .any(|bind| bind.split(':').nth(1) == Some(destination))
        || list("Mounts").any(|mount| mount["Target"] == destination)
}

/// Docker takes the short id as hostname where nobody chose one, and none where the namespace is another's.
fn leave_hostname(old: &Container, config: &mut Map<String, Value>) {
    let hostname = config
        .get("Hostname")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let by_itself = hostname.len() == SHORT_ID && old.id().starts_with(hostname);
    let mode = old.network_mode();
    let shared = mode.starts_with("container:");
    let uts = super::container::text(&old.0, "/HostConfig/UTSMode") == "host";
    if by_itself || shared || uts || mode == "host" {
        config.remove("Hostname");
        config.remove("Domainname");
    }
    if shared {
        config.remove("ExposedPorts");
    }
}

/// Compose's own labels, true of the new container.
fn set_labels(config: &mut Map<String, Value>, purpose: Purpose<'_>, image: Image<'_>) {
    let Some(labels) = config.get_mut("Labels").and_then(Value::as_object_mut) else {
        return;
    };
    labels.remove(REPLACE);
    if labels.contains_key(IMAGE) {
        labels.insert(IMAGE.into(), image.id.into());
    }
    let (Purpose::Beside { number, .. } | Purpose::Replace { number }) = purpose;
    if labels.contains_key(NUMBER) {
        labels.insert(NUMBER.into(), number.to_string().into());
    }
}

/// A copy of an object, or an empty one.
fn object(value: Option<&Value>) -> Map<String, Value> {
    value
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}

/// Whether a value says nothing: null, or empty.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
#[path = "spec/tests.rs"]
mod tests;
