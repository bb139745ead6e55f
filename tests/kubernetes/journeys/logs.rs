//! Logs of a service, whose pods come and go.

use super::{deployment, on};
use crate::{logs::Written, support::cluster_or_skip};

#[tokio::test]
async fn logs_of_a_service_go_on_with_the_pods_that_join() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("lines");
    let written = Written::of(
        &cluster,
        "2026-11-21T12:00:00.1Z stdout F listening on 8080\n",
    )
    .await;
    deployment(&namespace, "api", "", 1);
    let console = on(&cluster, &namespace);
    console.expect("1/1");
    console.keys("l");
    console.expect("listening on 8080");
    namespace.kubectl(&["scale", "deployment/api", "--replicas=2"]);
    console.expect("joined");
    written.write("2026-11-21T12:00:05.1Z stdout F GET /orders 200\n");
    console.expect("GET /orders 200");
}
