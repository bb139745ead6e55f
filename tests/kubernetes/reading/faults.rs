//! Gate 5: whatever breaks on the way, rows are the server's within 10 s of quiet, and what is called live was proven lately.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::domain::{
    service::ServiceKind,
    source::{SourceHealth, SourceState},
};
use serde_json::Value;

use super::{Reading, deployment};
use crate::support::{
    cluster::Namespace,
    cluster_or_skip, gate,
    proxy::{Fault, Proxy, Rule},
    wait::{deadline, left},
};

/// Faults between two times of quiet.
const AT_ONCE: usize = 10;

/// How long after the last fault the rows may differ.
const QUIET: Duration = Duration::from_secs(10);

/// How old the proof of what is called live may be.
const FRESH: SignedDuration = SignedDuration::from_secs(15);

/// Replicas asked for, and the pods by name: each ready or not.
type Workloads = BTreeMap<String, (u32, BTreeMap<String, bool>)>;

#[test]
fn after_any_faults_rows_are_the_servers_within_10_s() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("faults");
    for name in ["a", "b", "c"] {
        deployment(&namespace, name, 2);
    }
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&namespace.token(None), &proxy.host);
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    reading.serves("c", 2);
    let seed = std::env::var("QUARTERDECK_SEED").map_or(5, |s| s.parse().expect("a number"));
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..gate::size(50, 10_000) / AT_ONCE {
        for _ in 0..AT_ONCE {
            break_something(&proxy, &mut random);
            change_something(&namespace, &mut random);
            assert_fresh(&reading.state());
        }
        proxy.calm();
        settles(&reading, &namespace, &format!("seed {seed}, round {round}"));
    }
}

fn break_something(proxy: &Proxy, random: &mut fastrand::Rng) {
    let kinds = [
        "/pods?",
        "/replicasets?",
        "/deployments?",
        "watch=1",
        "/readyz",
    ];
    let path = kinds[random.usize(..kinds.len())];
    let bytes = random.usize(..4000);
    let status = [410, 429, 500, 503][random.usize(..4)];
    let body = format!(r#"{{"kind":"Status","code":{status},"message":"a fault"}}"#);
    match random.u8(..9) {
        0 => proxy.reset(),
        1 => proxy.cut(),
        2 => proxy.stall(),
        3 => {
            proxy.stall();
            proxy.abandon();
        }
        4 => proxy.on(Rule::once(path, Fault::Truncate(bytes))),
        5 => proxy.on(Rule::once(path, Fault::Reset(bytes))),
        6 => proxy.on(Rule::once(path, Fault::Blackhole(bytes))),
        _ => proxy.on(Rule::once(path, Fault::Answer(status, body)).times(random.usize(1..4))),
    }
    // What a rule is for happens once something is asked for.
    if random.bool() {
        proxy.cut();
    }
}

fn change_something(namespace: &Namespace<'_>, random: &mut fastrand::Rng) {
    let name = ["a", "b", "c"][random.usize(..3)];
    match random.u8(..4) {
        0 => drop(namespace.kubectl(&["delete", "pods", "--all", "--wait=false"])),
        1 => {
            namespace.kubectl(&["delete", "deployment", name, "--wait=false"]);
            deployment(namespace, name, 1);
        }
        _ => {
            let replicas = format!("--replicas={}", random.u8(..4));
            namespace.kubectl(&["scale", "deployment", name, &replicas]);
        }
    }
}

/// Waits until the rows are the server's.
fn settles(reading: &Reading, namespace: &Namespace<'_>, when: &str) {
    let end = deadline(QUIET);
    loop {
        let (there, shown) = (on_server(namespace), shown(&reading.state()));
        let live = reading.state().health == SourceHealth::Live;
        if live && there == shown {
            return;
        }
        assert!(
            !left(end).is_zero(),
            "{when}: there is {there:#?}, and shown {shown:#?}, {:?} {}",
            reading.state().health,
            reading.state().problem
        );
        assert_fresh(&reading.state());
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

fn shown(state: &SourceState) -> Workloads {
    let services = state.snapshot.services.iter();
    services
        .filter(|service| service.kind != ServiceKind::Node)
        .map(|service| {
            let pods = service.instances.iter();
            let pods = pods
                .map(|pod| (pod.name.to_string(), pod.ready()))
                .collect();
            let desired = service.desired.unwrap_or_default();
            (service.id.name.to_string(), (desired, pods))
        })
        .collect()
}

fn on_server(namespace: &Namespace<'_>) -> Workloads {
    let all = namespace.kubectl(&["get", "deployments,pods", "--output=json"]);
    let all: Value = serde_json::from_str(&all).expect("kubectl prints JSON");
    let mut found = Workloads::new();
    let items = all["items"].as_array().expect("a list");
    let of_kind = |kind: &'static str| items.iter().filter(move |item| item["kind"] == kind);
    let name = |item: &Value| {
        item["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    for item in of_kind("Deployment") {
        let desired = item["spec"]["replicas"].as_u64().unwrap_or_default() as u32;
        found.insert(name(item), (desired, BTreeMap::new()));
    }
    for item in of_kind("Pod") {
        let owner = item["metadata"]["ownerReferences"][0]["name"].as_str();
        let deployment = owner
            .and_then(|set| set.rsplit_once('-'))
            .map(|(name, _)| name);
        let conditions = item["status"]["conditions"]
            .as_array()
            .into_iter()
            .flatten();
        let ready = conditions
            .filter(|c| c["type"] == "Ready")
            .any(|c| c["status"] == "True");
        let leaves = !item["metadata"]["deletionTimestamp"].is_null();
        let pods = found
            .entry(deployment.unwrap_or_default().to_owned())
            .or_default();
        pods.1.insert(name(item), ready && !leaves);
    }
    found
}

#[expect(clippy::disallowed_methods, reason = "proofs are by the wall clock")]
fn assert_fresh(state: &SourceState) {
    let age = state
        .proof
        .map(|proof| Timestamp::now().duration_since(proof));
    let fresh = age.is_some_and(|age| age <= FRESH);
    assert!(
        state.health != SourceHealth::Live || fresh,
        "called live with a proof of {age:?} ago"
    );
}
