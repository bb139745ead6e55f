//! The clusters of the demo: each incident begins by itself in every world, is told, and is solved by our keys alone.

use quarterdeck::domain::action::{Action, ClusterAction};
use quarterdeck::domain::alert::{Alert, Severity};
use quarterdeck::domain::details::Details;
use quarterdeck::domain::health::Health;
use quarterdeck::domain::rollout::RolloutState;
use quarterdeck::domain::service::{Service, ServiceKind};
use quarterdeck::domain::threshold::Thresholds;
use quarterdeck::plan::{Outcome, Progress};
use quarterdeck::platform::Request;
use quarterdeck::signal::Watch;
use quarterdeck::text::SafeText;
use tokio::sync::oneshot;

use crate::hand::{Hand, ROLL_BACK};

const SPECIFY: &str = "specify";
const ARCHES: &str = "arches";
const ANCIENT: &str = "ancient-compute";

/// Worlds in which each incident is solved; what is left to chance differs in each.
const SEEDS: std::ops::Range<u64> = 0..8;

fn verified(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Verified(_))
}

/// What is not as it should be; a colour without traffic may be scaled to 0.
fn hurt(hand: &Hand) -> Vec<String> {
    let snapshot = hand.snapshot();
    let hurt = |s: &&std::sync::Arc<Service>| !matches!(s.health, Health::Well | Health::Off);
    let hurt = snapshot.services.iter().filter(hurt);
    hurt.map(|s| format!("{}: {}", s.id.name, s.why)).collect()
}

fn alerts(hand: &Hand) -> Vec<Alert> {
    let state = hand.handle.state.borrow().clone();
    Watch::default().alerts(&state, &|_| Thresholds::default(), hand.control.now())
}

/// The critical alerts of a service, in words.
fn critical(hand: &Hand, service: &str) -> Vec<String> {
    let of_it = |a: &Alert| {
        let named = a.service.as_ref().is_some_and(|id| *id.name == *service);
        named && a.severity == Severity::Critical
    };
    let all = alerts(hand).into_iter().filter(of_it);
    all.map(|a| format!("{}; {}", a.summary, a.detail))
        .collect()
}

async fn details(hand: &Hand, service: &str) -> Details {
    let (to, answer) = oneshot::channel();
    let request = Request::Details(hand.service(service).id.clone(), to);
    hand.handle.requests.send(request).await.unwrap();
    answer.await.unwrap().unwrap()
}

#[tokio::test]
async fn a_switch_to_a_colour_that_is_not_ready_is_told_and_a_rollback_heals_it_in_every_world() {
    for seed in SEEDS {
        let hand = Hand::with(SPECIFY, |options| options.seed = seed).await;
        assert_eq!(hurt(&hand), Vec::<String>::new(), "seed {seed}");
        hand.advance(55 + seed * 9).await;
        let (blue, green) = (hand.service("specify-blue"), hand.service("specify-green"));
        assert_eq!((green.ready(), green.wanted()), (0, 3), "seed {seed}");
        assert!(
            green.why.contains("plan_steps does not exist"),
            "{}",
            green.why
        );
        assert_eq!(blue.health, Health::Well, "{}", blue.why);
        assert_eq!(blue.traffic.rate, Some(0.0), "nobody asks blue any more");
        let ingress = hand.service("ingress-nginx-controller");
        assert_eq!(&*ingress.why, "errors 100 %, specify-green fails");
        assert!(!critical(&hand, "specify-green").is_empty());
        assert!(!critical(&hand, "ingress-nginx-controller").is_empty());
        let evidence = details(&hand, "specify-green").await.evidence;
        let said = |words: &str| evidence.iter().any(|e| e.text.contains(words));
        assert!(
            said("service specify sends here, and nothing is ready"),
            "{evidence:?}"
        );
        let rollout = &hand.snapshot().rollouts[0];
        assert_eq!((&*rollout.from, &*rollout.to), ("v1.4.1", "v1.5.0"));
        assert!(
            matches!(rollout.state, RolloutState::Stuck(_)),
            "{rollout:?}"
        );

        let outcome = hand.carry("specify-green", ROLL_BACK).await;
        assert!(verified(&outcome), "seed {seed}: {outcome:?}");
        hand.advance(15).await;
        assert_eq!(hurt(&hand), Vec::<String>::new(), "seed {seed}");
        assert_eq!(&*hand.service("specify-green").version, "v1.4.1");
        assert!(hand.service("specify-green").traffic.rate > Some(30.0));
        hand.advance(200).await;
        assert_eq!(hurt(&hand), Vec::<String>::new(), "seed {seed}");
    }
}

