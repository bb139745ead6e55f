//! Rollouts, against what `kubectl rollout status` says of them.

use quarterdeck::{
    domain::rollout::{Mark, Rollout, RolloutState},
    platform::{PlatformHandle, kubernetes},
};

use crate::{
    shown::{newest, rollout, service, until, workload},
    support::{cluster::Namespace, cluster_or_skip},
};

/// What kubectl says of a rollout now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kubectl {
    Waiting,
    Failed,
    Done,
}

fn kubectl(namespace: &Namespace<'_>, workload: &str) -> Kubectl {
    let (well, printed) = namespace.attempt(&["rollout", "status", "--watch=false", workload]);
    match printed.as_str() {
        p if p.contains("successfully rolled out") || p.contains("roll out complete") => {
            Kubectl::Done
        }
        p if p.to_lowercase().contains("waiting for") && well => Kubectl::Waiting,
        p if p.contains("exceeded its progress deadline") => Kubectl::Failed,
        other => panic!("kubectl says something else: {other}"),
    }
}

fn state(platform: &PlatformHandle, name: &str) -> Option<RolloutState> {
    newest(&platform.state.borrow(), name).map(|r| r.state.clone())
}

/// Follows a rollout that is under way to its end, and compares with kubectl all the way: wherever the console says the same
/// before and after kubectl spoke, kubectl must have said that too. How often it did.
async fn compared(
    namespace: &Namespace<'_>,
    platform: &mut PlatformHandle,
    workload: &str,
    name: &str,
) -> usize {
    let mut compared = 0;
    loop {
        let before = state(platform, name);
        let said = kubectl(namespace, workload);
        until(platform, "its rollout is shown", |s| {
            newest(s, name).is_some()
        })
        .await;
        if before.is_none() || before != state(platform, name) {
            continue;
        }
        match (before, said) {
            (Some(RolloutState::Progressing), Kubectl::Waiting) => compared += 1,
            (Some(RolloutState::Done), Kubectl::Done) => return compared + 1,
            // kubectl sees an end a moment before the console does.
            (Some(RolloutState::Progressing), Kubectl::Done) => {
                rollout(platform, name, "is done as kubectl says", |r| {
                    r.state == RolloutState::Done
                })
                .await;
            }
            (ours, theirs) => panic!("{workload}: the console says {ours:?}, kubectl {theirs:?}"),
        }
    }
}

#[tokio::test]
async fn a_rollout_is_where_kubectl_says_from_its_beginning_to_its_end() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("status");
    for (kind, name, path) in [
        ("Deployment", "api", "deployment/api"),
        ("StatefulSet", "db", "statefulset/db"),
        ("DaemonSet", "agent", "daemonset/agent"),
    ] {
        let replicas = if kind == "DaemonSet" {
            ""
        } else {
            "  replicas: 3\n"
        };
        let shown = match kind {
            "StatefulSet" => "sts/db",
            "DaemonSet" => "ds/agent",
            _ => name,
        };
        namespace.apply(&workload(kind, name, "shop/api:v1", "slow", replicas));
        let mut platform = kubernetes::start(cluster.options(&namespace));
        // A DaemonSet has as many as there are nodes.
        service(&mut platform, shown, "serves with all its pods", |s| {
            s.ready() >= 3 && s.ready() == s.wanted()
        })
        .await;
        namespace.kubectl(&["set", "image", path, &format!("{name}=shop/api:v2")]);
        rollout(&mut platform, shown, "begins", |r| r.to == "v2").await;
        let times = compared(&namespace, &mut platform, path, shown).await;
        assert!(times > 2, "{path}: compared {times} times only");
        let ended = newest(&platform.state.borrow(), shown).expect("it stays");
        assert_eq!((&*ended.from, &*ended.to), ("v1", "v2"));
        assert!(ended.wanted >= 3, "{ended:?}");
        assert_eq!(ended.ready(), ended.wanted);
        assert_eq!(&*ended.by, "kubectl set", "{path}");
    }
}

