//! What goes wrong on the way to the platform, and who else has a hand in it.

use std::time::Duration;

use quarterdeck::domain::action::Action;
use quarterdeck::domain::details::PlatformEvent;
use quarterdeck::domain::source::SourceHealth;
use quarterdeck::plan::{Outcome, Progress, StepState};
use quarterdeck::platform::sim::{Cut, Fault, Lost};

use crate::hand::{Hand, ROLL_BACK};

const SHOP: &str = "three-tier-template";
const API: usize = 1;
const SILENT: Fault = Fault::Disconnect(Cut::Silent);

#[tokio::test]
async fn silence_is_stale_after_ten_seconds_and_live_soon_after() {
    let mut hand = Hand::on(SHOP).await;
    hand.advance(5).await;
    let health = |hand: &Hand| hand.handle.state.borrow().health;
    hand.control.inject(SILENT, None);
    hand.advance(5).await;
    assert_eq!(health(&hand), SourceHealth::Live, "nobody knows yet");
    let frozen = hand.snapshot();
    hand.advance(6).await;
    assert_eq!(health(&hand), SourceHealth::Stale);
    assert!(std::sync::Arc::ptr_eq(&frozen, &hand.snapshot()));
    hand.control.heal();
    hand.advance(1).await;
    assert_eq!(health(&hand), SourceHealth::Live);
    let mut gaps = 0;
    while let Ok(event) = hand.handle.events.try_recv() {
        gaps += usize::from(matches!(event, PlatformEvent::Gap { .. }));
    }
    assert_eq!(gaps, 1);
}

#[tokio::test]
async fn a_refused_connection_is_offline_at_once_and_nothing_is_sent() {
    let hand = Hand::on(SHOP).await;
    let preview = hand.preview("api", Action::Restart).await.unwrap();
    hand.control.inject(Fault::Disconnect(Cut::Refused), None);
    hand.control.advance(Duration::from_millis(200)).await;
    assert_eq!(hand.handle.state.borrow().health, SourceHealth::Offline);
    assert!(hand.preview("api", Action::Restart).await.is_err());
    let mut way = hand.begin(preview).await;
    let outcome = hand.finish(&mut way).await;
    assert!(
        matches!(outcome, Outcome::Failed { applied: 0, .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_reading_and_never_sent_again() {
    let hand = Hand::on(SHOP).await;
    hand.control.lose(Lost::Answer);
    let preview = hand
        .preview("api", Action::Scale { replicas: 4 })
        .await
        .unwrap();
    let mut way = hand.begin(preview).await;
    let outcome = hand.finish(&mut way).await;
    assert_eq!(outcome.word(), "verified", "{outcome:?}");
    let uncertain = Progress::Step(0, StepState::Uncertain);
    assert!(way.told.contains(&uncertain), "{:?}", way.told);
    assert_eq!(hand.service("api").instances.len(), 4, "made once");
}

#[tokio::test]
async fn a_lost_request_is_neither_done_nor_failed() {
    let hand = Hand::on(SHOP).await;
    hand.control.lose(Lost::Request);
    let outcome = hand.carry("api", Action::Scale { replicas: 4 }).await;
    assert!(matches!(outcome, Outcome::Unverified(_)), "{outcome:?}");
    assert_eq!(hand.service("api").instances.len(), 3, "not sent again");
}

#[tokio::test]
async fn somebody_elses_hand_supersedes_the_plan() {
    for fault in [
        Fault::Remove { service: API },
        Fault::Restart { service: API },
    ] {
        let hand = Hand::on(SHOP).await;
        let preview = hand.preview("api", Action::Restart).await.unwrap();
        hand.control.inject(fault.clone(), None);
        hand.advance(4).await;
        let mut way = hand.begin(preview).await;
        let outcome = hand.finish(&mut way).await;
        assert!(
            matches!(outcome, Outcome::Superseded { applied: 0, .. }),
            "{fault:?}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn one_action_at_a_time_on_a_service() {
    let hand = Hand::on(SHOP).await;
    let preview = hand.preview("api", Action::Restart).await.unwrap();
    let mut first = hand.begin(preview.clone()).await;
    let mut second = hand.begin(preview).await;
    let second = hand.finish(&mut second).await;
    assert!(matches!(second, Outcome::Superseded { .. }), "{second:?}");
    assert_eq!(hand.finish(&mut first).await.word(), "verified");
}

#[tokio::test]
async fn a_slow_platform_takes_longer_and_arrives() {
    let hand = Hand::on(SHOP).await;
    let before = hand.control.now();
    let latency = Fault::Latency(Duration::from_secs(3));
    hand.control.inject(latency, None);
    assert_eq!(hand.carry("neuron", ROLL_BACK).await.word(), "verified");
    let took = hand.control.now().duration_since(before);
    assert!(took.as_secs() >= 15, "5 requests of 3 s each: {took:?}");
}

#[tokio::test]
async fn every_lasting_fault_shows_on_its_service() {
    let mib = f64::from(1 << 20);
    for (service, fault, why) in [
        (
            API,
            Fault::Errors {
                service: API,
                percent: 5.0,
            },
            "errors 5",
        ),
        (
            API,
            Fault::Slow {
                service: API,
                ms: 900.0,
            },
            "slow",
        ),
        (
            2,
            Fault::LeakMemory {
                service: 2,
                bytes_per_s: 40.0 * mib,
            },
            "memory",
        ),
        (
            2,
            Fault::Crash {
                service: 2,
                code: 3,
            },
            "crash loop, exit 3",
        ),
        (
            3,
            Fault::TakeConnections {
                service: 3,
                count: 90.0,
            },
            "connections 100/100",
        ),
    ] {
        let hand = Hand::on(SHOP).await;
        hand.control.inject(fault.clone(), None);
        hand.advance(12).await;
        // In the scenario's order; a snapshot has its own.
        let named = ["web", "api", "neuron", "postgres"][service];
        let shown = hand.service(named).why.clone();
        assert!(shown.contains(why), "{fault:?}: {shown}");
        hand.control.heal();
    }
    let hand = Hand::on(SHOP).await;
    let leak = Fault::LeakMemory {
        service: 2,
        bytes_per_s: 100.0 * mib,
    };
    hand.control.inject(leak, None);
    hand.advance(8).await;
    let neuron = hand.service("neuron");
    assert!(neuron.instances[0].oom_killed, "{}", neuron.why);
}
