//! Somebody else at work: between the preview and its confirmation, while it goes on, and after.

use std::sync::Arc;

use quarterdeck::{
    domain::{action::Action, details::PlatformEvent},
    plan::{Outcome, Progress, StepState, record::Recorder},
};
use tokio_util::sync::CancellationToken;

use super::rig::{Rig, back, part, rollout, scale, verified};
use crate::support::{cluster::Namespace, cluster_or_skip, wait::SOON};

/// Two copies of v1 that serve.
fn api(namespace: &Namespace<'_>) {
    let create = ["create", "deployment", "api", "--image=shop/api:v1"];
    namespace.kubectl(&[&create[..], &["--replicas=2"]].concat());
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
}

fn superseded(outcome: &Outcome) -> (usize, String) {
    match outcome {
        Outcome::Superseded { applied, why } => (*applied, why.to_string()),
        other => panic!("{other:?}"),
    }
}

fn generation(namespace: &Namespace<'_>) -> i64 {
    part(namespace, "deployment/api", "/metadata/generation")
        .as_i64()
        .expect("a number")
}

#[tokio::test]
async fn what_changed_since_the_preview_is_not_overwritten() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("since");
    api(&namespace);
    namespace.kubectl(&["set", "image", "deployment/api", "api=shop/api:v2"]);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let rig = Rig::new(&cluster, &namespace);
    for (action, theirs, said) in [
        (
            scale(5),
            ["scale", "deployment/api", "--replicas=3"],
            "and 3 are now",
        ),
        (
            rollout("v9"),
            ["set", "image", "deployment/api"],
            "has changed",
        ),
        (back(), ["set", "env", "deployment/api"], "was changed"),
    ] {
        let preview = rig.preview("api", action).await.expect("it can be done");
        let more = match theirs[0..2] {
            ["set", "image"] => vec!["api=shop/api:v3"],
            ["set", "env"] => vec!["MORE=1"],
            _ => vec![],
        };
        namespace.kubectl(&[&theirs[..], &more].concat());
        let before = generation(&namespace);
        let (applied, why) = superseded(&rig.carry(preview).await);
        assert_eq!(applied, 0);
        assert!(why.contains(said) && why.contains("kubectl"), "{why}");
        assert_eq!(generation(&namespace), before, "nothing was sent");
    }
}

#[tokio::test]
async fn another_object_of_that_name_is_another_object() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("anew");
    api(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    let ask = rig.ask("api", scale(1)).await;
    assert!(!ask.target.uid.is_empty(), "it is frozen with its identity");
    let preview = rig.previewed(ask.clone()).await.expect("it can be done");
    namespace.kubectl(&["delete", "deployment", "api", "--wait=true"]);
    let (_, why) = superseded(&rig.carry(preview.clone()).await);
    assert!(why.contains("is gone: somebody deleted it"), "{why}");
    api(&namespace);
    let (_, why) = superseded(&rig.carry(preview).await);
    assert!(why.contains("deleted and made again"), "{why}");
    let refusal = rig.previewed(ask).await.expect_err("it is another one");
    assert!(
        refusal.why.contains("deleted and made again"),
        "{refusal:?}"
    );
    assert_eq!(part(&namespace, "deployment/api", "/spec/replicas"), 2);
}

#[tokio::test]
async fn a_rollout_that_another_one_overtakes_says_so() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("overtaken");
    api(&namespace);
    let slow =
        r#"{"spec":{"template":{"metadata":{"labels":{"quarterdeck.test/stage":"never-ready"}}}}}"#;
    let rig = Rig::new(&cluster, &namespace);
    rig.service("api", |api| api.ready() == 2).await;
    namespace.kubectl(&["patch", "deployment/api", "--patch", slow]);
    let preview = rig.preview("api", rollout("v2")).await.expect("it can");
    let mut ours = carrying(&rig, preview).await;
    ours.until("the change is made", |p| {
        *p == Progress::Step(0, StepState::Done)
    })
    .await;
    namespace.kubectl(&["set", "image", "deployment/api", "api=shop/api:v3"]);
    let (applied, why) = superseded(&ours.ended().await.0);
    assert_eq!(applied, 1);
    assert!(why.contains("kubectl-set changed"), "{why}");
}

