//! What keys do to the panes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    domain::{
        alert::{Acknowledgement, Alert, Fingerprint},
        fixture,
        rollout::{Rollout, RolloutState},
        service::{Service, ServiceKind},
        source::SourceHealth,
    },
    state::{Msg, update},
};

fn text(text: &str) -> SafeText {
    SafeText::name(text)
}

fn alert(service: &str) -> Alert {
    Alert {
        fingerprint: Fingerprint(text(service)),
        severity: Severity::Warning,
        summary: text(&format!("{service} hurts")),
        detail: SafeText::EMPTY,
        service: Some(fixture::id(service)),
        since: Some(Timestamp::UNIX_EPOCH),
        seen: Timestamp::UNIX_EPOCH,
        source: text("rule"),
        silenced: false,
    }
}

/// In the alerts, the cursor on the first of two.
fn alerted() -> Model {
    let mut model = Model {
        focus: Pane::Alerts,
        operator: Some(text("ana")),
        size: (80, 24),
        ..Model::default()
    };
    let _ = update(&mut model, Msg::Alerts(vec![alert("api"), alert("web")]));
    let _ = run(&mut model, Command::Top);
    assert_eq!(subject(&model).map(|id| id.name), Some(text("api")));
    model
}

fn acknowledged(model: &mut Model) -> Vec<Fingerprint> {
    let effects = run(model, Command::Acknowledge).effects;
    let acknowledged = effects.into_iter().filter_map(|effect| match effect {
        Effect::Work(Work::Acknowledge { fingerprint, .. }) => Some(fingerprint),
        _ => None,
    });
    acknowledged.collect()
}

#[test]
fn an_acknowledged_alert_is_taken_back_by_the_same_key() {
    let mut model = alerted();
    let minutes = |model: &mut Model| {
        let effects = run(model, Command::Acknowledge).effects;
        let minutes = effects.iter().filter_map(|effect| match effect {
            Effect::Work(Work::Acknowledge {
                minutes, summary, ..
            }) => Some((*minutes, summary.to_string())),
            _ => None,
        });
        minutes.collect::<Vec<_>>()
    };
    assert_eq!(minutes(&mut model), [(15, "api hurts".to_owned())]);
    let seen = Acknowledgement {
        fingerprint: Fingerprint(text("api")),
        by: text("bo"),
        at: model.now,
        until: model.now + SignedDuration::from_mins(15),
    };
    let _ = update(&mut model, Msg::Acknowledged(SafeText::EMPTY, vec![seen]));
    // It has moved to those that are silenced; the cursor stays on it.
    assert!(alerts::known(&model));
    assert_eq!(minutes(&mut model), [(0, "api hurts".to_owned())]);
    model.alerts.cursor.selected = Some(Fingerprint(text("web")));
    assert_eq!(minutes(&mut model), [(15, "web hurts".to_owned())]);
}

#[test]
fn tab_goes_round_the_panes() {
    let mut model = Model::default();
    for expected in [Pane::Rollouts, Pane::Alerts, Pane::Logs, Pane::Services] {
        let _ = run(&mut model, Command::NextPane);
        assert_eq!(model.focus, expected);
    }
    assert!(model.layers.is_empty());
}

#[test]
fn what_is_typed_over_the_alerts_moves_their_cursor_to_one_that_is_shown() {
    let mut model = alerted();
    let _ = run(&mut model, Command::Filter);
    for key in ["w", "e", "b"] {
        let _ = update(&mut model, Msg::Key(key.parse().expect("a key")));
    }
    model.alerts.filter.keep();
    assert_eq!(subject(&model).map(|id| id.name), Some(text("web")));
    assert_eq!(acknowledged(&mut model), [Fingerprint(text("web"))]);
    let mut model = alerted();
    let _ = run(&mut model, Command::Filter);
    let _ = update(&mut model, Msg::Paste("web".to_owned()));
    assert_eq!(acknowledged(&mut model), [Fingerprint(text("web"))]);
}

#[test]
fn a_hidden_alert_is_never_meant() {
    let mut model = alerted();
    model.alerts.filter.begin();
    model.alerts.filter.field_mut().insert("web");
    assert_eq!(subject(&model), None);
    assert_eq!(acknowledged(&mut model), []);
}

