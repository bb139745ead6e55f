//! On call for the agents: a Redis that is full takes two actions, and the screen leads to both.

use std::time::Duration;

use insta::assert_snapshot;
use quarterdeck::{
    domain::health::Health,
    plan::Outcome,
    state::{Layer, Model, services::subjects},
};

use crate::console::Console;

fn health(model: &Model, name: &str) -> Health {
    let mut services = model.snapshot().services.iter();
    let service = services.find(|service| &*service.id.name == name);
    service.expect("it is there").health
}

fn suffering(model: &Model) -> usize {
    let services = model.snapshot().services.iter();
    services.filter(|s| s.health == Health::Critical).count()
}

fn verified(model: &Model, actions: usize) -> bool {
    let mut all = model.operations.newest_first();
    let newest = all.next().and_then(|o| o.ended.as_ref());
    let ended = newest.is_some_and(|(outcome, _)| matches!(outcome, Outcome::Verified(_)));
    ended && all.count() + 1 == actions
}

fn ripe(model: &Model) -> bool {
    matches!(model.layers.last(), Some(Layer::Plan(plan)) if plan.ripe())
}

#[tokio::test]
async fn a_full_redis_is_understood_and_emptied_by_keys_alone() {
    let mut console = Console::of("spiral-core", Duration::from_mins(1)).await;
    assert_snapshot!("incident", console.pictures().await);
    // Why the worst of them suffers, before anything is done.
    console.keys(": r e d i s enter d").await;
    console
        .until(
            "the evidence",
            |model| matches!(model.layers.last(), Some(Layer::Details(d)) if d.found.is_some()),
        )
        .await;
    assert_snapshot!("evidence", console.pictures().await);
    // What was released before it began goes back; of what it left behind redis stays full.
    console.keys("esc : o r c h enter u").await;
    assert_eq!(&*subjects(&console.model)[0].name, "orchestrator");
    console.until("a plan that can be agreed to", ripe).await;
    assert_snapshot!("way_back", console.pictures().await);
    console.keys("enter").await;
    console
        .until("it went back", |model| verified(model, 1))
        .await;
    assert_eq!(health(&console.model, "redis"), Health::Critical);
    console.keys(": r e d i s enter r").await;
    console.until("a plan that can be agreed to", ripe).await;
    assert_snapshot!("restart", console.pictures().await);
    console.keys("enter").await;
    console
        .until("it was restarted", |model| verified(model, 2))
        .await;
    console
        .until("nobody suffers", |model| suffering(model) == 0)
        .await;
    assert_snapshot!("calm_again", console.pictures().await);
}
