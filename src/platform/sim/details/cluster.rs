//! What a cluster says of a workload and of a pod, beyond what any platform says.

use super::{MASK, fact};
use crate::{
    domain::{
        details::{Details, Fact},
        service::ServiceKind,
    },
    platform::sim::{
        scenario::{Index, ServiceSpec},
        world::{Replica, World},
    },
};

const MI: u64 = 1 << 20;

/// Requests and limits, who scales it, what is kept while nodes are emptied, who sends to it, who deploys it.
pub(super) fn facts(world: &World, service: Index) -> Vec<Fact> {
    let spec = &world.scenario.services[service];
    let workload = &spec.workload;
    let mut facts = Vec::new();
    let amount = |of: Option<f32>| of.map_or_else(|| "none".to_owned(), |n| format!("{n} cores"));
    let bytes =
        |of: Option<u64>| of.map_or_else(|| "none".to_owned(), |n| format!("{} MiB", n / MI));
    if workload.kind != ServiceKind::CronJob {
        let (request, limit) = (amount(workload.cpu_request), amount(spec.cpu_limit));
        facts.push(fact(
            "processor",
            &format!("request {request}, limit {limit}"),
        ));
        let (request, limit) = (bytes(workload.memory_request), bytes(spec.memory_limit));
        facts.push(fact("memory", &format!("request {request}, limit {limit}")));
    }
    if let Some(auto) = workload.autoscaler {
        let now = world.services[service].desired;
        let pressure = world
            .pressure(service)
            .map_or_else(String::new, |(_, words)| format!("; {words}"));
        let text = format!("{} to {}, now {now}{pressure}", auto.min, auto.max);
        facts.push(fact("autoscaler (HPA)", &text));
    }
    if let Some(min) = workload.min_available {
        facts.push(fact(
            "disruption (PDB)",
            &format!("at least {min} stay available"),
        ));
    }
    for (route, spec) in world.scenario.routes.iter().enumerate() {
        if spec.among.contains(&service) {
            let to = world.selected(route);
            let text = if to == service {
                format!("{}: its selector points here", spec.name)
            } else {
                let other = &world.scenario.services[to].name;
                format!("{}: its selector points to {other}", spec.name)
            };
            facts.push(fact("service", &text));
        }
    }
    if !workload.schedule.is_empty() {
        facts.push(fact("schedule", &workload.schedule));
    }
    if !workload.deployed_by.is_empty() {
        facts.push(fact("deployed by", &workload.deployed_by));
    }
    facts
}

/// A node: where it stands, what it has, and whether it takes pods.
pub(super) fn node(world: &World, node: Index) -> Details {
    let spec = &world.scenario.nodes[node];
    let takes = if world.cordoned(node) {
        "none: it is cordoned"
    } else {
        "yes"
    };
    Details {
        facts: vec![
            fact("zone", &spec.zone),
            fact("memory", &format!("{} MiB", spec.memory / MI)),
            fact("takes new pods", takes),
        ],
        ..Details::default()
    }
}

/// A pod as `kubectl get -o yaml` would print it, shortened to what this world knows.
pub(super) fn pod(
    world: &World,
    service: Index,
    replica: &Replica,
    started: Option<String>,
) -> String {
    let spec = &world.scenario.services[service];
    let node = replica.node.map_or_else(String::new, |node| {
        format!("  nodeName: {}\n", world.scenario.nodes[node].name)
    });
    let probe = spec.check.as_ref().map_or_else(String::new, |check| {
        format!(
            "    readinessProbe:\n      exec:\n        command: [sh, -c, {:?}]\n      periodSeconds: {}\n      failureThreshold: {}\n",
            check.command,
            check.interval.as_secs(),
            check.retries
        )
    });
    let mut environment = String::new();
    for name in &spec.environment {
        environment += &format!("    - name: {name}\n      value: {MASK}\n");
    }
    if !environment.is_empty() {
        environment.insert_str(0, "    env:\n");
    }
    format!(
        "apiVersion: v1
kind: Pod
metadata:
  name: {}
  namespace: {}
  uid: {}
  creationTimestamp: {:.0}
spec:
{node}  containers:
  - name: {}
    image: {}
{}{probe}{environment}status:
  phase: {}
  startTime: {}
  containerStatuses:
  - name: {}
    ready: {}
    restartCount: {}
    imageID: {}
",
        replica.name,
        world.services[service].id.group,
        replica.id.0,
        world.when(replica.created),
        spec.name,
        world.image(service, replica.revision),
        resources(spec),
        match (replica.running(), replica.exit_code) {
            (true, _) => "Running",
            (_, Some(0)) => "Succeeded",
            _ => "Pending",
        },
        started.unwrap_or_else(|| "null".to_owned()),
        spec.name,
        replica.ready(),
        replica.restarts,
        world.image_id(service, replica.revision),
    )
}

fn resources(spec: &ServiceSpec) -> String {
    let amounts = |cpu: Option<f32>, memory: Option<u64>| {
        let cpu = cpu.map(|cores| format!("        cpu: {:.0}m\n", cores * 1_000.0));
        let memory = memory.map(|bytes| format!("        memory: {}Mi\n", bytes / MI));
        [cpu, memory].into_iter().flatten().collect::<String>()
    };
    let requests = amounts(spec.workload.cpu_request, spec.workload.memory_request);
    let limits = amounts(spec.cpu_limit, spec.memory_limit);
    format!("    resources:\n      requests:\n{requests}      limits:\n{limits}")
}
