//! What is said when something is missing, old, or not allowed.

use std::{io::ErrorKind, sync::Arc};

use insta::assert_snapshot;
use quarterdeck::{
    domain::{
        action::EnvironmentKind,
        alert::Severity,
        command::Command,
        host::{Host, Unseen},
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    platform::docker::{
        error::CallError,
        host::{Address, Endpoint},
        trouble::explain,
    },
    state::{Model, Msg, Pane, keys, place::Connected, update},
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
    let said = "unknown now; last seen 14:01:57: none";
    assert!(text.contains(said), "{text}");
}

/// What a pane shows where nothing may be looked at but `seen`.
fn forbidden(unseen: &[(&str, &str)], snapshot: Snapshot) -> Model {
    let each = |(what, why): &(&str, &str)| Unseen {
        what: SafeText::name(*what),
        why: SafeText::line(*why),
    };
    let host = Host {
        unseen: unseen.iter().map(each).collect(),
        ..(*snapshot.host).clone()
    };
    let snapshot = Snapshot {
        host: host.into(),
        ..snapshot
    };
    told(connecting(), source(SourceHealth::Live, 0, snapshot))
}

#[test]
fn an_empty_pane_says_what_may_not_be_seen_rather_than_none() {
    let pods = ("pods", "you may not list pods");
    let events = ("events", "you may not list events in shop");
    let nothing = Snapshot {
        services: Vec::new(),
        rollouts: Vec::new(),
        ..snapshot()
    };
    let mut model = forbidden(&[pods, events], nothing.clone());
    let pane = |model: &mut Model, pane: Pane| {
        (model.focus, model.zoomed) = (pane, true);
        text(model, &look(), 100, 12)
    };
    for (shown, says) in [
        (Pane::Services, "nothing that may be seen runs here"),
        (Pane::Rollouts, "unknown: you may not list pods"),
        (
            Pane::Alerts,
            "unknown: you may not list pods; you may not list events in shop",
        ),
        (Pane::Logs, "unknown: you may not list pods"),
    ] {
        let text = pane(&mut model, shown);
        assert!(text.contains(says), "{text}");
        assert!(text.contains("alerts unknown"), "{text}");
        assert!(!text.contains(" none"), "{text}");
    }
    // Nodes are no part of it, and what is there stands there.
    let mut model = forbidden(&[("nodes", "you may not list nodes")], nothing);
    assert!(!pane(&mut model, Pane::Alerts).contains("unknown"));
    let mut model = forbidden(&[pods], snapshot());
    let text = pane(&mut model, Pane::Rollouts);
    assert!(
        text.contains("worker") && text.contains("not all may be seen"),
        "{text}"
    );
}

#[test]
fn a_daemon_that_does_not_say_who_it_is_is_named_so_at_the_top() {
    let state = SourceState {
        problem: SafeText::line(
            "the daemon does not say who it is, so nothing can be changed there",
        ),
        ..source(SourceHealth::Live, 0, snapshot())
    };
    let text = text(&mut told(shop(), state), &look(), 120, 24);
    let head = text.lines().next().expect("a line");
    assert!(head.contains("identity unknown, no changes"), "{head}");
}

#[test]
fn of_a_kind_that_nobody_named_the_header_says_nothing_and_the_plan_how_it_is_confirmed() {
    let mut model = shop();
    model.place.kind = EnvironmentKind::Unknown;
    let screen = text(&mut model, &look(), 120, 24);
    let head = screen.lines().next().expect("a line");
    assert!(!head.to_lowercase().contains("unknown"), "{head}");
    let _ = keys::run(&mut model, Command::Restart);
    let plan = text(&mut model, &look(), 120, 24);
    assert!(plan.contains("confirmed like production"), "{plan}");
}

#[test]
fn of_one_namespace_its_name_is_not_said_again_with_each_service() {
    let mut model = shop();
    model.place.namespaces = Some(Vec::new());
    let _ = keys::run(&mut model, Command::Events);
    let title = |model: &mut Model| {
        let text = text(model, &look(), 80, 24);
        text.lines()
            .find(|line| line.contains("Events"))
            .map(str::to_owned)
    };
    assert!(title(&mut model).expect("a title").contains("shop/worker"));
    model.place.namespaces = Some(vec![SafeText::name("shop")]);
    let title = title(&mut model).expect("a title");
    assert!(
        title.contains("worker") && !title.contains("shop/"),
        "{title}"
    );
}

#[test]
fn a_cluster_of_which_one_namespace_is_left_is_named_by_it() {
    let mut model = told(connecting(), source(SourceHealth::Live, 0, snapshot()));
    model.place.namespaces = Some(Vec::new());
    let head = |model: &mut Model| {
        text(model, &look(), 120, 24)
            .lines()
            .next()
            .map(str::to_owned)
    };
    assert!(head(&mut model).expect("a line").contains("all namespaces"));
    let host = Host {
        confined: Some(SafeText::name("team-1")),
        ..Host::default()
    };
    let confined = Snapshot {
        host: host.into(),
        ..snapshot()
    };
    let mut model = told(model, source(SourceHealth::Live, 0, confined));
    let head = head(&mut model).expect("a line");
    assert!(
        head.contains("team-1") && !head.contains("all namespaces"),
        "{head}"
    );
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
fn a_login_that_ended_leaves_what_was_last_known_and_says_what_brings_it_back() {
    let state = SourceState {
        problem: SafeText::line("Unauthorized. run: aws sso login --profile prod"),
        ..source(SourceHealth::LoginExpired, 40, snapshot())
    };
    assert_snapshot!(picture(&mut told(shop(), state), &look(), 80, 24));
}

#[test]
fn no_permission_says_the_line_that_mends_it() {
    let error = CallError::Unreachable {
        kind: ErrorKind::PermissionDenied,
        why: SafeText::EMPTY,
    };
    let place = Endpoint {
        address: Address::Unix("/var/run/docker.sock".into()),
        chosen_by: "default socket".to_owned(),
    };
    let problem = explain(&error, &place);
    let state = SourceState {
        health: SourceHealth::Offline,
        problem: problem.clone(),
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
    assert!(read.contains(&*problem), "{small}");
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

const LONG: &str = "roll back api: failed at step 3: the new replica ended with exit 1 before its health check passed \
                    (2 done before; the old one serves again)";

fn told_at_length() -> Model {
    let mut model = shop();
    let said = Msg::Notice(Some(Severity::Critical), SafeText::line(LONG));
    let _ = update(&mut model, said);
    model
}

#[test]
fn a_notice_hides_no_row() {
    let before = text(&mut shop(), &look(), 80, 24);
    let after = text(&mut told_at_length(), &look(), 80, 24);
    let rows = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (rows(&before), rows(&after));
    let differ: Vec<usize> = (0..24).filter(|&row| before[row] != after[row]).collect();
    assert_eq!(differ, [22], "{}", after.join("\n"));
    assert!(after[22].starts_with("╚ ▲ roll back api: failed at step 3"));
    assert!(after[22].ends_with("…   ! all of it ╝"), "{}", after[22]);
}

#[test]
fn a_long_notice_can_be_read_whole_among_the_messages() {
    let mut model = told_at_length();
    let later = model.now + jiff::SignedDuration::from_mins(5);
    let _ = update(&mut model, Msg::Clock(later));
    let _ = keys::run(&mut model, Command::Messages);
    let text = text(&mut model, &look(), 80, 24);
    assert_snapshot!(text);
    let read = text.replace('║', "");
    let read = read.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(read.contains(LONG), "{text}");
}

#[test]
fn a_first_answer_that_takes_long_says_who_was_asked_for_how_long_and_what_to_do() {
    let mut model = connecting();
    let later = model.now + jiff::SignedDuration::from_secs(12);
    let _ = update(&mut model, Msg::Clock(later));
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn a_command_before_the_first_answer_waits_and_says_so() {
    let mut model = connecting();
    let _ = keys::run(&mut model, Command::RollBack);
    assert_snapshot!(text(&mut model, &look(), 80, 24));
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
fn what_serves_stands_before_what_is_on_its_way() {
    let mut there = snapshot();
    let worker = there.services.iter_mut().find(|s| *s.id.name == *"worker");
    Arc::make_mut(worker.expect("worker")).version = SafeText::name("v1.8.1");
    let mut model = told(shop(), source(SourceHealth::Live, 0, there));
    let shown = text(&mut model, &look(), 120, 40);
    assert!(shown.contains("  v1.8.1 → v1.8.2 "), "{shown}");
    let _ = keys::run(&mut model, Command::Details);
    let shown = text(&mut model, &look(), 120, 40);
    assert!(shown.contains("2/3 ready  v1.8.1 → v1.8.2"), "{shown}");
}

#[test]
fn an_alert_that_nobody_saw_begin_has_lasted_for_longer_than_it_was_seen() {
    let mut model = shop();
    let mut one = alerts().split_off(2);
    one.truncate(1);
    one[0].since = None;
    let _ = update(&mut model, Msg::Alerts(one));
    let text = text(&mut model, &look(), 120, 40);
    assert!(text.contains("postgres memory 81 %   >6h"), "{text}");
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
