//! The volumes that a service's pods claim, and why one is not there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use prost::Message as _;
use serde_json::Value;

use super::{
    Fact, fact,
    listed::{Kind, Listed},
};
use crate::{
    domain::{details::Evidence, health::Health, service::Service},
    platform::kubernetes::{
        api::ApiError,
        cluster::Cluster,
        events,
        json::{list, text},
        wire::{core, meta},
    },
    safe,
    text::SafeText,
};

const CLAIMS: Kind = Kind {
    api: "/api/v1",
    plural: "persistentvolumeclaims",
    fact: "claim",
};

/// What is said of claims in events, which alone say why one waits.
const TOLD: &str = "events?fieldSelector=involvedObject.kind%3DPersistentVolumeClaim&limit=500";

/// The claims of a service's pods.
#[derive(Debug)]
pub(super) struct Claims {
    names: BTreeSet<String>,
    listed: Listed,
    /// Why they wait, by their uid.
    why: BTreeMap<SafeText, SafeText>,
}

impl Claims {
    /// Reads those that a service's pods name, by the workload and its template.
    pub(super) async fn of(
        cluster: &Cluster,
        service: &Service,
        object: Option<&Value>,
        template: &Value,
    ) -> Self {
        let pods: Vec<&str> = service.instances.iter().map(|i| &*i.name).collect();
        Self::read(cluster, &service.id.group, names(object, template, &pods)).await
    }

    async fn read(cluster: &Cluster, namespace: &str, names: BTreeSet<String>) -> Self {
        let (mut listed, mut why) = (CLAIMS.none(), BTreeMap::new());
        if !names.is_empty() {
            listed = CLAIMS.list(cluster, namespace, "").await;
            listed
                .items
                .retain(|claim| names.contains(text(claim, "/metadata/name")));
        }
        if !listed.items.iter().all(is_bound) {
            why = told(cluster, namespace).await;
        }
        Self { names, listed, why }
    }

    /// Each claim with how it is; those that are alike are told together, and those that are not bound come first.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let mut alike: BTreeMap<(bool, SafeText), Vec<&str>> = BTreeMap::new();
        for claim in &self.listed.items {
            let words = self.words(claim);
            let name = text(claim, "/metadata/name");
            alike
                .entry((is_bound(claim), words))
                .or_default()
                .push(name);
        }
        let gone = self.gone();
        if !gone.is_empty() {
            let words = SafeText::from_static("not there");
            alike.insert((false, words), gone);
        }
        let each = alike
            .into_iter()
            .map(|((_, words), names)| fact(CLAIMS.fact, safe!("{}: {words}", names.join(", "))));
        each.chain(self.listed.missing()).collect()
    }

    /// The claims that are not bound, where the service is not well: what its pods wait for.
    pub(super) fn evidence(&self, service: &Service) -> Vec<Evidence> {
        if service.health >= Health::Well {
            return Vec::new();
        }
        let say = |(text, since)| Evidence {
            health: service.health,
            text,
            since,
        };
        self.awaited().map(say).collect()
    }

    /// The claims that are not bound: `claim data-db-0: Pending, …`, and since when.
    fn awaited(&self) -> impl Iterator<Item = (SafeText, Option<Timestamp>)> {
        let waiting = self.listed.items.iter().filter(|claim| !is_bound(claim));
        let waiting = waiting.map(|claim| {
            let name = text(claim, "/metadata/name");
            let made = text(claim, "/metadata/creationTimestamp").parse();
            (safe!("claim {name}: {}", self.words(claim)), made.ok())
        });
        let gone = self.gone().into_iter();
        waiting.chain(gone.map(|name| (safe!("claim {name}: not there"), None)))
    }

    /// The names that no claim has.
    fn gone(&self) -> Vec<&str> {
        // Of what may not be listed, nothing is known to be missing.
        if self.listed.missing().is_some() {
            return Vec::new();
        }
        let there = |name: &str| {
            let mut all = self.listed.items.iter();
            all.any(|claim| text(claim, "/metadata/name") == name)
        };
        let names = self.names.iter().map(String::as_str);
        names.filter(|name| !there(name)).collect()
    }

    /// `Bound, 10Gi of fast`; `Pending, wants 10Gi of fast: storageclass "fast" not found`.
    fn words(&self, claim: &Value) -> SafeText {
        let has = text(claim, "/status/capacity/storage");
        let wants = text(claim, "/spec/resources/requests/storage");
        let amount = match has {
            "" => format!("wants {wants}"),
            has if has == wants => has.to_owned(),
            has => format!("{has}, wants {wants}"),
        };
        let class = match text(claim, "/spec/storageClassName") {
            "" => "without a class".to_owned(),
            class => format!("of {class}"),
        };
        let words = safe!("{}, {amount} {class}", text(claim, "/status/phase"));
        let uid = SafeText::name(text(claim, "/metadata/uid"));
        match self.why.get(&uid).filter(|_| !is_bound(claim)) {
            Some(why) => safe!("{words}: {why}"),
            None => words,
        }
    }
}