#[tokio::test]
async fn a_rollout_that_stands_still_is_stuck_at_once_and_failed_for_kubectl_after_its_deadline() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("status");
    let more = "  replicas: 2\n  progressDeadlineSeconds: 3\n";
    namespace.apply(&workload("Deployment", "api", "shop/api:v1", "fine", more));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    service(&mut platform, "api", "serves", |s| s.ready() == 2).await;
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v2",
        "image-pull",
        more,
    ));
    let stuck = |r: &Rollout| matches!(&r.state, RolloutState::Stuck(why) if why.contains("image cannot be pulled"));
    let begun = crate::support::wait::now();
    let shown = rollout(&mut platform, "api", "is stuck", stuck).await;
    assert!(
        begun.elapsed().as_secs() < 2,
        "it took {:?}",
        begun.elapsed()
    );
    assert_eq!(kubectl(&namespace, "deployment/api"), Kubectl::Waiting);
    assert!(shown.new.contains(&Mark::Failed), "{shown:?}");
    assert_eq!(shown.old.iter().filter(|m| **m == Mark::Ready).count(), 2);
    let still = "its rollout stands still";
    let trouble =
        |s: &quarterdeck::domain::service::Service| s.why.contains("image cannot be pulled");
    service(&mut platform, "api", still, trouble).await;
    until(&mut platform, "the deadline passes", |_| {
        kubectl(&namespace, "deployment/api") == Kubectl::Failed
    })
    .await;
    assert!(state(&platform, "api").is_some_and(|s| matches!(s, RolloutState::Stuck(_))));
    // Going back ends it, and is a rollout of its own.
    namespace.kubectl(&["rollout", "undo", "deployment/api"]);
    let back = rollout(&mut platform, "api", "goes back", |r| {
        r.to == "v1" && !r.state.open()
    })
    .await;
    assert_eq!(back.state, RolloutState::Done);
    assert_eq!(kubectl(&namespace, "deployment/api"), Kubectl::Done);
    let failed = platform
        .state
        .borrow()
        .snapshot
        .rollouts
        .iter()
        .any(|r| matches!(&r.state, RolloutState::Failed(why) if why == "put back to v1"));
    assert!(failed, "{:#?}", platform.state.borrow().snapshot.rollouts);
}

#[tokio::test]
async fn a_paused_rollout_waits_for_somebody_and_kubectl_waits_with_it() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("status");
    let more = "  replicas: 2\n";
    namespace.apply(&workload("Deployment", "api", "shop/api:v1", "fine", more));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    service(&mut platform, "api", "serves", |s| s.ready() == 2).await;
    namespace.kubectl(&["rollout", "pause", "deployment/api"]);
    namespace.kubectl(&["set", "image", "deployment/api", "api=shop/api:v2"]);
    let held =
        |r: &Rollout| matches!(&r.state, RolloutState::Held(why) if why.starts_with("paused"));
    let shown = rollout(&mut platform, "api", "is held", held).await;
    assert_eq!(shown.new, [Mark::Waiting, Mark::Waiting]);
    assert_eq!(kubectl(&namespace, "deployment/api"), Kubectl::Waiting);
    namespace.kubectl(&["rollout", "resume", "deployment/api"]);
    let done = rollout(&mut platform, "api", "is done", |r| {
        r.state == RolloutState::Done
    })
    .await;
    assert_eq!(done.started, shown.started, "it is the same one");
    assert_eq!(kubectl(&namespace, "deployment/api"), Kubectl::Done);
}

#[tokio::test]
async fn a_partition_is_complete_for_kubectl_and_holds_the_rest() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("status");
    let more = "  replicas: 3\n  updateStrategy: {rollingUpdate: {partition: 2}}\n";
    namespace.apply(&workload("StatefulSet", "db", "shop/db:v1", "fine", more));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    service(&mut platform, "sts/db", "serves", |s| s.ready() == 3).await;
    namespace.apply(&workload("StatefulSet", "db", "shop/db:v2", "fine", more));
    let held = |r: &Rollout| matches!(&r.state, RolloutState::Held(why) if why == "partition holds 2 pods on the old revision");
    let shown = rollout(&mut platform, "sts/db", "holds the rest", |r| {
        held(r) && r.ready() == 1
    })
    .await;
    assert_eq!((shown.wanted, shown.old.len()), (1, 2));
    assert_eq!(kubectl(&namespace, "statefulset/db"), Kubectl::Done);
}

