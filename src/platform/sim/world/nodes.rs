//! The nodes of a cluster as rows: what runs there, and what that takes of what there is.

use std::sync::Arc;

use super::World;
use crate::{
    domain::{
        health::Health,
        instance::Usage,
        service::{Service, ServiceId, ServiceKind},
    },
    safe,
    text::SafeText,
};

impl World {
    /// A row for each node; one that did not change is shared with the snapshot before.
    pub(super) fn node_rows(&self) -> Vec<Arc<Service>> {
        let old = self.snapshot.services.iter();
        let old: Vec<_> = old.filter(|s| s.kind == ServiceKind::Node).collect();
        (0..self.scenario.nodes.len())
            .map(|node| {
                let row = self.node_row(node);
                match old.get(node) {
                    Some(kept) if ***kept == row => Arc::clone(kept),
                    _ => Arc::new(row),
                }
            })
            .collect()
    }

    fn node_row(&self, node: usize) -> Service {
        let spec = &self.scenario.nodes[node];
        let pods = self.services.iter().flat_map(|s| &s.replicas);
        let (mut cpu, mut memory) = (0.0, 0.0);
        for pod in pods.filter(|r| r.node == Some(node)) {
            cpu += pod.cpu;
            memory += pod.memory;
        }
        Service {
            id: ServiceId {
                group: SafeText::EMPTY,
                name: safe!("{}{}", ServiceKind::Node.prefix(), spec.name),
            },
            kind: ServiceKind::Node,
            health: Health::Well,
            version: SafeText::name(&spec.zone),
            usage: Usage {
                cpu_percent: Some((cpu / spec.cores).round()),
                memory_bytes: Some((memory as u64) & !0xff_ffff),
                memory_limit_bytes: Some(spec.memory),
                ..Usage::default()
            },
            ..Service::default()
        }
    }
}