fn is_bound(claim: &Value) -> bool {
    text(claim, "/status/phase") == "Bound"
}

/// The claim that a pod waits for, and why; `None` where all that it names are bound, or nobody tells of them.
///
/// # Errors
/// The pod could not be read.
pub(in super::super) async fn awaited(
    cluster: &Cluster,
    namespace: &str,
    pod: &str,
) -> Result<Option<SafeText>, ApiError> {
    let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}");
    let object: Value = cluster.api.json(&path).await?;
    let claims = Claims::read(cluster, namespace, names(None, &object, &[pod])).await;
    Ok(claims.awaited().next().map(|(words, _)| words))
}

/// The claims that pods name: of the template's volumes, and those that are made for each pod.
fn names(object: Option<&Value>, template: &Value, pods: &[&str]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for volume in list(template, "/spec/volumes") {
        match text(volume, "/persistentVolumeClaim/claimName") {
            "" => {}
            name => drop(names.insert(name.to_owned())),
        }
        if volume.get("ephemeral").is_some() {
            let volume = text(volume, "/name");
            names.extend(pods.iter().map(|pod| format!("{pod}-{volume}")));
        }
    }
    let own = object.map_or(&[][..], |object| list(object, "/spec/volumeClaimTemplates"));
    for claim in own {
        let claim = text(claim, "/metadata/name");
        names.extend(pods.iter().map(|pod| format!("{claim}-{pod}")));
    }
    names
}

/// The last that was told of each claim in a namespace, by its uid; nothing where events may not be listed.
async fn told(cluster: &Cluster, namespace: &str) -> BTreeMap<SafeText, SafeText> {
    let path = format!("/api/v1/namespaces/{namespace}/{TOLD}");
    let page = cluster.api.protobuf::<meta::Page>(&path).await;
    let items = page.map(|page| page.items).unwrap_or_default();
    let mut all: Vec<core::Event> = items
        .into_iter()
        .filter_map(|item| core::Event::decode(item).ok())
        .collect();
    all.sort_by_key(events::at);
    let each = all.into_iter().filter_map(|event| {
        let uid = SafeText::name(event.object?.uid);
        Some((uid, SafeText::line(event.message)))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(why: &[(&str, &str)], items: Vec<Value>, names: &[&str]) -> Claims {
        let text = |text: &str| SafeText::name(text);
        Claims {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            listed: Listed {
                items,
                ..CLAIMS.none()
            },
            why: why.iter().map(|(k, v)| (text(k), text(v))).collect(),
        }
    }

    fn claim(name: &str, phase: &str, capacity: Value) -> Value {
        json!({
            "metadata": {"name": name, "uid": name, "creationTimestamp": "2026-03-01T10:00:00Z"},
            "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}},
            "status": {"phase": phase, "capacity": capacity},
        })
    }

    #[test]
    fn pods_claim_what_their_template_names_and_what_is_made_for_each() {
        let template = json!({"spec": {"volumes": [
            {"name": "shared", "persistentVolumeClaim": {"claimName": "media"}},
            {"name": "scratch", "ephemeral": {}},
            {"name": "config", "configMap": {"name": "config"}},
        ]}});
        let object = json!({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}]}});
        let found = names(Some(&object), &template, &["db-0", "db-1"]);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(
            found,
            [
                "data-db-0",
                "data-db-1",
                "db-0-scratch",
                "db-1-scratch",
                "media"
            ]
        );
    }

    #[test]
    fn claims_that_are_alike_are_told_together_after_those_that_wait() {
        let has = || json!({"storage": "10Gi"});
        let found = claims(
            &[("data-db-2", "no such class")],
            vec![
                claim("data-db-0", "Bound", has()),
                claim("data-db-1", "Bound", has()),
                claim("data-db-2", "Pending", Value::Null),
            ],
            &["data-db-0", "data-db-1", "data-db-2", "media"],
        );
        let told: Vec<String> = found.facts().iter().map(|f| f.value.to_string()).collect();
        assert_eq!(
            told,
            [
                "data-db-2: Pending, wants 10Gi of fast: no such class",
                "media: not there",
                "data-db-0, data-db-1: Bound, 10Gi of fast",
            ]
        );
        let mut service = Service {
            health: Health::Well,
            ..Service::default()
        };
        assert_eq!(found.evidence(&service), Vec::new(), "it is well");
        service.health = Health::Critical;
        let why: Vec<String> = found
            .evidence(&service)
            .iter()
            .map(|e| e.text.to_string())
            .collect();
        assert_eq!(
            why,
            [
                "claim data-db-2: Pending, wants 10Gi of fast: no such class",
                "claim media: not there",
            ]
        );
    }
}
