//! What the columns of services are measured by: taken when the rows change, not at each frame.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    domain::{
        instance::Instance,
        service::{Service, ServiceId, ServiceKind},
        snapshot::Snapshot,
    },
    state::standing::Standing,
    text::{SafeText, width},
};

/// Columns of a version, at most.
const VERSION: usize = 12;
/// Columns of a version and the one to come, at most.
pub const BOTH_VERSIONS: usize = 17;
/// Columns of what stands between them.
const ARROW: usize = 3;

/// Over all services and not those on screen alone: columns stand still while one scrolls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extents {
    /// How many services there are; or nodes, where those are shown.
    pub services: usize,
    /// Whether they are of several groups.
    pub groups: bool,
    /// Columns of the widest name.
    pub name: usize,
    /// Columns of the widest name with its group before it.
    pub grouped: usize,
    /// Columns of the widest name of a replica that is shown.
    pub replica: usize,
    /// Columns of the widest version, or of one with the one to come, within their bounds.
    pub version: usize,
    /// Columns of the widest reason that the platform gives of a service to which nothing is added.
    pub reason: usize,
    /// Which figures there are at all.
    pub known: Known,
}

/// Which figures are known of at least one service.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// Since when a version runs.
    pub since: bool,
    /// Requests per second.
    pub rate: bool,
    /// Failed ones.
    pub errors: bool,
    /// How long they take.
    pub p95: bool,
    /// Processor time.
    pub cpu: bool,
    /// Memory.
    pub memory: bool,
    /// A trend.
    pub trend: bool,
    /// Restarts that did happen.
    pub restarts: bool,
}

impl Extents {
    pub(super) fn of(
        snapshot: &Snapshot,
        nodes: bool,
        expanded: &BTreeSet<ServiceId>,
        standings: &BTreeMap<ServiceId, Standing>,
        coming: &BTreeMap<&ServiceId, &SafeText>,
    ) -> Self {
        let mut all = Self::default();
        let services = snapshot.services.iter();
        let mut first = None;
        for service in services.filter(|s| (s.kind == ServiceKind::Node) == nodes) {
            all.services += 1;
            let (group, name) = (service.id.group.width(), width::width(service.id.bare()));
            all.groups |= **first.get_or_insert(&service.id.group) != *service.id.group;
            all.name = all.name.max(name);
            all.grouped = all.grouped.max(group + usize::from(group > 0) + name);
            let version = service.version.width();
            let widest = match coming.get(&service.id) {
                Some(to) => (version + ARROW + to.width()).min(BOTH_VERSIONS),
                None => version.min(VERSION),
            };
            all.version = all.version.max(widest);
            all.known.add(service);
            if !standings.contains_key(&service.id) {
                all.reason = all.reason.max(service.why.width());
            }
            if expanded.contains(&service.id) {
                let names = service.instances.iter();
                let widest = names.map(|i| width::width(&replica(service, i))).max();
                all.replica = all.replica.max(widest.unwrap_or(0));
            }
        }
        all
    }
}

impl Known {
    fn add(&mut self, service: &Service) {
        let (traffic, usage) = (&service.traffic, &service.usage);
        self.since |= service.since.is_some();
        self.rate |= traffic.rate.is_some();
        self.errors |= traffic.error_percent.is_some();
        self.p95 |= traffic.p95_ms.is_some();
        self.cpu |= usage.cpu_percent.is_some();
        self.memory |= usage.memory_bytes.is_some();
        self.trend |= service.trend.len() > 1;
        self.restarts |= service.instances.iter().any(|i| i.restarts > 0);
    }
}

/// A replica as shown: by its number; where it has none by its name, without what it shares with all its like.
pub fn replica<'a>(service: &Service, instance: &'a Instance) -> Cow<'a, str> {
    if instance.number > 0 {
        return Cow::Owned(format!("{} {}", service.id.name, instance.number));
    }
    let of_it = instance
        .name
        .strip_prefix(service.id.name.as_str())
        .and_then(|rest| rest.strip_prefix('-'))
        // A pod of a Deployment: the hash of its ReplicaSet, and what is its own.
        .filter(|rest| rest.contains('-'));
    Cow::Borrowed(of_it.unwrap_or(&instance.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_goes_by_what_its_like_do_not_share() {
        let mut service = Service::default();
        service.id.name = SafeText::name("api");
        for (name, number, shown) in [
            ("api-7d9f8b6c5-x2k4p", 0, "7d9f8b6c5-x2k4p"),
            ("api-0", 0, "api-0"),
            ("other-7d9f8b6c5-x2k4p", 0, "other-7d9f8b6c5-x2k4p"),
            ("shop-api-2", 2, "api 2"),
        ] {
            let instance = Instance {
                name: SafeText::name(name),
                number,
                ..Instance::default()
            };
            assert_eq!(replica(&service, &instance), shown);
        }
    }
}
