//! Waiting for what the console shows, and manifests to show.

use crate::support::wait::SOON;
use std::sync::Arc;

use quarterdeck::{
    domain::{rollout::Rollout, service::Service, source::SourceState},
    platform::PlatformHandle,
};

/// Waits until the platform shows it; fails after half a minute with what it showed instead.
pub(crate) async fn until(
    platform: &mut PlatformHandle,
    what: &str,
    shown: impl FnMut(&SourceState) -> bool,
) {
    let found = tokio::time::timeout(SOON, platform.state.wait_for(shown))
        .await
        .is_ok();
    assert!(
        found,
        "{what}, but it shows {:#?}",
        *platform.state.borrow()
    );
}

/// Waits until the service of that name is so, and gives it.
pub(crate) async fn service(
    platform: &mut PlatformHandle,
    name: &str,
    what: &str,
    is: impl Fn(&Service) -> bool,
) -> Arc<Service> {
    let named = |state: &SourceState| {
        let found = state.snapshot.named(name).into_iter().find(|s| is(s));
        found.cloned()
    };
    until(platform, &format!("{name} {what}"), |state| {
        named(state).is_some()
    })
    .await;
    named(&platform.state.borrow()).expect("it is shown")
}

/// Waits until the newest rollout of that service is so, and gives it.
pub(crate) async fn rollout(
    platform: &mut PlatformHandle,
    name: &str,
    what: &str,
    is: impl Fn(&Rollout) -> bool,
) -> Arc<Rollout> {
    let newest = |state: &SourceState| newest(state, name).filter(|r| is(r));
    let words = format!("the rollout of {name} {what}");
    until(platform, &words, |state| newest(state).is_some()).await;
    newest(&platform.state.borrow()).expect("it is shown")
}

/// The newest rollout of that service.
pub(crate) fn newest(state: &SourceState, name: &str) -> Option<Arc<Rollout>> {
    let mut rollouts = state.snapshot.rollouts.iter();
    rollouts.find(|r| &*r.service.name == name).cloned()
}

/// A Deployment, StatefulSet or DaemonSet with one container; `stage` says what becomes of its pods, `more` is added to its spec.
pub(crate) fn workload(kind: &str, name: &str, image: &str, stage: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1\n\
         kind: {kind}\n\
         metadata: {{name: {name}}}\n\
         spec:\n\
         {more}\
         \x20 selector: {{matchLabels: {{app: {name}}}}}\n\
         \x20 template:\n\
         \x20   metadata: {{labels: {{app: {name}, quarterdeck.test/stage: {stage}}}, annotations: {{quarterdeck.test/delay: 400ms}}}}\n\
         \x20   spec: {{containers: [{{name: {name}, image: '{image}'}}]}}\n"
    )
}
