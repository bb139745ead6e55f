//! Gate 12: whatever is pressed in whatever view, a console that only looks sends a cluster nothing that changes anything.

use std::time::Duration;

use crate::support::{
    account::{terminating, write_kubeconfig},
    cluster::{Cluster, Namespace},
    cluster_or_skip,
    console::{Start, quarterdeck},
    keys::press_all,
    proxy::{Proxy, Request},
    wait::wait_until,
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

fn deploy(namespace: &Namespace<'_>) {
    namespace.kubectl(&[
        "create",
        "deployment",
        "api",
        "--image=shop/api:v1",
        "--replicas=2",
    ]);
}

#[test]
fn no_key_in_any_view_changes_anything() {
    let cluster = cluster_or_skip!();
    let shop = cluster.namespace("look");
    deploy(&shop);
    let proxy = terminating(&cluster, Some("admin"));
    let mut console = on(&cluster, &shop, &proxy)
        .env("QUARTERDECK_READ_ONLY", "1")
        .start();
    console.expect("2/2");
    // Whatever namespace was gone to, 0 leads back to those of the settings.
    press_all(&console, "here/api", "0");
    console.expect("2/2");
    console.keys("q");
    assert!(console.wait_exit(Duration::from_secs(2)).success());
    assert!(!proxy.requests().is_empty(), "it did not go by the proxy");
    assert_eq!(changes(&proxy), []);
}

/// The reverse: without read-only the same proxy sees what is pressed.
#[test]
fn the_proxy_sees_what_changes_something() {
    let cluster = cluster_or_skip!();
    let shop = cluster.namespace("act");
    deploy(&shop);
    let proxy = terminating(&cluster, Some("admin"));
    let console = on(&cluster, &shop, &proxy).start();
    console.expect("2/2");
    wait_until("something is sent", Duration::from_mins(1), || {
        console.keys("r\r");
        !changes(&proxy).is_empty()
    });
}
