//! What Enter, letters and time do to a dialog; what moves under it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    domain::{
        action::{ClusterAction, EnvironmentKind},
        fixture::{self, id},
        instance::InstanceId,
        key::Key,
        keymap::Keymap,
        rights::{Forbidden, Rights},
        service::{Service, ServiceKind},
        source::SourceState,
    },
    plan::{Ask, Outcome, Progress, Side, Step, Verb},
    state::{
        Effect, Msg, Place,
        msg::{Mouse, MouseAction},
        place::Connected,
        services, update,
    },
};

fn text(text: &str) -> SafeText {
    SafeText::name(text)
}

fn service(name: &str, instances: &[&str]) -> Service {
    let numbered = (1..).zip(instances);
    let instances = numbered.map(|(number, id)| fixture::instance(name, number, id));
    fixture::service(name, instances.collect())
}

fn shows(model: &mut Model, services: Vec<Service>) {
    shows_on(model, "d1", services);
}

fn shows_on(model: &mut Model, identity: &str, services: Vec<Service>) {
    let state = SourceState {
        generation: model.source.generation + 1,
        ..fixture::state(identity, services)
    };
    let _ = update(model, Msg::Source(Box::new(state)));
}

/// Two services, a known operator, and the keys that these tests press.
fn model() -> Model {
    use Command as C;
    let mut keymap = Keymap::default();
    for (scope, key, command) in [
        (Scope::Global, "q", C::Quit),
        (Scope::Global, "enter", C::Open),
        (Scope::Services, "r", C::Restart),
        (Scope::Services, "b", C::Backup),
        (Scope::Services, "s", C::Scale),
        (Scope::Services, "x", C::Halt),
        (Scope::Services, "u", C::RollBack),
        (Scope::Services, "space", C::Mark),
        (Scope::Dialog, "enter", C::Confirm),
        (Scope::Dialog, "esc", C::Cancel),
        (Scope::Dialog, "d", C::WholeDiff),
        (Scope::Input, "enter", C::Confirm),
        (Scope::Input, "esc", C::Cancel),
    ] {
        keymap.bind(scope, key.parse().unwrap(), command);
    }
    let mut model = Model {
        keymap: Arc::new(keymap),
        operator: Some(text("ana")),
        size: (80, 24),
        place: Place {
            environment: text("live"),
            kind: EnvironmentKind::Production,
            ..Place::default()
        },
        ..Model::default()
    };
    shows(
        &mut model,
        vec![service("api", &["a1", "a2"]), service("web", &["w1"])],
    );
    model.services.cursor.selected = Some(services::RowId::Service(id("api")));
    model
}

#[test]
fn who_acts_is_not_asked_for_what_would_be_refused_anyway() {
    let named = |model: &mut Model| {
        let effects = press(model, "r");
        assert!(effects.is_empty(), "{effects:?}");
        matches!(model.layers.pop(), Some(Layer::Prompt(_)))
    };
    let nobody = || Model {
        operator: None,
        ..model()
    };
    assert!(named(&mut nobody()), "there is somebody to ask for");

    let mut model = nobody();
    model.capabilities.read_only = true;
    assert!(!named(&mut model));

    let mut model = nobody();
    model.capabilities.refused = vec![("restart".to_owned(), text("not here"))];
    assert!(!named(&mut model));

    // The account may not.
    let mut model = nobody();
    let mut state = model.source.clone();
    let snapshot = Arc::make_mut(&mut state.snapshot);
    let kind = snapshot.services[0].kind;
    Arc::make_mut(&mut snapshot.host).rights = Arc::new(Rights {
        forbidden: vec![Forbidden {
            group: id("api").group,
            kind,
            word: text("restart"),
            why: text("you may not"),
        }],
    });
    state.generation += 1;
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    let _ = act(&mut model, Action::Restart, vec![id("api")]);
    assert!(model.layers.is_empty());
    assert_eq!(&*model.notices.latest().unwrap().text, "you may not");

    // Nothing is selected, and the service is gone.
    let mut model = nobody();
    model.services.cursor.selected = None;
    shows(&mut model, Vec::new());
    assert!(!named(&mut model));
    let _ = act(&mut model, Action::Restart, vec![id("api")]);
    assert!(model.layers.is_empty());
}

fn press(model: &mut Model, key: &str) -> Vec<Effect> {
    update(model, Msg::Key(key.parse().unwrap())).effects
}

fn later(model: &mut Model, millis: i64) {
    let now = model.now + SignedDuration::from_millis(millis);
    let _ = update(model, Msg::Clock(now));
}