#[test]
fn back_is_offered_exactly_where_it_takes_something_back() {
    let mut model = Model {
        keymap: {
            let mut keymap = crate::domain::keymap::Keymap::default();
            keymap.bind(Scope::Global, "esc".parse().expect("a key"), Command::Back);
            keymap.into()
        },
        size: (80, 24),
        ..Model::default()
    };
    let offered = |model: &Model| {
        hints::hints(model)
            .iter()
            .any(|(_, command)| *command == Command::Back)
    };
    model.focus = Pane::Logs;
    assert!(!offered(&model));
    for command in [Command::LevelWarn, Command::Zoom] {
        let _ = run(&mut model, command);
        assert!(offered(&model), "after {command}");
    }
    let _ = run(&mut model, Command::Back);
    assert!(model.zoomed && offered(&model), "the level goes first");
    let _ = run(&mut model, Command::Back);
    assert!(!model.zoomed && !offered(&model));
}

#[test]
fn a_command_that_needs_a_service_says_so() {
    let mut model = Model::default();
    model.source.health = SourceHealth::Live;
    model.source.proof = Some(Timestamp::UNIX_EPOCH);
    for command in [Command::Details, Command::Inspect, Command::PreviousLogs] {
        model.notices = crate::state::notices::Notices::default();
        let _ = run(&mut model, command);
        let said = model.notices.latest().map(|notice| notice.text.to_string());
        assert_eq!(said.as_deref(), Some("no service is selected"), "{command}");
    }
}

/// One service of that kind, whose last rollout is so, the cursor on it.
fn rolling(kind: ServiceKind, state: RolloutState) -> Model {
    let service = Service {
        kind,
        ..fixture::service("api", Vec::new())
    };
    let mut source = fixture::state("cluster", vec![service]);
    Arc::make_mut(&mut source.snapshot).rollouts = vec![Arc::new(Rollout {
        service: fixture::id("api"),
        from: text("v1"),
        to: text("v2"),
        started: Timestamp::UNIX_EPOCH,
        began_before: false,
        ended: None,
        state,
        new: Vec::new(),
        old: Vec::new(),
        wanted: 1,
        by: SafeText::EMPTY,
    })];
    let mut keymap = crate::domain::keymap::Keymap::default();
    for (key, command) in [
        (">", Command::Promote),
        ("A", Command::Abort),
        ("alt-a", Command::Retry),
    ] {
        keymap.bind(Scope::Services, key.parse().expect("a key"), command);
    }
    let mut model = Model {
        keymap: keymap.into(),
        size: (80, 24),
        ..Model::default()
    };
    let _ = update(&mut model, Msg::Source(Box::new(source)));
    let _ = run(&mut model, Command::Top);
    model
}

#[test]
fn an_update_is_steered_where_there_is_an_argo_rollout_and_listed_nowhere_else() {
    let steering = [
        Command::Promote,
        Command::PromoteFull,
        Command::Abort,
        Command::Retry,
    ];
    let held = RolloutState::Held(text("paused"));
    let aborted = RolloutState::Failed(text("ABORTED"));
    let hinted = |model: &Model| {
        let hints = hints::hints(model).into_iter().map(|(_, command)| command);
        hints.collect::<Vec<_>>()
    };
    let other = rolling(ServiceKind::Deployment, held.clone());
    for command in steering {
        assert!(!hints::known(&other, command), "{command}");
        let why = hints::why_not(&other, command).map(|why| why.to_string());
        assert_eq!(why.as_deref(), Some("this is for Argo Rollouts"));
    }
    assert_eq!(hinted(&other), []);
    let waits = rolling(ServiceKind::Rollout, held);
    for command in steering {
        assert!(hints::known(&waits, command), "{command}");
        assert_eq!(hints::why_not(&waits, command), None, "{command}");
    }
    // What is likely to be meant, by where it stands.
    assert_eq!(hinted(&waits), [Command::Promote, Command::Abort]);
    let given_up = rolling(ServiceKind::Rollout, aborted);
    assert_eq!(hinted(&given_up), [Command::Retry]);
    let done = rolling(ServiceKind::Rollout, RolloutState::Done);
    assert_eq!(hinted(&done), []);
}