#[tokio::test]
async fn a_workload_that_is_deleted_ends_its_rollout() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("status");
    let more = "  replicas: 2\n";
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "crash-loop",
        more,
    ));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    rollout(&mut platform, "api", "is stuck", |r| {
        matches!(r.state, RolloutState::Stuck(_))
    })
    .await;
    namespace.kubectl(&["delete", "deployment", "api", "--wait=false"]);
    let gone =
        |r: &Rollout| matches!(&r.state, RolloutState::Failed(why) if why == "it was deleted");
    rollout(&mut platform, "api", "has failed", gone).await;
}

#[tokio::test]
async fn of_a_rollout_that_began_before_the_console_its_own_times_say_when() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("status");
    for (name, then) in [
        ("paused", "{\"spec\": {\"paused\": true}}"),
        ("stuck", "{}"),
    ] {
        namespace.kubectl(&["create", "deployment", name, "--image=shop/api:v1"]);
        let deployment = format!("deployment/{name}");
        namespace.kubectl(&["rollout", "status", &deployment, "--timeout=60s"]);
        namespace.kubectl(&["patch", &deployment, "--patch", then]);
        // Nothing can be made from it: no pod says when this began.
        if name == "stuck" {
            namespace.kubectl(&["create", "quota", "none", "--hard=pods=0"]);
        }
        namespace.kubectl(&["set", "image", &deployment, "api=shop/api:v2"]);
    }
    namespace.kubectl(&[
        "wait",
        "deployment/stuck",
        "--for=condition=ReplicaFailure",
        "--timeout=60s",
    ]);
    #[expect(
        clippy::disallowed_methods,
        reason = "what the platform's clock says is compared with ours"
    )]
    let opened = jiff::Timestamp::now();
    let mut platform = kubernetes::start(cluster.options(&namespace));
    for name in ["paused", "stuck"] {
        let found = rollout(&mut platform, name, "has its own time", |r| {
            r.state.open() && r.began().is_some_and(|at| at <= opened)
        });
        found.await;
    }
}

/// From the release on; the pull failure's is timed above.
#[tokio::test]
async fn why_a_rollout_is_stuck_is_said_within_two_seconds() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("status");
    let more = "  replicas: 2\n";
    let nowhere = (
        "spec: {containers",
        "spec: {nodeSelector: {disk: ssd}, containers",
    );
    let mut platform = kubernetes::start(cluster.options(&namespace));
    for name in ["crash", "nowhere", "quota"] {
        namespace.apply(&workload("Deployment", name, "shop/api:v1", "fine", more));
        service(&mut platform, name, "serves", |s| s.ready() == 2).await;
    }
    for (name, stage, reason) in [
        ("crash", "crash-loop", "crash loop, exit 1"),
        ("nowhere", "fine", "unschedulable: 0/"),
        ("quota", "fine", "exceeded quota: few"),
    ] {
        let mut next = workload("Deployment", name, "shop/api:v2", stage, more);
        match name {
            "nowhere" => next = next.replace(nowhere.0, nowhere.1),
            // As many as there are: nothing more.
            "quota" => {
                namespace.kubectl(&["create", "quota", "few", "--hard=pods=1"]);
                namespace.kubectl(&[
                    "wait",
                    "quota/few",
                    "--for=jsonpath={.status.hard.pods}=1",
                    "--timeout=30s",
                ]);
            }
            _ => {}
        }
        namespace.apply(&next);
        let begun = crate::support::wait::now();
        let stuck =
            |r: &Rollout| matches!(&r.state, RolloutState::Stuck(why) if why.contains(reason));
        rollout(&mut platform, name, "is stuck", stuck).await;
        assert!(
            begun.elapsed().as_secs() < 2,
            "{name}: it took {:?}",
            begun.elapsed()
        );
    }
}
