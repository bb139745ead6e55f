//! With the permissions that it has: what may not be listed is told, and the rest works.

use quarterdeck::{
    domain::{
        health::Health,
        source::{SourceHealth, SourceState},
    },
    platform::Request,
};

use super::{Reading, deployment};
use crate::support::cluster_or_skip;

#[test]
fn what_may_not_be_listed_is_told_and_the_rest_is_live() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("viewer");
    deployment(&namespace, "api", 2);
    let token = namespace.token(Some(
        "[{apiGroups: ['', apps], resources: [pods, deployments, replicasets], verbs: [list, watch]}]",
    ));
    let kubeconfig = cluster.kubeconfig_of(&token, &cluster.server());
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    reading.serves("api", 2);
    let unseen = |state: &SourceState, kind: &str| {
        let mut unseen = state.snapshot.host.unseen.iter();
        unseen.find(|u| &*u.what == kind).map(|u| u.why.to_string())
    };
    reading.until("jobs and nodes are told", |s| {
        let jobs = format!("you may not list jobs in {}", namespace.name);
        unseen(s, "jobs") == Some(jobs)
            && unseen(s, "nodes").as_deref() == Some("you may not list nodes")
    });
    assert_eq!(unseen(&reading.live(), "pods"), None);

    // Who may from now on, sees it when he asks anew.
    namespace.kubectl(&[
        "create",
        "role",
        "jobs",
        "--resource=jobs",
        "--verb=list,watch",
    ]);
    let account = format!("--serviceaccount={}:console", namespace.name);
    namespace.kubectl(&["create", "rolebinding", "jobs", "--role=jobs", &account]);
    reading.ask(Request::Refresh);
    reading.until("jobs are seen", |s| unseen(s, "jobs").is_none());
}

#[test]
fn pods_whose_owners_may_not_be_listed_are_shown_under_their_names() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("podsonly");
    deployment(&namespace, "api", 2);
    let token = namespace.token(Some(
        "[{apiGroups: ['', apps], resources: [pods, replicasets], verbs: [list, watch]}]",
    ));
    let kubeconfig = cluster.kubeconfig_of(&token, &cluster.server());
    Reading::of(kubeconfig.path(), &[&namespace]).serves("api", 2);
}

#[test]
fn of_pods_that_may_not_be_listed_none_counts_as_missing() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("blind");
    deployment(&namespace, "api", 2);
    let token = namespace.token(Some(
        "[{apiGroups: [apps], resources: [deployments], verbs: [list, watch]}]",
    ));
    let kubeconfig = cluster.kubeconfig_of(&token, &cluster.server());
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    let state = reading.until("live, with its Deployment", |s| {
        s.health == SourceHealth::Live && !s.snapshot.named("api").is_empty()
    });
    let api = state.snapshot.named("api")[0];
    assert_eq!((api.health, &*api.why), (Health::Unknown, ""));
}

#[test]
fn where_all_namespaces_may_not_be_looked_at_the_contexts_own_is_shown_and_that_is_said() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("confined");
    deployment(&namespace, "api", 2);
    let token = namespace.token(Some(
        "[{apiGroups: ['', apps], resources: [pods, deployments, replicasets], verbs: [list, watch]}]",
    ));
    let kubeconfig = cluster.kubeconfig_of(&token, &cluster.server());
    let text = std::fs::read_to_string(kubeconfig.path()).expect("it is there");
    let sets = format!("context: {{namespace: {}, ", namespace.name);
    std::fs::write(kubeconfig.path(), text.replace("context: {", &sets)).expect("it is written");
    let reading = Reading::of(kubeconfig.path(), &[]);
    reading.serves("api", 2);
    let host = &reading.live().snapshot.host;
    assert_eq!(host.confined.as_deref(), Some(&*namespace.name));
    let said = host.unseen.iter().find(|one| &*one.what == "namespaces");
    let said = said.map(|one| one.why.to_string()).unwrap_or_default();
    assert!(
        said.contains(&format!("this is {} alone", namespace.name)),
        "{said}"
    );
}
