//! Argo Rollouts: a kind that somebody added. Argo itself is not here, so the tests write what its controller would.

use std::time::Duration;

use quarterdeck::{
    domain::{
        action::Action,
        health::Health,
        rollout::{Rollout, RolloutState},
        service::ServiceKind,
    },
    platform::{Request, kubernetes::KubernetesOptions},
    text::SafeText,
};
use serde_json::json;

use crate::{
    actions::rig::{Rig, part, refused, rollout, scale, verified},
    shown,
    support::{
        cluster::Namespace,
        cluster_or_skip,
        proxy::{Fault, Rule},
        wait::wait_until,
    },
};

/// Argo's definition, as far as it matters: whatever is written is kept, and there are a status and a scale.
const DEFINITION: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.argoproj.io}
spec:
  group: argoproj.io
  scope: Namespaced
  names: {plural: rollouts, singular: rollout, kind: Rollout}
  versions:
    - name: v1alpha1
      served: true
      storage: true
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
      subresources:
        status: {}
        scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
";

/// Installs the definition; tests beside this one may do the same.
pub(crate) fn installed(namespace: &Namespace<'_>) {
    wait_until("Rollouts are known", Duration::from_secs(30), || {
        namespace.try_apply(DEFINITION) && namespace.attempt(&["get", "rollouts.argoproj.io"]).0
    });
}

/// A Rollout of two pods on v1, as Argo's controller would have it.
pub(crate) fn running(namespace: &Namespace<'_>) {
    namespace.apply(
        r#"
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  strategy: {canary: {steps: [{setWeight: 50}, {pause: {}}]}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: "shop/api:v1"}]}
"#,
    );
    set(namespace, "aaa", 1, "v1", 2);
    status(namespace, json!({"phase": "Healthy", "stableRS": "aaa"}));
}

/// A ReplicaSet of it.
fn set(namespace: &Namespace<'_>, hash: &str, revision: u32, tag: &str, replicas: u32) {
    let uid = part(namespace, "rollout.argoproj.io/api", "/metadata/uid");
    namespace.apply(&format!(
        r#"
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: api-{hash}
  labels: {{app: api, rollouts-pod-template-hash: {hash}}}
  annotations: {{rollout.argoproj.io/revision: "{revision}"}}
  ownerReferences: [{{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: api, uid: {uid}, controller: true}}]
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: api, rollouts-pod-template-hash: {hash}}}}}
  template:
    metadata: {{labels: {{app: api, rollouts-pod-template-hash: {hash}}}}}
    spec: {{containers: [{{name: api, image: "shop/api:{tag}"}}]}}
"#
    ));
}

/// What its controller says, beside the figures of two pods that serve; it has seen the last change where `said` names none.
fn status(namespace: &Namespace<'_>, said: serde_json::Value) {
    let generation = part(namespace, "rollout.argoproj.io/api", "/metadata/generation");
    let mut status = json!({
        "observedGeneration": generation.to_string(), "replicas": 2, "updatedReplicas": 2,
        "readyReplicas": 2, "availableReplicas": 2, "message": null, "abort": null,
        "controllerPause": null, "pauseConditions": null,
    });
    for (key, value) in said.as_object().expect("fields") {
        status[key] = value.clone();
    }
    let patch = json!({ "status": status }).to_string();
    namespace.kubectl(&[
        "patch",
        "rollout.argoproj.io/api",
        "--subresource=status",
        "--type=merge",
        "--patch",
        &patch,
    ]);
}

#[tokio::test]
async fn a_rollout_is_a_service_with_its_pods_under_it_and_stands_as_its_controller_says() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("argo");
    installed(&namespace);
    running(&namespace);
    let mut rig = Rig::new(&cluster, &namespace);
    let api = rig
        .service("rollout/api", |api| {
            api.ready() == 2 && api.health == Health::Well && api.desired == Some(2)
        })
        .await;
    assert_eq!((api.kind, &*api.version), (ServiceKind::Rollout, "v1"));

    // A canary that waits at its first step.
    let image = r#"[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "shop/api:v2"}]"#;
    namespace.kubectl(&[
        "patch",
        "rollout.argoproj.io/api",
        "--type=json",
        "--patch",
        image,
    ]);
    set(&namespace, "bbb", 2, "v2", 1);
    set(&namespace, "aaa", 1, "v1", 1);
    let paused = json!({
        "phase": "Paused", "message": "CanaryPauseStep", "updatedReplicas": 1,
        "controllerPause": true, "pauseConditions": [{"reason": "CanaryPauseStep"}],
    });
    status(&namespace, paused);
    let is = |wanted: RolloutState| move |row: &Rollout| row.state == wanted;
    let held = RolloutState::Held(SafeText::from_static("paused at a step of its canary"));
    shown::rollout(&mut rig.platform, "rollout/api", "waits", is(held)).await;

    // Somebody lets it go on, and its controller has not looked yet.
    let unpausing = json!({"phase": "Paused", "updatedReplicas": 1, "controllerPause": true});
    status(&namespace, unpausing);
    let goes_on = is(RolloutState::Progressing);
    shown::rollout(&mut rig.platform, "rollout/api", "goes on", goes_on).await;

    // It is given up, which is no outage.
    let aborted = json!({
        "phase": "Degraded", "abort": true, "updatedReplicas": 0,
        "message": "RolloutAborted: Rollout aborted update to revision 2",
    });
    set(&namespace, "aaa", 1, "v1", 2);
    status(&namespace, aborted);
    let words = "ABORTED, revision 1 serving";
    let failed = is(RolloutState::Failed(SafeText::from_static(words)));
    shown::rollout(&mut rig.platform, "rollout/api", "was given up", failed).await;
    rig.service("rollout/api", |api| {
        api.health == Health::Warning && &*api.why == words
    })
    .await;

    // Without a word of giving up it is broken; what nobody has looked at yet is on its way.
    status(
        &namespace,
        json!({"phase": "Degraded", "message": "ProgressDeadlineExceeded"}),
    );
    rig.service("rollout/api", |api| &*api.why == "ProgressDeadlineExceeded")
        .await;
    status(
        &namespace,
        json!({"phase": "Degraded", "observedGeneration": "1"}),
    );
    rig.service("rollout/api", |api| api.why.is_empty()).await;
}

