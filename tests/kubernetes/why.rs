//! What is said of workloads in trouble, and the alerts about it.

use quarterdeck::{
    domain::{
        health::Health,
        rollout::RolloutState,
        service::{Service, TroubleKind},
        source::SourceState,
        threshold::Thresholds,
    },
    platform::{PlatformHandle, kubernetes},
    signal::Watch,
};

use crate::{
    pods::cron,
    shown::{rollout, service, until, workload},
    support::{cluster::Namespace, cluster_or_skip, wait::SOON},
};

/// The alerts that stand, by their fingerprints.
pub(crate) fn alerts(platform: &PlatformHandle) -> Vec<String> {
    of_state(&platform.state.borrow().clone())
}

/// Those but for nodes: tests beside this one have nodes of their own, that come and go.
fn of_services(platform: &PlatformHandle) -> Vec<String> {
    let mut all = alerts(platform);
    all.retain(|alert| !alert.contains(" node/"));
    all
}

fn of_state(state: &SourceState) -> Vec<String> {
    let now = crate::support::wait::timestamp();
    let all = Watch::default().alerts(state, &|_| Thresholds::default(), now);
    all.iter().map(|a| a.fingerprint.0.to_string()).collect()
}

/// Waits until the alert of that rule about a service of the namespace stands.
async fn alerted(platform: &mut PlatformHandle, rule: &str, namespace: &Namespace<'_>, name: &str) {
    let wanted = format!("{rule} {}/{name}", namespace.name);
    let stands = |state: &SourceState| of_state(state).contains(&wanted);
    until(platform, &format!("alert {wanted}"), stands).await;
}

fn in_trouble(kind: TroubleKind) -> impl Fn(&Service) -> bool {
    move |service| service.troubles.iter().any(|t| t.kind == kind)
}

#[tokio::test]
async fn a_crash_loop_is_told_with_its_exit_code_and_its_last_words() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    namespace.apply(&workload(
        "StatefulSet",
        "crasher",
        "shop/api:v1",
        "crash-loop",
        "  replicas: 1\n",
    ));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let words = "crash loop, exit 1: no such table: orders";
    let shown = service(&mut platform, "sts/crasher", "says why", |s| s.why == words).await;
    assert_eq!(shown.health, Health::Critical);
    assert!(shown.why_since.is_some());
    let stuck = RolloutState::Stuck(shown.why.clone());
    rollout(&mut platform, "sts/crasher", "says it too", |r| {
        r.state == stuck
    })
    .await;
    for rule in ["crash-loop", "rollout"] {
        alerted(&mut platform, rule, &namespace, "sts/crasher").await;
    }
}

#[tokio::test]
async fn each_trouble_of_a_workload_is_said_and_is_an_alert() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    let two = "  replicas: 2\n";
    namespace.apply(&workload(
        "Deployment",
        "pull",
        "shop/api:v9",
        "image-pull",
        two,
    ));
    namespace.apply(&workload("Deployment", "oom", "shop/api:v1", "oom", two));
    let nowhere = workload("Deployment", "nowhere", "shop/api:v1", "fine", two).replace(
        "spec: {containers",
        "spec: {nodeSelector: {disk: ssd}, containers",
    );
    namespace.apply(&nowhere);
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let shown = service(
        &mut platform,
        "pull",
        "cannot be pulled",
        in_trouble(TroubleKind::Pull),
    )
    .await;
    assert_eq!(&*shown.why, "2 of 2 image cannot be pulled: shop/api:v9");
    let shown = service(
        &mut platform,
        "nowhere",
        "has no node",
        in_trouble(TroubleKind::Unschedulable),
    )
    .await;
    assert!(shown.why.contains("unschedulable: 0/"), "{}", shown.why);
    assert!(
        shown.why.contains("node affinity/selector"),
        "{}",
        shown.why
    );
    service(&mut platform, "oom", "is out of memory", |s| {
        s.why.contains("killed for its memory")
    })
    .await;
    let alerts = alerts(&platform);
    for rule in ["image-pull", "unschedulable", "oom"] {
        let stands = alerts
            .iter()
            .any(|a| a.starts_with(&format!("{rule} {}", namespace.name)));
        assert!(stands, "no alert {rule} in {alerts:?}");
    }
}

