//! Every row of the table of rollouts, by itself.

use super::*;
use crate::platform::kubernetes::{
    texts::Texts,
    wire::{apps, meta},
};

/// A workload of that kind, all of it there and new: three pods.
fn there(kind: ServiceKind) -> Workload {
    let mut texts = Texts::default();
    let mut row = match kind {
        ServiceKind::StatefulSet => {
            Workload::stateful_set(&apps::StatefulSet::default(), &mut texts)
        }
        ServiceKind::DaemonSet => Workload::daemon_set(&apps::DaemonSet::default(), &mut texts),
        _ => Workload::deployment(&apps::Deployment::default(), &mut texts),
    };
    row.progress = Progress {
        generation: 4,
        observed: 4,
        desired: 3,
        replicas: 3,
        updated: 3,
        ready: 3,
        available: 3,
        ..Progress::default()
    };
    row
}

fn with(kind: ServiceKind, change: impl FnOnce(&mut Progress)) -> Status {
    let mut row = there(kind);
    change(&mut row.progress);
    status(&row)
}

fn condition_of(kind: &'static [u8], reason: &'static [u8], words: &'static [u8]) -> Condition {
    let since = meta::Time {
        seconds: 1_800_000_000,
        nanos: 0,
    };
    Condition::new(kind, reason, words, Some(&since), &mut Texts::default())
}

const ALL: [ServiceKind; 3] = [
    ServiceKind::Deployment,
    ServiceKind::StatefulSet,
    ServiceKind::DaemonSet,
];

fn progressing(words: &'static str) -> Verdict {
    Verdict::Progressing(SafeText::from_static(words))
}

#[test]
fn what_is_all_there_is_done() {
    for kind in ALL {
        let found = with(kind, |_| {});
        assert_eq!(
            (found.verdict, found.held),
            (Verdict::Done, None),
            "{kind:?}"
        );
    }
}

#[test]
fn a_change_that_its_controller_has_not_seen_comes_first() {
    for kind in ALL {
        let mut row = there(kind);
        row.progress.generation = 5;
        row.conditions = vec![condition_of(
            b"Progressing",
            b"ProgressDeadlineExceeded",
            b"old",
        )];
        let unseen = progressing("its controller has not seen the change yet");
        assert_eq!(status(&row).verdict, unseen, "{kind:?}");
    }
}

#[test]
fn a_deployment_past_its_deadline_has_failed_whatever_is_missing() {
    let mut row = there(ServiceKind::Deployment);
    row.progress.updated = 1;
    row.conditions = vec![condition_of(
        b"Progressing",
        b"ProgressDeadlineExceeded",
        b"has timed out progressing",
    )];
    let why = SafeText::from_static("has timed out progressing");
    assert_eq!(status(&row).verdict, Verdict::Failed(why));
}

#[test]
fn a_deployment_misses_new_pods_then_has_old_ones_then_waits_for_them_to_serve() {
    let of = |change: fn(&mut Progress)| with(ServiceKind::Deployment, change).verdict;
    let new = of(|p| (p.updated, p.replicas, p.available) = (2, 4, 1));
    assert_eq!(new, progressing("2 of 3 pods are new"));
    let old = of(|p| (p.replicas, p.available) = (4, 1));
    assert_eq!(old, progressing("1 old pod to go"));
    let serve = of(|p| p.available = 1);
    assert_eq!(serve, progressing("1 of 3 new pods serve"));
}

#[test]
fn a_quota_is_said_whatever_else_is() {
    let mut row = there(ServiceKind::Deployment);
    row.conditions = vec![condition_of(
        b"ReplicaFailure",
        b"FailedCreate",
        b"exceeded quota",
    )];
    let refused = status(&row).refused.expect("it is said");
    assert_eq!(&*refused.message, "exceeded quota");
}

#[test]
fn a_paused_deployment_says_so_while_it_is_judged_as_any() {
    let found = with(ServiceKind::Deployment, |p| {
        (p.paused, p.updated) = (true, 0);
    });
    assert_eq!(found.verdict, progressing("0 of 3 pods are new"));
    assert!(found.held.expect("it waits").starts_with("paused"));
}

#[test]
fn a_stateful_set_waits_for_ready_pods_then_for_new_ones() {
    let of = |change: fn(&mut Progress)| with(ServiceKind::StatefulSet, change).verdict;
    let ready = of(|p| (p.ready, p.updated) = (2, 1));
    assert_eq!(ready, progressing("1 pod not ready"));
    assert_eq!(of(|p| p.updated = 1), progressing("1 of 3 pods are new"));
}

#[test]
fn a_partition_holds_pods_on_the_old_revision() {
    let of = |updated| {
        with(ServiceKind::StatefulSet, |p| {
            (p.partition, p.updated) = (2, updated);
        })
    };
    assert_eq!(of(0).verdict, progressing("0 of 1 pods are new"));
    let done = of(1);
    assert_eq!(done.verdict, Verdict::Done);
    let held = done.held.expect("it holds some");
    assert_eq!(&*held, "partition holds 2 pods on the old revision");
    // Nothing is old: a partition that holds nothing is not worth a word.
    assert_eq!(of(3).held, None);
}

#[test]
fn a_daemon_set_misses_new_pods_then_waits_for_them_to_serve() {
    let of = |change: fn(&mut Progress)| with(ServiceKind::DaemonSet, change).verdict;
    assert_eq!(of(|p| p.updated = 2), progressing("2 of 3 pods are new"));
    assert_eq!(
        of(|p| p.available = 2),
        progressing("2 of 3 new pods serve")
    );
}

#[test]
fn on_delete_waits_for_somebody() {
    for kind in [ServiceKind::StatefulSet, ServiceKind::DaemonSet] {
        let found = with(kind, |p| (p.on_delete, p.updated) = (true, 2));
        assert_eq!(found.verdict, Verdict::Done, "{kind:?}");
        let held = found.held.expect("one is old");
        assert_eq!(
            &*held,
            "OnDelete: 1 old pod stays until somebody deletes it"
        );
    }
}