#[tokio::test]
async fn a_second_enter_changes_nothing() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("twice");
    api(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    let preview = rig.preview("api", Action::Restart).await.expect("it can");
    let first = carrying(&rig, preview.clone()).await;
    let second = carrying(&rig, preview).await;
    let (first, second) = tokio::join!(first.ended(), second.ended());
    let outcomes = [first.0, second.0];
    let done = outcomes
        .iter()
        .filter(|o| matches!(o, Outcome::Verified(_)));
    assert_eq!(done.count(), 1, "{outcomes:?}");
    let busy = outcomes
        .iter()
        .find(|o| matches!(o, Outcome::Superseded { .. }))
        .map(superseded);
    assert!(
        busy.clone()
            .is_some_and(|(_, why)| why.contains("is under way")),
        "{busy:?}"
    );
    let revisions = namespace.kubectl(&["get", "replicasets", "--output=name"]);
    assert_eq!(revisions.lines().count(), 2, "one restart, not two");
}

#[tokio::test]
async fn who_undoes_it_is_named_and_how_soon() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("undone");
    api(&namespace);
    namespace.kubectl(&[
        "annotate",
        "deployment/api",
        "argocd.argoproj.io/tracking-id=shop:apps/Deployment:shop/api",
    ]);
    let rig = Rig::new(&cluster, &namespace);
    let preview = rig.preview("api", scale(3)).await.expect("it can be done");
    let warned = preview.notes.first().expect("a warning");
    assert!(
        warned.text.contains("Argo CD owns this (app shop)"),
        "{warned:?}"
    );
    let mut ours = carrying(&rig, preview).await;
    ours.until("it is done", |p| *p == Progress::Step(1, StepState::Done))
        .await;
    let patch = r#"{"spec":{"replicas":2}}"#;
    let manager = "--field-manager=argocd-controller";
    namespace.kubectl(&["patch", "deployment/api", "--patch", patch, manager]);
    match ours.ended().await.0 {
        Outcome::Reverted { by, after } => {
            assert_eq!(&*by, "argocd-controller");
            assert!(after.as_secs() < 60);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_is_told_to_stop_begins_nothing_more() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("stop");
    api(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    let preview = rig.preview("api", scale(4)).await.expect("it can be done");
    let stop = CancellationToken::new();
    stop.cancel();
    let recorder = Arc::clone(&rig.journal) as Arc<dyn Recorder>;
    let (outcome, _) = rig.carrying(preview, stop, recorder).await.ended().await;
    assert_eq!(outcome, Outcome::Cancelled { applied: 0 });
    assert_eq!(part(&namespace, "deployment/api", "/spec/replicas"), 2);
    // And then it can be done.
    verified(&rig.act("api", scale(4)).await);
}

async fn carrying(rig: &Rig, preview: quarterdeck::plan::Preview) -> super::rig::Carrying {
    let recorder = Arc::clone(&rig.journal) as Arc<dyn Recorder>;
    rig.carrying(preview, CancellationToken::new(), recorder)
        .await
}

#[tokio::test]
async fn what_is_undone_after_its_end_is_told_as_it_happens() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("after");
    api(&namespace);
    let mut rig = Rig::new(&cluster, &namespace);
    for (action, undo, said) in [
        (
            rollout("v2"),
            ["set", "image", "deployment/api", "api=shop/api:v1"],
            "rollout undone by kubectl-set after ",
        ),
        (
            scale(3),
            [
                "scale",
                "deployment/api",
                "--replicas=4",
                "--current-replicas=3",
            ],
            "kubectl set 4 copies ",
        ),
    ] {
        verified(&rig.act("api", action).await);
        namespace.kubectl(&undo);
        let told = tokio::time::timeout(SOON, async {
            loop {
                match rig.platform.events.recv().await.expect("it lives") {
                    PlatformEvent::Happened(it) if it.text.contains(said) => return it,
                    _ => {}
                }
            }
        });
        let told = told.await.expect("it is told");
        assert_eq!(told.service, Some(rig.id("api")));
    }
}