#[tokio::test]
async fn an_error_of_the_scheduler_itself_is_no_trouble_before_it_lasts() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    namespace.kubectl(&[
        "run",
        "late",
        "--image=shop/api:1",
        r#"--overrides={"spec": {"schedulerName": "nobody"}}"#,
    ]);
    let says = |since: String| {
        let patch = format!(
            r#"{{"status": {{"conditions": [{{"type": "PodScheduled", "status": "False", "reason": "SchedulerError",
            "message": "the object has been modified", "lastTransitionTime": "{since}"}}]}}}}"#
        );
        let to = ["--subresource=status", "--type=merge", "--patch", &patch];
        namespace.kubectl(&[&["patch", "pod", "late"][..], &to].concat());
    };
    let mut platform = kubernetes::start(cluster.options(&namespace));
    says(format!("{:.0}", crate::support::wait::timestamp()));
    let shown = service(&mut platform, "pod/late", "is tried again", |s| {
        s.instances
            .iter()
            .any(|i| &*i.why == "the scheduler tries again: the object has been modified")
    })
    .await;
    assert_ne!(shown.health, Health::Critical);
    assert_eq!(of_services(&platform), Vec::<String>::new());
    says("2026-03-01T10:00:00Z".to_owned());
    let lasts = in_trouble(TroubleKind::Unschedulable);
    let shown = service(&mut platform, "pod/late", "has no node", lasts).await;
    assert!(
        shown
            .why
            .contains("unschedulable: the object has been modified"),
        "{}",
        shown.why
    );
}

#[tokio::test]
async fn a_cron_job_that_missed_its_time_is_overdue_and_that_is_an_alert() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    // Its controller begins nothing whose time passed more than ten seconds ago.
    let missed = cron("nightly", "ends", "Forbid").replace(
        "  concurrencyPolicy",
        "  startingDeadlineSeconds: 10\n  concurrencyPolicy",
    );
    namespace.apply(&missed);
    let mut platform = kubernetes::start(cluster.options(&namespace));
    service(&mut platform, "cj/nightly", "is well", |s| {
        s.health == Health::Well
    })
    .await;
    assert_eq!(of_services(&platform), Vec::<String>::new());
    namespace.kubectl(&[
        "patch",
        "cronjob/nightly",
        "--subresource=status",
        "--type=merge",
        "--patch={\"status\": {\"lastScheduleTime\": \"2024-01-01T03:00:00Z\"}}",
    ]);
    let overdue = in_trouble(TroubleKind::Overdue);
    let shown = service(&mut platform, "cj/nightly", "is overdue", overdue).await;
    assert_eq!(&*shown.why, "overdue: it was to run, and did not begin");
    let due = "2025-01-01T03:00:00Z".parse().expect("a time");
    assert_eq!(shown.why_since, Some(due));
    let rule = format!("overdue {}/cj/nightly", namespace.name);
    assert_eq!(of_services(&platform), [rule]);
}

#[tokio::test]
async fn a_quota_that_is_nearly_used_up_is_an_alert_until_there_is_room_again() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    let hard = "--hard=configmaps=10,services.loadbalancers=0";
    namespace.kubectl(&["create", "quota", "few", hard]);
    // The one that holds the cluster's certificate is in every namespace.
    let map = |action: &str, number: u32| {
        namespace.kubectl(&[action, "configmap", &format!("map-{number}")]);
    };
    for number in 0..8 {
        map("create", number);
    }
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let quota = async |platform: &mut PlatformHandle, what: &str, wanted: &[(&str, u32)]| {
        let is = |state: &SourceState| {
            let quotas = state.snapshot.host.quotas.as_deref();
            quotas.is_some_and(|quotas| {
                let told = quotas.iter().map(|q| (&*q.used, q.percent));
                told.eq(wanted.iter().copied())
            })
        };
        let waited = tokio::time::timeout(SOON, platform.state.wait_for(is)).await;
        assert!(waited.is_ok_and(|state| state.is_ok()), "{what}");
    };
    quota(&mut platform, "nine of ten are used", &[("9", 90)]).await;
    let fingerprint = format!("quota {}/few configmaps", namespace.name);
    assert_eq!(of_services(&platform), [fingerprint]);
    map("create", 8);
    quota(&mut platform, "all are used", &[("10", 100)]).await;
    map("delete", 8);
    map("delete", 7);
    quota(&mut platform, "there is room", &[]).await;
    assert_eq!(of_services(&platform), Vec::<String>::new());
}

