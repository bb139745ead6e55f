//! What happens in a cluster is told in words, with the service that it is about.

use jiff::Timestamp;
use quarterdeck::{
    domain::{
        details::{Happening, PlatformEvent},
        health::Health,
    },
    platform::{PlatformHandle, kubernetes},
};

use crate::{
    shown::{rollout, service, workload},
    support::{
        cluster_or_skip,
        proxy::{Fault, Rule},
        wait::{SOON, timestamp},
    },
};

/// Waits for something that happened, and gives everything that was told until then.
async fn told(
    platform: &mut PlatformHandle,
    mut is: impl FnMut(&Happening) -> bool,
) -> Vec<Happening> {
    let mut all = Vec::new();
    let wait = async {
        while let Some(event) = platform.events.recv().await {
            if let PlatformEvent::Happened(happening) = event {
                all.push(happening);
                if all.last().is_some_and(&mut is) {
                    return;
                }
            }
        }
    };
    let found = tokio::time::timeout(SOON, wait).await;
    assert!(found.is_ok(), "it was not told; this was: {all:#?}");
    all
}

#[tokio::test]
async fn what_happens_to_pods_is_told_of_their_service() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("events");
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let one = "  replicas: 1\n";
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "crash-loop",
        one,
    ));
    let mut awaited = vec![
        "Back-off restarting failed container",
        "Scaled up replica set",
        "placed on node-",
    ];
    let all = told(&mut platform, |h| {
        awaited.retain(|words| !h.text.contains(words));
        awaited.is_empty()
    })
    .await;
    let crash = all.iter().find(|h| h.text.contains("Back-off"));
    assert_eq!(crash.map(|h| h.health), Some(Health::Critical));
    for happening in &all {
        let service = happening.service.as_ref().map(ToString::to_string);
        assert_eq!(
            service,
            Some(format!("{}/api", namespace.name)),
            "{happening:?}"
        );
    }
}

#[tokio::test]
async fn what_repeats_is_told_at_the_first_time_the_second_and_the_fourth() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("events");
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "fine",
        "  replicas: 1\n",
    ));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    service(&mut platform, "api", "serves", |s| s.ready() == 1).await;
    let name = &namespace.name;
    namespace.apply(&format!(
        "apiVersion: v1\n\
         kind: Event\n\
         metadata: {{name: again}}\n\
         involvedObject: {{kind: Deployment, name: api, namespace: {name}, apiVersion: apps/v1}}\n\
         reason: Tested\n\
         message: it happened\n\
         type: Warning\n\
         count: 1\n\
         lastTimestamp: 2026-03-01T10:00:00Z\n"
    ));
    let mut times = Vec::new();
    for count in 1..=5 {
        let patch = format!(r#"{{"count": {count}}}"#);
        namespace.kubectl(&["patch", "event", "again", "--patch", &patch]);
    }
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=2"]);
    for happening in told(&mut platform, |h| h.text.contains("from 1 to 2")).await {
        if let Some((_, rest)) = happening.text.split_once("it happened") {
            times.push(rest.to_owned());
        }
    }
    assert_eq!(times, ["", " (×2)", " (×4)"]);
}

#[tokio::test]
async fn a_probe_that_fails_is_why_a_rollout_is_stuck_and_a_quota_why_a_set_has_no_pods() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("events");
    namespace.apply(&workload(
        "Deployment",
        "api",
        "shop/api:v1",
        "never-ready",
        "  replicas: 1\n",
    ));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let starting = service(&mut platform, "api", "starts", |s| s.instances.len() == 1).await;
    assert_eq!(
        starting.health,
        Health::Unknown,
        "its first probes may fail"
    );
    // Only now, or it would refuse the pod above; and until it has been counted, it refuses nothing.
    namespace.kubectl(&["create", "quota", "few", "--hard=pods=0"]);
    let counted = "--for=jsonpath={.status.hard.pods}=0";
    namespace.kubectl(&["wait", counted, "quota/few", "--timeout=30s"]);
    let one = "  replicas: 1\n";
    namespace.apply(&workload("StatefulSet", "db", "shop/db:v1", "fine", one));
    let refused = service(&mut platform, "sts/db", "is refused", |s| {
        s.why.contains("exceeded quota")
    })
    .await;
    assert!(
        refused
            .why
            .starts_with("0 of 1, pods cannot be made: exceeded quota: few"),
        "{}",
        refused.why
    );
    // It is patient for half a minute: nearly all of the time that there is to wait is over by then.
    tokio::time::timeout(SOON, async {
        while platform
            .state
            .borrow()
            .snapshot
            .named("api")
            .iter()
            .all(|s| s.health == Health::Unknown)
        {
            let _ = platform.state.changed().await;
        }
    })
    .await
    .ok();
    let words = "not ready: Readiness probe failed: HTTP probe failed with statuscode: 503";
    let stuck = |r: &quarterdeck::domain::rollout::Rollout| {
        r.state.reason().is_some_and(|why| why == words)
    };
    rollout(&mut platform, "api", "is stuck by its probe", stuck).await;
}

/// Waits until a scaling to so many is told, and gives the gaps that were told until then.
async fn gaps_until(platform: &mut PlatformHandle, scaled: &str) -> Vec<(Timestamp, Timestamp)> {
    let mut gaps = Vec::new();
    let wait = async {
        while let Some(event) = platform.events.recv().await {
            match event {
                PlatformEvent::Gap { from, to } => gaps.push((from, to)),
                PlatformEvent::Happened(happening) if happening.text.contains(scaled) => return,
                PlatformEvent::Happened(_) => {}
            }
        }
    };
    let found = tokio::time::timeout(SOON, wait).await;
    assert!(found.is_ok(), "{scaled} was not told");
    gaps
}

#[tokio::test]
async fn what_may_have_been_missed_is_told_and_what_was_only_late_is_not() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("events");
    let one = "  replicas: 1\n";
    namespace.apply(&workload("Deployment", "api", "shop/api:v1", "fine", one));
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&namespace.token(None), &proxy.host);
    let mut platform = kubernetes::start(namespace.options_by(kubeconfig.path()));
    service(&mut platform, "api", "serves", |s| s.ready() == 1).await;
    let scale = |to: &str| drop(namespace.kubectl(&["scale", "deployment", "api", to]));
    scale("--replicas=2");
    let none = Vec::new();
    assert_eq!(gaps_until(&mut platform, "from 1 to 2").await, none);
    // A connection that breaks goes on where it was.
    proxy.cut();
    scale("--replicas=3");
    assert_eq!(gaps_until(&mut platform, "from 2 to 3").await, none);
    // The place is too old: what happened since is not told by the server.
    let before = timestamp();
    let expired = r#"{"kind":"Status","apiVersion":"v1","code":410,"reason":"Expired"}"#;
    proxy.on(Rule::once(
        "/events?watch=1",
        Fault::Answer(410, expired.to_owned()),
    ));
    proxy.cut();
    let gap = async {
        loop {
            match platform.events.recv().await {
                Some(PlatformEvent::Gap { from, to }) => return (from, to),
                Some(PlatformEvent::Happened(_)) => {}
                None => panic!("the platform ended"),
            }
        }
    };
    let gap = tokio::time::timeout(SOON, gap).await;
    let (from, to) = gap.expect("a gap is told");
    assert!(from <= before && before <= to, "{from} {before} {to}");
    scale("--replicas=4");
    assert_eq!(gaps_until(&mut platform, "from 3 to 4").await, none);
}