/// The question that is among the effects.
fn asked(effects: &[Effect]) -> (OpId, Action, Target) {
    let question = effects.iter().find_map(|effect| match effect {
        Effect::Work(Work::Preview {
            op, action, target, ..
        }) => Some((*op, action.clone(), (**target).clone())),
        _ => None,
    });
    question.expect("a preview is asked for")
}

fn answer(model: &mut Model, (op, action, target): (OpId, Action, Target), risk: Risk) {
    let preview = Preview {
        ask: Ask {
            action,
            target,
            history: Vec::new(),
            resumes: None,
        },
        now: Side::default(),
        to: Side::default(),
        changes: Vec::new(),
        remains: Vec::new(),
        notes: Vec::new(),
        steps: vec![Step {
            verb: Verb::Restart,
            object: text("api-1"),
        }],
        impact: SafeText::EMPTY,
        estimate: None,
        risk,
        choices: Vec::new(),
        owner: None,
    };
    let _ = update(model, Msg::Previewed(op, Box::new(Ok(preview))));
}

fn sent(effects: &[Effect]) -> Vec<&Plan<Confirmed>> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Work(Work::Carry(plan)) => Some(&**plan),
        _ => None,
    });
    sent.collect()
}

fn open(model: &mut Model, risk: Risk) {
    let question = asked(&press(model, "r"));
    answer(model, question, risk);
}

fn dialog(model: &Model) -> &PlanDialog {
    match model.layers.last() {
        Some(Layer::Plan(dialog)) => dialog,
        other => panic!("{other:?} is on top"),
    }
}

#[test]
fn a_second_enter_sends_nothing_and_opens_nothing() {
    let mut model = model();
    open(&mut model, Risk::Plain);
    later(&mut model, 300);
    assert_eq!(sent(&press(&mut model, "enter")).len(), 1);
    assert_eq!(press(&mut model, "enter"), []);
    assert!(model.layers.is_empty());
}

#[test]
fn enter_means_nothing_before_the_preview_has_stood_for_300_ms() {
    let mut model = model();
    let question = asked(&press(&mut model, "r"));
    assert_eq!(press(&mut model, "enter"), []);
    answer(&mut model, question, Risk::Plain);
    later(&mut model, 299);
    assert_eq!(press(&mut model, "enter"), []);
    later(&mut model, 1);
    assert_eq!(sent(&press(&mut model, "enter")).len(), 1);
}

#[test]
fn one_action_at_a_time_on_a_service() {
    let mut model = model();
    open(&mut model, Risk::Plain);
    later(&mut model, 300);
    press(&mut model, "enter");
    later(&mut model, 300);
    assert_eq!(press(&mut model, "r"), []);
    assert!(model.layers.is_empty());
    let why = model.notices.latest().expect("it says why");
    assert!(why.text.contains("is under way"), "{}", why.text);
}

#[test]
fn the_way_back_halts_what_is_under_way_and_opens_once_that_has_ended() {
    let mut model = model();
    open(&mut model, Risk::Plain);
    later(&mut model, 300);
    let plan = sent(&press(&mut model, "enter"))[0].id();
    later(&mut model, 300);
    assert_eq!(press(&mut model, "u"), [Effect::Work(Work::Halt(plan))]);
    assert!(model.layers.is_empty(), "it has not ended yet");
    let ended = Progress::Ended(Outcome::Cancelled { applied: 1 });
    let effects = update(&mut model, Msg::Progress(plan, ended)).effects;
    let (_, action, target) = asked(&effects);
    assert_eq!(action, Action::RollBack { to: None });
    assert_eq!(target.service, id("api"));
}

#[test]
fn a_backup_is_not_stopped_for_the_way_back() {
    let mut model = model();
    let question = asked(&press(&mut model, "b"));
    answer(&mut model, question, Risk::Plain);
    later(&mut model, 300);
    press(&mut model, "enter");
    later(&mut model, 300);
    assert_eq!(press(&mut model, "u"), []);
    let why = model.notices.latest().expect("it says why");
    assert!(why.text.contains("is under way"), "{}", why.text);
}

#[test]
fn a_backup_is_an_action_under_way_like_the_others() {
    for [first, second] in [["b", "r"], ["r", "b"]] {
        let mut model = model();
        let question = asked(&press(&mut model, first));
        answer(&mut model, question, Risk::Plain);
        later(&mut model, 300);
        assert_eq!(sent(&press(&mut model, "enter")).len(), 1);
        later(&mut model, 300);
        assert_eq!(press(&mut model, second), []);
        let why = model.notices.latest().expect("it says why");
        assert!(why.text.contains("is under way"), "{}", why.text);
    }
}

