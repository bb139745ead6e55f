//! Every action: its preview, its steps, its outcome, and what is written down.

use std::sync::atomic::Ordering;
use std::time::Duration;

use quarterdeck::domain::action::Action;
use quarterdeck::domain::instance::Phase;
use quarterdeck::domain::rollout::RolloutState;
use quarterdeck::plan::record::{OperationResult, StepResult};
use quarterdeck::plan::{Outcome, Progress, Risk, StepState};

use crate::hand::{Hand, Note, ROLL_BACK, rollout};

const SHOP: &str = "three-tier-template";

fn verbs(preview: &quarterdeck::plan::Preview) -> String {
    let verbs: Vec<String> = preview.steps.iter().map(|s| s.verb.to_string()).collect();
    verbs.join(" ")
}

#[tokio::test]
async fn a_rollback_proposes_the_last_known_good_and_says_what_it_means() {
    let hand = Hand::on(SHOP).await;
    hand.advance(60).await;
    let preview = hand.preview("api", ROLL_BACK).await.unwrap();
    assert_eq!(
        (&*preview.now.what, &*preview.to.what),
        ("v1.8.2", "v1.8.1")
    );
    assert!(
        preview.to.facts.contains("known good"),
        "{}",
        preview.to.facts
    );
    let changes: Vec<String> = preview
        .changes
        .iter()
        .map(|c| format!("{:?} {} {}", c.kind, c.field, c.value))
        .collect();
    assert_eq!(
        changes,
        [
            "Removed image shop/api:v1.8.2",
            "Added image shop/api:v1.8.1",
            "Removed env NEW_PRICING"
        ]
    );
    assert_eq!(preview.choices.len(), 3);
    assert!(
        preview.impact.contains("3 keep serving"),
        "{}",
        preview.impact
    );
    assert_eq!(preview.risk, Risk::Plain);
    assert_eq!(preview.steps.len(), 3 * 6);
    assert!(preview.estimate.unwrap() > Duration::from_secs(5));
}

#[tokio::test]
async fn what_cannot_be_done_says_why_and_what_instead() {
    let hand = Hand::on(SHOP).await;
    for (service, action, why) in [
        ("web", Action::Scale { replicas: 2 }, "fixed host port 3000"),
        ("postgres", Action::Scale { replicas: 2 }, "one volume"),
        (
            "api",
            Action::Scale { replicas: 3 },
            "has 3 replicas already",
        ),
        ("api", rollout("v7"), "there is no image shop/api:v7"),
        (
            "api",
            rollout("other/api:v1.8.2"),
            "is not the image of api",
        ),
        ("api", rollout("v1.8.1"), "runs shop/api:v1.8.1 already"),
        ("api", Action::BackUp, "keeps no data"),
        ("api", Action::Start, "runs already"),
    ] {
        let refusal = hand.preview(service, action.clone()).await.unwrap_err();
        assert!(refusal.why.contains(why), "{action:?}: {}", refusal.why);
    }
    let read_only = Hand::with(SHOP, |options| options.read_only = true).await;
    let refusal = read_only.preview("api", Action::Restart).await.unwrap_err();
    assert!(refusal.why.contains("read-only"));
}

#[tokio::test]
async fn scales_both_ways_the_highest_number_first() {
    let hand = Hand::on(SHOP).await;
    let up = hand
        .preview("api", Action::Scale { replicas: 5 })
        .await
        .unwrap();
    assert_eq!(verbs(&up), "create start await create start await");
    assert!(up.notes.iter().any(|n| n.text.contains("returns to 3")));
    let outcome = hand.carry("api", Action::Scale { replicas: 5 }).await;
    assert_eq!(outcome.word(), "verified", "{outcome:?}");
    assert_eq!(
        (hand.service("api").ready(), hand.service("api").wanted()),
        (5, 5)
    );
    let down = hand
        .preview("api", Action::Scale { replicas: 2 })
        .await
        .unwrap();
    assert_eq!(&*down.steps[0].object, "shop-api-5");
    assert_eq!(down.risk, Risk::Typed, "a cut by more than half");
    hand.carry("api", Action::Scale { replicas: 2 }).await;
    let numbers: Vec<u32> = hand
        .service("api")
        .instances
        .iter()
        .map(|i| i.number)
        .collect();
    assert_eq!(numbers, [1, 2]);
}

