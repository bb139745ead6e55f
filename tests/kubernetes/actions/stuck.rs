//! A bad release: it is seen to be bad, and rolled back while it is stuck.

use quarterdeck::plan::{Outcome, Verb};

use super::rig::{Rig, back, part, rollout, verified};
use crate::support::{cluster::Namespace, cluster_or_skip, wait::SOON, wait::wait_until};

/// A Deployment of three, whose pods do as `stage` says, with `deadline` seconds for a rollout.
fn deployment(namespace: &Namespace<'_>, stage: &str, deadline: u32) {
    namespace.apply(&format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec:\n  replicas: 3\n  progressDeadlineSeconds: {deadline}\n  \
         selector: {{matchLabels: {{app: api}}}}\n  template:\n    metadata: {{labels: {{app: api, quarterdeck.test/stage: '{stage}'}}}}\n    \
         spec:\n      containers:\n      - {{name: main, image: 'shop/api:v1'}}\n"
    ));
}

/// A release whose pods do as `stage` says.
fn release(namespace: &Namespace<'_>, what: &str, stage: &str) {
    let patch = format!(
        r#"{{"spec":{{"template":{{"metadata":{{"labels":{{"quarterdeck.test/stage":"{stage}"}}}},"spec":{{"containers":[{{"name":"main","image":"shop/api:v2"}}]}}}}}}}}"#
    );
    namespace.kubectl(&["patch", what, "--patch", &patch]);
}

#[tokio::test]
async fn a_release_that_cannot_be_pulled_is_rolled_back_while_it_is_stuck() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("stuck");
    deployment(&namespace, "", 600);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let template = part(&namespace, "deployment/api", "/spec/template");
    release(&namespace, "deployment/api", "image-pull");
    let rig = Rig::new(&cluster, &namespace);
    // Pods come one by one at the start: what serves is known once the old ones are here too.
    rig.service("api", |api| {
        api.ready() == 3 && api.instances.iter().any(|i| i.why.contains("pulled"))
    })
    .await;
    let preview = rig.preview("api", back()).await.expect("it can be done");
    assert_eq!((&*preview.now.what, &*preview.to.what), ("v1 > v2", "v1"));
    verified(&rig.carry(preview).await);
    assert_eq!(
        part(&namespace, "deployment/api", "/spec/template"),
        template
    );
    let ready = part(&namespace, "deployment/api", "/status/updatedReplicas");
    assert_eq!(ready, 3);
}

#[tokio::test]
async fn a_deadline_that_passed_before_does_not_fail_the_way_back() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("deadline");
    deployment(&namespace, "", 2);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    release(&namespace, "deployment/api", "crash-loop");
    wait_until("the deadline has passed", SOON, || {
        let conditions = part(&namespace, "deployment/api", "/status/conditions");
        conditions.to_string().contains("ProgressDeadlineExceeded")
    });
    let rig = Rig::new(&cluster, &namespace);
    verified(&rig.act("api", back()).await);
}

#[tokio::test]
async fn a_rollout_that_does_not_come_fails_with_what_ails_its_pods() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("fails");
    deployment(&namespace, "crash-loop", 3);
    let rig = Rig::new(&cluster, &namespace);
    let outcome = rig.act("api", rollout("v2")).await;
    let Outcome::Failed {
        step: 1,
        applied: 1,
        why,
        now,
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("has timed out progressing"), "{why}");
    assert!(why.contains("crash loop, exit 1"), "{why}");
    assert!(now.contains("rolling back works"), "{now}");
}

/// Pods are made in order, so one that never becomes ready holds up everything: it is deleted.
#[tokio::test]
async fn a_stateful_set_that_waits_for_a_bad_pod_goes_back() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("ordered");
    namespace.apply(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 3\n  serviceName: none\n  \
         selector: {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    \
         spec:\n      containers:\n      - {name: main, image: 'shop/api:v1'}\n",
    );
    namespace.kubectl(&["rollout", "status", "statefulset/db", "--timeout=60s"]);
    let template = part(&namespace, "statefulset/db", "/spec/template");
    release(&namespace, "statefulset/db", "never-ready");
    let rig = Rig::new(&cluster, &namespace);
    rig.service("sts/db", |db| {
        let bad = db.instances.iter().find(|i| &*i.name == "db-2");
        bad.is_some_and(|i| &*i.image == "shop/api:v2" && i.started.is_some() && !i.ready())
    })
    .await;
    let preview = rig.preview("sts/db", back()).await.expect("it can be done");
    let steps: Vec<_> = preview
        .steps
        .iter()
        .map(|s| (s.verb, s.object.as_str()))
        .collect();
    assert_eq!(
        steps,
        [
            (Verb::Patch, "statefulset db"),
            (Verb::Remove, "pod db-2"),
            (Verb::Await, "statefulset db")
        ]
    );
    verified(&rig.carry(preview).await);
    assert_eq!(
        part(&namespace, "statefulset/db", "/spec/template"),
        template
    );
    assert_eq!(
        part(&namespace, "statefulset/db", "/status/readyReplicas"),
        3
    );
}
