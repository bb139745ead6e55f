//! What other consoles of the host may do about an action: nothing while it is under way, all once it was let go.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::app::ledger::Ledger;
use quarterdeck::app::operate::{self, Hands, Told};
use quarterdeck::config::settings::Settings;
use quarterdeck::domain::action::Action;
use quarterdeck::plan::record::{OperationStart, Recorder};
use quarterdeck::plan::{Confirmed, Outcome, Plan, PlanId, Preview, Progress, StepState, Target};
use quarterdeck::platform::InFlight;
use quarterdeck::text::SafeText;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::hand::Hand;

fn ledger(root: &Path) -> Arc<Ledger> {
    Arc::new(Ledger::new(Some(root.to_owned())))
}

/// The hands of a console on that world.
fn hands(hand: &Hand) -> Hands {
    Hands::new(
        &hand.handle.requests,
        &hand.handle.capabilities,
        &Settings::default(),
        InFlight::default(),
    )
}

fn confirmed(preview: Preview, by: &str) -> Plan<Confirmed> {
    let now = Timestamp::UNIX_EPOCH;
    let plan = Plan::new(PlanId(1), preview, now);
    let agreed = Confirmed {
        by: SafeText::name(by),
        at: now + SignedDuration::from_secs(1),
        reason: SafeText::EMPTY,
        unrecorded: false,
    };
    let typed = plan.target().typed_name();
    plan.confirm(&typed, agreed).unwrap()
}

#[tokio::test]
async fn what_is_stopped_in_its_middle_is_let_go_though_its_console_lives() {
    let root = tempfile::tempdir().unwrap();
    let (ana, ben) = (ledger(root.path()), ledger(root.path()));
    let hand = Hand::with("three-tier-template", |options| {
        // Nothing goes wrong by itself.
        options.scenario = Arc::new((*options.scenario).clone().rehearsed());
        options.speed = 100.0;
    })
    .await;
    let target = hand.target("api");
    let identity = target.identity.clone();
    let anas = hands(&hand);
    let preview = operate::preview(&anas, &ana, Action::Restart, target, None).await;
    let plan = confirmed(preview.unwrap(), "ana");
    let stop = CancellationToken::new();
    let (told, mut heard) = mpsc::channel(64);
    let carried = operate::carry(
        hands(&hand),
        Arc::clone(&ana),
        plan,
        None,
        stop.clone(),
        told,
    );
    tokio::spawn(carried);
    let outcome = loop {
        match heard.recv().await.unwrap() {
            Told::Progress(Progress::Step(0, StepState::Done)) => {
                assert_eq!(ben.leftovers(&identity).unwrap(), [], "she works on it");
                stop.cancel();
            }
            Told::Progress(Progress::Ended(outcome)) => break outcome,
            _ => {}
        }
    };
    assert!(
        matches!(outcome, Outcome::Cancelled { applied: 1.. }),
        "{outcome:?}"
    );
    let left = ben.leftovers(&identity).unwrap();
    assert_eq!((left.len(), left[0].by.as_str()), (1, "ana"));
}

/// Worlds of one name are many, so this one passes for a real host.
#[tokio::test]
async fn what_another_console_acts_on_is_refused_before_anybody_agrees() {
    let root = tempfile::tempdir().unwrap();
    let (ana, ben) = (ledger(root.path()), ledger(root.path()));
    let hand = Hand::on("three-tier-template").await;
    let named = |target| Target {
        identity: SafeText::from_static("daemon-1"),
        ..target
    };
    let mut preview = hand.preview("api", Action::Restart).await.unwrap();
    preview.ask.target = named(preview.ask.target);
    let (plan, late) = (confirmed(preview.clone(), "ana"), confirmed(preview, "ben"));
    ana.journal()
        .unwrap()
        .begin(&OperationStart::of(&plan))
        .unwrap();
    let (bens, target) = (hands(&hand), named(hand.target("api")));
    let refusal = operate::preview(&bens, &ben, Action::Restart, target, None).await;
    let refusal = refusal.unwrap_err();
    let who = format!(
        "restart {} by ana is under way in another console since ",
        plan.target().service
    );
    assert!(refusal.why.starts_with(&who), "{}", refusal.why);
    assert_eq!(refusal.instead.as_str(), "wait until it has ended");

    // Who had seen the plan before is refused when it is to begin.
    let (told, mut heard) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let carried = operate::carry(hands(&hand), ben, late, None, stop, told);
    tokio::spawn(carried);
    let last = loop {
        match heard.recv().await.unwrap() {
            Told::Progress(_) => {}
            last => break last,
        }
    };
    assert!(
        matches!(&last, Told::Refused(why) if why.starts_with(&who)),
        "{last:?}"
    );
}
