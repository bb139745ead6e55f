//! The nodes of a cluster as rows: what runs there, and what that takes of what there is.

use std::sync::Arc;

use super::{Replica, World};
use crate::{
    domain::{
        health::Health,
        instance::{Instance, Phase, Usage},
        service::{Service, ServiceId, ServiceKind},
    },
    platform::sim::scenario::Index,
    safe,
    text::SafeText,
};

impl World {
    /// The node of that identity.
    pub(crate) fn node(&self, id: &ServiceId) -> Option<Index> {
        let name = id.node()?;
        let mut nodes = self.scenario.nodes.iter();
        nodes.position(|node| node.name == name)
    }

    /// Whether a node takes no new pods.
    pub(crate) fn cordoned(&self, node: Index) -> bool {
        self.cordoned[node]
    }

    /// A node takes new pods from now on, or takes none.
    pub(super) fn cordon(&mut self, node: Index, cordoned: bool) {
        self.cordoned[node] = cordoned;
        self.touch();
    }

    /// The pods that a drain makes go: not those of DaemonSets, which come back at once.
    pub(crate) fn leaving(&self, node: Index) -> Vec<(Index, &Replica)> {
        let goes = |service: &Index| {
            self.scenario.services[*service].workload.kind != ServiceKind::DaemonSet
        };
        let pods = (0..self.services.len()).filter(goes).flat_map(|service| {
            let pods = self.services[service].replicas.iter();
            pods.map(move |pod| (service, pod))
        });
        pods.filter(|(_, pod)| pod.node == Some(node) && pod.phase != Phase::Stopping)
            .collect()
    }

    /// Why the budget of a workload does not let one of its pods go now; `None` where it does, or there is none.
    pub(crate) fn budget_blocks(&self, service: Index, pod: &Replica) -> Option<String> {
        let min = self.scenario.services[service].workload.min_available?;
        let replicas = &self.services[service].replicas;
        let ready = replicas.iter().filter(|r| r.ready()).count();
        let left = ready - usize::from(pod.ready());
        (left < min as usize).then(|| {
            let (namespace, name) = (
                &self.services[service].id.group,
                &self.scenario.services[service].name,
            );
            format!(
                "PDB {namespace}/{name} lets none of its pods go now: {ready} of {min} that it needs are healthy"
            )
        })
    }

    /// A row for each node; one that did not change is shared with the snapshot before.
    pub(super) fn node_rows(&self, of_services: &[Arc<Service>]) -> Vec<Arc<Service>> {
        (0..self.scenario.nodes.len())
            .map(|node| {
                let row = self.node_row(node, of_services);
                match self.snapshot.service(&row.id) {
                    Some(kept) if **kept == row => Arc::clone(kept),
                    _ => Arc::new(row),
                }
            })
            .collect()
    }

    fn node_row(&self, node: usize, of_services: &[Arc<Service>]) -> Service {
        let spec = &self.scenario.nodes[node];
        let here = |i: &&Arc<Instance>| *i.node == *spec.name;
        let pods = of_services.iter().flat_map(|s| &s.instances).filter(here);
        let instances: Vec<_> = pods.cloned().collect();
        let usage = instances
            .iter()
            .fold(Usage::default(), |sum, i| sum.plus(&i.usage));
        Service {
            id: ServiceId {
                group: SafeText::EMPTY,
                name: safe!("{}{}", ServiceKind::Node.prefix(), spec.name),
            },
            kind: ServiceKind::Node,
            health: Health::Well,
            why: if self.cordoned[node] {
                SafeText::from_static("cordoned: no new pods go there")
            } else {
                SafeText::EMPTY
            },
            version: SafeText::from_static("v1.34.2"),
            zone: SafeText::name(&spec.zone),
            usage: Usage {
                memory_limit_bytes: Some(spec.memory),
                ..usage
            },
            instances,
            ..Service::default()
        }
    }
}
