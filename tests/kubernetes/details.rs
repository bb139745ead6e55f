//! A service looked at closely, and the object under it as YAML.

mod configs;
mod traffic;
mod volumes;

use std::time::Duration;

use quarterdeck::{
    domain::{
        details::{Details, Fact},
        instance::InstanceId,
        service::ServiceId,
    },
    platform::{PlatformHandle, Request, kubernetes},
    text::SafeText,
};
use tokio::sync::oneshot;

use crate::{
    shown::{service, workload},
    support::{
        cluster_or_skip,
        wait::{SOON, deadline, left},
    },
};

async fn details(platform: &PlatformHandle, id: &ServiceId) -> Details {
    let (to, answer) = oneshot::channel();
    let request = Request::Details(id.clone(), to);
    platform.requests.send(request).await.expect("it runs");
    answer.await.expect("it answers").expect("it is there")
}

/// Looks again and again until the details are so, and gives them.
async fn details_until(
    platform: &mut PlatformHandle,
    id: &ServiceId,
    what: &str,
    is: impl Fn(&Details) -> bool,
) -> Details {
    let end = deadline(SOON);
    loop {
        let found = details(platform, id).await;
        if is(&found) {
            return found;
        }
        assert!(!left(end).is_zero(), "{what}, but it shows {found:#?}");
        // Not all that is read then changes what is watched.
        let changed = platform.state.changed();
        let _ = tokio::time::timeout(Duration::from_millis(100), changed).await;
    }
}

async fn raw(platform: &PlatformHandle, id: &InstanceId) -> Result<String, SafeText> {
    let (to, answer) = oneshot::channel();
    platform
        .requests
        .send(Request::Raw(id.clone(), to))
        .await
        .expect("it runs");
    answer.await.expect("it answers")
}

/// The values of all facts of that name.
fn named(facts: &[Fact], name: &str) -> Vec<String> {
    let of_name = facts.iter().filter(|f| &*f.name == name);
    of_name.map(|f| f.value.to_string()).collect()
}

const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  annotations: {meta.helm.sh/release-name: shop, meta.helm.sh/release-namespace: prod}
spec:
  replicas: 3
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: shop/api:v1
        env:
        - {name: DATABASE_URL, value: 'postgres://shop:CANARY@postgres:5432/shop'}
        - {name: LOG_LEVEL, value: info}
        resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
        readinessProbe: {httpGet: {path: /ready, port: 8080}}
        args: [serve, --token, CANARY]
";

#[tokio::test]
async fn a_service_tells_what_it_is_where_it_runs_what_it_ran_and_what_decides_about_it() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("details");
    namespace.apply(API);
    namespace.apply(&workload(
        "StatefulSet",
        "postgres",
        "postgres:17",
        "fine",
        "  replicas: 1\n",
    ));
    namespace.kubectl(&[
        "create",
        "service",
        "clusterip",
        "postgres",
        "--tcp=5432:5432",
    ]);
    namespace.kubectl(&["create", "service", "clusterip", "api", "--tcp=80:8080"]);
    namespace.kubectl(&[
        "autoscale",
        "deployment",
        "api",
        "--min=2",
        "--max=9",
        "--cpu-percent=50",
    ]);
    namespace.kubectl(&[
        "create",
        "poddisruptionbudget",
        "keep",
        "--selector=app=api",
        "--min-available=1",
    ]);
    namespace.apply(
        "apiVersion: networking.k8s.io/v1\n\
         kind: NetworkPolicy\n\
         metadata: {name: only-api}\n\
         spec: {podSelector: {matchLabels: {app: postgres}}, ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]}\n",
    );
    let mut platform = kubernetes::start(cluster.options(&namespace));
    service(&mut platform, "api", "serves", |s| s.ready() == 3).await;
    namespace.kubectl(&["set", "image", "deployment/api", "api=shop/api:v2"]);
    namespace.kubectl(&["set", "env", "deployment/api", "LOG_LEVEL=CANARY"]);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let shown = service(&mut platform, "api", "runs v2", |s| {
        s.ready() == 3
            && s.instances.len() == 3
            && s.instances.iter().all(|i| &*i.image == "shop/api:v2")
    })
    .await;
    let reached = ["api :80 → 8080, 3 of 3 endpoints ready"];
    let api = details_until(
        &mut platform,
        &shown.id,
        "reaches its pods, all well",
        |found| named(&found.facts, "reached by") == reached && found.evidence.is_empty(),
    )
    .await;
    let text = format!("{api:?}");
    assert!(!text.contains("CANARY"), "{text}");
    let fact = |name| named(&api.facts, name);
    assert_eq!(fact("deployed by"), ["Helm, release shop of prod"]);
    assert_eq!(
        fact("api"),
        ["shop/api:v2; asks for cpu 100m, memory 64Mi; may use memory 128Mi"]
    );
    assert_eq!(fact("needs, a guess"), ["postgres (by DATABASE_URL)"]);
    assert!(
        fact("autoscaler")[0].starts_with("api: 2 to 9 pods"),
        "{:?}",
        fact("autoscaler")
    );
    assert!(
        fact("disruption budget")[0].starts_with("keep: "),
        "{:?}",
        fact("disruption budget")
    );
    let places: usize = ["zone-a", "zone-b", "zone-c"]
        .iter()
        .map(|zone| fact(zone).len())
        .sum();
    assert!(places > 0, "{:?}", api.facts);
    assert_eq!(
        named(&api.checks, "api ready"),
        ["GET :8080/ready, every 10 s, 1 s at most, 3 failures count"]
    );
    assert_eq!(api.environment, ["DATABASE_URL", "LOG_LEVEL"]);
    // As kubectl has it: three revisions, the last one runs.
    let history = namespace.kubectl(&["rollout", "history", "deployment/api"]);
    assert_eq!(
        history
            .lines()
            .filter(|l| l.starts_with(char::is_numeric))
            .count(),
        api.revisions.len()
    );
    let versions: Vec<(&str, bool)> = api
        .revisions
        .iter()
        .map(|r| (&*r.version, r.current))
        .collect();
    assert_eq!(versions, [("v2", true), ("v2", false), ("v1", false)]);
    let changes: Vec<(&str, &str)> = api.changes.iter().map(|c| (&*c.name, &*c.value)).collect();
    assert_eq!(
        changes,
        [
            ("2 → 3", "env LOG_LEVEL changed"),
            ("1 → 2", "image shop/api:v1 → shop/api:v2")
        ]
    );
    assert!(!api.happenings.is_empty());
    let postgres = ServiceId {
        group: shown.id.group.clone(),
        name: SafeText::from_static("sts/postgres"),
    };
    let postgres = details(&platform, &postgres).await;
    assert_eq!(
        named(&postgres.facts, "called by, a guess"),
        ["api (network policy only-api)"]
    );
}