/// Restarts and scales it, with a controller that does as it is told.
pub(crate) async fn restarted_and_scaled(rig: &Rig, namespace: &Namespace<'_>) {
    rig.service("rollout/api", |api| api.ready() == 2).await;
    let path = "/spec/restartAt";
    assert!(part(namespace, "rollout.argoproj.io/api", path).is_null());
    let controller = async {
        let at = loop {
            match part(namespace, "rollout.argoproj.io/api", path) {
                serde_json::Value::Null => tokio::task::yield_now().await,
                at => break at,
            }
        };
        status(namespace, json!({"phase": "Healthy", "restartedAt": at}));
    };
    let (outcome, ()) = tokio::join!(rig.act("rollout/api", Action::Restart), controller);
    verified(&outcome);

    let controller = async {
        while part(namespace, "rollout.argoproj.io/api", "/spec/replicas") != 1 {
            tokio::task::yield_now().await;
        }
        set(namespace, "aaa", 1, "v1", 1);
        let one = json!({"phase": "Healthy", "replicas": 1, "updatedReplicas": 1,
            "readyReplicas": 1, "availableReplicas": 1});
        status(namespace, one);
    };
    let (outcome, ()) = tokio::join!(rig.act("rollout/api", scale(1)), controller);
    verified(&outcome);
}

#[tokio::test]
async fn a_restart_is_over_when_its_controller_says_so_and_a_scale_goes_by_its_scale() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("argo");
    installed(&namespace);
    running(&namespace);
    restarted_and_scaled(&Rig::new(&cluster, &namespace), &namespace).await;
}

#[tokio::test]
async fn where_the_template_is_somebody_elses_a_rollout_is_refused() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("argo");
    installed(&namespace);
    running(&namespace);
    let reference = r#"{"spec": {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "base"}}}"#;
    namespace.kubectl(&[
        "patch",
        "rollout.argoproj.io/api",
        "--type=merge",
        "--patch",
        reference,
    ]);
    let rig = Rig::new(&cluster, &namespace);
    let words = refused(rig.preview("rollout/api", rollout("v2")).await);
    assert!(
        words.contains("takes its template from Deployment base"),
        "{words}"
    );
}

#[tokio::test]
async fn where_nobody_added_the_kind_nothing_is_missed_until_somebody_does() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("argo");
    installed(&namespace);
    running(&namespace);
    let proxy = cluster.terminating_proxy();
    let token = namespace.token(None);
    let kubeconfig = cluster.kubeconfig_of(&token, &proxy.host);
    // The group is there, as with Argo CD, and has other kinds.
    let other = r#"{"kind": "APIResourceList", "resources": [{"name": "applications"}]}"#;
    let none = Fault::Answer(200, other.to_owned());
    proxy.on(Rule::once("/apis/argoproj.io/v1alpha1", none).times(usize::MAX));
    let options = KubernetesOptions {
        kubeconfig: Some(kubeconfig.path().to_owned()),
        namespaces: vec![namespace.name.clone()],
        ..KubernetesOptions::default()
    };
    let mut rig = Rig::with(options, &namespace);
    // Its pods come under the name of who made them, all is live, and nothing is said to be hidden.
    rig.service("rollout/api", |api| {
        api.ready() == 2 && api.desired.is_none()
    })
    .await;
    shown::until(&mut rig.platform, "all is live", |state| {
        state.health == quarterdeck::domain::source::SourceHealth::Live
            && state.snapshot.host.unseen.is_empty()
    })
    .await;
    proxy.calm();
    let sent = rig.platform.requests.send(Request::Refresh).await;
    sent.expect("it takes requests");
    rig.service("rollout/api", |api| api.desired == Some(2))
        .await;
}
