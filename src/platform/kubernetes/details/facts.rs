//! Labelled facts out of a workload's description.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Fact, Rows, fact};
use crate::{
    domain::service::{Service, ServiceKind},
    platform::kubernetes::{
        json::{containers, list, text},
        rows::Workload,
        status,
    },
    safe,
    text::SafeText,
};

/// How a service is set up: what it is and whose, how far it is, where its pods are, what decides about them, and what they are
/// made of.
pub(super) fn of(
    rows: &Rows<'_>,
    service: &Service,
    object: Option<&Value>,
    template: &Value,
) -> Vec<Fact> {
    let mut facts = vec![fact("kind", SafeText::from_static(kind(service.kind)))];
    if let Some(object) = object {
        owner(object, &mut facts);
        strategy(object, &mut facts);
    }
    if let Some(workload) = rows.workload {
        progress(workload, &mut facts);
        around(rows, workload, &mut facts);
    }
    if let Some(node) = rows.node {
        let of =
            |name, value: &SafeText, facts: &mut Vec<Fact>| facts.push(fact(name, value.clone()));
        of("zone", &node.zone, &mut facts);
        of("kubelet", &node.version, &mut facts);
        facts.push(fact("pods", safe!("{}", rows.pods.len())));
    } else {
        places(rows, &mut facts);
    }
    for container in containers(template) {
        facts.push(made_of(container));
    }
    pod(template, &mut facts);
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

const fn kind(kind: ServiceKind) -> &'static str {
    match kind {
        ServiceKind::Deployment => "Deployment",
        ServiceKind::StatefulSet => "StatefulSet",
        ServiceKind::DaemonSet => "DaemonSet",
        ServiceKind::Job => "Job",
        ServiceKind::CronJob => "CronJob",
        ServiceKind::Rollout => "Argo Rollout",
        ServiceKind::Pod => "pod that nobody manages",
        ServiceKind::Node => "node",
        ServiceKind::Custom | ServiceKind::Compose | ServiceKind::Container => {
            "of somebody else's controller"
        }
    }
}

/// Who puts it there, by the marks that deployers and operators leave.
fn owner(object: &Value, facts: &mut Vec<Fact>) {
    let of = |part: &str, key: &str| {
        let map = object.pointer(&format!("/metadata/{part}"));
        SafeText::name(map.and_then(|m| m[key].as_str()).unwrap_or_default())
    };
    let label = |key: &str| of("labels", key);
    let annotation = |key: &str| of("annotations", key);
    let mut say = |text: SafeText| facts.push(fact("deployed by", text));
    let release = annotation("meta.helm.sh/release-name");
    if !release.is_empty() {
        say(safe!(
            "Helm, release {release} of {}",
            annotation("meta.helm.sh/release-namespace")
        ));
    }
    for key in [
        "argocd.argoproj.io/instance",
        "argocd.argoproj.io/tracking-id",
    ] {
        let app = [label(key), annotation(key)]
            .into_iter()
            .find(|app| !app.is_empty());
        if let Some(app) = app {
            let app = app.split(':').next().unwrap_or_default();
            say(safe!(
                "Argo CD, application {app}: it puts back what is changed by hand"
            ));
            break;
        }
    }
    for (tool, key) in [
        ("Kustomization", "kustomize.toolkit.fluxcd.io"),
        ("HelmRelease", "helm.toolkit.fluxcd.io"),
    ] {
        let name = label(&format!("{key}/name"));
        if !name.is_empty() {
            say(safe!(
                "Flux, {tool} {}/{name}: it puts back what is changed by hand",
                label(&format!("{key}/namespace"))
            ));
        }
    }
    let owners = list(object, "/metadata/ownerReferences").iter();
    for owner in owners.filter(|o| o["controller"] == Value::Bool(true)) {
        say(safe!(
            "{} {}: its operator decides what this is",
            SafeText::name(text(owner, "/kind")),
            SafeText::name(text(owner, "/name"))
        ));
    }
    let managed = label("app.kubernetes.io/managed-by");
    if !managed.is_empty() {
        facts.push(fact("managed by", managed));
    }
    let cause = annotation("kubernetes.io/change-cause");
    facts.push(fact("change cause", cause));
}

fn strategy(object: &Value, facts: &mut Vec<Fact>) {
    let strategy = ["/spec/strategy", "/spec/updateStrategy"];
    let Some(strategy) = strategy.iter().find_map(|at| object.pointer(at)) else {
        return;
    };
    let rolling = strategy["rollingUpdate"].as_object();
    let parts: Vec<String> = rolling
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name} {}", plain(value)))
        .collect();
    let kind = SafeText::name(text(strategy, "/type"));
    facts.push(fact("strategy", safe!("{kind} {}", parts.join(", "))));
}

fn progress(workload: &Workload, facts: &mut Vec<Fact>) {
    let p = &workload.progress;
    if matches!(workload.kind, ServiceKind::Job | ServiceKind::CronJob) {
        facts.push(fact("schedule", workload.schedule.clone()));
        return;
    }
    let (desired, updated) = (p.desired, p.updated);
    facts.push(fact(
        "pods",
        safe!(
            "{desired} wanted, {updated} new, {} ready, {} available",
            p.ready,
            p.available
        ),
    ));
    facts.push(fact("revision", workload.revision.clone()));
    if let Some(held) = status::status(workload).held {
        facts.push(fact("waits", held));
    }
}

