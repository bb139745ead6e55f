//! One service looked at closely, and one replica as the platform describes it.

use serde_json::json;

use super::{
    scenario::{Index, ServiceSpec},
    world::{Replica, World},
};
use crate::{
    domain::{
        details::{Details, Evidence, Fact},
        instance::{InstanceId, Probe},
        service::ServiceId,
    },
    text::SafeText,
};

mod cluster;

/// What stands in place of a value that nobody is to see.
const MASK: &str = "•••";

pub(super) fn details(world: &World, id: &ServiceId) -> Result<Details, SafeText> {
    if let Some(node) = world.node(id) {
        return Ok(cluster::node(world, node));
    }
    let service = world
        .find(id)
        .ok_or_else(|| SafeText::line(format!("there is no service {id}")))?;
    let spec = &world.scenario.services[service];
    let mut facts = vec![
        fact(
            "image",
            world
                .image(service, world.services[service].meant())
                .as_ref(),
        ),
        fact("command", &spec.command),
        fact("stop grace period", &format!("{} s", spec.grace.as_secs())),
    ];
    if world.scenario.cluster() {
        facts.extend(cluster::facts(world, service));
    } else {
        facts.extend(of_container(world, spec));
    }
    if let Some(volume) = &spec.volume {
        let text = format!(
            "{} at {}, {} MiB",
            volume.name,
            volume.path,
            volume.bytes >> 20
        );
        facts.push(fact("volume", &text));
    }
    if let Some(backup) = &world.services[service].backup {
        let text = format!(
            "verified, {} MiB, at {:.0}",
            backup.bytes >> 20,
            world.when(backup.at)
        );
        facts.push(fact("last backup", &text));
    }
    let users = (0..world.services.len())
        .filter(|&n| world.needs(n).any(|needed| needed == service))
        .map(|n| world.services[n].id.clone());
    Ok(Details {
        evidence: evidence(world, service),
        facts,
        checks: checks(world, service),
        happenings: world.happenings(service),
        revisions: world.revisions(service),
        changes: Vec::new(),
        releases: Vec::new(),
        environment: spec.environment.iter().map(SafeText::name).collect(),
        needed_by: users.collect(),
    })
}

/// What a daemon is told of a container.
fn of_container(world: &World, spec: &ServiceSpec) -> Vec<Fact> {
    let mut facts = vec![fact("restart policy", spec.restart.word())];
    if let Some(cores) = spec.cpu_limit {
        facts.push(fact("processor limit", &format!("{cores} cores")));
    }
    if let Some(bytes) = spec.memory_limit {
        facts.push(fact("memory limit", &format!("{} MiB", bytes >> 20)));
    }
    let network = format!("{}_default", world.scenario.project);
    facts.push(fact("network", &network));
    facts
}

fn evidence(world: &World, service: Index) -> Vec<Evidence> {
    let reasons = world.evidence(service);
    let since = world.services[service].judged.since.map(|t| world.when(t));
    reasons
        .into_iter()
        .enumerate()
        .map(|(n, (health, text))| Evidence {
            health,
            text: SafeText::line(&text),
            // Of the first reason alone it is known since when.
            since: since.filter(|_| n == 0),
        })
        .collect()
}

fn checks(world: &World, service: Index) -> Vec<Fact> {
    let Some(check) = &world.scenario.services[service].check else {
        return Vec::new();
    };
    let mut facts = vec![
        fact("command", &check.command),
        fact("interval", &format!("{} s", check.interval.as_secs())),
        fact("timeout", &format!("{} s", check.timeout.as_secs())),
        fact("retries", &check.retries.to_string()),
    ];
    for replica in &world.services[service].replicas {
        let text = match &replica.probe {
            Probe::None => "no answer".to_owned(),
            Probe::Starting => "not passed yet".to_owned(),
            Probe::Healthy => "passes".to_owned(),
            Probe::Unhealthy { streak, output } => format!("failed {streak} times: {output}"),
        };
        facts.push(Fact {
            name: replica.name.clone(),
            value: SafeText::line(&text),
        });
    }
    facts
}

/// The description of a replica, as `docker inspect` would print it.
pub(super) fn raw(world: &World, id: &InstanceId) -> Result<String, SafeText> {
    let (service, _, replica) = world
        .replica(id)
        .ok_or_else(|| SafeText::line(format!("{} is gone", id.short())))?;
    let spec = &world.scenario.services[service];
    let started = replica.started.map(|t| format!("{:.3}", world.when(t)));
    if world.scenario.cluster() {
        return Ok(cluster::pod(world, service, replica, started));
    }
    let environment = spec.environment.iter().map(|name| format!("{name}={MASK}"));
    let description = json!({
        "Id": &*id.0,
        "Name": format!("/{}", replica.name),
        "Created": format!("{:.3}", world.when(replica.created)),
        "State": state(replica, started),
        "RestartCount": replica.restarts,
        "Image": &*world.image_id(service, replica.revision),
        "Config": {
            "Image": &*world.image(service, replica.revision),
            "Cmd": spec.command,
            "Env": environment.collect::<Vec<_>>(),
            "Healthcheck": spec.check.as_ref().map(|check| json!({
                "Test": ["CMD-SHELL", check.command],
                "Interval": check.interval.as_nanos() as u64,
                "Timeout": check.timeout.as_nanos() as u64,
                "Retries": check.retries,
            })),
            "Labels": {
                "com.docker.compose.project": world.scenario.project,
                "com.docker.compose.service": spec.name,
                "com.docker.compose.container-number": replica.number.to_string(),
            },
        },
        "HostConfig": {
            "RestartPolicy": { "Name": spec.restart.word() },
            "Memory": spec.memory_limit.unwrap_or(0),
            "NanoCpus": (spec.cpu_limit.unwrap_or(0.0) * 1e9) as u64,
        },
    });
    let pretty = serde_json::to_string_pretty(&description);
    Ok(pretty.expect("a JSON value of texts and numbers always has a text"))
}

fn state(replica: &Replica, started: Option<String>) -> serde_json::Value {
    json!({
        "Status": format!("{:?}", replica.phase).to_lowercase(),
        "Running": replica.running(),
        "OOMKilled": replica.oom_killed,
        "ExitCode": replica.exit_code.unwrap_or(0),
        "StartedAt": started,
        "Health": match &replica.probe {
            Probe::None => "none",
            Probe::Starting => "starting",
            Probe::Healthy => "healthy",
            Probe::Unhealthy { .. } => "unhealthy",
        },
    })
}

fn fact(name: &'static str, value: &str) -> Fact {
    Fact {
        name: SafeText::from_static(name),
        value: SafeText::line(value),
    }
}
