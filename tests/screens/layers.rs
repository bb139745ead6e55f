//! What lies on top of the panes, at the sizes that people have.

use std::{sync::Arc, time::Duration};

use insta::assert_snapshot;
use jiff::SignedDuration;
use quarterdeck::{
    domain::{
        action::{Action, EnvironmentKind},
        alert::Severity,
        command::Command,
        details::{Details, Evidence, Fact, Happening, PlatformEvent},
        health::Health,
        revision::Revision,
        scope::Scope,
        service::Service,
        source::SourceHealth,
    },
    plan::{Ask, Change, ChangeKind, Note, Owner, Preview, Refusal, Risk, Side, Step, Verb},
    state::{
        Effect, Layer, Model, Msg, Update, Work, keys,
        layer::{help, palette},
        operations::Leftover,
        text_field::TextField,
        update,
    },
    text::SafeText,
};

use strum::IntoEnumIterator as _;

use crate::{
    fixture::{ago, id, now, shop, snapshot, source},
    picture::{look, picture, text},
};

const SIZES: [(u16, u16); 4] = [(40, 10), (80, 24), (120, 40), (200, 60)];

/// The text at each of the sizes, one under the other.
fn all_sizes(open: impl Fn() -> Model) -> String {
    let one = |(columns, rows): (u16, u16)| {
        let text = text(&mut open(), &look(), columns, rows);
        format!("{columns}x{rows}\n{text}")
    };
    SIZES.map(one).join("\n\n")
}

fn words(text: &str) -> SafeText {
    SafeText::line(text)
}

/// The shop with the cursor on `api`, and this command run.
fn after(command: Command) -> (Model, Update) {
    let mut model = shop();
    let _ = update(&mut model, Msg::Resized(80, 24));
    let api = quarterdeck::state::services::RowId::Service(id("api"));
    model.services.cursor.selected = Some(api);
    let update = keys::run(&mut model, command);
    (model, update)
}

fn revision(number: u32, version: &str, seen: i64, healthy: u64) -> Revision {
    Revision {
        id: SafeText::name(format!("sha256:{number}")),
        image: SafeText::name(format!("shop/api:{version}")),
        version: SafeText::name(version),
        first_seen: ago(seen),
        last_seen: ago(seen / 100),
        healthy: Duration::from_secs(healthy),
        known_good: (healthy > 0).then(|| ago(seen - 600)),
        current: healthy == 0,
        available: true,
    }
}

fn revisions() -> Vec<Revision> {
    vec![
        revision(14, "v1.8.2", 180, 0),
        revision(13, "v1.8.1", 518_400, 511_200),
        revision(12, "v1.8.0", 1_641_600, 1_123_200),
    ]
}

/// The answer to the question among the effects: a rollback as the sketch has it.
fn rollback(asked: Update, risk: Risk) -> Msg {
    let question = asked.effects.into_iter().find_map(|effect| match effect {
        Effect::Work(Work::Preview { op, target, .. }) => Some((op, *target)),
        _ => None,
    });
    let (op, target) = question.expect("a preview is asked for");
    let side = |what: &str, facts: &str| Side {
        what: words(what),
        facts: words(facts),
    };
    let change = |kind, field: &str, value: &str, secret: Option<&str>| Change {
        kind,
        field: words(field),
        value: words(value),
        secret: secret.map(words),
    };
    let note = |severity, text: &str| Note {
        severity,
        text: words(text),
    };
    let step = |number| Step {
        verb: Verb::Create,
        object: SafeText::name(format!("shop-api-{number}")),
    };
    let preview = Preview {
        ask: Ask {
            action: Action::RollBack {
                to: Some(SafeText::name("sha256:13")),
            },
            target,
            history: Vec::new(),
            resumes: None,
        },
        now: side("v1.8.2", "3 min ago, errors 1.4 %, p95 310 ms"),
        to: side("v1.8.1", "6 days, served 5d 22h, errors 0.0 %"),
        changes: vec![
            change(ChangeKind::Removed, "image", "shop/api:v1.8.2", None),
            change(ChangeKind::Added, "image", "shop/api:v1.8.1", None),
            change(ChangeKind::Removed, "env", "NEW_PRICING", Some("on")),
        ],
        remains: vec![
            words("replicas stay at 5"),
            words("the volume api-flags (changed 2 h ago)"),
            words("the database schema"),
        ],
        notes: vec![
            note(None, "image is here"),
            note(
                Some(Severity::Warning),
                "the compose file names v1.8.2: the next plain `up` rolls forward again",
            ),
            note(
                Some(Severity::Critical),
                "1 replica does not stop by itself",
            ),
            note(None, "no port is taken"),
        ],
        steps: (1..=5).map(step).collect(),
        impact: words("one at a time; 4 of 5 keep serving"),
        estimate: Some(Duration::from_secs(50)),
        risk,
        choices: revisions(),
        owner: None,
    };
    Msg::Previewed(op, Box::new(Ok(preview)))
}

