//! One service, looked at closely: read when someone looks, and not kept.

mod evidence;
mod facts;
mod history;
mod needs;

use serde_json::Value;

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
    let (closely, services, policies, happened) = tokio::join!(
        Closely::read(&cluster.api, id),
        list(cluster, namespace, "/api/v1", "services"),
        list(
            cluster,
            namespace,
            "/apis/networking.k8s.io/v1",
            "networkpolicies"
        ),
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
    let store = cluster.store();
    let rows = Rows::of(&store, service);
    let mut found = Details {
        evidence: evidence::of(&rows, service, &happened),
        facts: facts::of(
            &rows,
            service,
            closely.as_ref().map(|c| &c.object),
            &template,
        ),
        checks: facts::checks(&template),
        environment: facts::environment(&template),
        happenings: happened,
        ..Details::default()
    };
    found
        .facts
        .extend(needs::of(&rows, id, &template, &services, &policies));
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

/// All objects of a kind in a namespace; none where they may not be read.
async fn list(cluster: &Cluster, namespace: &str, api: &str, plural: &str) -> Vec<Value> {
    if namespace.is_empty() {
        return Vec::new();
    }
    let path = format!("{api}/namespaces/{namespace}/{plural}?limit=500");
    let found: Result<Value, _> = cluster.api.json(&path).await;
    match found.map(|mut list| list["items"].take()) {
        Ok(Value::Array(items)) => items,
        _ => Vec::new(),
    }
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
