//! Gate 12: where nothing may be changed, no key in any view asks for a change.

use std::{collections::BTreeSet, time::Duration};

use jiff::SignedDuration;
use quarterdeck::{
    domain::{
        action::Action,
        alert::{Alert, Fingerprint, Severity},
        capabilities::Capabilities,
        command::Command,
        instance::InstanceId,
        scope::Scope,
        service::ServiceId,
    },
    plan::{Ask, Confirmed, Plan, PlanId, Preview, Risk, Side, Step, Target, Verb},
    state::{
        Effect, Layer, Loop, Model, Msg, OpId, Pane, Work, keys,
        layer::{
            leftover,
            prompt::{self, Asked, Then},
        },
        operations::{self, Leftover},
        rollouts,
        services::RowId,
        update,
    },
    text::SafeText,
};

use crate::console::Console;

/// What asks for a change: of a platform, of an alert, of what is written down; or runs something there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter)]
enum Change {
    Preview,
    Carry,
    Halt,
    Forget,
    Acknowledge,
    Shell,
}

/// What an effect asks to have changed. Every effect is named, so that a new one has to be judged here.
const fn change(effect: &Effect) -> Option<Change> {
    match effect {
        Effect::Work(work) => match work {
            Work::Preview { .. } => Some(Change::Preview),
            Work::Carry(_) => Some(Change::Carry),
            Work::Halt(_) => Some(Change::Halt),
            Work::Forget(_) => Some(Change::Forget),
            Work::Acknowledge { .. } => Some(Change::Acknowledge),
            Work::FollowLogs { .. }
            | Work::LookClosely(..)
            | Work::Inspect(..)
            | Work::Namespaces(_)
            | Work::Visible(_)
            | Work::Save { .. }
            | Work::Refresh
            // A list is walked, and written down, wherever one may look.
            | Work::Checklist(_) => None,
        },
        Effect::Loop(own) => match own {
            Loop::Shell(_) => Some(Change::Shell),
            Loop::Quit
            | Loop::Suspend
            | Loop::Repaint
            | Loop::CaptureMouse(_)
            | Loop::Copy(_)
            | Loop::Bell
            | Loop::Reload
            | Loop::Go(_)
            // Of a simulated deployment alone.
            | Loop::LetGoWrong(_)
            | Loop::Rehearse
            | Loop::EndRehearsal => None,
        },
    }
}

/// Where a walk begins: the scope that the keys must go to there, and the way in.
struct View {
    name: &'static str,
    scope: Scope,
    enter: fn(&mut Model),
}

const fn view(name: &'static str, scope: Scope, enter: fn(&mut Model)) -> View {
    View { name, scope, enter }
}

fn run(model: &mut Model, command: Command) {
    let _ = keys::run(model, command);
}

/// A plan for the first service, complete and read for long enough.
fn planned(model: &mut Model, action: Action) {
    let service = api(model);
    let marked = quarterdeck::state::layer::plan::act(model, action, vec![service]);
    settle(model, marked.effects);
}

