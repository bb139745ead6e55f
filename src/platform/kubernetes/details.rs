//! One service, looked at closely: read when someone looks, and not kept.

pub(super) mod claims;
pub(super) mod configs;
mod evidence;
mod facts;
pub(super) mod helm;
mod history;
mod listed;
mod needs;
mod quotas;
mod traffic;
mod used;

use serde_json::Value;

use self::claims::Claims;
use super::{
    actions::Closely,
    cluster::Cluster,
    events,
    rows::{Node, Pod, Workload},
    store::Store,
    wire::{core, meta},
};
use crate::{
    domain::{
        details::{Details, Evidence, Fact, Happening},
        service::{Service, ServiceId},
    },
    safe,
    text::SafeText,
};
use prost::Message as _;

/// Events that are read for one service.
const EVENTS: usize = 500;

/// Looks closely at a service.
///
/// # Errors
/// In words, when it is gone or the server does not tell.
pub(super) async fn of(cluster: &Cluster, id: &ServiceId) -> Result<Details, SafeText> {
    let snapshot = cluster.state.borrow().snapshot.clone();
    let service = snapshot.service(id).ok_or_else(|| safe!("{id} is gone"))?;
    let namespace = &id.group;
    let (closely, services, policies, quotas, happened) = tokio::join!(
        Closely::read(&cluster.api, id),
        traffic::SERVICES.list(cluster, namespace, ""),
        needs::POLICIES.list(cluster, namespace, ""),
        quotas::QUOTAS.list(cluster, namespace, ""),
        happenings(cluster, id),
    );
    let closely = closely?;
    let template = match &closely {
        Some(closely) => closely
            .object
            .pointer("/spec/template")
            .or_else(|| closely.object.pointer("/spec/jobTemplate/spec/template"))
            .cloned(),
        // A pod that nobody manages is its own template.
        None => pod(cluster, service).await,
    };
    let template = template.unwrap_or_default();
    let object = closely.as_ref().map(|closely| &closely.object);
    let (traffic, claims, configs, releases) = tokio::join!(
        traffic::of(cluster, id, &services, &template),
        Claims::of(cluster, service, object, &template),
        configs::of(cluster, service, &template),
        helm::history(&cluster.api, object),
    );
    let store = cluster.store();
    let rows = Rows::of(&store, service);
    let of_pods = evidence::of(&rows, service, &happened);
    let mut evidence = claims.evidence(service);
    // What a pod says of its claim need not be said again.
    evidence.retain(|claim| !of_pods.iter().any(|pod| pod.text.contains(&*claim.text)));
    evidence.extend(of_pods);
    let mut facts = facts::of(&rows, service, object, &template);
    facts.extend(used::facts(service, &template));
    facts.extend(configs);
    facts.extend(claims.facts());
    facts.extend(traffic);
    facts.extend(needs::of(&rows, id, &template, &services.items, &policies));
    facts.extend(quotas::facts(&quotas));
    let mut found = Details {
        evidence,
        facts,
        checks: facts::checks(&template),
        environment: facts::environment(&template),
        happenings: happened,
        releases,
        ..Details::default()
    };
    if let Some(closely) = &closely {
        found.revisions = history::revisions(&closely.kept, service);
        found.changes = history::changes(&closely.kept);
    }
    Ok(found)
}

/// What is collected of a service.
struct Rows<'a> {
    store: &'a Store,
    workload: Option<&'a Workload>,
    pods: Vec<&'a Pod>,
    /// The node that it is, or none.
    node: Option<&'a Node>,
}

impl<'a> Rows<'a> {
    fn of(store: &'a Store, service: &Service) -> Self {
        let pods = service.instances.iter();
        Self {
            store,
            workload: store.workloads.values().find(|w| w.id == service.id),
            pods: pods.filter_map(|i| store.pods.get(&i.id.0)).collect(),
            node: service
                .id
                .name
                .strip_prefix("node/")
                .and_then(|name| store.nodes.values().find(|n| *n.name == *name)),
        }
    }
}

/// The first pod of a service, as the server has it.
async fn pod(cluster: &Cluster, service: &Service) -> Option<Value> {
    if service.id.group.is_empty() {
        return None;
    }
    let name = &service.instances.first()?.name;
    let path = format!("/api/v1/namespaces/{}/pods/{name}", service.id.group);
    cluster.api.json(&path).await.ok()
}

/// What happened to a service, newest first: as the cluster remembers it, and what was told here.
async fn happenings(cluster: &Cluster, id: &ServiceId) -> Vec<Happening> {
    let path = match id.group.as_str() {
        "" => "/api/v1/events".to_owned(),
        namespace => format!("/api/v1/namespaces/{namespace}/events"),
    };
    let found = cluster
        .api
        .protobuf::<meta::Page>(&format!("{path}?limit={EVENTS}"))
        .await;
    let mut all = cluster.history.of(id);
    let store = cluster.store();
    for item in found.map(|page| page.items).unwrap_or_default() {
        let Ok(event) = core::Event::decode(item) else {
            continue;
        };
        let happening =
            events::happening(&event, &store).filter(|h| h.service.as_ref() == Some(id));
        all.extend(happening.filter(|h| !all.contains(h)));
    }
    all.sort_by_key(|happening| std::cmp::Reverse(happening.at));
    all
}

fn fact(name: &'static str, value: SafeText) -> Fact {
    Fact {
        name: SafeText::from_static(name),
        value,
    }
}
