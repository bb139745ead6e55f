//! What is no change of a workload, in the clusters of the demo: pods deleted, CronJobs run by hand, nodes cordoned and
//! drained.

use std::time::Duration;

use quarterdeck::domain::action::{Action, ClusterAction};
use quarterdeck::domain::health::Health;
use quarterdeck::domain::instance::{InstanceId, Phase};
use quarterdeck::domain::log::Since;
use quarterdeck::domain::service::{Service, ServiceKind};
use quarterdeck::plan::{Outcome, Progress};
use quarterdeck::platform::sim::Fault;

use crate::{hand::Hand, logs::Reader};

const SPECIFY: &str = "specify";
const DRAIN: Action = Action::Cluster(ClusterAction::Drain);
const CORDON: Action = Action::Cluster(ClusterAction::Cordon);
const UNCORDON: Action = Action::Cluster(ClusterAction::Uncordon);
const RUN: Action = Action::Cluster(ClusterAction::RunNow);

fn verified(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Verified(words) => words.to_string(),
        other => panic!("{other:?}"),
    }
}

fn ids(service: &Service) -> Vec<InstanceId> {
    service.instances.iter().map(|i| i.id.clone()).collect()
}

fn delete(service: &Service) -> Action {
    let pod = service.instances[0].id.clone();
    Action::Cluster(ClusterAction::DeletePod { pod })
}

/// The nodes, by the names of their rows.
fn nodes(hand: &Hand) -> Vec<String> {
    let snapshot = hand.snapshot();
    let nodes = snapshot.services.iter();
    let nodes = nodes.filter(|s| s.kind == ServiceKind::Node);
    nodes.map(|s| s.id.name.to_string()).collect()
}

/// The node that a service's first pod runs on, as its row is called.
fn node_of(hand: &Hand, service: &str) -> String {
    format!("node/{}", hand.service(service).instances[0].node)
}

#[tokio::test]
async fn a_deleted_pod_comes_back_and_that_of_a_stateful_set_under_its_own_name() {
    let hand = Hand::on(SPECIFY).await;
    for name in ["specify-blue", "sts/postgres"] {
        let before = hand.service(name);
        let outcome = hand.carry(name, delete(&before)).await;
        assert_eq!(verified(&outcome), "the pod is gone");
        hand.advance(20).await;
        let after = hand.service(name);
        assert_eq!(after.health, Health::Well, "{}", after.why);
        assert_eq!(after.instances.len(), before.instances.len());
        assert!(!ids(&after).contains(&before.instances[0].id));
    }
    assert_eq!(
        &*hand.service("sts/postgres").instances[0].name,
        "postgres-0"
    );
}

#[tokio::test]
async fn a_cordoned_node_takes_no_pods_and_where_all_are_they_wait_and_say_so() {
    let hand = Hand::on(SPECIFY).await;
    for node in nodes(&hand) {
        let outcome = hand.carry(&node, CORDON).await;
        assert_eq!(verified(&outcome), "it takes no new pods");
        assert_eq!(&*hand.service(&node).why, "cordoned: no new pods go there");
        let why = hand.preview(&node, CORDON).await.unwrap_err().why;
        assert!(why.contains("takes no new pods already"), "{why}");
    }
    let blue = hand.service("specify-blue");
    verified(&hand.carry("specify-blue", delete(&blue)).await);
    hand.advance(30).await;
    let blue = hand.service("specify-blue");
    assert_eq!(blue.ready(), 2);
    assert!(blue.why.contains("no node takes new pods"), "{}", blue.why);

    let open = &nodes(&hand)[1];
    let outcome = hand.carry(open, UNCORDON).await;
    assert_eq!(verified(&outcome), "it takes new pods");
    hand.advance(20).await;
    let blue = hand.service("specify-blue");
    assert_eq!((blue.ready(), blue.health), (3, Health::Well));
    let newest = blue.instances.iter().max_by_key(|i| i.created).unwrap();
    assert_eq!(format!("node/{}", newest.node), *open);
}

#[tokio::test]
async fn a_drain_evicts_pod_after_pod_as_the_budgets_allow() {
    let hand = Hand::on("arches").await;
    let blocked = ["sts/postgres"].map(|name| node_of(&hand, name));
    let node = nodes(&hand)
        .into_iter()
        .find(|node| !blocked.contains(node) && hand.service(node).instances.len() > 3);
    let node = node.expect("one without a pod that its budget always needs");
    let before = hand.service(&node).instances.len();
    let preview = hand.preview(&node, DRAIN).await.unwrap();
    assert_eq!(preview.ask.target.seen.len(), before - 1, "promtail stays");
    let mut way = hand.begin(preview).await;
    while way
        .told
        .last()
        .is_none_or(|told| !matches!(told, Progress::Ended(_)))
    {
        for (name, least) in [("archesai-api", 2), ("ingress-nginx-controller", 1)] {
            let ready = hand.service(name).ready();
            assert!(ready >= least, "{ready} of {name}");
        }
        match way.progress.try_recv() {
            Ok(told) => way.told.push(told),
            Err(_) => hand.control.advance(Duration::from_millis(100)).await,
        }
    }
    let Some(Progress::Ended(outcome)) = way.told.last() else {
        unreachable!("the loop ended with it");
    };
    assert_eq!(
        verified(outcome),
        format!("drained: {} pods are gone", before - 1)
    );
    hand.advance(30).await;
    let left = hand.service(&node);
    assert_eq!(left.instances.len(), 1);
    assert!(left.instances[0].name.starts_with("promtail-"));
    assert_eq!(&*left.why, "cordoned: no new pods go there");
}