#[tokio::test]
async fn switching_back_to_the_colour_that_is_ready_heals_it_at_once_and_the_other_way_is_refused()
{
    let hand = Hand::on(SPECIFY).await;
    hand.advance(60).await;
    let switch = Action::Cluster(ClusterAction::Switch);
    let why = hand.preview("specify-green", switch.clone()).await;
    let why = why.expect_err("it is switched there already").why;
    assert!(why.contains("sends to specify-green already"), "{why}");
    let preview = hand.preview("specify-blue", switch.clone()).await;
    let mut way = hand.begin(preview.expect("it can be")).await;
    let outcome = hand.finish(&mut way).await;
    assert!(verified(&outcome), "{outcome:?}");
    let counted = Progress::Waiting(SafeText::from_static(
        "specify-green stays up beside it, 30 s more",
    ));
    assert!(way.told.contains(&counted), "{:?}", way.told);
    assert_eq!(
        hand.service("ingress-nginx-controller").health,
        Health::Well
    );
    assert!(hand.service("specify-blue").traffic.rate > Some(30.0));
    let why = hand.preview("specify-green", switch).await;
    let why = why.expect_err("none of it is ready").why;
    assert!(
        why.contains("0 of specify-green are ready, and 3 of specify-blue"),
        "{why}"
    );
}

#[tokio::test]
async fn nothing_but_a_ready_colour_heals_the_switch() {
    for (service, action) in [
        ("specify-green", Action::Restart),
        ("specify-green", Action::Scale { replicas: 6 }),
        ("specify-blue", Action::Restart),
        ("ingress-nginx-controller", Action::Restart),
    ] {
        let hand = Hand::on(SPECIFY).await;
        hand.advance(60).await;
        hand.carry(service, action.clone()).await;
        hand.advance(30).await;
        let ingress = hand.service("ingress-nginx-controller");
        assert_eq!(ingress.health, Health::Critical, "{action:?} of {service}");
    }
}

#[tokio::test]
async fn an_hpa_at_its_maximum_is_told_and_a_rollback_frees_the_pool_in_every_world() {
    for seed in SEEDS {
        let hand = Hand::with(ARCHES, |options| options.seed = seed).await;
        assert_eq!(hurt(&hand), Vec::<String>::new(), "seed {seed}");
        hand.advance(150 + seed * 11).await;
        let (api, pool) = (hand.service("archesai-api"), hand.service("pgbouncer"));
        assert_eq!(api.wanted(), 20, "seed {seed}: {}", api.why);
        assert_eq!(api.health, Health::Critical, "seed {seed}");
        for words in ["HPA at max 20", "pgbouncer fails"] {
            assert!(api.why.contains(words), "seed {seed}: {}", api.why);
        }
        assert_eq!(&*pool.why, "pool 100/100, clients wait in vain");
        assert!(!critical(&hand, "archesai-api").is_empty());
        assert!(!critical(&hand, "pgbouncer").is_empty());

        let outcome = hand.carry("archesai-api", ROLL_BACK).await;
        assert!(verified(&outcome), "seed {seed}: {outcome:?}");
        hand.advance(30).await;
        assert_eq!(hurt(&hand), Vec::<String>::new(), "seed {seed}");
        // What nobody needs any more goes by itself, once it has not been needed for five minutes.
        assert_eq!(hand.service("archesai-api").wanted(), 20);
        hand.advance(400).await;
        assert_eq!(hand.service("archesai-api").wanted(), 3);
        assert_eq!(hand.service("archesai-api").instances.len(), 3);
        assert_eq!(hurt(&hand), Vec::<String>::new(), "seed {seed}");
    }
}

#[tokio::test]
async fn neither_restarts_nor_another_number_of_pods_frees_the_pool_for_long() {
    for (service, action) in [
        ("archesai-api", Action::Restart),
        ("archesai-api", Action::Scale { replicas: 6 }),
        ("pgbouncer", Action::Restart),
    ] {
        let hand = Hand::on(ARCHES).await;
        hand.advance(180).await;
        hand.carry(service, action.clone()).await;
        hand.advance(150).await;
        let api = hand.service("archesai-api");
        assert_eq!(api.health, Health::Critical, "{action:?} of {service}");
    }
}

