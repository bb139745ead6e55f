//! Gate 12: whatever is pressed in whatever view, a console that only looks sends a cluster nothing that changes anything.

use std::time::Duration;

use crate::{
    argo,
    nodes::OwnNode,
    pods::cron,
    support::{
        account::{terminating, write_kubeconfig},
        cluster::{Cluster, Namespace},
        cluster_or_skip,
        console::{Start, quarterdeck},
        keys::{press_all, settle},
        proxy::{Proxy, Request},
        wait::{SOON, wait_until},
    },
    switch::colours,
};

/// What may change something: reviews of oneself only ask.
fn changes(proxy: &Proxy) -> Vec<Request> {
    let mut all = proxy.mutating();
    all.retain(|request| !request.path.starts_with("/apis/authorization.k8s.io/"));
    all
}

/// A console of the administrator on a namespace, by way of the proxy.
fn on(cluster: &Cluster, namespace: &Namespace<'_>, proxy: &Proxy) -> Start {
    let start = quarterdeck(&[]).size(120, 40);
    let kubeconfig = start.home().join("kubeconfig");
    write_kubeconfig(cluster, proxy, "", &kubeconfig);
    std::fs::write(
        start.home().join("quarterdeck.toml"),
        format!(
            "[environment.here]\nkind = 'development'\n\
             kubernetes = {{ kubeconfig = 'kubeconfig', namespaces = ['{}'] }}\n",
            namespace.name
        ),
    )
    .expect("the home is writable");
    start.env("QUARTERDECK_OPERATOR", "sre-1")
}

/// Of each kind that something can be done to one: a Deployment, a CronJob, two colours behind a Service, and an update of
/// Argo's that waits.
fn deploy(namespace: &Namespace<'_>) {
    argo::installed(namespace);
    argo::running(namespace);
    argo::waiting(namespace);
    colours(namespace);
    namespace.apply(&cron("report", "ends", "Forbid"));
    namespace.kubectl(&[
        "create",
        "deployment",
        "front",
        "--image=shop/front:v1",
        "--replicas=2",
    ]);
}

/// Where the keys are that each kind alone has a meaning for: a node in its row and from near, a pod in its own.
fn places(node: &OwnNode<'_>) -> [String; 6] {
    let node = format!("\x0e/{}\r", node.name);
    let (near, pod) = (format!("{node}d"), "/front\r\x1b[Cj");
    ["/report\r", "/rollout\r", "/green\r", &node, &near, pod].map(str::to_owned)
}

#[test]
fn no_key_in_any_view_changes_anything() {
    let cluster = cluster_or_skip!();
    let shop = cluster.namespace("look");
    let node = OwnNode::new(&cluster, &shop);
    deploy(&shop);
    let proxy = terminating(&cluster, Some("admin"));
    let mut console = on(&cluster, &shop, &proxy)
        .env("QUARTERDECK_READ_ONLY", "1")
        .start();
    console.expect("2/2");
    let places = places(&node);
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    // Whatever namespace was gone to, 0 leads back to those of the settings.
    press_all(&console, "here/front", "0", &places);
    console.expect("2/2");
    console.keys("q");
    assert!(console.wait_exit(Duration::from_secs(2)).success());
    assert!(!proxy.requests().is_empty(), "it did not go by the proxy");
    assert_eq!(changes(&proxy), []);
}

/// The reverse: without read-only the same proxy sees what is pressed, in each of these places.
#[test]
fn the_proxy_sees_what_changes_something() {
    let cluster = cluster_or_skip!();
    let shop = cluster.namespace("act");
    let node = OwnNode::new(&cluster, &shop);
    deploy(&shop);
    let proxy = terminating(&cluster, Some("admin"));
    let console = on(&cluster, &shop, &proxy).start();
    console.expect("2/2");
    let [report, rollout, green, on_node, near, pod] = places(&node);
    for (place, key, path) in [
        ("/front\r", "r", "/deployments/front?"),
        (report.as_str(), "n", "/jobs?"),
        (rollout.as_str(), ">", "/rollouts/api/status?"),
        (green.as_str(), "w", "/services/web?"),
        (on_node.as_str(), "t", "/api/v1/nodes/own-"),
        (near.as_str(), "W", "/api/v1/nodes/own-"),
        (pod.as_str(), "X", "/pods/front-"),
        (pod.as_str(), "x", "/pods/front-"),
    ] {
        settle(&console);
        let before = changes(&proxy).len();
        console.keys(place);
        wait_until(&format!("{place:?}{key}: {path}"), SOON, || {
            console.keys(key);
            let all = changes(&proxy);
            all[before..].iter().any(|sent| sent.path.contains(path))
        });
        // The same key that leads to the nodes leads back.
        if place.starts_with('\x0e') {
            settle(&console);
            console.keys("\x0e");
            console.expect("SERVICE ");
        }
    }
}