#[tokio::test]
async fn what_is_not_well_says_why_the_most_likely_cause_first() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("details");
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "oom",
        "  replicas: 1\n",
    ));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let words = "killed for its memory";
    let shown = service(&mut platform, "api", "is killed", |s| s.why.contains(words)).await;
    let found = details(&platform, &shown.id).await;
    let first = found.evidence.first().expect("there is a reason");
    assert!(
        first
            .text
            .contains("killed for its memory, and not every container has a limit"),
        "{first:?}"
    );
    assert_eq!(first.health, shown.health);
}

#[tokio::test]
async fn an_object_is_yaml_that_reads_back_without_its_secrets() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("details");
    namespace.apply(API);
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let shown = service(&mut platform, "api", "serves", |s| s.ready() == 3).await;
    let pod = &shown.instances[0];
    let text = raw(&platform, &pod.id).await.expect("it is there");
    assert!(!text.contains("CANARY"), "{text}");
    assert!(text.starts_with(&format!("# pod {}", pod.name)), "{text}");
    for kept in [
        "kind: Pod",
        "name: DATABASE_URL",
        "managedFields: 'folded: ",
        "serve",
    ] {
        assert!(
            text.contains(kept) || text.contains(&kept.replace('\'', "\"")),
            "{kept} is missing in {text}"
        );
    }
    // kubectl reads it, and sees the same object.
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let without = text
        .lines()
        .filter(|l| !l.trim_start().starts_with("managedFields"))
        .collect::<Vec<_>>()
        .join("\n");
    std::fs::write(file.path(), without).expect("it is written");
    let read = namespace.kubectl(&[
        "create",
        "--dry-run=client",
        "--output=jsonpath={.metadata.uid}",
        "--filename",
        &file.path().to_string_lossy(),
    ]);
    assert_eq!(read, *pod.id.0);
    let gone = InstanceId(SafeText::from_static("no-such-uid"));
    assert_eq!(raw(&platform, &gone).await.unwrap_err(), "it is gone");
}

#[tokio::test]
async fn who_puts_a_service_there_is_told_by_the_marks_that_they_leave() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("details");
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let again = "it puts back what is changed by hand";
    for (name, marks, owner) in [
        (
            "tracked",
            "annotations: {argocd.argoproj.io/tracking-id: 'shop:apps/Deployment:prod/tracked'}",
            format!("Argo CD, application shop: {again}"),
        ),
        (
            "labelled",
            "labels: {argocd.argoproj.io/instance: store}",
            format!("Argo CD, application store: {again}"),
        ),
        (
            "kustomized",
            "labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}",
            format!("Flux, Kustomization flux-system/apps: {again}"),
        ),
        (
            "released",
            "labels: {helm.toolkit.fluxcd.io/name: shop, helm.toolkit.fluxcd.io/namespace: prod}",
            format!("Flux, HelmRelease prod/shop: {again}"),
        ),
    ] {
        let manifest = workload("Deployment", name, "shop/api:v1", "fine", "  replicas: 0\n");
        let marked = format!("metadata: {{name: {name}, {marks}}}");
        let plain = format!("metadata: {{name: {name}}}");
        namespace.apply(&manifest.replacen(&plain, &marked, 1));
        let shown = service(&mut platform, name, "is there", |_| true).await;
        let found = details(&platform, &shown.id).await;
        assert_eq!(named(&found.facts, "deployed by"), [owner]);
    }
    // Nobody is named of what nobody marked.
    namespace.apply(&workload(
        "Deployment",
        "bare",
        "shop/api:v1",
        "fine",
        "  replicas: 0\n",
    ));
    let shown = service(&mut platform, "bare", "is there", |_| true).await;
    let found = details(&platform, &shown.id).await;
    assert_eq!(named(&found.facts, "deployed by"), [""; 0]);
}
