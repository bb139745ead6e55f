//! A gate of checklists: nothing is done twice.

use serde_json::Value;

use crate::support::{
    cluster::{Cluster, Namespace},
    cluster_or_skip,
    proxy::Proxy,
    walked::{Point, RELEASE, Walked, killed_everywhere},
};

/// A namespace that serves, and a walk of a list on it by a proxy.
fn walk(
    cluster: &Cluster,
    shop: &Namespace<'_>,
    proxy: &Proxy,
    list: &str,
    options: &[&str],
) -> Walked {
    shop.kubectl(&[
        "create",
        "deployment",
        "api",
        "--image=shop/api:v1",
        "--replicas=2",
    ]);
    shop.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let options = [options, &["--namespace", &shop.name]].concat();
    let kubeconfig = cluster.with_token(&shop.token(None), &proxy.host);
    let walked = Walked::new(list, &options, &[("KUBECONFIG", "kubeconfig".to_owned())]);
    std::fs::write(walked.home().join("kubeconfig"), kubeconfig).expect("it is written");
    walked
}

#[test]
fn killed_at_any_point_of_a_list_everything_is_done_once() {
    let cluster = cluster_or_skip!();
    killed_everywhere(|points| release(&cluster, points));
}

fn release(cluster: &Cluster, points: &[Point]) -> usize {
    let shop = cluster.namespace("release");
    let proxy = cluster.terminating_proxy();
    let options = ["--attest", "2", "--go", "bob", "--yes"];
    let walked = walk(cluster, &shop, &proxy, RELEASE, &options);
    let killed = walked.killed_at(points, &proxy);
    walked.assert_whole(8);

    let read = |what: &[&str]| -> Value {
        let text = shop.kubectl(&[&["get", "--output=json"], what].concat());
        serde_json::from_str(&text).expect("JSON")
    };
    let api = read(&["deployment", "api"]);
    assert_eq!(api["spec"]["replicas"], 3, "{points:?}");
    // The restart, the scale and the rollout: each is one change of what is wanted, as the server counts them.
    assert_eq!(
        api["metadata"]["generation"],
        4,
        "{points:?}: {:?}",
        proxy.acts()
    );
    let sets = read(&["replicasets"]);
    let sets = sets["items"].as_array().map_or(0, Vec::len);
    assert_eq!(
        sets, 3,
        "{points:?}: of the beginning, of the restart and of the rollout"
    );
    killed
}