#[tokio::test]
async fn a_quota_is_told_in_its_own_words() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    namespace.kubectl(&["create", "quota", "few", "--hard=pods=1"]);
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "fine",
        "  replicas: 3\n",
    ));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let shown = service(&mut platform, "api", "is refused", |s| {
        in_trouble(TroubleKind::NotMade)(s) && s.ready() == 1
    })
    .await;
    assert_eq!(shown.health, Health::Warning);
    let words = "1 of 3, pods cannot be made: exceeded quota: few, requested: pods=1";
    assert!(shown.why.starts_with(words), "{}", shown.why);
    let stuck = |r: &quarterdeck::domain::rollout::Rollout| matches!(&r.state, RolloutState::Stuck(why) if why.contains("exceeded quota: few"));
    rollout(&mut platform, "api", "is stuck", stuck).await;
    for rule in ["not-made", "rollout"] {
        alerted(&mut platform, rule, &namespace, "api").await;
    }
}

#[tokio::test]
async fn a_quota_refuses_a_daemon_sets_and_a_jobs_pods_too() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    namespace.kubectl(&["create", "quota", "none", "--hard=pods=0"]);
    namespace.kubectl(&[
        "wait",
        "quota/none",
        "--for=jsonpath={.status.hard.pods}=0",
        "--timeout=30s",
    ]);
    namespace.apply(&workload("DaemonSet", "agent", "shop/agent:v1", "fine", ""));
    namespace.apply(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec:\n  template:\n    \
         spec: {restartPolicy: Never, containers: [{name: migrate, image: 'shop/api:v1'}]}\n",
    );
    let mut platform = kubernetes::start(cluster.options(&namespace));
    for name in ["ds/agent", "job/migrate"] {
        let shown = service(&mut platform, name, "is refused", |s| {
            in_trouble(TroubleKind::NotMade)(s)
        })
        .await;
        let words = "exceeded quota: none, requested: pods=1";
        assert!(shown.why.contains(words), "{name}: {}", shown.why);
        assert_eq!(
            shown.health,
            Health::Critical,
            "{name}: none of its pods is there"
        );
    }
}

#[tokio::test]
async fn a_cron_job_whose_job_is_refused_says_so() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    namespace.kubectl(&["create", "quota", "none", "--hard=count/jobs.batch=0"]);
    namespace.kubectl(&[
        "wait",
        "quota/none",
        r"--for=jsonpath={.status.hard.count/jobs\.batch}=0",
        "--timeout=30s",
    ]);
    namespace.apply(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec:\n  schedule: '* * * * *'\n  suspend: true\n  \
         jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: 'shop/api:v1'}]}}}}\n",
    );
    // It ran long ago, so that it is due at once.
    let patch = r#"{"status": {"lastScheduleTime": "2026-03-01T10:00:00Z"}}"#;
    let to = ["--subresource=status", "--type=merge", "--patch", patch];
    namespace.kubectl(&[&["patch", "cronjob", "nightly"][..], &to].concat());
    let go = r#"{"spec": {"suspend": false}}"#;
    namespace.kubectl(&["patch", "cronjob", "nightly", "--patch", go]);
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let kind = TroubleKind::NotMade;
    let shown = service(&mut platform, "cj/nightly", "is refused", in_trouble(kind)).await;
    let words = "its Job cannot be made: exceeded quota: none, requested: count/jobs.batch=1";
    assert!(shown.why.starts_with(words), "{}", shown.why);
    let alerts = alerts(&platform);
    let stands = alerts
        .iter()
        .any(|a| a.contains(&namespace.name) && a.contains("cj/nightly"));
    assert!(stands, "no alert of it in {alerts:?}");
}

