//! What tests of several folders need of a platform's state: `shop/api` and its neighbours, as they are when all is well.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    health::Health,
    host::Host,
    instance::{Instance, InstanceId, Phase},
    service::{Service, ServiceId},
    snapshot::Snapshot,
    source::SourceState,
};
use crate::text::SafeText;

/// A service of the project `shop`.
pub(crate) fn id(name: &str) -> ServiceId {
    ServiceId {
        group: SafeText::from_static("shop"),
        name: SafeText::name(name),
    }
}

/// A replica that runs, since the epoch.
pub(crate) fn instance(service: &str, number: u32, id: &str) -> Instance {
    Instance {
        id: InstanceId(SafeText::name(id)),
        name: SafeText::name(format!("{service}-{number}")),
        number,
        phase: Phase::Running,
        health: Health::Well,
        started: Some(Timestamp::UNIX_EPOCH),
        image: SafeText::from_static("v1"),
        image_id: SafeText::from_static("sha256:1"),
        ..Instance::default()
    }
}

/// A service with all its replicas.
pub(crate) fn service(name: &str, instances: Vec<Instance>) -> Service {
    Service {
        id: id(name),
        desired: Some(instances.len() as u32),
        instances: instances.into_iter().map(Arc::new).collect(),
        health: Health::Well,
        image: SafeText::from_static("v1"),
        version: SafeText::from_static("v1"),
        ..Service::default()
    }
}

/// What the daemon of that identity shows; how it is connected is for the caller to say.
pub(crate) fn state(identity: &str, services: Vec<Service>) -> SourceState {
    let host = Host {
        identity: SafeText::name(identity),
        ..Host::default()
    };
    SourceState {
        snapshot: Arc::new(Snapshot {
            services: services.into_iter().map(Arc::new).collect(),
            host: Arc::new(host),
            ..Snapshot::default()
        }),
        ..SourceState::default()
    }
}