/// What else decides about its pods.
fn around(rows: &Rows<'_>, workload: &Workload, facts: &mut Vec<Fact>) {
    if let Some(scaler) = rows.store.autoscaler_of(workload) {
        let (low, high) = scaler.bounds;
        let (is, wants) = scaler.pods;
        let limited = if scaler.limited.is_some() {
            ", and would have more"
        } else {
            ""
        };
        let text = safe!(
            "{}: {low} to {high} pods, is {is}, wants {wants}{limited}",
            scaler.name
        );
        facts.push(fact("autoscaler", text));
    }
    for budget in rows.store.budgets_of(workload) {
        let (healthy, wanted, expected) = budget.pods;
        let text = safe!(
            "{}: {} may go now; {healthy} of {expected} serve, it wants {wanted}",
            budget.name,
            budget.allowed
        );
        facts.push(fact("disruption budget", text));
    }
}

/// How many of its pods are on each node, zone by zone.
fn places(rows: &Rows<'_>, facts: &mut Vec<Fact>) {
    let mut zones: BTreeMap<SafeText, BTreeMap<&SafeText, usize>> = BTreeMap::new();
    for pod in &rows.pods {
        let node = &pod.instance.node;
        let zone = rows
            .store
            .nodes
            .values()
            .find(|n| n.name == *node)
            .map(|n| n.zone.clone());
        let nodes = zones.entry(zone.unwrap_or_default()).or_default();
        *nodes.entry(node).or_default() += 1;
    }
    for (zone, nodes) in zones {
        let shown: Vec<String> = nodes
            .iter()
            .map(|(node, count)| match node.as_str() {
                "" => format!("{count} on none yet"),
                node => format!("{count} on {node}"),
            })
            .collect();
        let name = if zone.is_empty() {
            SafeText::from_static("nodes")
        } else {
            zone
        };
        facts.push(Fact {
            name,
            value: SafeText::line(shown.join(", ")),
        });
    }
}

/// A container: its image, its command by name alone, and what it asks for and may use.
fn made_of(container: &Value) -> Fact {
    let amounts = |which: &str| {
        let map = container
            .pointer(&format!("/resources/{which}"))
            .and_then(Value::as_object);
        let parts: Vec<String> = map
            .into_iter()
            .flatten()
            .map(|(k, v)| format!("{k} {}", plain(v)))
            .collect();
        parts.join(", ")
    };
    let (asks, may) = (amounts("requests"), amounts("limits"));
    let asks = if asks.is_empty() {
        "asks for nothing".to_owned()
    } else {
        format!("asks for {asks}")
    };
    let may = if may.is_empty() {
        "without limit".to_owned()
    } else {
        format!("may use {may}")
    };
    Fact {
        name: SafeText::name(text(container, "/name")),
        value: safe!(
            "{}; {asks}; {may}",
            SafeText::name(text(container, "/image"))
        ),
    }
}

fn pod(template: &Value, facts: &mut Vec<Fact>) {
    let spec = template.pointer("/spec").unwrap_or(&Value::Null);
    facts.push(fact(
        "service account",
        SafeText::name(text(spec, "/serviceAccountName")),
    ));
    let grace = &spec["terminationGracePeriodSeconds"];
    if let Some(seconds) = grace.as_u64() {
        facts.push(fact("stop grace period", safe!("{seconds} s")));
    }
    for volume in spec["volumes"].as_array().into_iter().flatten() {
        let name = SafeText::name(text(volume, "/name"));
        let kinds = volume
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key.as_str());
        let kind = SafeText::name(
            kinds
                .filter(|key| *key != "name")
                .collect::<Vec<_>>()
                .join(" "),
        );
        let of = [
            "/persistentVolumeClaim/claimName",
            "/secret/secretName",
            "/configMap/name",
        ];
        let of = of
            .iter()
            .map(|at| text(volume, at))
            .find(|of| !of.is_empty());
        facts.push(fact(
            "volume",
            safe!("{name} ← {kind} {}", SafeText::name(of.unwrap_or_default())),
        ));
    }
}

/// Its probes, container by container.
pub(super) fn checks(template: &Value) -> Vec<Fact> {
    let mut checks = Vec::new();
    for container in containers(template) {
        for (kind, key) in [
            ("starts", "startupProbe"),
            ("ready", "readinessProbe"),
            ("alive", "livenessProbe"),
        ] {
            let Some(probe) = container.get(key) else {
                continue;
            };
            let number = |name: &str, usual: u64| probe[name].as_u64().unwrap_or(usual);
            checks.push(Fact {
                name: safe!("{} {kind}", SafeText::name(text(container, "/name"))),
                value: safe!(
                    "{}, every {} s, {} s at most, {} failures count",
                    action(probe),
                    number("periodSeconds", 10),
                    number("timeoutSeconds", 1),
                    number("failureThreshold", 3)
                ),
            });
        }
    }
    checks
}

fn action(probe: &Value) -> SafeText {
    if let Some(http) = probe.get("httpGet") {
        let path = SafeText::line(text(http, "/path"));
        return safe!("GET :{}{path}", plain(&http["port"]));
    }
    if let Some(tcp) = probe.get("tcpSocket") {
        return safe!("connects to :{}", plain(&tcp["port"]));
    }
    if let Some(grpc) = probe.get("grpc") {
        return safe!("gRPC :{}", plain(&grpc["port"]));
    }
    // Its arguments can hold secrets.
    safe!("runs {}", SafeText::name(text(probe, "/exec/command/0")))
}

/// Names of environment variables, never their values.
pub(super) fn environment(template: &Value) -> Vec<SafeText> {
    let variables = containers(template)
        .filter_map(|c| c["env"].as_array())
        .flatten();
    let mut names: Vec<SafeText> = variables
        .map(|v| SafeText::name(text(v, "/name")))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> SafeText {
    match value.as_str() {
        Some(text) => SafeText::name(text),
        None => SafeText::name(value.to_string()),
    }
}