#[tokio::test]
async fn an_autoscaler_at_its_maximum_and_a_budget_that_lets_no_pod_go_are_told() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "fine",
        "  replicas: 2\n",
    ));
    namespace.kubectl(&[
        "create",
        "poddisruptionbudget",
        "api",
        "--selector=app=api",
        "--min-available=2",
    ]);
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let kind = TroubleKind::DisruptionBudget;
    let shown = service(&mut platform, "api", "cannot be evicted", in_trouble(kind)).await;
    assert_eq!((shown.health, &*shown.why), (Health::Well, ""));
    alerted(&mut platform, "disruption-budget", &namespace, "api").await;
    namespace.kubectl(&[
        "autoscale",
        "deployment",
        "api",
        "--max=2",
        "--cpu-percent=50",
    ]);
    // There are no figures here: its own word that it cannot tell is what there is.
    let kind = TroubleKind::Autoscaler;
    let shown = service(
        &mut platform,
        "api",
        "has an autoscaler in trouble",
        in_trouble(kind),
    )
    .await;
    assert!(
        shown.why.starts_with("its autoscaler cannot scale it"),
        "{}",
        shown.why
    );
    // Its controller's word for the maximum, written as the controller would.
    let patch = r#"{"status": {"currentReplicas": 2, "desiredReplicas": 2, "conditions": [
        {"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale", "lastTransitionTime": "2026-03-01T10:00:00Z"},
        {"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound", "lastTransitionTime": "2026-03-01T10:00:00Z"},
        {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas", "lastTransitionTime": "2026-03-01T10:00:00Z"}]}}"#;
    namespace.kubectl(&[
        "patch",
        "hpa",
        "api",
        "--subresource=status",
        "--type=merge",
        "--patch",
        patch,
    ]);
    let shown = service(&mut platform, "api", "is at its maximum", |s| {
        s.why.contains("maximum")
    })
    .await;
    assert_eq!(&*shown.why, "at its autoscaler's maximum of 2");
    alerted(&mut platform, "autoscaler", &namespace, "api").await;
    assert_eq!(
        shown.why_since,
        Some("2026-03-01T10:00:00Z".parse().expect("a time"))
    );
}

#[tokio::test]
async fn jobs_that_fail_and_runs_that_are_missing_are_told() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("why");
    namespace.apply(
        "apiVersion: batch/v1\n\
         kind: Job\n\
         metadata: {name: migrate}\n\
         spec:\n\
         \x20 backoffLimit: 0\n\
         \x20 template:\n\
         \x20   metadata: {labels: {quarterdeck.test/stage: fails}}\n\
         \x20   spec: {restartPolicy: Never, containers: [{name: migrate, image: 'shop/api:v1'}]}\n\
         ---\n\
         apiVersion: batch/v1\n\
         kind: CronJob\n\
         metadata: {name: backup}\n\
         spec:\n\
         \x20 schedule: '0 3 * * *'\n\
         \x20 suspend: true\n\
         \x20 jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: backup, image: 'shop/api:v1'}]}}}}\n",
    );
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let shown = service(
        &mut platform,
        "job/migrate",
        "failed",
        in_trouble(TroubleKind::Job),
    )
    .await;
    assert_eq!(
        (shown.health, &*shown.why),
        (Health::Critical, "failed, exit 3")
    );
    alerted(&mut platform, "job-failed", &namespace, "job/migrate").await;
    let shown = service(&mut platform, "cj/backup", "is suspended", |s| {
        s.why == "suspended"
    })
    .await;
    assert_eq!(shown.health, Health::Off);
}