#[tokio::test]
async fn restarts_one_after_another_and_keeps_the_others_serving() {
    let hand = Hand::on(SHOP).await;
    let before = hand.service("api");
    let preview = hand.preview("api", Action::Restart).await.unwrap();
    let mut way = hand.begin(preview).await;
    let mut fewest = 3;
    while way.progress.is_empty() || !matches!(way.told.last(), Some(Progress::Ended(_))) {
        fewest = fewest.min(hand.service("api").ready());
        hand.control.advance(Duration::from_millis(100)).await;
        while let Ok(progress) = way.progress.try_recv() {
            way.told.push(progress);
        }
        if matches!(way.told.last(), Some(Progress::Ended(_))) {
            break;
        }
    }
    assert_eq!(fewest, 2);
    let after = hand.service("api");
    for (old, new) in before.instances.iter().zip(&after.instances) {
        assert_eq!(old.id, new.id);
        assert!(new.started > old.started);
        assert_eq!(new.restarts, 0);
    }
}

#[tokio::test]
async fn a_release_in_the_middle_of_a_restart_takes_its_place_and_nothing_is_called_verified() {
    for (scenario, service, begins, by, version) in [
        (SHOP, "api", 13, "compose", "v1.8.2"),
        ("arches", "archesai-api", 13, "github-actions", "v1.1.0"),
    ] {
        let hand = Hand::on(scenario).await;
        hand.advance(begins).await;
        let preview = hand.preview(service, Action::Restart).await.unwrap();
        let mut way = hand.begin(preview).await;
        let outcome = hand.finish(&mut way).await;
        let says = outcome.sentence();
        assert!(matches!(outcome, Outcome::Superseded { .. }), "{says}");
        let words = format!("superseded: {by} rolls out {version}");
        assert!(says.starts_with(&words), "{says}");
        // The release goes on by itself.
        let snapshot = hand.snapshot();
        let mut rollouts = snapshot.rollouts.iter();
        assert!(rollouts.any(|r| *r.service.name == *service && *r.by == *by && r.state.open()));
    }
}

#[tokio::test]
async fn stops_and_starts() {
    let hand = Hand::on(SHOP).await;
    let preview = hand.preview("neuron", Action::Stop).await.unwrap();
    assert_eq!(preview.risk, Risk::Typed);
    assert_eq!(hand.carry("neuron", Action::Stop).await.word(), "verified");
    assert_eq!(hand.service("neuron").instances[0].phase, Phase::Exited);
    assert_eq!(hand.carry("neuron", Action::Start).await.word(), "verified");
    assert_eq!(hand.service("neuron").ready(), 1);
}

#[tokio::test]
async fn a_fixed_port_goes_from_one_to_the_other() {
    let hand = Hand::on(SHOP).await;
    let preview = hand.preview("web", ROLL_BACK).await.unwrap();
    assert_eq!(verbs(&preview), "rename stop create start await remove");
    assert!(
        preview.impact.contains("down for about"),
        "{}",
        preview.impact
    );
    assert_eq!(hand.carry("web", ROLL_BACK).await.word(), "verified");
    assert_eq!(&*hand.service("web").version, "v4.0.3");
    assert_eq!(&*hand.service("web").instances[0].name, "shop-web-1");
}

#[tokio::test]
async fn a_release_that_never_gets_healthy_is_stopped_and_put_back() {
    let hand = Hand::on(SHOP).await;
    let before = hand.service("api");
    let outcome = hand.carry("api", rollout("v1.9.0-rc1")).await;
    let Outcome::Failed { step, why, now, .. } = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(*step, 3);
    assert!(why.contains("unhealthy"), "{why}");
    assert!(now.contains("put back"), "{now}");
    let ids = |s: &quarterdeck::domain::service::Service| -> Vec<_> {
        s.instances
            .iter()
            .map(|i| (i.id.clone(), i.name.clone()))
            .collect()
    };
    hand.advance(2).await;
    assert_eq!(ids(&before), ids(&hand.service("api")), "as before");
    let rollout = hand.snapshot().rollouts[0].state.clone();
    assert!(matches!(rollout, RolloutState::Failed(_)), "{rollout:?}");
    let Some(Note::End(end)) = hand.notes.written.lock().unwrap().last().cloned() else {
        panic!("no end");
    };
    assert_eq!(end.result, OperationResult::PutBack);
}

