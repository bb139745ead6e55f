//! What an operator does on a deploy day, from the first look to the outcome.

use std::time::Duration;

use quarterdeck::{
    domain::service::ServiceId,
    plan::Outcome,
    state::{Effect, Layer, Loop, Model, Pane, Work},
};

use crate::console::Console;

fn version(model: &Model, name: &str) -> String {
    let services = model.snapshot().services.iter();
    let service = services.into_iter().find(|s| &*s.id.name == name);
    service.map_or_else(String::new, |s| s.version.to_string())
}

fn carried(console: &Console) -> Vec<&ServiceId> {
    let sent = console.effects.iter().filter_map(|effect| match effect {
        Effect::Work(Work::Carry(plan)) => Some(&plan.target().service),
        _ => None,
    });
    sent.collect()
}

fn ended(model: &Model) -> Option<&Outcome> {
    let newest = model.operations.newest_first().next()?;
    newest.ended.as_ref().map(|(outcome, _)| outcome)
}

#[tokio::test]
async fn a_bad_release_is_rolled_back_with_three_keys() {
    let mut console = Console::shop(Duration::from_secs(200), false).await;
    assert_eq!(version(&console.model, "api"), "v1.8.2");
    console.keys("u").await;
    let frame = console.frame();
    for words in ["Roll back", "now   v1.8.2", "to    v1.8.1", "production"] {
        assert!(frame.contains(words), "no {words:?} in\n{frame}");
    }
    // Both Enters come before anybody can have read the plan.
    console.keys("enter enter").await;
    assert_eq!(carried(&console).len(), 0);
    console
        .until(
            "a plan that can be agreed to",
            |model| matches!(model.layers.last(), Some(Layer::Plan(plan)) if plan.ripe()),
        )
        .await;
    console.keys("enter enter").await;
    assert_eq!(carried(&console).len(), 1);
    assert!(console.model.layers.is_empty(), "{}", console.frame());
    console
        .until("its end", |model| ended(model).is_some())
        .await;
    let outcome = ended(&console.model);
    assert!(matches!(outcome, Some(Outcome::Verified(_))), "{outcome:?}");
    assert_eq!(version(&console.model, "api"), "v1.8.1");
    assert!(console.frame().contains("verified"), "{}", console.frame());
    assert!(console.recorded() > 2, "each step is written down");
}

#[tokio::test]
async fn another_revision_is_a_question_of_its_own() {
    let mut console = Console::shop(Duration::from_secs(200), false).await;
    console.keys("u right").await;
    let asked = |effect: &&Effect| matches!(effect, Effect::Work(Work::Preview { .. }));
    assert_eq!(console.effects.iter().filter(asked).count(), 2);
    let frame = console.frame();
    assert!(frame.contains("to    v1.8.0"), "{frame}");
}

#[tokio::test]
async fn the_palette_goes_to_a_service_by_a_few_letters() {
    let mut console = Console::shop(Duration::from_secs(5), false).await;
    console.keys("4 : p o s t enter").await;
    assert_eq!(console.model.focus, Pane::Services);
    let selected = quarterdeck::state::services::subjects(&console.model);
    assert_eq!(&*selected[0].name, "postgres");
    console.keys("d").await;
    let frame = console.frame();
    assert!(frame.contains("Details  shop/postgres"), "{frame}");
}

#[tokio::test]
async fn scaling_to_zero_in_production_wants_the_name() {
    let mut console = Console::shop(Duration::from_secs(5), false).await;
    console.keys(": a p i enter s down down down enter").await;
    console
        .until(
            "a plan that can be agreed to",
            |model| matches!(model.layers.last(), Some(Layer::Plan(plan)) if plan.ripe()),
        )
        .await;
    console.keys("enter q d enter").await;
    assert_eq!(carried(&console).len(), 0);
    assert!(
        console.frame().contains("that is not shop/api"),
        "{}",
        console.frame()
    );
    console
        .keys("backspace backspace s h o p / a p i enter")
        .await;
    assert_eq!(carried(&console).len(), 1);
}

#[tokio::test]
async fn what_is_verified_and_still_critical_is_not_called_well() {
    let mut console = Console::shop(Duration::from_secs(200), false).await;
    console.keys(": w e b enter r").await;
    console
        .until(
            "a plan that can be agreed to",
            |model| matches!(model.layers.last(), Some(Layer::Plan(plan)) if plan.ripe()),
        )
        .await;
    console.keys("enter").await;
    console
        .until("its end", |model| ended(model).is_some())
        .await;
    let outcome = ended(&console.model);
    assert!(matches!(outcome, Some(Outcome::Verified(_))), "{outcome:?}");
    let frame = console.frame();
    assert!(
        frame.contains("; 1 critical alert remains on web"),
        "{frame}"
    );
    let newest = |model: &Model| model.operations.newest_first().next().map(|o| o.remain);
    assert_eq!(newest(&console.model), Some(1));
    // The operator mends what web suffers from, and then nothing remains on it.
    console.keys("1 g u").await;
    console
        .until(
            "a plan that can be agreed to",
            |model| matches!(model.layers.last(), Some(Layer::Plan(plan)) if plan.ripe()),
        )
        .await;
    console.keys("enter").await;
    let on_web = |model: &Model| model.operations.newest_first().last().map(|o| o.remain);
    console
        .until("web is well", |model| on_web(model) == Some(0))
        .await;
}

#[tokio::test]
async fn the_events_tell_what_happened() {
    let mut console = Console::shop(Duration::from_secs(200), true).await;
    console.keys("e").await;
    let frame = console.frame();
    assert!(frame.contains("Events  shop/api"), "{frame}");
    assert!(frame.contains("compose rolls out api v1.8.2"), "{frame}");
    assert!(frame.contains(" 14:00:15 "), "{frame}");
}

#[tokio::test]
async fn what_is_typed_before_the_first_answer_is_never_a_command() {
    for first in ["u", "r", "s", "O", "x", "enter"] {
        let mut console = Console::unanswered(Duration::from_secs(200), false).await;
        // A name with the letters of quit, stop, shell, and restart in it.
        console
            .keys(&format!("{first} q x O r / 0 enter enter"))
            .await;
        assert_eq!(console.effects, [], "after {first}");
        let frame = console.frame();
        assert!(
            frame.contains("as soon as the services are here"),
            "{frame}"
        );
        console
            .until("services", |model| !model.snapshot().services.is_empty())
            .await;
        // A shell is asked for anew, by who sees in what; the rest goes on at the next tick of the clock.
        console
            .until("what waited goes on", |model| {
                first == "x" || !matches!(model.layers.last(), Some(Layer::Waiting(_)))
            })
            .await;
        // The rest of the name comes when the answer has.
        console.keys("q x O r / 0 enter").await;
        let bad = console.effects.iter().find(|effect| {
            matches!(
                effect,
                Effect::Work(Work::Carry(_)) | Effect::Loop(Loop::Quit | Loop::Shell(_))
            )
        });
        // Behind a view nobody types a name.
        assert!(bad.is_none() || first == "enter", "after {first}: {bad:?}");
    }
}

#[tokio::test]
async fn a_command_that_waits_can_be_given_up() {
    let mut console = Console::unanswered(Duration::from_secs(200), false).await;
    console.keys("u esc").await;
    assert!(console.model.layers.is_empty());
    console
        .until("services", |model| !model.snapshot().services.is_empty())
        .await;
    assert!(console.model.layers.is_empty(), "{}", console.frame());
}
