//! What an action leaves is what kubectl leaves, on the same history.

use quarterdeck::domain::service::Service;
use serde_json::Value;

use super::rig::{Rig, back, back_to, object, part, rollout, scale, verified};
use crate::support::{
    cluster::{Cluster, Namespace},
    cluster_or_skip,
};

/// A workload of that kind and name, with the first container's settings as given.
fn manifest(kind: &str, name: &str) -> String {
    let more = match kind {
        "StatefulSet" => "serviceName: none",
        "Deployment" => "progressDeadlineSeconds: 600",
        _ => "minReadySeconds: 0",
    };
    let replicas = if kind == "DaemonSet" {
        ""
    } else {
        "replicas: 2"
    };
    format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  annotations: {{note: first}}\nspec:\n  {replicas}\n  {more}\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         containers:\n      - name: main\n        image: shop/{name}:v1\n        env: [{{name: LEVEL, value: info}}]\n      \
         - name: side\n        image: shop/side:v1\n"
    )
}

/// Three revisions: another image, then another variable and annotation.
fn history(namespace: &Namespace<'_>, kind: &str, name: &str) {
    namespace.apply(&manifest(kind, name));
    let what = format!("{}/{name}", kind.to_lowercase());
    settled(namespace, &what);
    namespace.kubectl(&["set", "image", &what, &format!("main=shop/{name}:v2")]);
    settled(namespace, &what);
    namespace.kubectl(&["annotate", &what, "note=third", "--overwrite"]);
    namespace.kubectl(&[
        "set",
        "env",
        &what,
        "--containers=main",
        "LEVEL=debug",
        "MORE=1",
    ]);
    settled(namespace, &what);
}

fn settled(namespace: &Namespace<'_>, what: &str) {
    namespace.kubectl(&["rollout", "status", what, "--timeout=60s"]);
}

/// What was asked for of a workload: its spec and its annotations, but for names and numbers of its own.
fn asked_for(namespace: &Namespace<'_>, what: &str, name: &str) -> String {
    let object = object(namespace, what);
    let mut annotations = object["metadata"]["annotations"].clone();
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    let both = serde_json::json!([object["spec"], annotations]);
    serde_json::to_string_pretty(&both)
        .expect("it is JSON")
        .replace(name, "NAME")
}

/// Two workloads of one history: on one kubectl acts, on the other we do; the same is left.
async fn same_as_kubectl<'a>(
    cluster: &'a Cluster,
    kind: &str,
    prefix: &str,
    action: quarterdeck::domain::action::Action,
    kubectl: &[&str],
) -> Namespace<'a> {
    let namespace = cluster.namespace("equal");
    let lower = kind.to_lowercase();
    for name in ["ours", "theirs"] {
        history(&namespace, kind, name);
    }
    let theirs = format!("{lower}/theirs");
    let arguments: Vec<&str> = kubectl
        .iter()
        .map(|word| if *word == "IT" { theirs.as_str() } else { word })
        .collect();
    namespace.kubectl(&arguments);
    settled(&namespace, &theirs);
    let rig = Rig::new(cluster, &namespace);
    verified(&rig.act(&format!("{prefix}ours"), action).await);
    assert_eq!(
        asked_for(&namespace, &format!("{lower}/ours"), "ours"),
        asked_for(&namespace, &theirs, "theirs")
    );
    namespace
}

#[tokio::test]
async fn a_deployment_goes_back_as_kubectl_takes_it_back() {
    let cluster = cluster_or_skip!();
    same_as_kubectl(
        &cluster,
        "Deployment",
        "",
        back(),
        &["rollout", "undo", "IT"],
    )
    .await;
    let to_first = ["rollout", "undo", "IT", "--to-revision=1"];
    same_as_kubectl(&cluster, "Deployment", "", back_to("1"), &to_first).await;
}

#[tokio::test]
async fn a_stateful_set_goes_back_as_kubectl_takes_it_back() {
    let cluster = cluster_or_skip!();
    same_as_kubectl(
        &cluster,
        "StatefulSet",
        "sts/",
        back(),
        &["rollout", "undo", "IT"],
    )
    .await;
    let to_first = ["rollout", "undo", "IT", "--to-revision=1"];
    same_as_kubectl(&cluster, "StatefulSet", "sts/", back_to("1"), &to_first).await;
}

#[tokio::test]
async fn a_daemon_set_goes_back_as_kubectl_takes_it_back() {
    let cluster = cluster_or_skip!();
    same_as_kubectl(
        &cluster,
        "DaemonSet",
        "ds/",
        back(),
        &["rollout", "undo", "IT"],
    )
    .await;
    let to_first = ["rollout", "undo", "IT", "--to-revision=1"];
    same_as_kubectl(&cluster, "DaemonSet", "ds/", back_to("1"), &to_first).await;
}

