//! What is said when something is missing, old, or not allowed.

use insta::assert_snapshot;
use quarterdeck::{
    domain::{
        action::EnvironmentKind,
        alert::Severity,
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    state::{Model, Msg, Pane, place::Connected, update},
    text::SafeText,
};

use crate::{
    fixture::{alerts, connecting, place, shop, snapshot, source},
    picture::{frame, look, picture, text},
};

fn told(mut model: Model, state: SourceState) -> Model {
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    model
}

#[test]
fn before_the_first_answer() {
    assert_snapshot!(text(&mut connecting(), &look(), 80, 24));
}

#[test]
fn stale_since_14_seconds() {
    let mut model = told(shop(), source(SourceHealth::Stale, 14, snapshot()));
    assert_snapshot!(picture(&mut model, &look(), 80, 24));
}

#[test]
fn stale_and_without_an_alert_says_unknown() {
    let mut model = told(shop(), source(SourceHealth::Stale, 14, snapshot()));
    let _ = update(&mut model, Msg::Alerts(Vec::new()));
    let text = text(&mut model, &look(), 80, 24);
    assert!(text.contains("alerts unknown"), "{text}");
    assert!(text.contains("unknown: no answer since 14:01:57"), "{text}");
}

#[test]
fn offline_with_what_was_last_known() {
    let state = SourceState {
        problem: SafeText::line(
            "the daemon at unix:///var/run/docker.sock is gone. Start it: systemctl start docker",
        ),
        ..source(SourceHealth::Offline, 300, snapshot())
    };
    assert_snapshot!(text(&mut told(shop(), state), &look(), 80, 24));
}

#[test]
fn no_permission_says_the_line_that_mends_it() {
    let problem = "permission denied on unix:///var/run/docker.sock: it belongs to the group docker, which you are not in. \
                   To mend it: sudo usermod -aG docker deploy && newgrp docker";
    let state = SourceState {
        health: SourceHealth::Offline,
        problem: SafeText::line(problem),
        generation: 1,
        ..SourceState::default()
    };
    let mut model = told(connecting(), state);
    assert_snapshot!(text(&mut model, &look(), 80, 24));
    let small = text(&mut model, &look(), 40, 10);
    let read: String = small
        .replace(['║', '\n'], " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(read.contains(problem), "{small}");
}

#[test]
fn nothing_runs_here() {
    let mut model = connecting();
    let connected = Connected {
        place: place(EnvironmentKind::Development),
        ..Connected::default()
    };
    let _ = update(&mut model, Msg::Connected(Box::new(connected)));
    let mut model = told(model, source(SourceHealth::Live, 0, Snapshot::default()));
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn read_only_offers_no_change() {
    let mut model = shop();
    model.capabilities.read_only = true;
    let text = text(&mut model, &look(), 80, 24);
    let (hints, header) = (text.lines().last().unwrap(), text.lines().next().unwrap());
    assert!(header.contains("read-only"), "{header}");
    for word in ["scale", "restart", "roll back", "backup", "shell"] {
        assert!(!hints.contains(word), "{hints}");
    }
    assert!(
        hints.contains("l logs") && hints.ends_with("? help  q quit"),
        "{hints}"
    );
}

#[test]
fn a_rehearsal_is_named_on_the_screen() {
    let mut model = shop();
    model.place.simulated = true;
    let text = text(&mut model, &look(), 40, 10);
    assert!(
        text.lines().next().unwrap().contains("DEMO  PRODUCTION"),
        "{text}"
    );
}

#[test]
fn a_long_notice_can_be_read_whole() {
    let mut model = shop();
    let words = "roll back api: failed at step 3: the new replica ended with exit 1 before its health check passed \
                 (2 done before; the old one serves again)";
    let _ = update(
        &mut model,
        Msg::Notice(Some(Severity::Critical), SafeText::line(words)),
    );
    let text = text(&mut model, &look(), 80, 24);
    let read = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(read.contains(words), "{text}");
}

#[test]
fn a_second_that_passes_changes_the_clock_alone() {
    let mut quiet = snapshot();
    quiet.rollouts.clear();
    let mut model = told(shop(), source(SourceHealth::Live, 0, quiet));
    let _ = update(&mut model, Msg::Alerts(alerts().split_off(2)));
    let before = frame(&mut model, &look(), 80, 24);
    let later = model.now + jiff::SignedDuration::from_secs(1);
    let _ = update(&mut model, Msg::Clock(later));
    let after = frame(&mut model, &look(), 80, 24);
    let changed = before.diff(&after);
    assert!(
        changed.iter().all(|(_, row, _)| *row == 0) && changed.len() <= 2,
        "{changed:?}"
    );
}

#[test]
fn every_key_of_a_pane_does_something_there() {
    for pane in Pane::ALL {
        let keymap = shop().keymap;
        for (chord, command) in keymap.own(pane.scope()) {
            let mut model = shop();
            model.focus = pane;
            // Large enough that nothing has left the screen.
            model.size = (120, 40);
            let update = update(&mut model, Msg::Key(chord));
            let told = update.dirty || !update.effects.is_empty();
            assert!(told, "{chord} does not {command} in {pane:?}");
        }
    }
}
