//! From rows of a cluster to services: one a workload, its pods under it; and one a node, with the pods on it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{
    rollouts::{Look, Seen},
    rows::{Node, Owner, Pod, Workload, kind, prefix},
    store::{Store, Uid},
    why::{self, Judged},
};
use crate::{
    domain::{
        image,
        instance::Usage,
        service::{Service, ServiceId, ServiceKind},
    },
    safe,
    text::SafeText,
};

/// A service as it was made from rows.
#[derive(Debug)]
pub(super) struct Made {
    /// It.
    pub(super) service: Service,
    /// Its workload or node is there, not only pods that one left: of two with the same name it is the one.
    pub(super) rooted: bool,
    /// When time alone makes something else of it.
    pub(super) again: Option<Timestamp>,
    /// Its rollout, where it has one.
    pub(super) rollout: Option<Seen>,
}

/// The service of a top owner, or of a node; `None` when nothing of it is left, or its owner is still to be told.
pub(super) fn make(store: &Store, top: &Uid, now: Timestamp) -> Option<Made> {
    if let Some(node) = store.nodes.get(top) {
        let pods = sorted(store.pods_on(&node.name));
        return Some(rooted(of_node(node, &pods), why::node(node)));
    }
    if store.owner_of(top).is_some() {
        return None;
    }
    let pods = sorted(store.pods_under(top));
    if let Some(workload) = store.workloads.get(top) {
        if !pods_are_told(store, workload) {
            return Some(Made {
                service: of_workload(workload, &pods),
                rooted: true,
                again: None,
                rollout: None,
            });
        }
        let around = store.around(workload, &pods);
        let judged = why::judge(workload, &pods, &around, now);
        let mut made = rooted(of_workload(workload, &pods), judged);
        let look = Look {
            workload,
            sets: store.sets_of(top).collect(),
            pods: &pods,
            refused: around.refused,
            by: store.notes.manager(top, workload.progress.generation),
        };
        made.rollout = look.seen();
        return Some(made);
    }
    let first = pods.first()?;
    let (kind, name) = match &first.owner {
        None => (ServiceKind::Pod, first.instance.name.clone()),
        Some(owner) => stray(store, store.owner_of(&owner.uid).unwrap_or(owner))?,
    };
    let id = ServiceId {
        group: first.namespace.clone(),
        name: safe!("{}{name}", prefix(kind)),
    };
    Some(Made {
        rooted: false,
        ..rooted(of_pods(id, kind, &pods), why::alone(&pods))
    })
}

/// Whether its pods are known: of those that are still to come, or may not be listed, none counts as missing.
fn pods_are_told(store: &Store, workload: &Workload) -> bool {
    let told = |plural| store.feeds.told(plural, &workload.id.group);
    told("pods") && (!workload.kind.has_sets() || told("replicasets"))
}

fn rooted(service: Service, judged: Judged) -> Made {
    Made {
        service: Service {
            health: judged.health,
            why: judged.why,
            why_since: judged.since,
            troubles: judged.troubles,
            ..service
        },
        rooted: true,
        again: judged.again,
        rollout: None,
    }
}

fn sorted<'a>(pods: impl Iterator<Item = &'a Pod>) -> Vec<&'a Pod> {
    let mut pods: Vec<&Pod> = pods.collect();
    pods.sort_unstable_by(|a, b| a.instance.name.cmp(&b.instance.name));
    pods
}

/// What pods come under whose owner is not there: somebody else's kind, one that is gone, or one that may not be seen. `None`
/// while the owner is still to be told.
fn stray(store: &Store, owner: &Owner) -> Option<(ServiceKind, SafeText)> {
    match kind(&owner.kind) {
        Some((kind, plural)) => store
            .feeds
            .settled(plural)
            .then(|| (kind, owner.name.clone())),
        None if &*owner.kind == "ReplicaSet" => store
            .feeds
            .settled("replicasets")
            .then(|| (ServiceKind::Custom, safe!("rs/{}", owner.name))),
        None => {
            let name = safe!("{}/{}", owner.kind.to_lowercase(), owner.name);
            Some((ServiceKind::Custom, name))
        }
    }
}