fn plan(risk: Risk) -> Model {
    let (mut model, asked) = after(Command::RollBack);
    let _ = update(&mut model, rollback(asked, risk));
    let later = model.now + SignedDuration::from_millis(300);
    let _ = update(&mut model, Msg::Clock(later));
    model
}

#[test]
fn a_plan() {
    assert_snapshot!(all_sizes(|| plan(Risk::Plain)));
}

#[test]
fn a_plan_in_its_colours() {
    assert_snapshot!(picture(&mut plan(Risk::Plain), &look(), 80, 24));
}

#[test]
fn a_plan_that_has_just_been_shown_has_no_enter_yet() {
    let (mut model, asked) = after(Command::RollBack);
    let _ = update(&mut model, rollback(asked, Risk::Plain));
    assert_snapshot!(picture(&mut model, &look(), 80, 24));
}

#[test]
fn a_plan_whose_name_is_typed() {
    assert_snapshot!(all_sizes(|| {
        let mut model = plan(Risk::Typed);
        let _ = update(&mut model, Msg::Paste("shop/ap".to_owned()));
        model
    }));
}

#[test]
fn the_whole_diff_and_the_values() {
    let mut model = plan(Risk::Plain);
    for key in ["d", "v"] {
        let _ = update(&mut model, Msg::Key(key.parse().expect("a key")));
    }
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn what_to_change_in_git_for_a_plan_to_last() {
    let (mut model, asked) = after(Command::RollBack);
    let Msg::Previewed(op, answer) = rollback(asked, Risk::Plain) else {
        panic!("it is a preview")
    };
    let mut preview = answer.expect("it can be done");
    preview.owner = Some(Owner {
        name: words("Argo CD, application shop"),
        undoes: words("it undoes this within seconds where self-heal is on, else at its next sync"),
        source: words("the manifest of deployment api in Git"),
        edits: preview
            .changes
            .iter()
            .map(|change| Change {
                field: words("spec.template.spec.containers.[name=api].image"),
                ..change.clone()
            })
            .take(2)
            .collect(),
    });
    let _ = update(&mut model, Msg::Previewed(op, Box::new(Ok(preview))));
    let _ = update(&mut model, Msg::Key("g".parse().expect("a key")));
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn in_staging_the_border_says_so() {
    let mut model = plan(Risk::Plain);
    model.place.kind = EnvironmentKind::Staging;
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn a_plan_whose_target_has_changed() {
    let mut model = plan(Risk::Plain);
    let _ = with_api(&mut model, |api| drop(api.instances.remove(0)));
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn a_plan_being_made_and_one_that_cannot_be() {
    let (mut model, asked) = after(Command::RollBack);
    let making = text(&mut model, &look(), 80, 24);
    let Some(Effect::Work(Work::Preview { op, .. })) = asked.effects.first() else {
        panic!("a preview is asked for");
    };
    let refusal = Refusal {
        so_already: false,
        why: words("nothing else of api has run here"),
        instead: words("Roll out a tag by its name: R"),
    };
    let _ = update(&mut model, Msg::Previewed(*op, Box::new(Err(refusal))));
    let refused = text(&mut model, &look(), 80, 24);
    assert_snapshot!(format!("{making}\n\n{refused}"));
}

fn details() -> Model {
    let (mut model, asked) = after(Command::Details);
    let Some(Effect::Work(Work::LookClosely(op, _))) = asked.effects.first() else {
        panic!("a closer look is asked for");
    };
    let fact = |name: &str, value: &str| Fact {
        name: words(name),
        value: words(value),
    };
    let found = Details {
        evidence: vec![
            Evidence {
                health: Health::Critical,
                text: words("POST /v1/pay fails: the pool of connections is used up"),
                since: Some(ago(100)),
            },
            Evidence {
                health: Health::Warning,
                text: words("postgres holds 100 of 100 connections"),
                since: None,
            },
        ],
        facts: vec![
            fact("command", "dotnet Shop.Api.dll"),
            fact("restart policy", "unless-stopped"),
            fact("memory limit", "512 MiB"),
        ],
        checks: vec![fact("command", "curl -fsS http://127.0.0.1:5000/health")],
        happenings: vec![happening(190, "api-1 was made from shop/api:v1.8.2")],
        changes: Vec::new(),
        releases: Vec::new(),
        revisions: revisions(),
        environment: ["DATABASE_URL", "JWT_SECRET", "NEW_PRICING"]
            .map(SafeText::name)
            .into(),
        needed_by: vec![id("web")],
    };
    let _ = update(&mut model, Msg::LookedClosely(*op, Box::new(Ok(found))));
    model
}

fn happening(seconds: i64, text: &str) -> Happening {
    Happening {
        at: ago(seconds),
        service: Some(id("api")),
        text: words(text),
        health: Health::Warning,
    }
}

#[test]
fn details_of_a_service() {
    assert_snapshot!(all_sizes(details));
}

/// The model after a snapshot in which `api` is something else.
fn with_api(model: &mut Model, change: impl FnOnce(&mut Service)) -> Update {
    let mut there = snapshot();
    let api = there.services.iter_mut().find(|s| s.id == id("api"));
    change(Arc::make_mut(api.expect("api")));
    let state = source(SourceHealth::Live, 0, there);
    update(model, Msg::Source(Box::new(state)))
}

#[test]
fn details_of_another_trouble_are_not_those_of_this_one() {
    let mut model = details();
    let looked = with_api(&mut model, |api| {
        api.why = words("crash loop, exit 1");
    });
    let shown = text(&mut model, &look(), 100, 40);
    assert!(!shown.contains("the pool of connections"), "{shown}");
    assert!(shown.contains("    crash loop, exit 1"), "{shown}");
    let again = |effect: &Effect| matches!(effect, Effect::Work(Work::LookClosely(..)));
    assert!(looked.effects.iter().any(again), "{:?}", looked.effects);
}

#[test]
fn what_fails_its_requests_is_not_called_well() {
    let mut model = details();
    let _ = with_api(&mut model, |api| {
        api.health = Health::Well;
        api.why = SafeText::EMPTY;
        api.traffic.error_percent = Some(100.0);
    });
    let shown = text(&mut model, &look(), 100, 40);
    assert!(shown.contains("running  5/5 ready"), "{shown}");
    assert!(!shown.contains(" well "), "{shown}");
}

#[test]
fn the_help() {
    assert_snapshot!(all_sizes(|| after(Command::Help).0));
}

#[test]
fn no_sentence_of_the_help_is_cut_at_80_columns() {
    for pane in [
        Command::FocusServices,
        Command::FocusRollouts,
        Command::FocusAlerts,
        Command::FocusLogs,
        Command::Details,
    ] {
        let (mut model, _) = after(pane);
        let _ = keys::run(&mut model, Command::Help);
        let Some(Layer::Help(help)) = model.layers.last() else {
            panic!("{pane} has no help");
        };
        let commands: Vec<Command> = help
            .lines(&model)
            .into_iter()
            .filter_map(|line| match line {
                help::Line::Keys(_, command) => Some(command),
                _ => None,
            })
            .collect();
        // So high that nothing has to be scrolled to.
        let shown = text(&mut model, &look(), 80, 150);
        assert!(commands.len() > 20, "{pane}:\n{shown}");
        for command in commands {
            assert!(shown.contains(command.help()), "{command}:\n{shown}");
        }
    }
}

#[test]
fn no_description_in_the_palette_is_cut_at_80_columns() {
    for read_only in [false, true] {
        let (mut model, _) = after(Command::Palette);
        model.capabilities.read_only = read_only;
        for command in Command::iter().filter(|c| c.in_palette() && c.works_in(Scope::Services)) {
            let Some(Layer::Palette(palette)) = model.layers.last_mut() else {
                panic!("no palette");
            };
            palette.field = TextField::default();
            let _ = update(&mut model, Msg::Paste(command.label().to_owned()));
            let Some(Layer::Palette(palette)) = model.layers.last() else {
                panic!("no palette");
            };
            let found = palette.found(&model);
            let entry = palette::Entry::Command(command);
            let found = found.iter().find(|found| found.entry == entry);
            let why_not = found.expect("it is called that").why_not.clone();
            let says = why_not.as_deref().unwrap_or(command.help());
            let shown = text(&mut model, &look(), 80, 24);
            assert!(shown.contains(says), "{says}:\n{shown}");
        }
    }
}

#[test]
fn the_palette_finds_services_too() {
    assert_snapshot!(all_sizes(|| {
        let (mut model, _) = after(Command::Palette);
        let _ = update(&mut model, Msg::Paste("api".to_owned()));
        model
    }));
}

#[test]
fn what_cannot_be_had_says_why_in_the_palette() {
    let mut model = shop();
    model.capabilities.read_only = true;
    let _ = update(&mut model, Msg::Resized(80, 24));
    let _ = keys::run(&mut model, Command::Palette);
    let _ = update(&mut model, Msg::Paste("roll".to_owned()));
    assert_snapshot!(picture(&mut model, &look(), 80, 24));
}

#[test]
fn the_raw_object_and_a_search_in_it() {
    assert_snapshot!(all_sizes(|| {
        let (mut model, asked) = after(Command::Inspect);
        let Some(Effect::Work(Work::Inspect(op, _))) = asked.effects.first() else {
            panic!("the raw object is asked for");
        };
        let json = "{\n  \"Id\": \"c0ffee\",\n  \"Running\": true,\n  \"Env\": [\n    \"TOKEN=•••\"\n  ]\n}";
        let _ = update(&mut model, Msg::Inspected(*op, Ok(json.to_owned())));
        for key in ["/", "t", "o", "enter"] {
            let _ = update(&mut model, Msg::Key(key.parse().expect("a key")));
        }
        model
    }));
}

#[test]
fn nothing_is_taken_before_the_raw_object_is_there() {
    for key in ["y", "S"] {
        let (mut model, _) = after(Command::Inspect);
        let _ = update(&mut model, Msg::Key(key.parse().expect("a key")));
        let shown = text(&mut model, &look(), 80, 24);
        assert!(shown.contains("there is no object to take yet"), "{shown}");
    }
}

#[test]
fn events() {
    assert_snapshot!(all_sizes(|| {
        let (mut model, _) = after(Command::Events);
        for (seconds, text) in [(190, "api-1 was made"), (3, "api-1 died, exit 137")] {
            let event = PlatformEvent::Happened(happening(seconds, text));
            let _ = update(&mut model, Msg::Platform(event));
        }
        model
    }));
}

#[test]
fn prompts() {
    let mut pictures = Vec::new();
    for command in [Command::Scale, Command::Rollout] {
        let (mut model, asked) = after(command);
        if let Some(Effect::Work(Work::LookClosely(op, _))) = asked.effects.first() {
            let found = Details {
                revisions: revisions(),
                ..Details::default()
            };
            let _ = update(&mut model, Msg::LookedClosely(*op, Box::new(Ok(found))));
            let _ = update(&mut model, Msg::Key("down".parse().expect("a key")));
        }
        pictures.push(text(&mut model, &look(), 80, 24));
        pictures.push(text(&mut model, &look(), 40, 10));
    }
    assert_snapshot!(pictures.join("\n\n"));
}

#[test]
fn what_an_earlier_console_left() {
    assert_snapshot!(all_sizes(|| {
        let mut model = shop();
        let left = Leftover {
            operation: SafeText::name("op-1"),
            action: Action::RollBack { to: None },
            back: Some(Action::Restart),
            service: id("api"),
            done: 2,
            of: 3,
            by: SafeText::name("sre-2"),
            began: now() - SignedDuration::from_mins(12),
        };
        let identity = model.snapshot().host.identity.clone();
        let _ = update(&mut model, Msg::Unfinished(identity, vec![left]));
        model
    }));
}

#[test]
fn a_list_to_choose_from_and_diagnostics() {
    let (mut sort, _) = after(Command::Sort);
    let (mut figures, _) = after(Command::Diagnostics);
    let sort = text(&mut sort, &look(), 80, 24);
    let figures = text(&mut figures, &look(), 80, 24);
    assert_snapshot!(format!("{sort}\n\n{figures}"));
}
