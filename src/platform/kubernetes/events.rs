//! Events in an operator's words, each with the service that it is about.

use jiff::Timestamp;

use super::{
    rows::{kind, prefix, time},
    store::{Store, Uid},
    why,
    wire::core,
};
use crate::{
    domain::{
        details::Happening,
        health::Health,
        service::{ServiceId, ServiceKind},
    },
    safe,
    text::SafeText,
};

/// What says nothing by itself: the step after it is told, or the one before was.
const SILENT: [&str; 6] = [
    "Created",
    "Pulling",
    "Pulled",
    "SuccessfulCreate",
    "SuccessfulDelete",
    "LeaderElection",
];

/// What hurts, of what the cluster calls a warning.
const GRAVE: [&str; 9] = [
    "BackOff",
    "Evicted",
    "Failed",
    "FailedCreate",
    "FailedMount",
    "FailedScheduling",
    "NodeNotReady",
    "OOMKilling",
    "SystemOOM",
];

/// What happened, in words; `None` for what says nothing by itself.
pub(super) fn happening(event: &core::Event, store: &Store) -> Option<Happening> {
    let object = event.object.clone().unwrap_or_default();
    let reason = SafeText::name(&event.reason);
    if SILENT.contains(&&*reason) {
        return None;
    }
    let name = SafeText::name(&object.name);
    let told = SafeText::line(&event.message);
    let text = match &*reason {
        "Scheduled" => safe!(
            "{name} placed on {}",
            told.rsplit(' ').next().unwrap_or_default()
        ),
        "Started" => safe!("{name} started"),
        "Killing" => safe!("{name} told to stop"),
        "FailedScheduling" => safe!("{name} finds no node: {told}"),
        "FailedCreate" if *object.kind == *b"CronJob" => {
            safe!("{name}: its Job cannot be made: {}", created(&told))
        }
        "FailedCreate" => safe!("{name}: pods cannot be made: {}", created(&told)),
        _ if told.is_empty() => safe!("{name}: {reason}"),
        _ => safe!("{name}: {told}"),
    };
    let health = match (&*event.kind, &*reason) {
        (b"Warning", reason) if GRAVE.contains(&reason) => Health::Critical,
        (b"Warning", _) => Health::Warning,
        (_, "Killing") => Health::Off,
        _ => Health::Well,
    };
    let times = count(event);
    Some(Happening {
        at: at(event)?,
        service: service(store, &object),
        text: if times > 1 {
            safe!("{text} (×{times})")
        } else {
            text
        },
        health,
    })
}

/// Why a pod could not be made: `Error creating: pods "api-0" is forbidden: exceeded quota: …`.
pub(super) fn created(told: &str) -> SafeText {
    let said = ["Error creating: ", "Error creating job: "];
    let told = said
        .iter()
        .find_map(|words| told.strip_prefix(words))
        .unwrap_or(told);
    let told = told
        .split_once(" failed error: ")
        .map_or(told, |(_, why)| why);
    why::refusal(told)
}

/// How often it happened.
pub(super) fn count(event: &core::Event) -> i32 {
    event.series.as_ref().map_or(event.count, |s| s.count)
}

/// When it happened last.
pub(super) fn at(event: &core::Event) -> Option<Timestamp> {
    let series = event.series.as_ref().and_then(|s| time(s.last.as_ref()));
    let made = event
        .metadata
        .as_ref()
        .and_then(|m| time(m.created.as_ref()));
    series
        .or_else(|| time(event.last.as_ref()))
        .or_else(|| time(event.time.as_ref()))
        .or_else(|| time(event.first.as_ref()))
        .or(made)
}