fn of_pods(id: ServiceId, kind: ServiceKind, pods: &[&Pod]) -> Service {
    let image = pods
        .first()
        .map_or(SafeText::EMPTY, |p| p.instance.image.clone());
    Service {
        id,
        kind,
        desired: None,
        instances: pods.iter().map(|pod| why::instance(kind, pod)).collect(),
        version: image::version(&image),
        image,
        since: pods.iter().filter_map(|p| p.instance.started).min(),
        usage: pods
            .iter()
            .fold(Usage::default(), |sum, p| sum.plus(&p.instance.usage)),
        ..Service::default()
    }
}

fn of_workload(workload: &Workload, pods: &[&Pod]) -> Service {
    let mut service = of_pods(workload.id.clone(), workload.kind, pods);
    service.desired = Some(workload.progress.desired);
    service.uid = workload.uid.clone();
    service.stateful = workload.stateful;
    if let Some(image) = workload.images.first() {
        service.image = serving(pods, image).unwrap_or(image).clone();
        service.version = image::version(&service.image);
    }
    let of_it = pods.iter().filter(|p| p.instance.image == service.image);
    let began = of_it.filter_map(|p| p.instance.started).min();
    service.since = began.or(service.since).or(workload.created);
    service
}

/// The image that most pods serve with; of two with as many it is the one that the template, with `wanted`, replaces. A
/// container that somebody put before the pods' own tells nothing.
fn serving<'a>(pods: &[&'a Pod], wanted: &SafeText) -> Option<&'a SafeText> {
    let program = |image: &SafeText| {
        image::Name::parse(image).program() == image::Name::parse(wanted).program()
    };
    let mut counts: BTreeMap<&SafeText, usize> = BTreeMap::new();
    let serve = pods.iter().map(|p| &p.instance).filter(|i| i.ready());
    for instance in serve.filter(|i| program(&i.image)) {
        *counts.entry(&instance.image).or_default() += 1;
    }
    let most = counts
        .into_iter()
        .max_by_key(|(image, count)| (*count, *image != wanted));
    most.map(|(image, _)| image)
}

fn of_node(node: &Node, pods: &[&Pod]) -> Service {
    let usage = pods
        .iter()
        .fold(Usage::default(), |sum, p| sum.plus(&p.instance.usage));
    Service {
        id: ServiceId {
            group: SafeText::EMPTY,
            name: safe!("{}{}", prefix(ServiceKind::Node), node.name),
        },
        kind: ServiceKind::Node,
        instances: pods.iter().map(|p| Arc::clone(&p.instance)).collect(),
        version: node.version.clone(),
        zone: node.zone.clone(),
        since: node.created,
        usage: Usage {
            memory_limit_bytes: node.memory_bytes,
            ..usage
        },
        ..Service::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::instance::{Instance, Phase, Probe},
        platform::kubernetes::{
            texts::Texts,
            wire::{apps, core},
        },
    };

    fn pod(image: &'static str, ready: bool, started: i64) -> Pod {
        let at = |second| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let mut pod = Pod::of(&core::Pod::default(), at(0), &mut Texts::default());
        pod.instance = Arc::new(Instance {
            phase: Phase::Running,
            probe: if ready {
                Probe::Healthy
            } else {
                Probe::Starting
            },
            image: SafeText::from_static(image),
            started: Some(at(started)),
            ..Instance::default()
        });
        pod
    }

    #[test]
    fn a_service_is_of_the_version_that_serves_and_not_of_the_one_that_does_not_come() {
        let of = |pods: &[Pod]| {
            let mut workload =
                Workload::deployment(&apps::Deployment::default(), &mut Texts::default());
            workload.images = vec![SafeText::from_static("shop/api:v2")];
            let service = of_workload(&workload, &pods.iter().collect::<Vec<_>>());
            let since = service.since.unwrap().as_second() - 1_800_000_000;
            (service.version.to_string(), since)
        };
        let (old, new) = (
            |at| pod("shop/api:v1", true, at),
            |ready| pod("shop/api:v2", ready, 50),
        );
        assert_eq!(of(&[old(-90), old(-80), new(false)]), ("v1".into(), -90));
        assert_eq!(of(&[old(-90), new(true), new(true)]), ("v2".into(), 50));
        assert_eq!(of(&[new(false)]), ("v2".into(), 50), "nothing serves");
        let proxy = pod("istio/proxy:v9", true, 7);
        assert_eq!(
            of(&[proxy]).0,
            "v2",
            "it stands before the pod's own container"
        );
    }
}
