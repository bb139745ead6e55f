//! What a cluster shows is what the console knows.

use std::time::Duration;

use quarterdeck::{
    domain::source::SourceState,
    platform::{PlatformHandle, kubernetes},
};

use crate::support::cluster_or_skip;

/// Waits until the platform shows it; fails after half a minute with what it showed instead.
async fn until(platform: &mut PlatformHandle, what: &str, shown: impl FnMut(&SourceState) -> bool) {
    let found = tokio::time::timeout(Duration::from_secs(30), platform.state.wait_for(shown))
        .await
        .is_ok();
    assert!(
        found,
        "{what}, but it shows {:#?}",
        *platform.state.borrow()
    );
}

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
