//! Argo Rollouts: a kind that somebody added. Argo itself is not here, so the tests write what its controller would.

use std::sync::Arc;

use quarterdeck::{
    domain::{
        action::{Action, ClusterAction},
        health::Health,
        rollout::{Rollout, RolloutState},
        service::ServiceKind,
    },
    journal::{Filter, record::Record},
    plan::{Outcome, Progress, record::Recorder},
    platform::Request,
    text::SafeText,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    actions::rig::{Rig, part, refused, rollout, scale, verified},
    shown,
    support::{
        cluster::{Cluster, Namespace},
        cluster_or_skip,
        proxy::{Fault, Rule},
        wait::{SOON, wait_until},
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
    wait_until("Rollouts are known", SOON, || {
        namespace.try_apply(DEFINITION) && namespace.attempt(&["get", "rollouts.argoproj.io"]).0
    });
}

/// A namespace in which that Rollout runs.
fn shop(cluster: &Cluster) -> Namespace<'_> {
    let namespace = cluster.namespace("argo");
    installed(&namespace);
    running(&namespace);
    namespace
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
  strategy: {canary: {steps: [{setWeight: 20}, {pause: {}}, {setWeight: 60}, {pause: {}}]}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: "shop/api:v1"}]}
"#,
    );
    set(namespace, "aaa", 1, "v1", 2);
    let served = json!({"phase": "Healthy", "stableRS": "aaa", "currentPodHash": "aaa"});
    status(namespace, served);
}

const ROLLOUT: &str = "rollout.argoproj.io/api";
const PROMOTE: Action = Action::Cluster(ClusterAction::Promote { full: false });
const FULL: Action = Action::Cluster(ClusterAction::Promote { full: true });
const ABORT: Action = Action::Cluster(ClusterAction::Abort);
const RETRY: Action = Action::Cluster(ClusterAction::Retry);

/// Somebody rolls out another tag.
fn wants(namespace: &Namespace<'_>, tag: &str) {
    let path = "/spec/template/spec/containers/0/image";
    let image = json!([{"op": "replace", "path": path, "value": format!("shop/api:{tag}")}]);
    let image = image.to_string();
    namespace.kubectl(&["patch", ROLLOUT, "--type=json", "--patch", &image]);
}

/// v2 is on its way, a pod of it serves, and its canary waits at the first of two pauses.
pub(crate) fn waiting(namespace: &Namespace<'_>) {
    wants(namespace, "v2");
    set(namespace, "bbb", 2, "v2", 1);
    set(namespace, "aaa", 1, "v1", 1);
    status(namespace, paused(1));
    for set in ["api-aaa", "api-bbb"] {
        let path = "/status/availableReplicas";
        wait_until("one of each is there", SOON, || {
            part(namespace, &format!("replicaset/{set}"), path) == 1
        });
    }
}

/// It waits at a step, by its number from 0.
pub(crate) fn paused(step: u32) -> Value {
    json!({
        "phase": "Paused", "message": "CanaryPauseStep", "updatedReplicas": 1, "abort": null,
        "currentPodHash": "bbb", "stableRS": "aaa", "currentStepIndex": step,
        "controllerPause": true, "pauseConditions": [{"reason": "CanaryPauseStep"}],
    })
}

/// It was given up.
fn aborted() -> Value {
    json!({
        "phase": "Degraded", "abort": true, "updatedReplicas": 0,
        "message": "RolloutAborted: Rollout aborted update to revision 2",
    })
}

/// The controller's part: what served before serves alone again.
pub(crate) fn back(namespace: &Namespace<'_>) {
    set(namespace, "bbb", 2, "v2", 0);
    set(namespace, "aaa", 1, "v1", 2);
    status(namespace, aborted());
}

/// The controller's part: what was new serves alone.
pub(crate) fn through(namespace: &Namespace<'_>) {
    set(namespace, "bbb", 2, "v2", 2);
    set(namespace, "aaa", 1, "v1", 0);
    let through = json!({"phase": "Healthy", "stableRS": "bbb", "promoteFull": null});
    status(namespace, through);
}

/// The controller's part: it looks until its status is as wanted.
async fn noticed(namespace: &Namespace<'_>, path: &str, wanted: impl Fn(&Value) -> bool) {
    while !wanted(&part(namespace, ROLLOUT, path)) {
        tokio::task::yield_now().await;
    }
}

