//! What is said of workloads, from rows that tests write down.

use super::*;
use crate::{
    domain::instance::{InstanceId, Probe},
    platform::kubernetes::{
        around::Selector,
        texts::Texts,
        wire::{apps, batch, core, meta},
    },
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn deployment(desired: u32) -> Workload {
    let mut row = Workload::deployment(&apps::Deployment::default(), &mut Texts::default());
    row.created = Some(at(-1000));
    row.progress.desired = desired;
    row.progress.updated = desired;
    row.progress.replicas = desired;
    row.progress.available = desired;
    row
}

/// A pod that has served for long.
fn pod(number: u32) -> Pod {
    let mut pod = Pod::of(&core::Pod::default(), at(0), &mut Texts::default());
    pod.uid = safe!("uid-{number}");
    pod.since = None;
    pod.instance = Arc::new(Instance {
        id: InstanceId(pod.uid.clone()),
        name: safe!("api-{number}"),
        phase: Phase::Running,
        probe: Probe::Healthy,
        health: Health::Well,
        created: Some(at(-900)),
        ..Instance::default()
    });
    pod
}

fn broken(number: u32, phase: Phase, why: &str, since: i64) -> Pod {
    let mut pod = pod(number);
    let instance = Arc::make_mut(&mut pod.instance);
    instance.phase = phase;
    instance.probe = Probe::Starting;
    instance.health = Health::Critical;
    instance.why = SafeText::line(why);
    pod.since = Some(at(since));
    pod
}

fn said(workload: &Workload, pods: &[Pod], around: &Around<'_>) -> Judged {
    let pods: Vec<&Pod> = pods.iter().collect();
    judge(workload, &pods, around, at(0))
}

fn kinds(judged: &Judged) -> Vec<TroubleKind> {
    judged.troubles.iter().map(|t| t.kind).collect()
}

fn condition(kind: &'static [u8], reason: &'static [u8], message: &'static [u8]) -> Condition {
    let since = meta::Time {
        seconds: at(-60).as_second(),
        nanos: 0,
    };
    Condition::new(kind, reason, message, Some(&since), &mut Texts::default())
}

#[test]
fn what_serves_is_well_and_says_nothing() {
    let found = said(&deployment(2), &[pod(1), pod(2)], &Around::default());
    assert_eq!((found.health, &*found.why), (Health::Well, ""));
    assert!(found.troubles.is_empty());
}

#[test]
fn the_worst_pods_are_counted_and_the_first_of_them_says_since_when() {
    let crash = |number, since| broken(number, Phase::Restarting, "crash loop, exit 1", since);
    let found = said(
        &deployment(3),
        &[pod(1), crash(2, -20), crash(3, -50)],
        &Around::default(),
    );
    assert_eq!(
        (found.health, &*found.why),
        (Health::Critical, "2 of 3 crash loop, exit 1")
    );
    assert_eq!(found.since, Some(at(-50)));
    assert!(found.troubles.is_empty(), "pods that run say it themselves");
}

#[test]
fn pods_in_the_same_trouble_count_though_their_words_differ() {
    let pods = [
        broken(
            1,
            Phase::Created,
            "unschedulable: 0/3 nodes are available",
            -9,
        ),
        broken(
            2,
            Phase::Created,
            "unschedulable: 0/2 nodes are available",
            -5,
        ),
    ];
    let found = said(&deployment(2), &pods, &Around::default());
    assert_eq!(&*found.why, "2 of 2 unschedulable: 0/3 nodes are available");
    assert_eq!(kinds(&found), [TroubleKind::Unschedulable]);
}

#[test]
fn an_image_that_cannot_be_pulled_is_a_trouble_of_the_whole() {
    let pods = [broken(
        1,
        Phase::Created,
        "image cannot be pulled: shop/api:v9",
        -5,
    )];
    let found = said(&deployment(1), &pods, &Around::default());
    assert_eq!(&*found.why, "image cannot be pulled: shop/api:v9");
    assert_eq!(kinds(&found), [TroubleKind::Pull]);
}

#[test]
fn the_last_words_of_a_crash_follow_its_exit_code() {
    let mut pod = broken(1, Phase::Restarting, "crash loop, exit 1", -5);
    Arc::make_mut(&mut pod.instance).last_words = SafeText::from_static("no such table: orders");
    let found = said(&deployment(1), &[pod], &Around::default());
    assert_eq!(&*found.why, "crash loop, exit 1: no such table: orders");
}

#[test]
fn a_quota_comes_before_what_it_leads_to() {
    let refused = condition(
        b"ReplicaFailure",
        b"FailedCreate",
        b"pods \"api-7f9c-\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1",
    );
    let around = Around {
        refused: Some(&refused),
        ..Around::default()
    };
    let found = said(&deployment(3), &[pod(1)], &around);
    assert_eq!(found.health, Health::Warning, "one serves");
    assert!(
        found
            .why
            .starts_with("1 of 3, pods cannot be made: exceeded quota: q"),
        "{}",
        found.why
    );
    assert_eq!(
        (kinds(&found), found.since),
        (vec![TroubleKind::NotMade], Some(at(-60)))
    );
    assert_eq!(said(&deployment(3), &[], &around).health, Health::Critical);
    // A failure that is over is none.
    assert_eq!(
        said(&deployment(1), &[pod(1)], &around).health,
        Health::Well
    );
}

#[test]
fn pods_that_are_not_there_are_waited_for_and_then_missed() {
    let mut young = deployment(3);
    young.created = Some(at(-10));
    let found = said(&young, &[], &Around::default());
    assert_eq!((found.health, &*found.why), (Health::Unknown, "starting"));
    assert_eq!(found.again, Some(at(20)));
    let found = said(&deployment(3), &[pod(1)], &Around::default());
    assert_eq!(
        (found.health, &*found.why),
        (Health::Warning, "2 of 3 pods missing")
    );
    let found = said(&deployment(3), &[], &Around::default());
    assert_eq!(
        (found.health, &*found.why),
        (Health::Critical, "none of its pods is there")
    );
}

#[test]
fn scaled_to_zero_is_off_and_paused_is_worth_a_look() {
    let off = said(&deployment(0), &[], &Around::default());
    assert_eq!((off.health, &*off.why), (Health::Off, "scaled to zero"));
    let mut paused = deployment(1);
    paused.progress.paused = true;
    let found = said(&paused, &[pod(1)], &Around::default());
    assert_eq!(found.health, Health::Warning);
    assert!(found.why.starts_with("paused"), "{}", found.why);
}

#[test]
fn a_pod_that_ended_and_was_replaced_is_history() {
    let evicted = broken(2, Phase::Exited, "evicted: low on memory", -50);
    let kind = ServiceKind::Deployment;
    assert_eq!(instance(kind, &evicted).health, Health::Off);
    assert_eq!(
        instance(ServiceKind::Pod, &evicted).health,
        Health::Critical
    );
    let found = said(&deployment(1), &[pod(1), evicted], &Around::default());
    assert_eq!(found.health, Health::Well);
}

fn autoscaler() -> Autoscaler {
    Autoscaler {
        uid: SafeText::EMPTY,
        name: SafeText::from_static("api"),
        target: deployment(1).id,
        bounds: (2, 10),
        pods: (10, 10),
        limited: None,
        unable: None,
    }
}

#[test]
fn an_autoscaler_at_its_maximum_is_said() {
    let limited = Autoscaler {
        limited: Some(condition(
            b"ScalingLimited",
            b"TooManyReplicas",
            b"more than the maximum",
        )),
        ..autoscaler()
    };
    let of = |autoscaler: &Autoscaler| {
        let around = Around {
            autoscaler: Some(autoscaler),
            ..Around::default()
        };
        said(&deployment(1), &[pod(1)], &around)
    };
    let found = of(&limited);
    assert_eq!(
        (found.health, &*found.why),
        (Health::Warning, "at its autoscaler's maximum of 10")
    );
    assert_eq!(
        (kinds(&found), found.since),
        (vec![TroubleKind::Autoscaler], Some(at(-60)))
    );
    // At the maximum and content with it.
    assert_eq!(of(&autoscaler()).health, Health::Well);
}

#[test]
fn a_budget_that_lets_no_pod_go_is_an_alert_and_hurts_nobody_yet() {
    let budget = |allowed, healthy, expected| Budget {
        uid: SafeText::EMPTY,
        name: SafeText::from_static("api"),
        namespace: SafeText::EMPTY,
        selector: Selector::default(),
        allowed,
        pods: (healthy, 2, expected),
        since: Some(at(-60)),
        counted: true,
    };
    let of = |budget: &Budget, leaving| {
        let around = Around {
            budget: Some(budget),
            leaving,
            ..Around::default()
        };
        said(&deployment(2), &[pod(1), pod(2)], &around)
    };
    let found = of(&budget(0, 2, 2), false);
    assert_eq!((found.health, &*found.why), (Health::Well, ""));
    assert_eq!(kinds(&found), [TroubleKind::DisruptionBudget]);
    assert_eq!(kinds(&of(&budget(1, 2, 2), true)), []);
    // Some do not serve: it does what it is for, until somebody empties a node.
    assert_eq!(kinds(&of(&budget(0, 1, 2), false)), []);
    assert_eq!(
        kinds(&of(&budget(0, 1, 2), true)),
        [TroubleKind::DisruptionBudget]
    );
}

fn job(conditions: Vec<Condition>) -> Workload {
    let mut row = Workload::job(&batch::Job::default(), &mut Texts::default());
    row.created = Some(at(-100));
    row.conditions = conditions;
    row.failures = (3, 2);
    row
}

#[test]
fn a_job_is_judged_by_its_own_word() {
    let failed = || condition(b"Failed", b"BackoffLimitExceeded", b"reached the limit");
    let mut ended = broken(1, Phase::Exited, "exit 3", -50);
    Arc::make_mut(&mut ended.instance).exit_code = Some(3);
    let found = said(&job(vec![failed()]), &[ended.clone()], &Around::default());
    assert_eq!(
        (found.health, &*found.why),
        (Health::Critical, "failed 3 times, exit 3")
    );
    assert_eq!(
        (kinds(&found), found.since),
        (vec![TroubleKind::Job], Some(at(-60)))
    );
    let done = condition(b"Complete", b"", b"");
    assert_eq!(
        said(&job(vec![done]), &[ended.clone()], &Around::default()).health,
        Health::Off
    );
    let again = said(&job(vec![]), &[ended], &Around::default());
    assert_eq!((again.health, kinds(&again)), (Health::Warning, vec![]));
}

#[test]
fn a_cron_job_is_judged_by_its_last_run_and_by_the_one_that_is_missing() {
    let mut cron = Workload::cron_job(&batch::CronJob::default(), &mut Texts::default());
    cron.created = Some(at(-86_400));
    cron.schedule = SafeText::from_static("*/5 * * * *");
    cron.started = Some(at(-200));
    let failed = job(vec![condition(b"Failed", b"DeadlineExceeded", b"")]);
    let of = |cron: &Workload, jobs: Vec<&Workload>| {
        let around = Around {
            jobs,
            ..Around::default()
        };
        said(cron, &[], &around)
    };
    assert_eq!(of(&cron, vec![]).health, Health::Well);
    let found = of(&cron, vec![&failed]);
    assert_eq!(
        &*found.why,
        "its last run failed: it took longer than it may"
    );
    cron.started = Some(at(-900));
    let late = of(&cron, vec![]);
    assert_eq!(
        (late.health, kinds(&late)),
        (Health::Warning, vec![TroubleKind::Overdue])
    );
    assert!(
        late.since.is_some_and(|since| since < at(-120)),
        "since it was due"
    );
    cron.suspended = true;
    let off = of(&cron, vec![]);
    assert_eq!((off.health, &*off.why), (Health::Off, "suspended"));
}

#[test]
fn a_node_says_what_it_suffers_from() {
    let mut row =
        crate::platform::kubernetes::rows::Node::of(&core::Node::default(), &mut Texts::default());
    assert_eq!(
        node(&row).health,
        Health::Critical,
        "it never said that it is ready"
    );
    row.ready = Some(true);
    assert_eq!(node(&row).health, Health::Well);
    row.pressures = vec![condition(b"DiskPressure", b"", b"")];
    let found = node(&row);
    assert_eq!(
        (found.health, &*found.why),
        (Health::Warning, "runs out of disk")
    );
    assert_eq!(kinds(&found), [TroubleKind::Pressure]);
}
