//! Puts what others measure into the services that a platform shows.

use std::{collections::BTreeMap, sync::Arc};

use super::prometheus::Measured;
use crate::domain::{
    service::{Service, ServiceId, Traffic},
    snapshot::Snapshot,
};

/// The services that were filled last: those that are the same still are the same objects.
#[derive(Default)]
pub(super) struct Filled(BTreeMap<ServiceId, (Arc<Service>, Arc<Service>)>);

impl Filled {
    /// The snapshot with what was measured. What the platform itself measures stays.
    pub(super) fn fill(&mut self, snapshot: &Arc<Snapshot>, measured: &Measured) -> Arc<Snapshot> {
        let before = std::mem::take(&mut self.0);
        if measured.is_empty() {
            return Arc::clone(snapshot);
        }
        let mut filled = Snapshot::clone(snapshot);
        for service in &mut filled.services {
            let Some(traffic) = measured.get(&service.id) else {
                continue;
            };
            if service.traffic != Traffic::default() {
                continue;
            }
            let kept = before.get(&service.id);
            let same =
                kept.filter(|(from, to)| Arc::ptr_eq(from, service) && same(&to.traffic, traffic));
            let from = Arc::clone(service);
            match same {
                Some((_, to)) => *service = Arc::clone(to),
                None => Arc::make_mut(service).traffic = *traffic,
            }
            self.0.insert(from.id.clone(), (from, Arc::clone(service)));
        }
        Arc::new(filled)
    }
}

/// What is no number equals itself here.
fn same(one: &Traffic, other: &Traffic) -> bool {
    let bits = |t: &Traffic| [t.rate, t.error_percent, t.p95_ms].map(|f| f.map(f32::to_bits));
    bits(one) == bits(other)
}
