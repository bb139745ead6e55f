//! What a service's pods claim, and what their namespace has left.

use quarterdeck::{
    domain::{health::Health, service::TroubleKind},
    platform::kubernetes,
};

use super::{details, details_until, named};
use crate::{
    shown::{service, workload},
    support::cluster_or_skip,
};

/// A StatefulSet whose volumes nobody provides.
fn database() -> String {
    let template = "  replicas: 1\n\
        \x20 volumeClaimTemplates:\n\
        \x20 - metadata: {name: data}\n\
        \x20   spec: {storageClassName: nowhere, accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}\n";
    workload("StatefulSet", "db", "shop/db:v1", "fine", template)
}

#[tokio::test]
async fn a_pod_that_waits_for_a_volume_says_for_which_and_why() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("volumes");
    namespace.apply(&database());
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let told = "data-db-0: Pending, wants 10Gi of nowhere: storageclass.storage.k8s.io \"nowhere\" not found";
    let why = format!("unschedulable: claim {told}");
    let db = service(&mut platform, "sts/db", "waits for its volume", |s| {
        *s.why == *why
    })
    .await;
    assert_eq!(db.health, Health::Critical);
    let trouble = db.troubles.first().map(|trouble| trouble.kind);
    assert_eq!(trouble, Some(TroubleKind::Unschedulable));
    let found = details(&platform, &db.id).await;
    assert_eq!(named(&found.facts, "claim"), [told]);
    let first = found.evidence.first().expect("there is a reason");
    assert_eq!(&*first.text, why, "said by the whole of it");
    let again = found
        .evidence
        .iter()
        .filter(|e| e.text.starts_with("claim "));
    assert_eq!(again.count(), 0, "{:#?}", found.evidence);
}

#[tokio::test]
async fn claims_have_their_size_and_class_and_one_that_is_not_there_is_named() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("volumes");
    let name = &namespace.name;
    namespace.apply(&format!(
        "apiVersion: v1\n\
         kind: PersistentVolume\n\
         metadata: {{name: {name}}}\n\
         spec:\n\
         \x20 storageClassName: slow\n\
         \x20 accessModes: [ReadWriteOnce]\n\
         \x20 capacity: {{storage: 20Gi}}\n\
         \x20 hostPath: {{path: /nowhere}}\n\
         ---\n\
         apiVersion: v1\n\
         kind: PersistentVolumeClaim\n\
         metadata: {{name: media}}\n\
         spec: {{storageClassName: slow, volumeName: {name}, accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 10Gi}}}}}}\n"
    ));
    let api = workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "fine",
        "  replicas: 1\n",
    )
    .replace(
        "spec: {containers",
        "spec: {volumes: [{name: a, persistentVolumeClaim: {claimName: media}}, \
         {name: b, persistentVolumeClaim: {claimName: lost}}], containers",
    );
    namespace.apply(&api);
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let api = service(&mut platform, "api", "is there", |_| true).await;
    let told = ["lost: not there", "media: Bound, 20Gi, wants 10Gi of slow"];
    details_until(&mut platform, &api.id, "tells its claims", |found| {
        named(&found.facts, "claim") == told
    })
    .await;
    namespace.kubectl(&["delete", "persistentvolume", name, "--wait=false"]);
}

#[tokio::test]
async fn the_quotas_of_a_namespace_are_told_the_fullest_first() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("volumes");
    namespace.kubectl(&["create", "quota", "a-roomy", "--hard=services=10"]);
    namespace.kubectl(&["create", "quota", "few", "--hard=pods=2"]);
    for quota in ["few", "a-roomy"] {
        let quota = format!("quota/{quota}");
        namespace.kubectl(&[
            "wait",
            "--for=jsonpath={.status.hard}",
            &quota,
            "--timeout=30s",
        ]);
    }
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "fine",
        "  replicas: 2\n",
    ));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let api = service(&mut platform, "api", "serves", |s| s.ready() == 2).await;
    let found = details(&platform, &api.id).await;
    assert_eq!(
        named(&found.facts, "quota"),
        ["few: pods 2/2, full", "a-roomy: services 0/10"]
    );
}
