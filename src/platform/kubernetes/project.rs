//! From rows of a cluster to services: one a workload, its pods under it.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    rows::{Pod, Workload, prefix},
    store::{Store, Uid},
};
use crate::{
    domain::{
        health::Health,
        image,
        instance::Usage,
        service::{Service, ServiceId, ServiceKind},
    },
    safe,
    text::SafeText,
};

/// The service of a top owner; `None` when nothing of it is left, or it is not for the list of services.
pub(super) fn service(store: &Store, top: &Uid, now: Timestamp) -> Option<Service> {
    let mut pods: Vec<&Pod> = store.pods_under(top).collect();
    pods.sort_by(|a, b| a.instance.name.cmp(&b.instance.name));
    if let Some(workload) = store.workload(top) {
        return Some(of_workload(workload, &pods, now));
    }
    let first = pods.first()?;
    // Somebody else's controller, or nobody's pod.
    let (kind, name) = match &first.owner {
        Some(owner) => (
            ServiceKind::Custom,
            store
                .sets
                .get(&owner.uid)
                .and_then(|s| s.owner.as_ref())
                .unwrap_or(owner)
                .name
                .clone(),
        ),
        None => (ServiceKind::Pod, first.instance.name.clone()),
    };
    let id = ServiceId {
        group: first.namespace.clone(),
        name: safe!("{}{name}", prefix(kind)),
    };
    Some(of_pods(id, kind, &pods))
}

fn of_pods(id: ServiceId, kind: ServiceKind, pods: &[&Pod]) -> Service {
    let worst = pods.iter().min_by_key(|p| p.instance.health);
    let image = pods
        .first()
        .map_or(SafeText::EMPTY, |p| p.instance.image.clone());
    Service {
        id,
        kind,
        desired: None,
        instances: pods.iter().map(|p| Arc::clone(&p.instance)).collect(),
        health: worst.map_or(Health::Unknown, |p| p.instance.health),
        why: worst.map_or(SafeText::EMPTY, |p| p.instance.why.clone()),
        why_since: worst.and_then(|p| p.since),
        version: image::version(&image),
        image,
        since: pods.iter().filter_map(|p| p.instance.started).min(),
        usage: pods
            .iter()
            .fold(Usage::default(), |sum, p| sum.plus(&p.instance.usage)),
        ..Service::default()
    }
}

fn of_workload(workload: &Workload, pods: &[&Pod], _now: Timestamp) -> Service {
    let mut service = of_pods(workload.id.clone(), workload.kind, pods);
    service.desired = Some(workload.progress.desired);
    service.stateful = workload.stateful;
    if let Some(image) = workload.images.first() {
        service.image = image.clone();
        service.version = image::version(image);
    }
    service.since = service.since.or(workload.created);
    service
}
