//! What a cluster shows is what the console knows.

use quarterdeck::platform::kubernetes;

use crate::{shown::until, support::cluster_or_skip};

#[tokio::test]
async fn a_deployment_is_a_service_with_its_pods() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("reading");
    namespace.kubectl(&[
        "create",
        "deployment",
        "api",
        "--image=shop/api:v1.8.2",
        "--replicas=3",
    ]);
    let mut platform = kubernetes::start(cluster.options(&namespace));
    until(&mut platform, "api has three pods that serve", |state| {
        state
            .snapshot
            .named("api")
            .iter()
            .any(|api| api.ready() == 3 && &*api.version == "v1.8.2" && api.desired == Some(3))
    })
    .await;
}