/// The service that an object belongs to; `None` where nothing is known of it.
fn service(store: &Store, object: &core::ObjectReference) -> Option<ServiceId> {
    let uid: Uid = SafeText::name(&object.uid);
    let name = SafeText::name(&object.name);
    let group = SafeText::name(&object.namespace);
    if *object.kind == *b"Node" {
        let name = safe!("{}{name}", prefix(ServiceKind::Node));
        return Some(ServiceId {
            group: SafeText::EMPTY,
            name,
        });
    }
    if let Some(scaled) = store.autoscaler(&uid) {
        return Some(scaled.target.clone());
    }
    let pod = store.pods.get(&uid);
    let top = store.top(pod.map_or(&uid, |pod| pod.key()));
    if let Some(workload) = store.workloads.get(&top) {
        return Some(workload.id.clone());
    }
    // What is gone by now still has the name of its service, unless that made up its name.
    let kind = match pod {
        Some(pod) if pod.owner.is_none() => ServiceKind::Pod,
        Some(_) => return None,
        None => kind(&String::from_utf8_lossy(&object.kind))?.0,
    };
    Some(ServiceId {
        group,
        name: safe!("{}{name}", prefix(kind)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::kubernetes::wire::meta;
    use bytes::Bytes;

    fn event(
        kind: &'static str,
        about: (&'static str, &'static str),
        reason: &'static str,
        message: &'static str,
    ) -> core::Event {
        let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
        core::Event {
            object: Some(core::ObjectReference {
                kind: bytes(about.0),
                namespace: bytes("shop"),
                name: bytes(about.1),
                ..core::ObjectReference::default()
            }),
            reason: bytes(reason),
            message: bytes(message),
            kind: bytes(kind),
            last: Some(meta::Time {
                seconds: 1_800_000_000,
                nanos: 0,
            }),
            count: 1,
            ..core::Event::default()
        }
    }

    fn told(event: &core::Event) -> Option<(Health, String, String)> {
        let found = happening(event, &Store::default())?;
        let service = found.service.map(|id| id.to_string()).unwrap_or_default();
        Some((found.health, found.text.to_string(), service))
    }

    #[test]
    fn events_are_said_in_an_operators_words_and_belong_to_services() {
        for (event, health, text, service) in [
            (
                event(
                    "Normal",
                    ("Pod", "api-1"),
                    "Scheduled",
                    "Successfully assigned shop/api-1 to node-2",
                ),
                Health::Well,
                "api-1 placed on node-2",
                "",
            ),
            (
                event(
                    "Warning",
                    ("Pod", "api-1"),
                    "FailedScheduling",
                    "0/3 nodes are available",
                ),
                Health::Critical,
                "api-1 finds no node: 0/3 nodes are available",
                "",
            ),
            (
                event(
                    "Warning",
                    ("StatefulSet", "db"),
                    "FailedCreate",
                    "create Pod db-0 in StatefulSet db failed error: pods \"db-0\" is forbidden: exceeded quota: few",
                ),
                Health::Critical,
                "db: pods cannot be made: exceeded quota: few",
                "shop/sts/db",
            ),
            (
                event(
                    "Normal",
                    ("Deployment", "api"),
                    "ScalingReplicaSet",
                    "Scaled up replica set api-7f9c to 3",
                ),
                Health::Well,
                "api: Scaled up replica set api-7f9c to 3",
                "shop/api",
            ),
            (
                event("Warning", ("Node", "node-2"), "Rebooted", ""),
                Health::Warning,
                "node-2: Rebooted",
                "node/node-2",
            ),
        ] {
            let expected = (health, text.to_owned(), service.to_owned());
            assert_eq!(told(&event), Some(expected));
        }
        let silent = event("Normal", ("Pod", "api-1"), "Pulled", "already present");
        assert_eq!(told(&silent), None);
    }

    #[test]
    fn what_happened_again_says_how_often() {
        let mut event = event(
            "Warning",
            ("Pod", "api-1"),
            "BackOff",
            "Back-off restarting",
        );
        event.count = 12;
        let (_, text, _) = told(&event).expect("it is told");
        assert_eq!(text, "api-1: Back-off restarting (×12)");
    }
}