/// The views, each entered from a console that may change things, where all of them can be entered.
fn views() -> Vec<View> {
    use Command as C;
    vec![
        view("services", Scope::Services, |_| {}),
        view("services, zoomed", Scope::Services, |m| m.zoomed = true),
        view("services, one marked", Scope::Services, |m| run(m, C::Mark)),
        view("a replica", Scope::Services, |m| {
            let (service, instance) = replica(m);
            m.services.expanded.insert(service.clone());
            m.services.cursor.selected = Some(RowId::Instance(service, instance));
        }),
        view("services, filtered", Scope::Services, |m| {
            m.services.filter.begin();
            m.services.filter.field_mut().insert("api");
            m.services.filter.keep();
        }),
        view("services' filter", Scope::Input, |m| run(m, C::Filter)),
        view("own rollout", Scope::Rollouts, |m| {
            m.focus = Pane::Rollouts;
            let own = m.operations.running().next().expect("one runs");
            m.rollouts.cursor.selected = Some(rollouts::RowId::Own(own.plan.id()));
        }),
        view("rollouts, zoomed", Scope::Rollouts, |m| {
            (m.focus, m.zoomed) = (Pane::Rollouts, true);
        }),
        view("alerts", Scope::Alerts, |m| m.focus = Pane::Alerts),
        view("alerts' filter", Scope::Input, |m| {
            m.focus = Pane::Alerts;
            run(m, C::Filter);
        }),
        view("logs", Scope::Logs, |m| m.focus = Pane::Logs),
        view("logs of a service, zoomed", Scope::Logs, |m| {
            run(m, C::Logs);
            m.zoomed = true;
        }),
        view("logs' filter", Scope::Input, |m| {
            m.focus = Pane::Logs;
            run(m, C::FilterLines);
        }),
        view("logs' search", Scope::Input, |m| {
            m.focus = Pane::Logs;
            run(m, C::Find);
        }),
        view("details", Scope::Details, |m| run(m, C::Details)),
        view("events of a service", Scope::Details, |m| run(m, C::Events)),
        view("all events", Scope::Global, |m| {
            let _ = quarterdeck::state::layer::events::open(m, None);
        }),
        view("the raw object", Scope::Inspect, |m| run(m, C::Inspect)),
        view("diagnostics", Scope::Global, |m| run(m, C::Diagnostics)),
        view("help", Scope::Help, |m| run(m, C::Help)),
        view("palette", Scope::Palette, |m| run(m, C::Palette)),
        view("picker", Scope::Picker, |m| run(m, C::Sort)),
        view("plan", Scope::Dialog, |m| planned(m, Action::Restart)),
        view("plan to be typed", Scope::Input, |m| {
            planned(m, Action::Scale { replicas: 0 });
            if let Some(Layer::Plan(dialog)) = m.layers.last_mut() {
                let name = dialog.expected().expect("a name is asked for");
                dialog.field_mut().expect("a field").insert(&name);
            }
        }),
        view("prompt: scale", Scope::Input, |m| run(m, C::Scale)),
        view("prompt: rollout", Scope::Input, |m| run(m, C::Rollout)),
        view("prompt: who acts", Scope::Input, |m| {
            let then = Then::Act(Action::Restart, vec![api(m)]);
            let _ = prompt::ask(m, Asked::Operator(Box::new(then)), "ana");
        }),
        view("prompt: who acknowledges", Scope::Input, |m| {
            let then = Then::Acknowledge(Fingerprint(text("one")));
            let _ = prompt::ask(m, Asked::Operator(Box::new(then)), "ana");
        }),
        view("question", Scope::Dialog, |m| run(m, C::Quit)),
        view("leftover: go on", Scope::Dialog, |m| left(m, 0)),
        view("leftover: put back", Scope::Dialog, |m| left(m, 1)),
        view("leftover: leave", Scope::Dialog, |m| left(m, 2)),
    ]
}

fn left(model: &mut Model, answer: usize) {
    let _ = leftover::asked(model);
    if let Some(Layer::Leftover(dialog)) = model.layers.last_mut() {
        dialog.chosen = answer;
    }
}

fn text(text: &str) -> SafeText {
    SafeText::name(text)
}

fn api(model: &Model) -> ServiceId {
    let services = &model.snapshot().services;
    let api = services.iter().find(|s| &*s.id.name == "api");
    api.expect("the shop has an api").id.clone()
}

fn replica(model: &Model) -> (ServiceId, InstanceId) {
    let service = api(model);
    let row = model.snapshot().service(&service).expect("the api");
    (service, row.instances[0].id.clone())
}

