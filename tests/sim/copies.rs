//! A copy of what runs: the same services by the same names, well, on which everything can be done that lists do.

use std::sync::Arc;

use jiff::Timestamp;
use quarterdeck::domain::action::{Action, EnvironmentKind};
use quarterdeck::domain::health::Health;
use quarterdeck::domain::instance::{Instance, Probe};
use quarterdeck::domain::service::{Service, ServiceId, ServiceKind};
use quarterdeck::domain::snapshot::Snapshot;
use quarterdeck::plan::Outcome;
use quarterdeck::platform::sim::{self, Scenario};
use quarterdeck::text::SafeText;

use crate::hand::{Hand, ROLL_BACK, rollout};

const NOW: &str = "2026-11-21T14:00:00Z";

/// A hand on a copy of that.
async fn copied(shown: &Snapshot) -> Hand {
    let now: Timestamp = NOW.parse().unwrap();
    let copy = Scenario::copy_of("shop", EnvironmentKind::Production, shown, now);
    Hand::with("three-tier-template", |options| {
        options.scenario = Arc::new(copy);
    })
    .await
}

/// What is told of a service by its rows.
fn told(snapshot: &Snapshot) -> Vec<(ServiceId, ServiceKind, u32, String)> {
    let services = snapshot.services.iter();
    let told = |s: &Arc<Service>| {
        let wanted = if s.kind == ServiceKind::CronJob {
            0
        } else {
            s.wanted()
        };
        (s.id.clone(), s.kind, wanted, s.version.to_string())
    };
    services
        .filter(|s| s.kind != ServiceKind::Node)
        .map(told)
        .collect()
}

/// Also in the middle of an incident the copy is well: what is rehearsed begins from there.
#[tokio::test]
async fn a_copy_of_each_scenario_has_its_services_and_is_well() {
    for info in sim::scenarios() {
        let real = Hand::on(info.name).await;
        real.advance(50).await;
        let shown = real.snapshot();
        let copy = copied(&shown).await;
        copy.advance(30).await;
        let copied = copy.snapshot();
        assert_eq!(told(&shown), told(&copied), "{}", info.name);
        for service in &copied.services {
            let well = matches!(service.health, Health::Well | Health::Off);
            assert!(well, "{}: {}", service.id, service.why);
        }
        let nodes = |snapshot: &Snapshot| {
            let all = snapshot.services.iter();
            let nodes = all.filter(|s| s.kind == ServiceKind::Node);
            nodes.map(|node| node.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(nodes(&shown), nodes(&copied));
    }
}

/// A service as a platform tells it that knows no more.
fn service(group: &str, name: &str, kind: ServiceKind, image: &str) -> Arc<Service> {
    let instance = Instance {
        probe: Probe::Unhealthy {
            streak: 3,
            output: SafeText::EMPTY,
        },
        ..Instance::default()
    };
    Arc::new(Service {
        id: ServiceId {
            group: SafeText::name(group),
            name: SafeText::name(format!("{}{name}", kind.prefix())),
        },
        kind,
        image: SafeText::name(image),
        health: Health::Critical,
        instances: vec![Arc::new(instance)],
        ..Service::default()
    })
}

#[tokio::test]
async fn what_runs_on_a_daemon_is_rolled_out_to_whatever_is_asked_and_back() {
    let shown = Snapshot {
        services: vec![
            service(
                "",
                "registry",
                ServiceKind::Container,
                "localhost:5000/registry",
            ),
            service(
                "blog",
                "api",
                ServiceKind::Compose,
                "blog@sha256:0123456789abcdef",
            ),
            service(
                "shop",
                "api",
                ServiceKind::Compose,
                "localhost:5000/shop/api:v1",
            ),
        ],
        ..Snapshot::default()
    };
    let hand = copied(&shown).await;
    let names: Vec<String> = hand
        .snapshot()
        .services
        .iter()
        .map(|s| s.id.to_string())
        .collect();
    assert_eq!(names, ["registry", "blog/api", "shop/api"]);
    let outcome = hand
        .carry("shop/api", rollout("localhost:5000/shop/api:v9"))
        .await;
    assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
    assert_eq!(hand.service("shop/api").version.as_str(), "v9");
    assert!(
        hand.preview("shop/api", rollout("somebody/else:v9"))
            .await
            .is_err()
    );
    let outcome = hand.carry("shop/api", ROLL_BACK).await;
    assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
    assert_eq!(hand.service("shop/api").version.as_str(), "v1");
    // Of what never changed here it is known that something was before it.
    let back = hand.preview("registry", ROLL_BACK).await.unwrap();
    assert_eq!(back.to.what.as_str(), "previous");
    let outcome = hand.carry("registry", Action::Restart).await;
    assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
}

/// A release that only a scenario could know is not there in one that is no copy.
#[tokio::test]
async fn what_no_scenario_has_is_not_rolled_out_there() {
    let hand = Hand::on("three-tier-template").await;
    let image = hand.service("api").image.to_string();
    let (repository, _) = image.rsplit_once(':').unwrap();
    let refused = hand
        .preview("api", rollout(&format!("{repository}:v9")))
        .await;
    assert!(refused.is_err(), "{refused:?}");
}

#[tokio::test]
async fn what_runs_in_a_cluster_keeps_its_kind_and_has_nodes() {
    let kinds = [
        ServiceKind::Deployment,
        ServiceKind::StatefulSet,
        ServiceKind::DaemonSet,
        ServiceKind::CronJob,
        ServiceKind::Job,
        ServiceKind::Pod,
        ServiceKind::Rollout,
        ServiceKind::Custom,
    ];
    let named =
        |(at, kind): (usize, &ServiceKind)| service("shop", &format!("s{at}"), *kind, "s:v1");
    let shown = Snapshot {
        services: kinds.iter().enumerate().map(named).collect(),
        ..Snapshot::default()
    };
    let hand = copied(&shown).await;
    hand.advance(30).await;
    let there = hand.snapshot();
    for service in &shown.services {
        let copy = there.service(&service.id).expect("it is copied");
        assert_eq!(copy.kind, service.kind);
        assert_eq!(copy.ready(), copy.wanted(), "{}", copy.id);
    }
    assert!(there.services.iter().any(|s| s.kind == ServiceKind::Node));
    let outcome = hand.carry("shop/s0", rollout("s:v2")).await;
    assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
}
