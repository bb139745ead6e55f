//! The nodes of a cluster as rows: what runs there, and what that takes of what there is.

use std::sync::Arc;

use super::World;
use crate::{
    domain::{
        health::Health,
        instance::{Instance, Usage},
        service::{Service, ServiceId, ServiceKind},
    },
    safe,
    text::SafeText,
};

impl World {
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
