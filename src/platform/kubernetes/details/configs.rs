//! The ConfigMaps and Secrets that pods are made with: whether they have changed since, as far as that can be told without
//! reading what is in them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::Value;

use super::{Fact, fact};
use crate::{
    domain::{
        instance::{Instance, Phase},
        service::Service,
    },
    platform::kubernetes::{
        api::Api,
        cluster::Cluster,
        json::{containers, list, text},
        metadata::{self, Metadata},
        rights::{self, need},
    },
    safe,
    text::SafeText,
};

/// Questions that are out at the same time.
const AT_ONCE: usize = 4;

/// So many are looked at.
const MOST: usize = 40;

/// What pods are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::platform::kubernetes) enum Kind {
    ConfigMap,
    Secret,
}

/// What is known of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::platform::kubernetes) enum Seen {
    /// When it was changed last.
    At(Timestamp),
    Gone,
    /// Why it is not known.
    Hidden(SafeText),
}

/// What the template of a service names, and whether its pods still have it as it is.
pub(super) async fn of(cluster: &Cluster, service: &Service, template: &Value) -> Vec<Fact> {
    let begun: Vec<Timestamp> = service.instances.iter().filter_map(|i| began(i)).collect();
    let all = named(template);
    if begun.is_empty() || service.id.group.is_empty() {
        return Vec::new();
    }
    let left = all.len().saturating_sub(MOST);
    let seen = read(&cluster.api, &service.id.group, all).await;
    let mut facts = told(seen, &begun);
    if left > 0 {
        facts.push(fact("config", safe!("{left} more were not looked at")));
    }
    facts
}

/// One that a template names, and what is known of it.
pub(in crate::platform::kubernetes) type Config = (Kind, String, Seen);

/// Looks at those, as far as so many may be looked at.
pub(in crate::platform::kubernetes) async fn read(
    api: &Api,
    namespace: &str,
    named: BTreeSet<(Kind, String)>,
) -> Vec<Config> {
    let look = |(kind, name): (Kind, String)| async move {
        let seen = look(api, namespace, kind, &name).await;
        (kind, name, seen)
    };
    let seen = stream::iter(named.into_iter().take(MOST).map(look));
    seen.buffered(AT_ONCE).collect().await
}

/// What a template names that is not as it was when a revision with that template was made, or may not be: going back to it
/// brings none of that back. What changed comes first.
pub(in crate::platform::kubernetes) fn since(
    configs: &[Config],
    template: &Value,
    made: Timestamp,
) -> Vec<SafeText> {
    let mut alike: BTreeMap<(u8, SafeText), Vec<String>> = BTreeMap::new();
    for (kind, name) in named(template) {
        let known = configs.iter().find(|(k, n, _)| (*k, n) == (kind, &name));
        let (rank, words) = match known.map(|(_, _, seen)| seen) {
            Some(Seen::At(at)) if *at <= made => continue,
            Some(Seen::At(at)) => (
                0,
                safe!("changed {at:.0}, after that revision was made: it does not go back"),
            ),
            Some(Seen::Gone) => (1, SafeText::from_static("not there any more")),
            Some(Seen::Hidden(why)) => (2, safe!("not known whether it changed since: {why}")),
            None => (
                3,
                SafeText::from_static("not looked at: there are too many"),
            ),
        };
        let name = format!("{kind:?} {name}");
        alike.entry((rank, words)).or_default().push(name);
    }
    let each = alike.into_iter();
    each.map(|((_, words), names)| safe!("{}: {words}", names.join(", ")))
        .collect()
}

/// When a pod that is there to stay began.
fn began(instance: &Instance) -> Option<Timestamp> {
    if matches!(instance.phase, Phase::Stopping | Phase::Exited) {
        return None;
    }
    instance.started.or(instance.created)
}