/// A console as the first one stands, with something in each pane to be changed: alerts, an action under way on another
/// service, and one that an earlier
/// console left.
fn fresh(first: &Model) -> Model {
    let mut model = Model {
        now: first.now,
        size: first.size,
        place: first.place.clone(),
        capabilities: Capabilities {
            exec: true,
            ..first.capabilities.clone()
        },
        keymap: first.keymap.clone(),
        operator: first.operator.clone(),
        ..Model::default()
    };
    let _ = update(&mut model, Msg::Source(Box::new(first.source.clone())));
    let service = api(&model);
    let alert = |name: &str, service| Alert {
        fingerprint: Fingerprint(text(name)),
        severity: Severity::Critical,
        summary: text(name),
        detail: SafeText::EMPTY,
        service,
        since: Some(first.now),
        seen: first.now,
        source: text("rule"),
        silenced: false,
    };
    let alerts = vec![alert("one", Some(service.clone())), alert("two", None)];
    let _ = update(&mut model, Msg::Alerts(alerts));
    let mut others = model.snapshot().services.iter();
    let row = others.find(|s| s.id != service).expect("another service");
    let target = Target::freeze(text("live"), model.place.kind, text("sim"), row);
    let plan = Plan::new(PlanId(9_999), preview(Action::Restart, target), first.now);
    let agreed = Confirmed {
        by: text("ana"),
        at: first.now + SignedDuration::from_secs(1),
        reason: SafeText::EMPTY,
        unrecorded: false,
    };
    let typed = plan.target().typed_name();
    let _ = operations::begin(&mut model, plan.confirm(&typed, agreed).expect("agreed"));
    model.operations.leftovers = vec![Leftover {
        operation: text("left"),
        action: Action::Restart,
        back: Some(Action::RollBack { to: None }),
        service: service.clone(),
        done: 1,
        of: 3,
        by: text("bob"),
        began: first.now,
    }];
    model.services.cursor.selected = Some(RowId::Service(service));
    // Long enough after it that an Enter is a new one.
    let later = first.now + SignedDuration::from_secs(10);
    let _ = update(&mut model, Msg::Clock(later));
    model
}

fn preview(action: Action, target: Target) -> Preview {
    Preview {
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
        risk: Risk::of(&action, &target),
        choices: Vec::new(),
        owner: None,
        ask: Ask {
            action,
            target,
            history: Vec::new(),
            resumes: None,
        },
    }
}

/// Answers what was asked for, as a platform does that refuses nothing, and lets a second pass.
fn settle(model: &mut Model, effects: Vec<Effect>) -> Vec<Effect> {
    for effect in &effects {
        if let Effect::Work(Work::Preview {
            op, action, target, ..
        }) = effect
        {
            let (op, answer): (OpId, _) = (*op, preview(action.clone(), (**target).clone()));
            let _ = update(model, Msg::Previewed(op, Box::new(Ok(answer))));
        }
    }
    let later = model.now + SignedDuration::from_secs(1);
    let _ = update(model, Msg::Clock(later));
    effects
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

/// What each key asks for in each view, a fresh console each time; whatever it opens is agreed to.
async fn walk(read_only: bool) -> Vec<(String, Change)> {
    let first = Console::shop(Duration::from_secs(200), false).await.model;
    let mut asked = Vec::new();
    for view in views() {
        for key in every_key() {
            let mut model = fresh(&first);
            (view.enter)(&mut model);
            model.capabilities.read_only = read_only;
            assert_eq!(model.scope(), view.scope, "the way into {}", view.name);
            for pressed in [key.as_str(), "enter", "enter"] {
                let pressed = Msg::Key(pressed.parse().expect(pressed));
                let effects = update(&mut model, pressed).effects;
                let effects = settle(&mut model, effects);
                asked.extend(
                    effects
                        .iter()
                        .filter_map(change)
                        .map(|change| (format!("{key} in {}", view.name), change)),
                );
            }
        }
    }
    asked
}

#[tokio::test]
async fn no_key_in_any_view_asks_for_a_change() {
    let asked = walk(true).await;
    assert!(asked.is_empty(), "{asked:#?}");
}

#[tokio::test]
async fn the_same_keys_ask_for_every_change_where_that_is_allowed() {
    let asked: BTreeSet<Change> = walk(false).await.into_iter().map(|(_, c)| c).collect();
    let all: BTreeSet<Change> = <Change as strum::IntoEnumIterator>::iter().collect();
    assert_eq!(asked, all);
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
    assert!(
        console
            .effects
            .iter()
            .all(|effect| change(effect).is_none())
    );
}