#[tokio::test]
async fn a_cluster_shows_kinds_namespaces_nodes_and_who_scales_what() {
    let hand = Hand::on(ARCHES).await;
    hand.advance(5).await;
    let postgres = hand.service("sts/postgres");
    assert_eq!(
        (postgres.kind, &*postgres.id.group),
        (ServiceKind::StatefulSet, "data")
    );
    assert_eq!(&*postgres.instances[0].name, "postgres-0");
    let agent = hand.service("ds/promtail");
    let mut nodes: Vec<&str> = agent.instances.iter().map(|i| i.node.as_str()).collect();
    nodes.dedup();
    assert_eq!(nodes.len(), 4, "one pod a node");
    assert_eq!(hand.service("cj/postgres-backup").health, Health::Well);
    let node = hand.service("node/ip-10-0-1-24");
    assert_eq!(node.kind, ServiceKind::Node);
    assert!(node.usage.memory_percent().unwrap() > 1.0);
    let facts = details(&hand, "archesai-api").await.facts;
    let fact = |name: &str| {
        let found = facts.iter().find(|f| &*f.name == name);
        found.map_or_else(String::new, |f| f.value.to_string())
    };
    assert!(
        fact("autoscaler (HPA)").starts_with("3 to 20, now 3; "),
        "{facts:?}"
    );
    assert_eq!(fact("disruption (PDB)"), "at least 2 stay available");
    assert_eq!(fact("memory"), "request 256 MiB, limit 512 MiB");
    let fewer = hand.preview("archesai-api", Action::Scale { replicas: 2 });
    let notes = fewer.await.unwrap().notes;
    let said = |words: &str| notes.iter().any(|note| note.text.contains(words));
    assert!(
        said("its HPA sets the number, 3 to 20, within 15 s"),
        "{notes:?}"
    );
    assert!(said("GitHub Actions deploys it"), "{notes:?}");
}

#[tokio::test]
async fn a_pod_that_somebody_deletes_comes_back() {
    let hand = Hand::on(SPECIFY).await;
    let before = hand.service("specify-blue").instances.clone();
    hand.control.inject(
        quarterdeck::platform::sim::Fault::Remove { service: 1 },
        None,
    );
    hand.advance(20).await;
    let after = hand.service("specify-blue").instances.clone();
    assert_eq!(after.len(), 3);
    let kept = after.iter().filter(|i| before.iter().any(|b| b.id == i.id));
    assert_eq!(kept.count(), 2);
}

#[tokio::test]
async fn a_compiler_that_is_killed_for_memory_is_told_and_a_rollback_heals_it_in_every_world() {
    for seed in SEEDS {
        let hand = Hand::with(ANCIENT, |options| options.seed = seed).await;
        assert_eq!(hurt(&hand), Vec::<String>::new(), "seed {seed}");
        hand.advance(70 + seed * 7).await;
        let haskell = hand.service("haskell-service");
        assert_eq!(&*haskell.version, "v1.1.0", "seed {seed}");
        assert!(haskell.instances.iter().any(|pod| pod.restarts > 0));
        let told = critical(&hand, "haskell-service").join(", ");
        assert!(told.contains("killed for memory (OOM)"), "{told}");
        let backend = hand.service("backend");
        assert!(
            backend.why.ends_with("haskell-service fails"),
            "{}",
            backend.why
        );
        assert!(
            backend.traffic.error_percent > Some(1.0),
            "{:?}",
            backend.traffic
        );

        let outcome = hand.carry("haskell-service", ROLL_BACK).await;
        assert!(verified(&outcome), "seed {seed}: {outcome:?}");
        hand.advance(15).await;
        assert_eq!(hurt(&hand), Vec::<String>::new(), "seed {seed}");
        hand.advance(300).await;
        assert_eq!(hurt(&hand), Vec::<String>::new(), "seed {seed}");
        assert_eq!(&*hand.service("haskell-service").version, "v1.0.4");
    }
}

#[tokio::test]
async fn more_copies_and_restarts_of_the_compiler_only_put_off_its_end() {
    for action in [Action::Restart, Action::Scale { replicas: 4 }] {
        let hand = Hand::on(ANCIENT).await;
        hand.advance(60).await;
        hand.carry("haskell-service", action.clone()).await;
        hand.advance(60).await;
        let backend = hand.service("backend");
        assert_eq!(
            backend.health,
            Health::Critical,
            "{action:?}: {}",
            backend.why
        );
    }
}
