//! On call for a cluster: what the screen says by itself, and the keys that mend it.

use std::time::Duration;

use quarterdeck::{
    domain::health::Health,
    plan::Outcome,
    state::{Layer, Model, hints, services::subjects},
};

use crate::console::Console;

fn critical(model: &Model) -> usize {
    let services = model.snapshot().services.iter();
    services.filter(|s| s.health == Health::Critical).count()
}

fn verified(model: &Model) -> bool {
    let newest = model.operations.newest_first().next();
    let ended = newest.and_then(|o| o.ended.as_ref());
    ended.is_some_and(|(outcome, _)| matches!(outcome, Outcome::Verified(_)))
}

/// Rolls back what the cursor is on, as its plan says, and waits for the outcome.
async fn roll_back(console: &mut Console, said: &[&str]) {
    console.keys("u").await;
    console
        .until(
            "a plan that can be agreed to",
            |model| matches!(model.layers.last(), Some(Layer::Plan(plan)) if plan.ripe()),
        )
        .await;
    let frame = console.frame();
    for words in said {
        assert!(frame.contains(words), "no {words:?} in\n{frame}");
    }
    console.keys("enter").await;
    console.until("its end", verified).await;
}

#[tokio::test]
async fn green_that_is_not_ready_is_rolled_back_with_two_keys() {
    let mut console = Console::of("specify", Duration::from_mins(1)).await;
    let frame = console.frame();
    // Two services, and the rollout of one of them.
    for words in ["specify-green", "0/3", "not ready: HTTP 503", "3 critical"] {
        assert!(frame.contains(words), "no {words:?} in\n{frame}");
    }
    assert_eq!(
        &*subjects(&console.model)[0].name,
        "specify-green",
        "the cursor is on it"
    );
    // What it is, before anything is done: whose traffic, and why.
    console.keys("d").await;
    console
        .until(
            "the evidence",
            |model| matches!(model.layers.last(), Some(Layer::Details(d)) if d.found.is_some()),
        )
        .await;
    let frame = console.frame();
    for words in [
        "service specify sends here, and nothing is ready",
        "migration 0042",
        "us-east-1a",
    ] {
        assert!(frame.contains(words), "no {words:?} in\n{frame}");
    }
    console.keys("esc").await;
    roll_back(
        &mut console,
        &["now   v1.5.0", "to    v1.4.1", "Helm deploys it"],
    )
    .await;
    console
        .until("nobody suffers", |model| critical(model) == 0)
        .await;
}

#[tokio::test]
async fn an_exhausted_pool_is_freed_by_the_release_that_exhausts_it() {
    let mut console = Console::of("arches", Duration::from_mins(3)).await;
    let frame = console.frame();
    for words in ["archesai-api", "20/20", "HPA at", "pool 100/100"] {
        assert!(frame.contains(words), "no {words:?} in\n{frame}");
    }
    assert_eq!(
        &*subjects(&console.model)[0].name,
        "archesai-api",
        "what changed comes first"
    );
    roll_back(
        &mut console,
        &["now   v1.1.0", "to    v1.0.0", "GitHub Actions deploys it"],
    )
    .await;
    console
        .until("nobody suffers", |model| critical(model) == 0)
        .await;
}

#[tokio::test]
async fn a_compiler_that_is_killed_for_memory_is_found_first_and_rolled_back_with_two_keys() {
    let mut console = Console::of("ancient-compute", Duration::from_mins(2)).await;
    let frame = console.frame();
    for words in ["haskell-service", "killed for memory", "v1.0.4 → v1.1.0"] {
        assert!(frame.contains(words), "no {words:?} in\n{frame}");
    }
    assert_eq!(
        &*subjects(&console.model)[0].name,
        "haskell-service",
        "what changed comes first"
    );
    roll_back(&mut console, &["now   v1.1.0", "to    v1.0.4"]).await;
    console
        .until("nobody suffers", |model| critical(model) == 0)
        .await;
}

#[tokio::test]
async fn what_somebody_lets_go_wrong_is_seen_and_healed_with_the_same_key() {
    let mut console = Console::of("ancient-compute", Duration::ZERO).await;
    console.keys("F").await;
    let frame = console.frame();
    for words in [
        "Let go wrong",
        "a copy of backend dies",
        "what was released",
    ] {
        assert!(frame.contains(words), "no {words:?} in\n{frame}");
    }
    console.keys("j enter").await;
    let backend = |model: &Model| {
        let mut services = model.snapshot().services.iter();
        let backend = services.find(|service| &*service.id.name == "backend");
        backend.map(|backend| backend.health)
    };
    let fails = |model: &Model| backend(model) == Some(Health::Critical);
    console.until("errors", fails).await;
    console.keys("F G enter").await;
    console.until("that they end", |model| !fails(model)).await;
}

#[tokio::test]
async fn a_rehearsal_says_so_on_every_screen() {
    let mut console = Console::of("ancient-compute", Duration::ZERO).await;
    console.model.place.rehearsal = true;
    for (keys, size) in [
        ("z", (80, 24)),
        ("d", (40, 10)),
        ("esc F", (80, 24)),
        ("esc ?", (120, 40)),
    ] {
        console.keys(keys).await;
        console.model.size = size;
        let frame = console.frame();
        let header = frame.lines().next().unwrap_or_default();
        assert!(header.contains("REHEARSAL"), "{keys}:\n{frame}");
        assert!(!header.contains("DEMO"), "{keys}:\n{frame}");
    }
}

/// The keys that the hint bar offers, by their words.
fn offered(model: &Model) -> Vec<&'static str> {
    let offered = hints::hints(model).into_iter();
    offered.map(|(_, command)| command.label()).collect()
}

#[tokio::test]
async fn the_hint_bar_has_the_keys_of_pods_and_nodes_where_these_are() {
    let mut console = Console::of("specify", Duration::ZERO).await;
    let on_services = offered(&console.model);
    assert!(on_services.contains(&"nodes"), "{on_services:?}");
    for word in ["delete pod", "cordon", "drain"] {
        assert!(!on_services.contains(&word), "{on_services:?}");
    }
    // Into the service, and onto a pod of it.
    console.keys("right down").await;
    let on_pod = offered(&console.model);
    assert!(on_pod.contains(&"delete pod"), "{on_pod:?}");
    console.keys("ctrl-n").await;
    let on_nodes = offered(&console.model);
    for word in ["cordon", "uncordon", "drain"] {
        assert!(on_nodes.contains(&word), "{on_nodes:?}");
    }
    for word in ["scale", "pause", "backup", "delete pod", "run now"] {
        assert!(!on_nodes.contains(&word), "{on_nodes:?}");
    }
    assert!(console.frame().contains("drain"), "{}", console.frame());
}
