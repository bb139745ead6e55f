//! Gate 12: where nothing may be changed, no key in any view asks for a change.

use std::time::Duration;

use quarterdeck::state::Effect;

use crate::console::Console;

/// The ways into every view.
const VIEWS: [&str; 14] = [
    "1", "2", "3", "4", "d", "e", "y", ":", "?", "S", "D", "/", "z", "space",
];

/// Whether it would change a platform, an alert, or run something on it.
const fn changes(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Carry(_)
            | Effect::Preview { .. }
            | Effect::Shell(_)
            | Effect::Acknowledge { .. }
            | Effect::Halt(_)
    )
}

/// Every key that types something, and those that do not.
fn every_key() -> Vec<String> {
    let typed = ('!'..='~').map(|c| c.to_string());
    let held = ('a'..='z')
        .filter(|c| !"imz".contains(*c))
        .map(|c| format!("ctrl-{c}"));
    let named = [
        "enter",
        "esc",
        "tab",
        "shift-tab",
        "space",
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "page-up",
        "page-down",
        "backspace",
        "delete",
        "f1",
        "f5",
        "f12",
    ];
    let named = named.map(str::to_owned).into_iter();
    typed.chain(held).chain(named).collect()
}

#[tokio::test]
async fn no_key_in_any_view_asks_for_a_change() {
    let mut console = Console::shop(Duration::from_secs(200), true).await;
    for view in VIEWS {
        for key in every_key() {
            console.model.layers.clear();
            console.keys("1").await;
            console.keys(view).await;
            // Whatever the key has opened is agreed to.
            console.keys(&format!("{key} enter enter")).await;
            let asked: Vec<_> = console.effects.drain(..).filter(changes).collect();
            assert!(asked.is_empty(), "{key} in {view} asks for {asked:?}");
        }
    }
}

#[tokio::test]
async fn every_action_of_the_palette_is_refused_with_the_reason() {
    let mut console = Console::shop(Duration::from_secs(5), true).await;
    for name in [
        "scale",
        "restart",
        "rollout",
        "roll-back",
        "backup",
        "start",
        "stop",
        "shell",
    ] {
        console.keys(":").await;
        let letters: Vec<String> = name.chars().map(|c| c.to_string()).collect();
        console.keys(&letters.join(" ")).await;
        console.keys("enter").await;
        let notice = console.model.notices.latest().expect(name);
        assert!(notice.text.contains("read-only"), "{name}: {}", notice.text);
        assert!(console.model.layers.is_empty(), "{name} opened something");
    }
    assert!(!console.effects.iter().any(changes));
}