/// What a template takes its environment and its files from.
pub(in crate::platform::kubernetes) fn named(template: &Value) -> BTreeSet<(Kind, String)> {
    let mut all = BTreeSet::new();
    let mut add = |kind: Kind, name: &str| {
        // A template may name what no object can be called; it is part of a path here.
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
        if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.bytes().all(fits) {
            all.insert((kind, name.to_owned()));
        }
    };
    for container in containers(template) {
        for variable in list(container, "/env") {
            add(
                Kind::ConfigMap,
                text(variable, "/valueFrom/configMapKeyRef/name"),
            );
            add(Kind::Secret, text(variable, "/valueFrom/secretKeyRef/name"));
        }
        for from in list(container, "/envFrom") {
            add(Kind::ConfigMap, text(from, "/configMapRef/name"));
            add(Kind::Secret, text(from, "/secretRef/name"));
        }
    }
    for volume in list(template, "/spec/volumes") {
        add(Kind::ConfigMap, text(volume, "/configMap/name"));
        add(Kind::Secret, text(volume, "/secret/secretName"));
        for source in list(volume, "/projected/sources") {
            add(Kind::ConfigMap, text(source, "/configMap/name"));
            add(Kind::Secret, text(source, "/secret/name"));
        }
    }
    all
}

/// Looks when one was changed last. Who may not read Secrets does not ask for one: such a request alone would alarm somebody.
async fn look(api: &Api, namespace: &str, kind: Kind, name: &str) -> Seen {
    let plural = match kind {
        Kind::ConfigMap => "configmaps",
        Kind::Secret => "secrets",
    };
    if kind == Kind::Secret {
        match rights::refused(api, need("get", "", plural), namespace, name).await {
            Ok(None) => {}
            Ok(Some(_)) => return forbidden(plural, namespace),
            Err(why) => return Seen::Hidden(why),
        }
    }
    let path = format!("/api/v1/namespaces/{namespace}/{plural}/{name}");
    match metadata::of(api, &path).await {
        Ok(metadata) => match changed(&metadata) {
            Some(at) => Seen::At(at),
            None => Seen::Hidden(SafeText::from_static("nobody noted when it was changed")),
        },
        Err(error) => match error.code() {
            Some(404) => Seen::Gone,
            Some(403) => forbidden(plural, namespace),
            _ => Seen::Hidden(safe!("{error}")),
        },
    }
}

fn forbidden(plural: &str, namespace: &str) -> Seen {
    Seen::Hidden(safe!("you may not get {plural} in {namespace}"))
}

/// When what is in it was set last: a new label on it is no change of that.
fn changed(metadata: &Metadata) -> Option<Timestamp> {
    let holds = |fields: &Value| {
        let parts = ["f:data", "f:binaryData"];
        parts.iter().any(|part| fields.get(part).is_some())
    };
    let set = metadata.managed_fields.iter();
    let set = set.filter(|managed| holds(&managed.fields_v1));
    set.filter_map(|managed| managed.time)
        .chain(metadata.creation_timestamp)
        .max()
}

