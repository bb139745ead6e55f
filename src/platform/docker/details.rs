//! One service, looked at closely: read when someone looks, and not kept.

mod evidence;
mod facts;
pub(super) mod mask;

use bytes::Bytes;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    clock,
    domain::{
        details::Details,
        instance::{Instance, InstanceId},
        revision::Revision,
        service::{Service, ServiceId},
    },
    platform::docker::{daemon::Daemon, error::CallError},
    safe,
    text::SafeText,
};

/// Looks closely at a service.
///
/// # Errors
/// In words, when it is gone or the daemon does not answer.
pub(super) async fn of(daemon: &Daemon, id: &ServiceId) -> Result<Details, SafeText> {
    let service = daemon.service(id).ok_or_else(|| safe!("{id} is gone"))?;
    let inspects = service
        .instances
        .iter()
        .map(|instance| inspect(daemon, &instance.id));
    let inspects: Vec<Result<Value, CallError>> = join_all(inspects).await;
    let mut read: Vec<(&Instance, Value)> = Vec::new();
    let mut failed = None;
    for (instance, answer) in service.instances.iter().zip(inspects) {
        match answer {
            Ok(mut value) => {
                mask::hide(&mut value);
                read.push((instance, value));
            }
            // Gone since the snapshot: the next one says so.
            Err(CallError::Refused { status: 404, .. }) => {}
            Err(error) => failed = Some(error.text()),
        }
    }
    let Some((_, first)) = read.first() else {
        return Err(failed.unwrap_or_else(|| safe!("{id} is gone")));
    };
    let services = daemon.state.borrow().snapshot.services.clone();
    Ok(Details {
        evidence: evidence::of(&read),
        facts: facts::of(&service, first),
        checks: facts::checks(&read),
        changes: Vec::new(),
        releases: Vec::new(),
        environment: facts::environment(first),
        happenings: daemon.history.of(id),
        revisions: vec![current(&service)],
        needed_by: services
            .iter()
            .filter(|s| s.depends_on.contains(id))
            .map(|s| s.id.clone())
            .collect(),
    })
}

/// The daemon's own description of a container, pretty-printed, without what may be secret.
///
/// # Errors
/// In words, when it is gone or the daemon does not answer.
pub(super) async fn raw(daemon: &Daemon, id: &InstanceId) -> Result<String, SafeText> {
    let mut value = inspect(daemon, id).await.map_err(|e| e.text())?;
    mask::hide(&mut value);
    serde_json::to_string_pretty(&value).map_err(|e| safe!("{e}"))
}

/// The daemon's own description of a container, as it came.
///
/// # Errors
/// In words, when it is gone or the daemon does not answer.
pub(super) async fn whole(daemon: &Daemon, id: &InstanceId) -> Result<Bytes, SafeText> {
    let path = format!("/containers/{}/json", id.0);
    daemon.engine.get_bytes(&path).await.map_err(|e| e.text())
}

async fn inspect(daemon: &Daemon, id: &InstanceId) -> Result<Value, CallError> {
    daemon
        .engine
        .get(&format!("/containers/{}/json", id.0))
        .await
}

/// What runs now. What ran before is the journal's to tell: an image that lies about need never have run.
fn current(service: &Service) -> Revision {
    let of_now = service
        .instances
        .iter()
        .filter(|i| i.image == service.image);
    let first: Option<Timestamp> = of_now.clone().filter_map(|i| i.created).min();
    let now = clock::now();
    Revision {
        id: of_now
            .clone()
            .next()
            .map(|i| i.image_id.clone())
            .unwrap_or_default(),
        image: service.image.clone(),
        version: service.version.clone(),
        first_seen: first.unwrap_or(now),
        last_seen: now,
        healthy: std::time::Duration::ZERO,
        known_good: None,
        current: true,
        available: true,
    }
}
