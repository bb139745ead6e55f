//! What a cluster shows is what the console knows.

use quarterdeck::domain::service::ServiceKind;

use super::{Reading, deployment};
use crate::support::cluster_or_skip;

#[test]
fn a_deployment_is_a_service_with_its_pods() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("rows");
    deployment(&namespace, "api", 3);
    let reading = Reading::with(cluster.options(&namespace));
    let state = reading.serves("api", 3);
    let api = state.snapshot.named("api")[0];
    assert_eq!(
        (&*api.version, api.desired, api.kind),
        ("v1.8.2", Some(3), ServiceKind::Deployment)
    );
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=1"]);
    reading.serves("api", 1);
    namespace.kubectl(&["delete", "deployment", "api"]);
    reading.until("it is gone", |s| s.snapshot.named("api").is_empty());
}

#[test]
fn several_namespaces_are_read_side_by_side_and_no_others() {
    let cluster = cluster_or_skip!();
    let [one, two, other] = ["one", "two", "other"].map(|stem| cluster.namespace(stem));
    for namespace in [&one, &two, &other] {
        deployment(namespace, "web", 1);
    }
    let groups = |reading: &Reading| {
        let state = reading.live();
        let services = state.snapshot.services.iter();
        let kinds = services.filter(|s| s.kind != ServiceKind::Node);
        kinds.map(|s| s.id.group.to_string()).collect::<Vec<_>>()
    };
    let both = Reading::of(&cluster.kubeconfig("admin"), &[&one, &two]);
    let mut names = [one.name.clone(), two.name.clone()];
    names.sort();
    assert_eq!(groups(&both), names);
    let all = groups(&Reading::of(&cluster.kubeconfig("admin"), &[]));
    for namespace in [&one, &two, &other] {
        assert!(all.contains(&namespace.name), "{all:?}");
    }
}

#[test]
fn who_it_is_and_its_nodes_are_shown() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("host");
    let reading = Reading::with(cluster.options(&namespace));
    let state = reading.until("it has said who it is", |s| {
        !s.snapshot.host.identity.is_empty() && !s.snapshot.named("node/node-0").is_empty()
    });
    let uid = cluster.kubectl(&[
        "get",
        "namespace",
        "kube-system",
        "--output=jsonpath={.metadata.uid}",
    ]);
    let context = cluster.kubectl(&["config", "current-context"]);
    let host = &state.snapshot.host;
    assert_eq!(*host.identity, *uid);
    assert_eq!(*host.name, *context.trim());
    assert!(
        host.version.starts_with("Kubernetes 1."),
        "{}",
        host.version
    );
    assert!(host.unseen.is_empty());
    let node = state.snapshot.named("node/node-0")[0];
    assert_eq!(node.kind, ServiceKind::Node);
    assert!(node.usage.memory_limit_bytes.is_some());
}

#[test]
fn pods_come_under_what_made_them_and_lone_ones_by_themselves() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("kinds");
    namespace.apply(
        "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: postgres}
spec: {replicas: 2, selector: {matchLabels: {app: p}}, template: {metadata: {labels: {app: p}}, spec: {containers: [{name: p, image: 'postgres:16'}]}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: 'agent:1'}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec: {template: {metadata: {labels: {quarterdeck.test/stage: runs}}, spec: {restartPolicy: Never, containers: [{name: m, image: 'm:1'}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup}
spec: {schedule: '0 0 1 1 *', jobTemplate: {spec: {template: {metadata: {labels: {quarterdeck.test/stage: runs}}, spec: {restartPolicy: Never, containers: [{name: b, image: 'b:1'}]}}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: debug}
spec: {containers: [{name: d, image: 'busybox:1'}]}
",
    );
    namespace.kubectl(&["create", "job", "--from=cronjob/backup", "by-hand"]);
    let reading = Reading::with(cluster.options(&namespace));
    for (name, kind, pods) in [
        ("sts/postgres", ServiceKind::StatefulSet, 2),
        ("job/migrate", ServiceKind::Job, 1),
        ("cj/backup", ServiceKind::CronJob, 1),
        ("pod/debug", ServiceKind::Pod, 1),
    ] {
        let state = reading.serves(name, pods);
        assert_eq!(state.snapshot.named(name)[0].kind, kind);
    }
    let state = reading.until("a pod on each node", |s| {
        let nodes = s.snapshot.services.iter();
        let nodes = nodes.filter(|s| s.kind == ServiceKind::Node).count();
        let agent = s.snapshot.named("ds/agent");
        agent.first().is_some_and(|a| a.ready() as usize == nodes)
    });
    assert!(
        state.snapshot.named("job/by-hand").is_empty(),
        "the Job of a CronJob is no service of its own"
    );
}
