//! How requests reach a service.

use quarterdeck::platform::kubernetes;

use super::{details, details_until, named};
use crate::{
    shown::{service, workload},
    support::cluster_or_skip,
};

/// As much of the Gateway API as an API server needs to keep a route.
const ROUTES: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: httproutes.gateway.networking.k8s.io
  annotations: {api-approved.kubernetes.io: 'unapproved, for a test'}
spec:
  group: gateway.networking.k8s.io
  names: {kind: HTTPRoute, listKind: HTTPRouteList, plural: httproutes, singular: httproute}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

const WAYS: &str = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /api, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: canary}
spec:
  hostnames: [new.example.com]
  rules: [{backendRefs: [{name: api, port: 80, weight: 9}, {name: api-new, port: 80, weight: 1}]}]
";

#[tokio::test]
async fn a_service_is_reached_by_services_and_by_what_leads_to_them_from_outside() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("traffic");
    namespace.apply(ROUTES);
    namespace.kubectl(&[
        "wait",
        "--for=condition=Established",
        "crd/httproutes.gateway.networking.k8s.io",
        "--timeout=30s",
    ]);
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "fine",
        "  replicas: 2\n",
    ));
    namespace.kubectl(&["create", "service", "clusterip", "api", "--tcp=80:8080"]);
    namespace.kubectl(&["create", "service", "clusterip", "web", "--tcp=80:8080"]);
    namespace.apply(WAYS);
    // Another one that the same Service chooses, and that is never ready.
    let canary = workload(
        "Deployment",
        "canary",
        "shop/api:v2",
        "never-ready",
        "  replicas: 1\n",
    );
    namespace.apply(&canary.replace("app: canary", "app: api, track: canary"));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let api = service(&mut platform, "api", "serves", |s| s.ready() == 2).await;
    let reached = ["api :80 → 8080, 2 of 3 endpoints ready"];
    let found = details_until(&mut platform, &api.id, "counts its endpoints", |found| {
        named(&found.facts, "reached by") == reached
    })
    .await;
    let expected = ["shop: shop.example.com/api → api"];
    assert_eq!(named(&found.facts, "ingress"), expected);
    let expected = ["canary: new.example.com/ (9 of 10) → api"];
    assert_eq!(named(&found.facts, "route"), expected);
}

#[tokio::test]
async fn what_may_not_be_listed_is_told_in_the_details() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("traffic");
    let api = workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "fine",
        "  replicas: 1\n",
    )
    .replace(
        "spec: {containers",
        "spec: {volumes: [{name: a, persistentVolumeClaim: {claimName: media}}], containers",
    );
    namespace.apply(&api);
    namespace.kubectl(&["create", "service", "clusterip", "api", "--tcp=80:8080"]);
    let token = namespace.token(Some(
        "[{apiGroups: ['', apps], resources: [pods, deployments, replicasets, services], verbs: [get, list, watch]}]",
    ));
    let kubeconfig = cluster.kubeconfig_of(&token, &cluster.server());
    let mut platform = kubernetes::start(namespace.options_by(kubeconfig.path()));
    let api = service(&mut platform, "api", "is there", |_| true).await;
    let found = details(&platform, &api.id).await;
    for (fact, plural) in [
        ("endpoints", "endpointslices"),
        ("ingress", "ingresses"),
        ("claim", "persistentvolumeclaims"),
        ("quota", "resourcequotas"),
        ("network policies", "networkpolicies"),
    ] {
        let told = format!("you may not list {plural} in {}", namespace.name);
        assert_eq!(named(&found.facts, fact), [told], "{:#?}", found.facts);
    }
    assert_eq!(named(&found.facts, "reached by"), ["api :80 → 8080"]);
}
