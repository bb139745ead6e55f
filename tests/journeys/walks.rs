//! A rehearsal of the four lists of ancient-compute, by keys: from the first item to the last, and when it goes wrong.

use insta::assert_snapshot;
use quarterdeck::{
    checklist::{Item, ItemId, Kind, Run, State, Step},
    domain::action::Action,
    plan::Outcome,
    state::{Layer, Model, Pane},
};

use crate::console::Console;

fn run(model: &Model) -> &Run {
    model.checklist.view.as_ref().expect("a list is open").run()
}

fn step(model: &Model, item: ItemId) -> &Step {
    run(model).step(item).expect("it is walked")
}

/// What is next, which the cursor is on.
fn next(model: &Model) -> Option<Item> {
    let next = run(model).next()?;
    let view = model.checklist.view.as_ref()?;
    assert_eq!(view.cursor.selected, Some(next), "the cursor goes along");
    run(model).document().item(next).cloned()
}

fn ripe(model: &Model) -> bool {
    matches!(model.layers.last(), Some(Layer::Plan(plan)) if plan.ripe())
}

async fn begins() -> Console {
    let mut console = Console::rehearsing("ancient-compute").await;
    console.keys("c enter").await;
    assert!(matches!(console.model.layers.last(), Some(Layer::Walk)));
    console
}

/// Does the next thing as somebody would who only reads what the screen says; `false` at the end.
async fn does_the_next(
    console: &mut Console,
    mut shows: impl AsyncFnMut(&mut Console, &str),
) -> bool {
    let Some(item) = next(&console.model) else {
        return false;
    };
    let frame = console.frame();
    let asks = |words: &str| assert!(frame.contains(words), "no {words:?} in\n{frame}");
    match &item.kind {
        Kind::Attest => {
            asks("space it is done");
            console.keys("space").await;
        }
        Kind::Gate => {
            asks("space go or no go");
            shows(console, "gate").await;
            console.keys("space tab enter").await;
            console.keys("space tab enter b e n enter").await;
        }
        Kind::Do(order, _) => {
            asks("space show the plan");
            let verb = order.action().map_or("rollout", Action::word);
            console.keys("space").await;
            console.until("a plan that can be agreed to", ripe).await;
            shows(console, &format!("{verb}_plan")).await;
            console.keys("enter").await;
            console
                .until("it acts", |model| step(model, item.id).is_acting())
                .await;
            console
                .until("a replica", |model| {
                    verb != "rollout" || model.snapshot().rollouts.iter().any(|r| r.new.len() > 1)
                })
                .await;
            shows(console, &format!("{verb}_under_way")).await;
        }
        Kind::Check(_) => {}
        Kind::Soak(..) => {
            let held = |model: &Model| run(model).held(item.id, model.now);
            console
                .long_until("half of its time", |model| {
                    held(model).is_some_and(|held| held.as_secs() >= 150)
                })
                .await;
            shows(console, "soak").await;
        }
    }
    console
        .long_until("it is settled", |model| {
            step(model, item.id).state.is_settled()
        })
        .await;
    true
}

#[tokio::test]
async fn the_four_lists_are_walked_by_keys_from_the_first_item_to_the_last() {
    let mut console = Console::rehearsing("ancient-compute").await;
    console.keys("c").await;
    assert_snapshot!("offer", console.pictures().await);
    console.keys("enter").await;
    assert_snapshot!("first", console.pictures().await);
    let mut seen = Vec::new();
    while does_the_next(&mut console, async |console: &mut Console, moment: &str| {
        // Of two of a kind the first one.
        if !seen.contains(&moment.to_owned()) {
            seen.push(moment.to_owned());
            assert_snapshot!(moment, console.pictures().await);
        }
    })
    .await
    {}
    assert_eq!(run(&console.model).progress(), (22, 22));
    assert_snapshot!("through", console.pictures().await);
    console.keys("space").await;
    assert_snapshot!("summary", console.pictures().await);
    assert_eq!(run(&console.model).breaches(), 0);
    let backend = console.model.snapshot().named("backend")[0]
        .version
        .to_string();
    assert_eq!(backend, "v1.1.0");
    // A walk that is over makes room for the next one.
    console.keys("esc c").await;
    assert!(matches!(console.model.layers.last(), Some(Layer::Lists(_))));
}

#[tokio::test]
async fn a_release_that_lets_requests_fail_is_rolled_back_by_the_banners_one_key() {
    let mut console = begins().await;
    let before = console.model.snapshot().named("backend")[0].version.clone();
    let soaks = |model: &Model| {
        let next = run(model).next().and_then(|item| run(model).step(item));
        next.is_some_and(|step| step.clock.is_some())
    };
    while !soaks(&console.model) {
        let nothing = async |_: &mut Console, _: &str| {};
        if matches!(next(&console.model).map(|i| i.kind), Some(Kind::Soak(..))) {
            console.until("it soaks", soaks).await;
        } else {
            assert!(does_the_next(&mut console, nothing).await);
        }
    }
    // It is let go wrong: the second of what may be.
    console.keys("F down enter").await;
    let breached = |model: &Model| run(model).breach().is_some();
    console.until("the abort criterion is met", breached).await;
    let soak = run(&console.model).next().expect("it soaks");
    console
        .until("the soak knows it", |model| {
            step(model, soak).clock.is_none()
        })
        .await;
    assert_snapshot!("abort", console.pictures().await);
    assert!(
        matches!(console.model.layers.last(), Some(Layer::Walk)),
        "nothing happens by itself"
    );
    console.keys("u").await;
    console.until("a plan that can be agreed to", ripe).await;
    assert_snapshot!("abort_plan", console.pictures().await);
    console.keys("enter").await;
    let rolled_back = move |model: &Model| {
        let newest = model.operations.newest_first().next();
        let ended = newest.and_then(|operation| operation.ended.as_ref());
        ended.is_some_and(|(outcome, _)| matches!(outcome, Outcome::Verified(_)))
            && model.snapshot().named("backend")[0].version == before
    };
    console
        .long_until("backend is what it was", rolled_back)
        .await;
    console
        .long_until("the banner goes", |model| !breached(model))
        .await;
    assert_snapshot!("rolled_back", console.pictures().await);
    // What was proved of the release that is gone proves nothing any more, and the list is left with a reason.
    let rollout = run(&console.model)
        .steps()
        .find(|(item, _)| item.text.starts_with("Health checks"));
    let state = rollout.map(|(_, step)| step.state);
    assert_ne!(state, Some(State::Passed), "{}", console.frame());
    console.keys("e b a d enter").await;
    assert!(run(&console.model).ended().is_some());
    assert_eq!(run(&console.model).breaches(), 1);
    console.keys("esc").await;
    assert_eq!(console.model.focus, Pane::Services);
}