#[test]
fn what_was_taken_up_over_an_open_dialog_is_not_joined_by_another() {
    let mut model = model();
    open(&mut model, Risk::Plain);
    let left = Leftover {
        operation: text("op-1"),
        action: Action::BackUp,
        back: None,
        service: id("api"),
        done: 0,
        of: 1,
        by: text("ana"),
        began: Timestamp::UNIX_EPOCH,
    };
    let question = asked(&resume(&mut model, Action::BackUp, &left).effects);
    answer(&mut model, question, Risk::Plain);
    later(&mut model, 300);
    assert_eq!(sent(&press(&mut model, "enter")).len(), 1);
    later(&mut model, 300);
    assert_eq!(dialog(&model).action, Action::Restart);
    assert_eq!(press(&mut model, "enter"), []);
    let why = model.notices.latest().expect("it says why");
    assert!(why.text.contains("is under way"), "{}", why.text);
}

#[test]
fn an_action_on_another_daemon_is_not_under_way_on_a_service_of_the_same_name() {
    let mut model = model();
    open(&mut model, Risk::Plain);
    later(&mut model, 300);
    let plan = sent(&press(&mut model, "enter"))[0].id();
    later(&mut model, 300);
    let there = Connected {
        place: model.place.clone(),
        ..Connected::default()
    };
    let _ = update(&mut model, Msg::Connected(Box::new(there)));
    shows_on(&mut model, "d2", vec![service("api", &["a1", "a2"])]);
    model.services.cursor.selected = Some(services::RowId::Service(id("api")));
    assert_eq!(
        press(&mut model, "x"),
        [],
        "it cannot be halted from another daemon"
    );
    assert!(!model.operations.get(plan).expect("it is kept").halting);
    asked(&press(&mut model, "r"));
}

#[test]
fn only_the_latest_of_the_actions_that_ended_are_kept() {
    let mut model = model();
    let mut first = None;
    for _ in 0..60 {
        open(&mut model, Risk::Plain);
        later(&mut model, 300);
        let plan = sent(&press(&mut model, "enter"))[0].id();
        first.get_or_insert(plan);
        later(&mut model, 3_000);
        let ended = Progress::Ended(Outcome::Verified(text("it runs")));
        let _ = update(&mut model, Msg::Progress(plan, ended));
    }
    assert_eq!(model.operations.newest_first().count(), 50);
    let first = first.expect("there was one");
    assert!(model.operations.get(first).is_none(), "the oldest goes");
}

#[test]
fn where_a_name_is_typed_letters_are_text() {
    let mut model = model();
    open(&mut model, Risk::Typed);
    later(&mut model, 300);
    for key in ["q", "d", "r", "s"] {
        assert_eq!(press(&mut model, key), []);
    }
    assert_eq!(dialog(&model).field.text(), "qdrs");
    assert!(!dialog(&model).whole_diff);
    assert_eq!(press(&mut model, "enter"), []);
    assert!(!dialog(&model).problem.is_empty());
    for _ in 0..4 {
        press(&mut model, "backspace");
    }
    for c in "live/api".chars() {
        let _ = update(&mut model, Msg::Key(KeyChord::plain(Key::Char(c))));
    }
    assert_eq!(sent(&press(&mut model, "enter")).len(), 1);
}

#[test]
fn an_answer_to_a_superseded_question_is_dropped() {
    let mut model = model();
    let first = asked(&press(&mut model, "r"));
    press(&mut model, "esc");
    let second = asked(&press(&mut model, "r"));
    answer(&mut model, first, Risk::Plain);
    assert!(matches!(dialog(&model).stage, Stage::Asking));
    answer(&mut model, second, Risk::Plain);
    assert!(matches!(dialog(&model).stage, Stage::Ready(_)));
}

#[test]
fn rows_that_move_do_not_redirect_the_dialog() {
    let mut model = model();
    open(&mut model, Risk::Plain);
    shows(
        &mut model,
        vec![
            service("aaa", &["x"]),
            service("web", &["w1"]),
            service("api", &["a1", "a2"]),
        ],
    );
    model.services.cursor.selected = Some(services::RowId::Service(id("web")));
    later(&mut model, 300);
    let effects = press(&mut model, "enter");
    assert_eq!(sent(&effects)[0].target().service, id("api"));
}

#[test]
fn a_target_that_changed_is_looked_at_again_before_anything_is_sent() {
    let mut model = model();
    open(&mut model, Risk::Plain);
    later(&mut model, 300);
    shows(&mut model, vec![service("api", &["a1", "a9"])]);
    let words = changed(&model, dialog(&model)).expect("it has changed");
    assert_eq!(&*words, "api-2 is gone, api-2 is new");
    let again = asked(&press(&mut model, "enter"));
    let ids: Vec<_> = again.2.seen.iter().map(|i| i.id.0.to_string()).collect();
    assert_eq!(ids, ["a1", "a9"]);
    answer(&mut model, again, Risk::Plain);
    assert_eq!(press(&mut model, "enter"), [], "it has just been shown");
    later(&mut model, 300);
    assert_eq!(sent(&press(&mut model, "enter")).len(), 1);
}

