//! Whether the platform answers, and what it is.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Check, cluster};
use crate::{
    cli::{
        context::{Context, Spot},
        exit::Fault,
    },
    clock,
    domain::service::ServiceKind,
    platform::docker::{DockerOptions, engine::Engine, locate, transport::Transport},
    safe,
    text::SafeText,
};

/// Clocks that differ by more mislead: ages, and what is new since a deployment.
const SKEW: Duration = Duration::from_secs(5);

pub(super) async fn checks(context: &Context) -> Vec<Check> {
    let mut checks = Vec::new();
    let options = match context.spot() {
        Some(Spot::Docker(options)) => Some(options),
        Some(Spot::Kubernetes(options)) => {
            let (found, usable) = cluster::checks(&options, &context.proxied()).await;
            checks.extend(found);
            if !usable {
                return checks;
            }
            None
        }
        None => None,
    };
    if let Some(options) = &options {
        match locate(options) {
            Ok(place) => checks.push(Check::good(
                "Docker host",
                safe!("{}, by {}", place.address, place.chosen_by),
            )),
            Err(why) => {
                let mend = SafeText::from_static("name another with --docker-host or --context");
                return vec![Check::bad("Docker host", why, mend)];
            }
        }
    }
    match context.reach().await {
        Ok(reached) => {
            let snapshot = reached.state().snapshot;
            let host = &snapshot.host;
            let (nodes, services): (Vec<_>, Vec<_>) = snapshot
                .services
                .iter()
                .partition(|s| s.kind == ServiceKind::Node);
            let nodes = match nodes.len() {
                0 => String::new(),
                count => format!(", nodes: {count}"),
            };
            checks.push(Check::good(
                "platform",
                safe!(
                    "{} on {}, services: {}{nodes}",
                    host.version,
                    host.name,
                    services.len()
                ),
            ));
            if reached.platform.capabilities.read_only {
                checks.push(Check::good(
                    "changes",
                    SafeText::from_static("none: read-only"),
                ));
            }
        }
        Err(fault) => {
            let words = match fault {
                Fault::Said(_, words) => words,
                Fault::PipeClosed | Fault::Report(_) => String::new(),
            };
            let first = words.lines().next().unwrap_or_default();
            // The platform says what is wrong, and in a second sentence what mends it.
            let (found, mend) = first
                .split_once(". ")
                .unwrap_or((first, "start it, or name another with --docker-host"));
            checks.push(Check::bad(
                "platform",
                SafeText::line(found),
                SafeText::line(mend),
            ));
            return checks;
        }
    }
    if let Some(options) = options {
        checks.extend(daemon(&options).await);
    }
    checks
}

/// What the daemon tells of itself alone.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    system_time: Option<String>,
    #[serde(default)]
    security_options: Option<Vec<String>>,
}

async fn daemon(options: &DockerOptions) -> Vec<Check> {
    let Some(info) = info(options).await else {
        return Vec::new();
    };
    let mut checks = Vec::new();
    let rootless = info
        .security_options
        .iter()
        .flatten()
        .any(|o| o.contains("rootless"));
    let found = if rootless {
        "rootless"
    } else {
        "runs as root: who may use it may do everything on that machine"
    };
    checks.push(Check::good("daemon", SafeText::from_static(found)));
    let there = info
        .system_time
        .and_then(|time| time.parse::<Timestamp>().ok());
    if let Some(there) = there {
        let skew = clock::now().duration_since(there).unsigned_abs();
        checks.push(if skew > SKEW {
            Check::warning(
                "clocks",
                safe!("ours and the daemon's differ by {} s", skew.as_secs()),
                SafeText::from_static("ages are wrong by as much: set them by NTP"),
            )
        } else {
            Check::good(
                "clocks",
                SafeText::from_static("ours and the daemon's agree"),
            )
        });
    }
    checks
}

async fn info(options: &DockerOptions) -> Option<Info> {
    let place = locate(options).ok()?;
    let engine = Engine::new(Transport::new(&place.address, true).ok()?);
    engine.ping(false).await.ok()?;
    let bytes: Bytes = engine.get_bytes("/info").await.ok()?;
    serde_json::from_slice(&bytes).ok()
}
