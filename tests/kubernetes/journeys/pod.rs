//! One pod deleted, by a key: another one comes.

use super::{deployment, on};
use crate::support::{
    cluster_or_skip,
    wait::{SOON, wait_until},
};

#[test]
fn a_pod_is_deleted_and_another_one_comes() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("pod");
    deployment(&namespace, "api", "", 1);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let pods = || namespace.kubectl(&["get", "pods", "--output=name"]);
    let before = pods();
    let console = on(&cluster, &namespace);
    console.expect("1/1");
    console.keys("X");
    console.agree("delete pod", &["ReplicaSet"]);
    console.expect("verified");
    wait_until("another one", SOON, || {
        let now = pods();
        now.lines().count() == 1 && now != before
    });
    console.expect("1/1");
}