#[test]
fn pods_that_come_and_go_change_nothing_but_what_is_about_them() {
    let of_a_cluster = |pods: &[&str]| Service {
        kind: ServiceKind::Deployment,
        uid: text("u1"),
        ..service("api", pods)
    };
    let seen = |action: Action, uid: &str| {
        let mut model = model();
        shows(&mut model, vec![of_a_cluster(&["a1", "a2"])]);
        let opened = act(&mut model, action, vec![id("api")]).effects;
        answer(&mut model, asked(&opened), Risk::Plain);
        let now = Service {
            uid: text(uid),
            ..of_a_cluster(&["a1", "a9"])
        };
        shows(&mut model, vec![now]);
        changed(&model, dialog(&model)).map(|words| words.to_string())
    };
    let pod = |id: &str| {
        let pod = InstanceId(text(id));
        Action::Cluster(ClusterAction::DeletePod { pod })
    };
    let back = Action::RollBack { to: None };
    assert_eq!(seen(back.clone(), "u1"), None);
    assert_eq!(seen(pod("a1"), "u1"), None);
    assert_eq!(seen(pod("a2"), "u1").as_deref(), Some("api-2 is gone"));
    let again = "shop/api was deleted and made again";
    assert_eq!(seen(back, "u2").as_deref(), Some(again));
}

#[test]
fn marked_services_come_one_after_the_other_and_esc_skips_one() {
    let mut model = model();
    model.services.marked = [id("api"), id("web")].into();
    let first = asked(&press(&mut model, "r"));
    assert_eq!(
        (first.2.service.clone(), dialog(&model).turn),
        (id("api"), (1, 2))
    );
    answer(&mut model, first, Risk::Plain);
    later(&mut model, 300);
    let second = asked(&press(&mut model, "esc"));
    assert_eq!(
        (second.2.service.clone(), dialog(&model).turn),
        (id("web"), (2, 2))
    );
    assert_eq!(press(&mut model, "enter"), [], "one Enter is never for all");
    answer(&mut model, second, Risk::Plain);
    later(&mut model, 300);
    let effects = press(&mut model, "enter");
    assert_eq!(sent(&effects)[0].target().service, id("web"));
    assert!(model.layers.is_empty());
}

#[test]
fn without_a_journal_the_word_must_be_typed() {
    let mut model = model();
    open(&mut model, Risk::Plain);
    later(&mut model, 300);
    let plan = sent(&press(&mut model, "enter"))[0].id();
    let why = text("the disk is full");
    let effects = update(&mut model, Msg::Unrecordable(plan, why)).effects;
    assert_eq!(model.operations.running().count(), 0);
    let question = asked(&effects);
    answer(&mut model, question, Risk::Plain);
    later(&mut model, 300);
    assert_eq!(press(&mut model, "enter"), []);
    let _ = update(&mut model, Msg::Paste("unrecorded".to_owned()));
    let effects = press(&mut model, "enter");
    assert!(sent(&effects)[0].agreed().unrecorded);
}

#[test]
fn read_only_refuses_every_action_at_once_and_says_why() {
    let mut model = model();
    model.capabilities.read_only = true;
    for key in ["r", "s"] {
        assert_eq!(press(&mut model, key), []);
        assert!(model.layers.is_empty());
    }
    let why = model.notices.latest().expect("it says why");
    assert!(why.text.contains("read-only"), "{}", why.text);
}

#[test]
fn the_wheel_turns_the_plan_though_no_key_does() {
    let mut model = model();
    model.size = (80, 6);
    open(&mut model, Risk::Plain);
    let first = |model: &Model| dialog(model).scroll.first(usize::MAX, 1);
    let wheel = |model: &mut Model, action| {
        let mouse = Mouse {
            action,
            column: 40,
            row: 2,
        };
        let _ = update(model, Msg::Mouse(mouse));
    };
    wheel(&mut model, MouseAction::ScrollDown);
    assert_eq!(first(&model), 1);
    wheel(&mut model, MouseAction::ScrollUp);
    assert_eq!(first(&model), 0);
}

#[test]
fn a_console_that_became_read_only_sends_no_plan_that_was_open() {
    let mut model = model();
    open(&mut model, Risk::Plain);
    later(&mut model, 300);
    model.capabilities.read_only = true;
    assert_eq!(press(&mut model, "enter"), []);
    let why = model.notices.latest().expect("it says why");
    assert!(why.text.contains("read-only"), "{}", why.text);
}