/// The words of an outcome that the cluster showed.
#[track_caller]
fn shows(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Verified(words) => words,
        other => panic!("{other:?}"),
    }
}

/// A ReplicaSet of it.
fn set(namespace: &Namespace<'_>, hash: &str, revision: u32, tag: &str, replicas: u32) {
    let uid = part(namespace, ROLLOUT, "/metadata/uid");
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
pub(crate) fn status(namespace: &Namespace<'_>, said: Value) {
    let generation = part(namespace, ROLLOUT, "/metadata/generation");
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
        ROLLOUT,
        "--subresource=status",
        "--type=merge",
        "--patch",
        &patch,
    ]);
}

#[tokio::test]
async fn a_rollout_is_a_service_with_its_pods_under_it_and_stands_as_its_controller_says() {
    let cluster = cluster_or_skip!();
    let namespace = shop(&cluster);
    let mut rig = Rig::new(&cluster, &namespace);
    let api = rig
        .service("rollout/api", |api| {
            api.ready() == 2 && api.health == Health::Well && api.desired == Some(2)
        })
        .await;
    assert_eq!((api.kind, &*api.version), (ServiceKind::Rollout, "v1"));

    // A canary that waits at its first step.
    waiting(&namespace);
    let is = |wanted: RolloutState| move |row: &Rollout| row.state == wanted;
    let held = RolloutState::Held(SafeText::from_static("paused at a step of its canary"));
    shown::rollout(&mut rig.platform, "rollout/api", "waits", is(held)).await;

    // Somebody lets it go on, and its controller has not looked yet.
    let unpausing = json!({"phase": "Paused", "updatedReplicas": 1, "controllerPause": true});
    status(&namespace, unpausing);
    let goes_on = is(RolloutState::Progressing);
    shown::rollout(&mut rig.platform, "rollout/api", "goes on", goes_on).await;

    // It is given up, which is no outage.
    set(&namespace, "aaa", 1, "v1", 2);
    status(&namespace, aborted());
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
    assert!(part(namespace, ROLLOUT, path).is_null());
    let controller = async {
        let at = loop {
            match part(namespace, ROLLOUT, path) {
                Value::Null => tokio::task::yield_now().await,
                at => break at,
            }
        };
        status(namespace, json!({"phase": "Healthy", "restartedAt": at}));
    };
    let (outcome, ()) = tokio::join!(rig.act("rollout/api", Action::Restart), controller);
    verified(&outcome);

    let controller = async {
        while part(namespace, ROLLOUT, "/spec/replicas") != 1 {
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
    let namespace = shop(&cluster);
    restarted_and_scaled(&Rig::new(&cluster, &namespace), &namespace).await;
}

#[tokio::test]
async fn where_the_template_is_somebody_elses_a_rollout_is_refused() {
    let cluster = cluster_or_skip!();
    let namespace = shop(&cluster);
    let reference = r#"{"spec": {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "base"}}}"#;
    namespace.kubectl(&["patch", ROLLOUT, "--type=merge", "--patch", reference]);
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
    let namespace = shop(&cluster);
    let proxy = cluster.terminating_proxy();
    let token = namespace.token(None);
    let kubeconfig = cluster.kubeconfig_of(&token, &proxy.host);
    // The group is there, as with Argo CD, and has other kinds.
    let other = r#"{"kind": "APIResourceList", "resources": [{"name": "applications"}]}"#;
    let none = Fault::Answer(200, other.to_owned());
    proxy.on(Rule::once("/apis/argoproj.io/v1alpha1", none).times(usize::MAX));
    let options = namespace.options_by(kubeconfig.path());
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

#[tokio::test]
async fn a_canary_that_waits_goes_on_to_its_next_pause_and_to_its_end() {
    let cluster = cluster_or_skip!();
    let namespace = shop(&cluster);
    let rig = Rig::new(&cluster, &namespace);
    let none = refused(rig.preview("rollout/api", PROMOTE).await);
    assert!(none.contains("no update of api is under way"), "{none}");
    waiting(&namespace);

    let generation = part(&namespace, ROLLOUT, "/metadata/generation");
    let preview = rig
        .preview("rollout/api", PROMOTE)
        .await
        .expect("it can be");
    let sides = [&preview.now, &preview.to].map(|side| (&*side.what, &*side.facts));
    let here = "step 2 of 4: paused at a step of its canary";
    assert_eq!(sides, [("v1 > v2", here), ("v1 > v2", "step 3 of 4")]);
    assert_eq!(&*preview.changes[0].value, "CanaryPauseStep");
    let controller = async {
        noticed(&namespace, "/status/pauseConditions", Value::is_null).await;
        let goes = json!({"phase": "Progressing", "message": "more replicas need to be updated",
            "updatedReplicas": 1, "currentStepIndex": 2});
        status(&namespace, goes);
        status(&namespace, paused(3));
    };
    let (outcome, ()) = tokio::join!(rig.carry(preview), controller);
    let held = "revision 2 (v2): paused at a step of its canary";
    assert_eq!(shows(&outcome), held);

    let preview = rig.preview("rollout/api", FULL).await.expect("it can be");
    assert!(preview.impact.contains("no analysis"), "{}", preview.impact);
    let short = "1 of 2 copies of revision 2 (v2) there: the others start first";
    let warned = preview
        .notes
        .iter()
        .any(|note| note.severity.is_some() && &*note.text == short);
    assert!(warned, "{:#?}", preview.notes);
    let controller = async {
        noticed(&namespace, "/status/promoteFull", |full| *full == true).await;
        through(&namespace);
    };
    let (outcome, ()) = tokio::join!(rig.carry(preview), controller);
    assert_eq!(shows(&outcome), "revision 2 (v2) serves");
    // The spec is what it was: all of it is written to the status.
    assert_eq!(
        part(&namespace, ROLLOUT, "/metadata/generation"),
        generation
    );
}

/// v2 comes and is given up, with a controller that does as it is told.
pub(crate) async fn given_up(rig: &Rig, namespace: &Namespace<'_>) -> Outcome {
    waiting(namespace);
    let controller = async {
        noticed(namespace, "/status/abort", |abort| *abort == true).await;
        back(namespace);
    };
    let (outcome, ()) = tokio::join!(rig.act("rollout/api", ABORT), controller);
    outcome
}

#[tokio::test]
async fn an_update_is_given_up_with_what_served_before_and_begun_again() {
    let cluster = cluster_or_skip!();
    let namespace = shop(&cluster);
    let mut rig = Rig::new(&cluster, &namespace);
    waiting(&namespace);
    let none = refused(rig.preview("rollout/api", RETRY).await);
    assert!(none.contains("was not given up"), "{none}");
    let preview = rig.preview("rollout/api", ABORT).await.expect("it can be");
    let to = (&*preview.to.what, &*preview.to.facts);
    assert_eq!(to, ("v1", "revision 1 (v1) serves"));
    let wants = "its spec still wants revision 2 (v2)";
    assert!(preview.remains[0].contains(wants), "{:?}", preview.remains);
    let short = "1 of 2 copies of revision 1 (v1) there: the others start first";
    let warned = preview.notes.iter().any(|note| &*note.text == short);
    assert!(warned, "{:#?}", preview.notes);

    let outcome = given_up(&rig, &namespace).await;
    let restored = "given up; revision 1 (v1): 2 of 2 there";
    assert_eq!(shows(&outcome), restored);
    let words = SafeText::from_static("ABORTED, revision 1 serving");
    let failed = move |row: &Rollout| row.state == RolloutState::Failed(words.clone());
    shown::rollout(&mut rig.platform, "rollout/api", "was given up", failed).await;
    let already = rig.preview("rollout/api", ABORT).await;
    assert!(already.is_err_and(|refusal| refusal.so_already));
    let first = refused(rig.preview("rollout/api", PROMOTE).await);
    assert!(first.contains("given up | retry it first"), "{first}");

    // What its controller said of the update before is no verdict on this one.
    let preview = rig.preview("rollout/api", RETRY).await.expect("it can be");
    let recorder = Arc::clone(&rig.journal) as Arc<dyn Recorder>;
    let stop = CancellationToken::new();
    let mut carrying = rig.carrying(preview, stop, recorder).await;
    let unnoticed = SafeText::from_static("it is about to begin again");
    let waits = Progress::Waiting(unnoticed);
    carrying.until("it waits", |told| *told == waits).await;
    set(&namespace, "bbb", 2, "v2", 1);
    status(&namespace, paused(1));
    let (outcome, _) = carrying.ended().await;
    let held = "revision 2 (v2): paused at a step of its canary";
    assert_eq!(shows(&outcome), held);
    let entries = rig.journal.search(&Filter::default()).expect("it reads");
    let begun = entries.iter().filter_map(|entry| match &entry.record {
        Record::OperationBegin(began) => Some(began.start.action.as_str()),
        _ => None,
    });
    assert_eq!(begun.collect::<Vec<_>>(), ["abort", "retry"]);
}

#[tokio::test]
async fn an_update_that_became_another_is_not_steered_and_a_lost_answer_is_read() {
    let cluster = cluster_or_skip!();
    let namespace = shop(&cluster);
    let proxy = cluster.terminating_proxy();
    let token = namespace.token(None);
    let kubeconfig = cluster.kubeconfig_of(&token, &proxy.host);
    let options = namespace.options_by(kubeconfig.path());
    let rig = Rig::with(options, &namespace);
    waiting(&namespace);
    let sent = || {
        let changes = proxy.mutating();
        let real = |path: &str| path.contains("/rollouts/api/status?") && !path.contains("dryRun");
        changes.iter().filter(|sent| real(&sent.path)).count()
    };
    // The answer is lost: it is found by reading, and sent once.
    let preview = rig
        .preview("rollout/api", PROMOTE)
        .await
        .expect("it can be");
    proxy.on(Rule::once("/rollouts/api/status?", Fault::LoseAnswer).method("PATCH"));
    let controller = async {
        noticed(&namespace, "/status/pauseConditions", Value::is_null).await;
        status(&namespace, paused(3));
    };
    let (outcome, ()) = tokio::join!(rig.carry(preview.clone()), controller);
    verified(&outcome);
    assert_eq!(sent(), 1);
    // What was agreed to was the pause before this one.
    let again = rig.carry(preview).await;
    assert!(
        matches!(again, Outcome::Superseded { applied: 0, .. }),
        "{again:?}"
    );

    // Somebody rolls out v3 before it is sent, and while it is waited for.
    let preview = rig.preview("rollout/api", ABORT).await.expect("it can be");
    let third = || {
        wants(&namespace, "v3");
        set(&namespace, "ccc", 3, "v3", 1);
        let mut third = paused(0);
        third["currentPodHash"] = json!("ccc");
        status(&namespace, third);
    };
    third();
    let outcome = rig.carry(preview).await;
    assert!(
        matches!(outcome, Outcome::Superseded { applied: 0, .. }),
        "{outcome:?}"
    );
    assert_eq!(sent(), 1);
    waiting(&namespace);
    let controller = async {
        noticed(&namespace, "/status/abort", |abort| *abort == true).await;
        third();
    };
    let (outcome, ()) = tokio::join!(rig.act("rollout/api", ABORT), controller);
    let Outcome::Superseded { applied: 1, why } = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("rolled out something else meanwhile"), "{why}");
}

#[tokio::test]
async fn what_is_paused_by_hand_is_unpaused_and_other_kinds_are_not_steered() {
    let cluster = cluster_or_skip!();
    let namespace = shop(&cluster);
    crate::reading::deployment(&namespace, "web", 1);
    let rig = Rig::new(&cluster, &namespace);
    for action in [PROMOTE, FULL, ABORT, RETRY] {
        let why = refused(rig.preview("web", action).await);
        assert!(why.contains("web is no Argo Rollout"), "{why}");
    }
    waiting(&namespace);
    verified(&rig.act("rollout/api", Action::Pause).await);
    status(&namespace, paused(1));
    let why = refused(rig.preview("rollout/api", PROMOTE).await);
    assert!(why.contains("paused by hand | unpause it"), "{why}");
    let controller = async {
        noticed(&namespace, "/spec/paused", |paused| *paused == false).await;
        status(&namespace, paused(1));
    };
    let (outcome, ()) = tokio::join!(rig.act("rollout/api", Action::Unpause), controller);
    verified(&outcome);
}
