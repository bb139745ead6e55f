//! Only what is shown is watched: which kinds, in which namespaces, while somebody goes from view to view.

use std::collections::BTreeSet;

use crate::{
    journeys::{console, deployment},
    support::{
        account::{terminating, write_kubeconfig},
        cluster_or_skip,
        console::Console,
        proxy::Proxy,
        wait::{SOON, wait_until},
    },
};

/// What the four panes show something of, in each namespace that is shown.
const KINDS: [&str; 11] = [
    "/api/v1|events",
    "/api/v1|pods",
    "/api/v1|resourcequotas",
    "/apis/apps/v1|daemonsets",
    "/apis/apps/v1|deployments",
    "/apis/apps/v1|replicasets",
    "/apis/apps/v1|statefulsets",
    "/apis/autoscaling/v2|horizontalpodautoscalers",
    "/apis/batch/v1|cronjobs",
    "/apis/batch/v1|jobs",
    "/apis/policy/v1|poddisruptionbudgets",
];

/// Of the cluster itself: that a node is not ready is an alert wherever one looks.
const NODES: &str = "/api/v1/nodes";

/// Whether it is there depends on who else is on the cluster.
const ADDED: &str = "argoproj.io";

/// What is watched where these namespaces are shown.
fn of(namespaces: &[&str]) -> Vec<String> {
    let inside = namespaces.iter().flat_map(|namespace| {
        let each = KINDS.iter().map(|kind| kind.split_once('|'));
        each.flatten()
            .map(move |(api, kind)| format!("{api}/namespaces/{namespace}/{kind}"))
    });
    let mut all: Vec<String> = inside.chain([NODES.to_owned()]).collect();
    all.sort();
    all
}

fn watched(proxy: &Proxy) -> Vec<String> {
    let mut all = proxy.watched();
    all.retain(|path| !path.contains(ADDED));
    all
}

#[track_caller]
fn settles(proxy: &Proxy, namespaces: &[&str]) {
    let wanted = of(namespaces);
    wait_until(&format!("{namespaces:?} alone"), SOON, || {
        watched(proxy) == wanted
    });
}

#[test]
fn only_what_is_shown_is_watched() {
    let cluster = cluster_or_skip!();
    let (one, other) = (cluster.namespace("here"), cluster.namespace("there"));
    deployment(&one, "api", "", 1);
    deployment(&other, "web", "", 2);
    let proxy = terminating(&cluster, Some("admin"));
    let folder = tempfile::tempdir().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&cluster, &proxy, "", &kubeconfig);
    let (here, there) = (one.name.as_str(), other.name.as_str());
    let console = console(&kubeconfig, &[here, there]).start();
    console.expect("api ");
    console.expect("web ");
    settles(&proxy, &[here, there]);

    console.keys(&format!(":ns {there}\r"));
    console.expect_gone("api ");
    settles(&proxy, &[there]);
    let before = proxy.requests().len();
    views(&console);
    assert_eq!(watched(&proxy), of(&[there]));
    // Neither did a view that was left look elsewhere, nor watch anything.
    let mut asked = proxy.requests();
    let inside = format!("/namespaces/{here}/");
    for request in asked.drain(before..) {
        assert!(!request.path.contains(&inside), "{request:?}");
        let path = request.watched().map(str::to_owned);
        assert!(
            path.is_none_or(|path| of(&[there]).contains(&path)),
            "{request:?}"
        );
    }

    console.keys("0");
    console.expect("api ");
    settles(&proxy, &[here, there]);
    let ever: BTreeSet<String> = proxy
        .requests()
        .iter()
        .filter_map(|request| request.watched().map(str::to_owned))
        .filter(|path| !path.contains(ADDED))
        .collect();
    assert_eq!(ever, of(&[here, there]).into_iter().collect());
}

/// The nodes and back, a service from near and back, its events and its raw object and back.
fn views(console: &Console) {
    console.keys("\x0e");
    console.expect("NODE ");
    console.keys("\x0e");
    console.expect("web ");
    for (key, shows) in [("d", "Details"), ("e", "Events"), ("y", "apiVersion")] {
        console.keys(key);
        console.expect(shows);
        console.keys("\x1b\x1b");
        console.expect_gone(shows);
    }
}
