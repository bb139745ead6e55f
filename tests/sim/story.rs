//! Each incident begins by itself, shows what it is, is solved by the right keys, and by no others.

use quarterdeck::domain::action::Action;
use quarterdeck::domain::health::Health;
use quarterdeck::domain::rollout::RolloutState;
use quarterdeck::plan::Outcome;

use crate::hand::{Hand, ROLL_BACK};

fn verified(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Verified(_))
}

#[tokio::test]
async fn a_release_takes_all_connections_and_a_rollback_heals_it() {
    let hand = Hand::on("three-tier-template").await;
    assert_eq!(hand.hurt(), Vec::<String>::new());
    hand.advance(40).await;
    let (api, postgres) = (hand.service("api"), hand.service("postgres"));
    assert_eq!(&*api.version, "v1.8.2");
    assert_eq!(api.health, Health::Critical);
    assert!(api.why.contains("postgres fails"), "{}", api.why);
    assert_eq!(&*postgres.why, "connections 100/100");
    assert!(api.traffic.error_percent.unwrap() > 5.0);
    let rollout = &hand.snapshot().rollouts[0];
    assert_eq!((&*rollout.from, &*rollout.to), ("v1.8.1", "v1.8.2"));
    assert_eq!(rollout.state, RolloutState::Done);

    let outcome = hand.carry("api", ROLL_BACK).await;
    assert_eq!(outcome.word(), "verified", "{outcome:?}");
    hand.advance(15).await;
    assert_eq!(hand.hurt(), Vec::<String>::new());
    assert_eq!(&*hand.service("api").version, "v1.8.1");
    hand.advance(300).await;
    assert_eq!(hand.hurt(), Vec::<String>::new());
}

#[tokio::test]
async fn restarts_and_more_replicas_do_not_free_the_connections_for_long() {
    for (service, action) in [
        ("postgres", Action::Restart),
        ("api", Action::Restart),
        ("api", Action::Scale { replicas: 5 }),
        ("web", Action::Restart),
    ] {
        let hand = Hand::on("three-tier-template").await;
        hand.advance(60).await;
        hand.carry(service, action.clone()).await;
        hand.advance(60).await;
        let api = hand.service("api");
        assert_eq!(api.health, Health::Critical, "{action:?} of {service}");
    }
}

#[tokio::test]
async fn a_full_redis_takes_rolling_back_and_restarting_together() {
    let hand = Hand::on("spiral-core").await;
    assert_eq!(hand.hurt(), Vec::<String>::new());
    hand.advance(60).await;
    let (redis, agent) = (hand.service("redis"), hand.service("developer-agent"));
    assert!(redis.why.contains("maxmemory 100 %"), "{}", redis.why);
    let oom = "OOM command not allowed when used memory > 'maxmemory'.";
    assert_eq!(*agent.why, *format!("crash loop, exit 1: {oom}"));
    assert_eq!(agent.health, Health::Critical);

    assert!(verified(&hand.carry("orchestrator", ROLL_BACK).await));
    hand.advance(20).await;
    assert_eq!(hand.service("redis").health, Health::Critical, "still full");
    assert!(verified(&hand.carry("redis", Action::Restart).await));
    hand.advance(70).await;
    assert_eq!(hand.hurt(), Vec::<String>::new());
    hand.advance(300).await;
    assert_eq!(hand.hurt(), Vec::<String>::new());
}

#[tokio::test]
async fn restarting_redis_alone_lasts_less_than_a_minute() {
    let hand = Hand::on("spiral-core").await;
    hand.advance(60).await;
    assert!(verified(&hand.carry("redis", Action::Restart).await));
    hand.advance(10).await;
    assert_ne!(hand.service("redis").health, Health::Critical);
    hand.advance(60).await;
    assert_eq!(hand.service("redis").health, Health::Critical);
}

#[tokio::test]
async fn the_console_can_open_in_the_middle_of_a_story() {
    let late = Hand::with("three-tier-template", |options| {
        options.at = std::time::Duration::from_secs(40);
    })
    .await;
    assert_eq!(late.service("api").health, Health::Critical);
    assert_eq!(late.control.now(), "2026-11-21T14:00:00Z".parse().unwrap());
}

/// Worlds in which each incident is solved; what is left to chance differs in each.
const SEEDS: std::ops::Range<u64> = 0..24;

#[tokio::test]
async fn a_rollback_frees_the_connections_in_every_world() {
    for seed in SEEDS {
        let hand = Hand::with("three-tier-template", |options| options.seed = seed).await;
        // At another moment of the incident in each.
        hand.advance(40 + seed * 7).await;
        assert_eq!(hand.service("api").health, Health::Critical, "seed {seed}");
        let outcome = hand.carry("api", ROLL_BACK).await;
        assert!(verified(&outcome), "seed {seed}: {outcome:?}");
        hand.advance(60).await;
        assert_eq!(hand.hurt(), Vec::<String>::new(), "seed {seed}");
    }
}

#[tokio::test]
async fn a_rollback_and_a_restart_empty_redis_in_every_world() {
    for seed in SEEDS {
        let hand = Hand::with("spiral-core", |options| options.seed = seed).await;
        hand.advance(60 + seed * 7).await;
        assert_eq!(hand.service("redis").health, Health::Critical, "{seed}");
        let back = hand.carry("orchestrator", ROLL_BACK).await;
        assert!(verified(&back), "seed {seed}: {back:?}");
        let anew = hand.carry("redis", Action::Restart).await;
        assert!(verified(&anew), "seed {seed}: {anew:?}");
        hand.advance(90).await;
        assert_eq!(hand.hurt(), Vec::<String>::new(), "seed {seed}");
    }
}
