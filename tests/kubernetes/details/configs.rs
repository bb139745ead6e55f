//! What pods are made with, and whether it has changed since: without a look into it.

use std::path::Path;

use quarterdeck::{
    domain::{details::Details, service::ServiceId},
    platform::{PlatformHandle, kubernetes},
};

use super::{details, named};
use crate::{
    shown::{service, workload},
    support::{
        cluster::Namespace,
        cluster_or_skip,
        wait::{SOON, deadline, left},
    },
};

/// A Deployment that takes its environment from a ConfigMap and from a Secret.
fn deploy(namespace: &Namespace<'_>) {
    namespace.kubectl(&["create", "configmap", "flags", "--from-literal=a=CANARY"]);
    namespace.kubectl(&[
        "create",
        "secret",
        "generic",
        "token",
        "--from-literal=a=CANARY",
    ]);
    let api = workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "fine",
        "  replicas: 1\n",
    )
    .replace(
        "[{name: api,",
        "[{envFrom: [{configMapRef: {name: flags}}, {secretRef: {name: token}}], name: api,",
    );
    namespace.apply(&api);
}

/// A console that reads with that kubeconfig.
fn console(kubeconfig: &Path, shop: &Namespace<'_>) -> PlatformHandle {
    kubernetes::start(shop.options_by(kubeconfig))
}

/// Changes both until the console says so: clocks here tick by the second.
async fn changed(platform: &PlatformHandle, id: &ServiceId, shop: &Namespace<'_>) -> Details {
    let end = deadline(SOON);
    for number in 0.. {
        let value = format!(r#"{{"stringData": {{"a": "CANARY-{number}"}}}}"#);
        shop.kubectl(&["patch", "secret", "token", "--patch", &value]);
        let value = format!(r#"{{"data": {{"a": "CANARY-{number}"}}}}"#);
        shop.kubectl(&["patch", "configmap", "flags", "--patch", &value]);
        let found = details(platform, id).await;
        let told = named(&found.facts, "config");
        if told.iter().all(|words| words.contains("changed 20")) {
            return found;
        }
        assert!(!left(end).is_zero(), "{told:?}");
    }
    unreachable!("it counts on")
}

#[tokio::test]
async fn what_changed_since_the_pods_started_is_told_without_a_look_into_it() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("configs");
    deploy(&namespace);
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&namespace.token(None), &proxy.host);
    let mut platform = console(kubeconfig.path(), &namespace);
    let ready =
        |s: &quarterdeck::domain::service::Service| s.ready() == 1 && s.instances.len() == 1;
    let api = service(&mut platform, "api", "serves", ready).await;
    let same = "ConfigMap flags, Secret token: unchanged since its pods started";
    let found = details(&platform, &api.id).await;
    assert_eq!(named(&found.facts, "config"), [same]);
    // A label is nothing that a restart would pick up.
    namespace.kubectl(&["label", "configmap", "flags", "seen=yes"]);
    let found = details(&platform, &api.id).await;
    assert_eq!(named(&found.facts, "config"), [same]);

    let found = changed(&platform, &api.id, &namespace).await;
    for words in named(&found.facts, "config") {
        let picked = "after 1 of 1 pods started: a restart picks it up";
        assert!(words.ends_with(picked), "{words}");
    }
    namespace.kubectl(&["rollout", "restart", "deployment/api"]);
    let before = api.instances[0].id.clone();
    let anew = service(&mut platform, "api", "serves anew", |s| {
        ready(s) && s.instances[0].id != before
    })
    .await;
    let found = details(&platform, &anew.id).await;
    assert_eq!(named(&found.facts, "config"), [same]);

    let looks: Vec<_> = proxy
        .requests()
        .into_iter()
        .filter(|r| r.path.contains("/configmaps") || r.path.contains("/secrets"))
        .collect();
    assert!(!looks.is_empty());
    for look in looks {
        let alone = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
        assert_eq!(look.header("accept"), Some(alone), "{}", look.path);
    }
}

#[tokio::test]
async fn who_may_not_read_secrets_asks_for_none_and_is_told() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("configs");
    deploy(&namespace);
    let token = namespace.token(Some(
        "[{apiGroups: ['', apps], resources: [pods, deployments, replicasets], verbs: [get, list, watch]}]",
    ));
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&token, &proxy.host);
    let mut platform = console(kubeconfig.path(), &namespace);
    let api = service(&mut platform, "api", "serves", |s| s.ready() == 1).await;
    let found = details(&platform, &api.id).await;
    let hidden = |what: &str, plural: &str| {
        let namespace = &namespace.name;
        format!("{what}: not known whether it changed: you may not get {plural} in {namespace}")
    };
    assert_eq!(
        named(&found.facts, "config"),
        [
            hidden("ConfigMap flags", "configmaps"),
            hidden("Secret token", "secrets"),
        ]
    );
    let asked = proxy.requests();
    let secret = asked.iter().find(|r| r.path.contains("/secrets"));
    assert!(secret.is_none(), "{secret:?}");
}