#[tokio::test]
async fn backs_up_and_does_not_call_a_cut_dump_a_backup() {
    let hand = Hand::on(SHOP).await;
    let preview = hand.preview("postgres", Action::BackUp).await.unwrap();
    assert_eq!(verbs(&preview), "dump verify");
    let outcome = hand.carry("postgres", Action::BackUp).await;
    let Outcome::Verified(words) = &outcome else {
        panic!("{outcome:?}");
    };
    assert!(words.contains("dumped and verified: 430 MiB"), "{words}");

    let preview = hand.preview("postgres", Action::BackUp).await.unwrap();
    let mut way = hand.begin(preview).await;
    hand.advance(2).await;
    let restart = quarterdeck::platform::sim::Fault::Restart { service: 3 };
    hand.control.inject(restart, None);
    let outcome = hand.finish(&mut way).await;
    let Outcome::Failed { why, .. } = &outcome else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("cut short"), "{why}");
}

#[tokio::test]
async fn each_step_is_written_down_before_it_is_sent() {
    let hand = Hand::on(SHOP).await;
    hand.carry("neuron", Action::Restart).await;
    let written = hand.notes.written.lock().unwrap().clone();
    let words: Vec<&str> = written
        .iter()
        .map(|note| match note {
            Note::Begin(_) => "begin",
            Note::Intent => "intent",
            Note::Outcome(o) if o.result == StepResult::Done => "done",
            Note::Outcome(_) => "not done",
            Note::End(_) => "end",
        })
        .collect();
    assert_eq!(words, ["begin", "intent", "done", "intent", "done", "end"]);
    let Note::Begin(start) = &written[0] else {
        panic!()
    };
    assert_eq!(
        (start.by.as_str(), start.reason.as_str()),
        ("sre-1", "OPS-7")
    );
}

#[tokio::test]
async fn nothing_is_sent_that_cannot_be_written_down() {
    // Room for the beginning, one intent and its outcome: the second step must not be sent.
    for (room, sent) in [(0, 0), (1, 0), (3, 1)] {
        let hand = Hand::on(SHOP).await;
        let before = hand.service("api");
        hand.notes.room.store(room, Ordering::SeqCst);
        let outcome = hand.carry("api", Action::Scale { replicas: 1 }).await;
        let Outcome::Failed { why, .. } = &outcome else {
            panic!("{outcome:?}");
        };
        assert!(why.contains("no space left"), "{why}");
        hand.advance(5).await;
        let running = |s: &quarterdeck::domain::service::Service| {
            s.instances
                .iter()
                .filter(|i| i.phase == Phase::Running)
                .count()
        };
        let stopped = running(&before) - running(&hand.service("api"));
        assert_eq!(stopped, sent, "room for {room}");
    }
}

#[tokio::test]
async fn told_to_stop_it_begins_no_further_step_and_can_be_taken_up_again() {
    let hand = Hand::on(SHOP).await;
    let preview = hand.preview("api", rollout("v1.8.2")).await.unwrap();
    let mut way = hand.begin(preview).await;
    // Into the first replica: the new one is made, the old one still there.
    while !way
        .told
        .iter()
        .any(|p| matches!(p, Progress::Step(3, StepState::Running)))
    {
        match way.progress.try_recv() {
            Ok(progress) => way.told.push(progress),
            Err(_) => hand.control.advance(Duration::from_millis(100)).await,
        }
    }
    way.stop.cancel();
    let outcome = hand.finish(&mut way).await;
    assert_eq!(outcome, Outcome::Cancelled { applied: 3 });
    let ended = |n: &Note| matches!(n, Note::End(_));
    assert!(
        !hand.notes.written.lock().unwrap().iter().any(ended),
        "the next start offers to go on"
    );
    assert_eq!(hand.service("api").instances.len(), 4);
    let outcome = hand.carry("api", rollout("v1.8.2")).await;
    assert_eq!(outcome.word(), "verified", "{outcome:?}");
    let api = hand.service("api");
    assert_eq!((api.instances.len(), api.ready()), (3, 3));
}