/// The third one cannot be pulled, and is stuck when it is taken back.
#[tokio::test]
async fn a_bad_release_goes_back_as_kubectl_takes_it_back_while_it_is_stuck() {
    let cluster = cluster_or_skip!();
    for (kind, prefix) in [
        ("Deployment", ""),
        ("StatefulSet", "sts/"),
        ("DaemonSet", "ds/"),
    ] {
        let namespace = cluster.namespace("stuck");
        let lower = kind.to_lowercase();
        let [ours, theirs] = ["ours", "theirs"].map(|name| format!("{lower}/{name}"));
        for (name, what) in [("ours", &ours), ("theirs", &theirs)] {
            namespace.apply(&manifest(kind, name));
            settled(&namespace, what);
            namespace.kubectl(&["set", "image", what, &format!("main=shop/{name}:v2")]);
            settled(&namespace, what);
            namespace.kubectl(&["set", "env", what, "--containers=main", "LEVEL=debug"]);
            settled(&namespace, what);
            namespace.kubectl(&["set", "image", what, &format!("main=shop/{name}:missing")]);
        }
        let rig = Rig::new(&cluster, &namespace);
        for name in ["ours", "theirs"] {
            let stuck = |s: &Service| s.instances.iter().any(|i| i.why.contains("pulled"));
            rig.service(&format!("{prefix}{name}"), stuck).await;
        }
        namespace.kubectl(&["rollout", "undo", &theirs]);
        // kubectl leaves the bad pod of a StatefulSet where it is, and with it all that comes after.
        if kind != "StatefulSet" {
            settled(&namespace, &theirs);
        }
        verified(&rig.act(&format!("{prefix}ours"), back()).await);
        let [left, wanted] = [(&ours, "ours"), (&theirs, "theirs")]
            .map(|(what, name)| asked_for(&namespace, what, name));
        assert_eq!(left, wanted, "{kind}");
        assert!(
            wanted.contains(":v2\"") && wanted.contains("debug"),
            "{wanted}"
        );
        settled(&namespace, &ours);
    }
}

#[tokio::test]
async fn scaling_leaves_what_kubectl_leaves() {
    let cluster = cluster_or_skip!();
    for (kind, prefix) in [("Deployment", ""), ("StatefulSet", "sts/")] {
        let theirs = ["scale", "IT", "--replicas=3"];
        same_as_kubectl(&cluster, kind, prefix, scale(3), &theirs).await;
    }
    let namespace = same_as_kubectl(
        &cluster,
        "Deployment",
        "",
        scale(0),
        &["scale", "IT", "--replicas=0"],
    )
    .await;
    // From nothing too: the number is left out of what the server says then.
    let rig = Rig::new(&cluster, &namespace);
    verified(&rig.act("ours", scale(1)).await);
    assert_eq!(
        part(&namespace, "deployment/ours", "/status/readyReplicas"),
        1
    );
}

#[tokio::test]
async fn another_image_is_what_kubectl_sets() {
    let cluster = cluster_or_skip!();
    let theirs = ["set", "image", "IT", "main=shop/theirs:v3"];
    same_as_kubectl(&cluster, "Deployment", "", rollout("v3"), &theirs).await;
    let theirs = ["set", "image", "IT", "side=registry:5000/side:v9"];
    let ours = rollout("side=registry:5000/side:v9");
    same_as_kubectl(&cluster, "StatefulSet", "sts/", ours, &theirs).await;
}

#[tokio::test]
async fn a_restart_changes_the_one_annotation_that_kubectl_changes() {
    let cluster = cluster_or_skip!();
    for (kind, prefix) in [
        ("Deployment", ""),
        ("StatefulSet", "sts/"),
        ("DaemonSet", "ds/"),
    ] {
        let namespace = cluster.namespace("restart");
        let lower = kind.to_lowercase();
        for name in ["ours", "theirs"] {
            namespace.apply(&manifest(kind, name));
            settled(&namespace, &format!("{lower}/{name}"));
        }
        namespace.kubectl(&["rollout", "restart", &format!("{lower}/theirs")]);
        settled(&namespace, &format!("{lower}/theirs"));
        let rig = Rig::new(&cluster, &namespace);
        verified(
            &rig.act(
                &format!("{prefix}ours"),
                quarterdeck::domain::action::Action::Restart,
            )
            .await,
        );
        let without_time = |name: &str| {
            let asked = asked_for(&namespace, &format!("{lower}/{name}"), name);
            let (with, without): (Vec<&str>, Vec<&str>) =
                asked.lines().partition(|line| line.contains("restartedAt"));
            assert_eq!(with.len(), 1, "{asked}");
            without.join("\n")
        };
        assert_eq!(without_time("ours"), without_time("theirs"), "{kind}");
        let manager = managers(&object(&namespace, &format!("{lower}/ours")));
        assert!(manager.contains(&"quarterdeck".to_owned()), "{manager:?}");
    }
}

/// Who changed an object, as they call themselves.
fn managers(object: &Value) -> Vec<String> {
    let fields = object["metadata"]["managedFields"].as_array();
    fields
        .into_iter()
        .flatten()
        .map(|field| field["manager"].as_str().unwrap_or_default().to_owned())
        .collect()
}