/// What changed comes first.
fn told(seen: Vec<(Kind, String, Seen)>, begun: &[Timestamp]) -> Vec<Fact> {
    let mut alike: BTreeMap<(u8, SafeText), Vec<String>> = BTreeMap::new();
    for (kind, name, seen) in seen {
        let (rank, words) = match seen {
            Seen::At(at) => match begun.iter().filter(|begun| **begun < at).count() {
                0 => (3, SafeText::from_static("unchanged since its pods started")),
                stale => (
                    0,
                    safe!(
                        "changed {at:.0}, after {stale} of {} pods started: a restart picks it up",
                        begun.len()
                    ),
                ),
            },
            Seen::Gone => (1, SafeText::from_static("not there")),
            Seen::Hidden(why) => (2, safe!("not known whether it changed: {why}")),
        };
        let name = format!("{kind:?} {name}");
        alike.entry((rank, words)).or_default().push(name);
    }
    let each = alike.into_iter();
    each.map(|((_, words), names)| fact("config", safe!("{}: {words}", names.join(", "))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::kubernetes::metadata::Managed;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn a_template_names_them_in_many_places() {
        let template = json!({"spec": {
            "initContainers": [{"envFrom": [{"secretRef": {"name": "init"}}]}],
            "containers": [{
                "env": [
                    {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "flags", "key": "a"}}},
                    {"name": "B", "valueFrom": {"secretKeyRef": {"name": "token", "key": "b"}}},
                    {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "../secrets/token"}}},
                ],
                "envFrom": [{"configMapRef": {"name": "env"}}],
            }],
            "volumes": [
                {"name": "a", "configMap": {"name": "files"}},
                {"name": "b", "secret": {"secretName": "tls"}},
                {"name": "c", "projected": {"sources": [
                    {"configMap": {"name": "part"}}, {"secret": {"name": "other"}}]}},
            ],
        }});
        let found: Vec<String> = named(&template)
            .iter()
            .map(|(kind, name)| format!("{kind:?} {name}"))
            .collect();
        assert_eq!(
            found,
            [
                "ConfigMap env",
                "ConfigMap files",
                "ConfigMap flags",
                "ConfigMap part",
                "Secret init",
                "Secret other",
                "Secret tls",
                "Secret token",
            ]
        );
    }

    #[test]
    fn a_label_on_it_is_no_change_of_what_is_in_it() {
        let managed = |second, fields| Managed {
            time: Some(at(second)),
            fields_v1: fields,
            ..Managed::default()
        };
        let mut metadata = Metadata {
            creation_timestamp: Some(at(10)),
            managed_fields: vec![
                managed(20, json!({"f:data": {".": {}, "f:a": {}}})),
                managed(30, json!({"f:metadata": {"f:labels": {}}})),
            ],
        };
        assert_eq!(changed(&metadata), Some(at(20)));
        // Somebody deleted it and made it anew.
        metadata.creation_timestamp = Some(at(40));
        assert_eq!(changed(&metadata), Some(at(40)));
    }

    #[test]
    fn what_changed_since_a_revision_was_made_does_not_come_back_with_it() {
        let volume = |name: &str| json!({"name": name, "configMap": {"name": name}});
        let template = json!({"spec": {"volumes": [
            volume("old"), volume("new"), volume("lost"), volume("late"),
            {"name": "s", "secret": {"secretName": "token"}},
        ]}});
        let hidden = Seen::Hidden(SafeText::from_static("you may not get secrets in shop"));
        let configs = [
            (Kind::ConfigMap, "old".to_owned(), Seen::At(at(10))),
            (Kind::ConfigMap, "new".to_owned(), Seen::At(at(11))),
            (Kind::ConfigMap, "lost".to_owned(), Seen::Gone),
            (Kind::ConfigMap, "other".to_owned(), Seen::At(at(20))),
            (Kind::Secret, "token".to_owned(), hidden),
        ];
        let told = since(&configs, &template, at(10));
        let told: Vec<&str> = told.iter().map(|line| &**line).collect();
        assert_eq!(
            told,
            [
                "ConfigMap new: changed 1970-01-01T00:00:11Z, after that revision was made: it does not go back",
                "ConfigMap lost: not there any more",
                "Secret token: not known whether it changed since: you may not get secrets in shop",
                "ConfigMap late: not looked at: there are too many",
            ]
        );
    }

    #[test]
    fn what_changed_after_pods_started_comes_first() {
        let hidden = || Seen::Hidden(SafeText::from_static("you may not get secrets in shop"));
        let seen = vec![
            (Kind::ConfigMap, "old".to_owned(), Seen::At(at(5))),
            (Kind::ConfigMap, "flags".to_owned(), Seen::At(at(15))),
            (Kind::ConfigMap, "lost".to_owned(), Seen::Gone),
            (Kind::Secret, "a".to_owned(), hidden()),
            (Kind::Secret, "b".to_owned(), hidden()),
        ];
        let facts = told(seen, &[at(10), at(15), at(20)]);
        let values: Vec<&str> = facts.iter().map(|f| &*f.value).collect();
        assert_eq!(
            values,
            [
                "ConfigMap flags: changed 1970-01-01T00:00:15Z, after 1 of 3 pods started: a restart picks it up",
                "ConfigMap lost: not there",
                "Secret a, Secret b: not known whether it changed: you may not get secrets in shop",
                "ConfigMap old: unchanged since its pods started",
            ]
        );
    }
}