#[tokio::test]
async fn a_budget_that_lets_nothing_go_is_told_before_and_while_the_drain_waits_for_it() {
    let hand = Hand::on(SPECIFY).await;
    let says = "PDB specify/postgres lets none of its pods go now: 1 of 1";
    let node = node_of(&hand, "sts/postgres");
    let preview = hand.preview(&node, DRAIN).await.unwrap();
    let told = preview.notes.iter().any(|note| note.text.contains(says));
    assert!(told, "{:?}", preview.notes);
    let postgres = ids(&hand.service("sts/postgres"));
    let mut way = hand.begin(preview).await;
    for _ in 0..600 {
        hand.control.advance(Duration::from_millis(100)).await;
        while let Ok(told) = way.progress.try_recv() {
            way.told.push(told);
        }
    }
    let waits = |told: &Progress| matches!(told, Progress::Waiting(words) if words.contains(says));
    assert!(way.told.last().is_some_and(waits), "{:?}", way.told.last());
    way.stop.cancel();
    let outcome = hand.finish(&mut way).await;
    assert!(
        matches!(outcome, Outcome::Cancelled { applied } if applied > 0),
        "{outcome:?}"
    );
    assert_eq!(ids(&hand.service("sts/postgres")), postgres);
    assert!(hand.service(&node).why.contains("cordoned"));
}

#[tokio::test]
async fn a_cron_job_runs_now_to_its_end_with_its_lines_and_a_backup_is_made_by_it() {
    let hand = Hand::on(SPECIFY).await;
    let cron = "cj/postgres-backup";
    for (number, action) in [(1, RUN), (2, Action::BackUp)] {
        let preview = hand.preview(cron, action.clone()).await.unwrap();
        let mut way = hand.begin(preview).await;
        hand.advance(3).await;
        assert_eq!(
            hand.service(cron).instances.last().unwrap().phase,
            Phase::Running
        );
        let second = hand.preview(cron, RUN).await.unwrap_err().why;
        assert!(second.contains("none may run beside another"), "{second}");
        let said = verified(&hand.finish(&mut way).await);
        let end = "specify.dump: 10.8 GiB written, read again and sound";
        assert_eq!(
            said,
            format!("postgres-backup-manual-{number} ended well; it said last: {end}")
        );
        let lines = Reader::on(&hand, &[cron], Since::All, false, false).await;
        let lines = lines.all().await;
        assert_eq!(lines.iter().filter(|line| *line == end).count(), number);
        let dumps = |line: &&String| line.contains("dumping contents of table");
        assert!(
            lines.iter().filter(dumps).count() >= 5 * number,
            "{lines:?}"
        );
    }
    let row = hand.service(cron);
    assert_eq!((row.health, row.instances.len()), (Health::Well, 2));
    assert_eq!(&*row.instances[0].why, "ended well");
    // Only so many of those that have ended stay.
    for _ in 0..3 {
        hand.carry(cron, RUN).await;
    }
    assert_eq!(hand.service(cron).instances.len(), 3);
}

#[tokio::test]
async fn a_job_whose_pod_is_deleted_has_failed_and_nothing_but_a_cron_job_is_run() {
    let hand = Hand::on("arches").await;
    let cron = "cj/postgres-backup";
    let preview = hand.preview(cron, RUN).await.unwrap();
    let mut way = hand.begin(preview).await;
    hand.advance(3).await;
    // The seventh of its services.
    hand.control.inject(Fault::Remove { service: 6 }, None);
    let outcome = hand.finish(&mut way).await;
    let gone = |outcome: &Outcome| match outcome {
        Outcome::Failed { why, .. } => why.contains("the Job is gone"),
        _ => false,
    };
    assert!(gone(&outcome), "{outcome:?}");
    let why = hand.preview("archesai-web", RUN).await.unwrap_err().why;
    assert!(why.contains("only those are run by hand"), "{why}");
    let why = hand.preview("archesai-web", DRAIN).await.unwrap_err().why;
    assert!(why.contains("is no node"), "{why}");
}
