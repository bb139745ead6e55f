//! A list that is walked, and the lists that can be, at the sizes that people have.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use quarterdeck::{
    checklist::{self, End, Event, Finding, Hold, ItemId, ListKind, Opened, RunId, Start, What},
    domain::{command::Command, glyphs::Glyphs, report::Source},
    plan::record::{OperationId, OperationResult},
    state::{
        Model, Msg, keys, operations, update,
        walking::{ChecklistMsg, Offer, OfferedList, Unfinished},
    },
    text::SafeText,
    ui::Look,
};

use crate::{
    fixture::{ago, shop},
    operations::agreed,
    picture::{look, no_colour, picture, text},
};

const SIZES: [(u16, u16); 4] = [(40, 10), (80, 24), (120, 40), (200, 60)];

const LIST: &str = "---\nname: Deploy day v1.8.2\nabort-when: alerts(critical) > 2\n---\n\
## Pre-deployment\n\
- [ ] Support team on call `owner: eve`\n\
- [ ] No service is critical `check: alerts(critical) == 0`\n\
- [ ] The newest backup of the database is fresh enough to go back to `check: backup_age(postgres) < 1h` `killer`\n\
- [ ] Go / no-go `gate`\n\
## During deployment\n\
- [ ] Roll out api `do: rollout api v1.8.2` `check: rolled_out(api)`\n\
- [ ] Error rate of api below 2 % for ten minutes `soak: error_rate(api) < 2% for 10m`\n\
- [ ] Migrations are through\n\n  \
  ```\n  docker compose exec api ./migrate status\n  ```\n\
- [ ] Users notified of what is new\n";
const SUPPORT: ItemId = ItemId(1);
const QUIET: ItemId = ItemId(2);
const BACKUP: ItemId = ItemId(3);
const GATE: ItemId = ItemId(4);
const ROLLOUT: ItemId = ItemId(5);
const SOAK: ItemId = ItemId(6);
const MIGRATED: ItemId = ItemId(7);
const USERS: ItemId = ItemId(8);

fn words(text: &str) -> SafeText {
    SafeText::line(text)
}

fn event(seconds: i64, by: &str, what: What) -> Event {
    Event::new(ago(seconds), words(by), what)
}

fn checked(item: ItemId, found: Finding, evidence: &str) -> What {
    What::Checked {
        item,
        found,
        evidence: words(evidence),
    }
}

/// The run that these events make, open in a console that has so much of it.
fn opened(list: &str, hold: Hold, events: Vec<Event>) -> Opened {
    let read = checklist::read(&Source::new(Path::new("deploy-day.md"), list), None);
    let document = read.unwrap_or_else(|report| panic!("{report}")).document;
    let start = Start {
        planned_end: Some(ago(-40 * 60)),
        way_back_until: Some(ago(-65 * 60)),
        rehearsal: true,
        ..Start::of(&document, ago(1_800))
    };
    let mut opened = Opened {
        run: RunId(words("run-1")),
        hold,
        ..Opened::begins(&document, start, words("sre-1"), ago(1_800))
    };
    opened.events.extend(events);
    opened
}

fn walked(list: &str, hold: Hold, events: Vec<Event>) -> Model {
    let mut model = shop();
    let _ = update(&mut model, Msg::Resized(80, 24));
    let opened = Box::new(opened(list, hold, events));
    let opened = ChecklistMsg::Opened(model.snapshot().host.identity.clone(), opened);
    let _ = update(&mut model, Msg::Checklist(opened));
    assert!(model.checklist.view.is_some(), "{:?}", model.notices);
    model
}

fn walk(events: Vec<Event>) -> Model {
    walked(LIST, Hold::Own, events)
}

/// What settles all before the gate.
fn before_the_gate() -> Vec<Event> {
    vec![
        event(
            1_700,
            "sre-1",
            checked(BACKUP, Finding::True, "postgres 12m ago"),
        ),
        event(1_600, "sre-1", What::Attested { item: SUPPORT }),
        event(1_500, "sre-1", checked(QUIET, Finding::True, "0 critical")),
    ]
}

fn through_the_gate() -> Vec<Event> {
    let mut events = before_the_gate();
    events.push(event(1_400, "sre-1", What::Go { item: GATE }));
    events.push(event(1_380, "eve", What::Go { item: GATE }));
    events
}

fn acting(since: i64) -> Vec<Event> {
    let mut events = through_the_gate();
    let operation = OperationId::parse("op-20261121-140000-1");
    events.push(event(
        since,
        "sre-1",
        What::DoBegun {
            item: ROLLOUT,
            operation,
        },
    ));
    events
}

fn soaking() -> Vec<Event> {
    let mut events = acting(1_300);
    let operation = OperationId::parse("op-20261121-140000-1");
    let (result, said) = (OperationResult::Verified, words("5/5 on v1.8.2"));
    let ended = What::DoEnded {
        item: ROLLOUT,
        operation,
        result,
        words: said,
    };
    let soak = |evidence: &str| (SOAK, words(evidence));
    let (item, evidence) = soak("1.3 %");
    events.push(event(950, "sre-1", ended));
    events.push(event(
        940,
        "sre-1",
        checked(ROLLOUT, Finding::True, "5/5 on v1.8.2"),
    ));
    events.push(event(930, "sre-1", What::SoakBegun { item, evidence }));
    let (item, evidence) = soak("2.3 %");
    events.push(event(400, "sre-1", What::SoakReset { item, evidence }));
    let (item, evidence) = soak("1.4 %");
    events.push(event(372, "sre-1", What::SoakBegun { item, evidence }));
    events.sort_by_key(|event| event.at);
    events
}

fn all_sizes(open: impl Fn() -> Model) -> String {
    let one = |(columns, rows): (u16, u16)| {
        let text = text(&mut open(), &look(), columns, rows);
        format!("{columns}x{rows}\n{text}")
    };
    SIZES.map(one).join("\n\n")
}

fn small(mut model: Model) -> String {
    text(&mut model, &look(), 80, 24)
}

fn offering(offers: Vec<Offer>, unfinished: Vec<Unfinished>) -> Model {
    let mut model = shop();
    let _ = update(&mut model, Msg::Resized(80, 24));
    let _ = keys::run(&mut model, Command::Checklist);
    let found = ChecklistMsg::Found(model.snapshot().host.identity.clone(), unfinished);
    let _ = update(&mut model, Msg::Checklist(found));
    let _ = update(&mut model, Msg::Checklist(ChecklistMsg::Offered(offers)));
    model
}

#[test]
fn what_can_be_walked() {
    let list = |name: &str, kind, steps| OfferedList {
        name: words(name),
        kind,
        steps,
    };
    let offers = || {
        vec![
            Offer {
                file: PathBuf::from("checklists/deploy-day.md"),
                name: words("Deploy day"),
                lists: vec![
                    list("Pre-deployment", ListKind::Checklist, 7),
                    list("During deployment", ListKind::Checklist, 5),
                    list("Rollback", ListKind::Procedure, 6),
                ],
                mistakes: Vec::new(),
            },
            Offer {
                file: PathBuf::from("broken.md"),
                name: words("broken.md"),
                lists: Vec::new(),
                mistakes: vec![words("broken.md:7:12: there is no function `helthy`")],
            },
        ]
    };
    let run = |id: &str, pilot: &str, hold| Unfinished {
        run: RunId(words(id)),
        name: words("Deploy day v1.8.2"),
        list: None,
        began: ago(3_000),
        last: ago(120),
        pilot: words(pilot),
        hold,
    };
    let unfinished = || {
        vec![
            run("run-1", "sre-2", Hold::Nobody),
            run("run-2", "eve", Hold::Other),
        ]
    };
    assert_snapshot!("offer", all_sizes(|| offering(offers(), unfinished())));
    assert_snapshot!(
        "offer_nothing",
        all_sizes(|| offering(Vec::new(), Vec::new()))
    );
}

#[test]
fn a_check_that_runs_passes_fails_or_is_unknown() {
    // What the fixture shows: two critical alerts, and no backup that is known.
    let mut failed = before_the_gate();
    failed.truncate(2);
    failed.push(event(
        30,
        "sre-1",
        checked(QUIET, Finding::False, "2 critical"),
    ));
    assert_snapshot!("check_unknown", all_sizes(|| walk(Vec::new())));
    assert_snapshot!("check_failed", all_sizes(|| walk(failed.clone())));
    let mut stale = before_the_gate();
    stale.push(event(
        20,
        "sre-1",
        checked(QUIET, Finding::Unknown, "the platform is stale"),
    ));
    assert_snapshot!("check_stale", small(walk(stale)));
    let mut passed = walk(before_the_gate());
    let _ = keys::run(&mut passed, Command::Up);
    assert_snapshot!("check_passed", small(passed));
}

#[test]
fn a_gate() {
    assert_snapshot!("gate", all_sizes(|| walk(before_the_gate())));
    let mut asked = walk(before_the_gate());
    let _ = keys::run(&mut asked, Command::Settle);
    assert_snapshot!("gate_asked", small(asked));
}

#[test]
fn an_action_with_its_rollout() {
    assert_snapshot!("do_next", small(walk(through_the_gate())));
    assert_snapshot!("do_under_way", all_sizes(|| walk(acting(190))));
    let mut here = walk(acting(190));
    let plan = agreed(&here);
    let _ = operations::begin(&mut here, plan);
    assert_snapshot!("do_under_way_here", small(here));
    let mut lost = acting(190);
    let why = words("the console was away");
    lost.push(event(60, "sre-1", What::Uncertain { item: ROLLOUT, why }));
    assert_snapshot!("do_uncertain", small(walk(lost)));
}

#[test]
fn a_soak_runs() {
    assert_snapshot!("soak", all_sizes(|| walk(soaking())));
    let ascii = Look {
        glyphs: Glyphs::ASCII,
        ..no_colour()
    };
    let text = text(&mut walk(soaking()), &ascii, 80, 24);
    assert!(text.is_ascii());
    assert_snapshot!("soak_ascii", text);
}

#[test]
fn commands_are_there_to_be_run_by_hand() {
    let mut model = walk(soaking());
    let _ = keys::run(&mut model, Command::Down);
    assert_snapshot!("by_hand", small(model));
}

#[test]
fn what_nobody_may_skip_is_waived_by_a_second_person() {
    let mut model = walk(Vec::new());
    let _ = keys::run(&mut model, Command::Waive);
    assert_snapshot!(
        "waive",
        all_sizes(|| {
            let mut model = walk(Vec::new());
            let _ = keys::run(&mut model, Command::Waive);
            model
        })
    );
    // The one who has control is no second person.
    for msg in "SRE-1"
        .chars()
        .map(|c| Msg::Key(c.to_string().parse().expect("a key")))
    {
        let _ = update(&mut model, msg);
    }
    let _ = update(&mut model, Msg::Key("enter".parse().expect("a key")));
    assert_snapshot!("waive_refused", small(model));
}

#[test]
fn the_abort_criterion_has_the_width_of_the_screen() {
    let breached = || {
        let mut events = soaking();
        let evidence = words("3 critical");
        events.push(event(42, "sre-1", What::BreachBegun { evidence }));
        walk(events)
    };
    assert_snapshot!("abort", all_sizes(breached));
    assert_snapshot!("abort_styles", picture(&mut breached(), &look(), 80, 24));
}

#[test]
fn who_watches_is_told_so() {
    let follow = |hold| walked(LIST, hold, before_the_gate());
    assert_snapshot!(
        "follower",
        all_sizes(|| {
            let mut model = follow(Hold::Other);
            model.operator = Some(words("ana"));
            model
        })
    );
    assert_snapshot!("gone", small(follow(Hold::Nobody)));
}

#[test]
fn the_end_says_what_deserves_a_second_look() {
    let ended = || {
        let mut events = soaking();
        let (item, reason) = (SOAK, words("the numbers come too late"));
        events.push(event(200, "eve", What::Waived { item, reason }));
        events.push(event(100, "sre-1", What::Attested { item: MIGRATED }));
        let (item, reason) = (USERS, words("nobody sees this one"));
        events.push(event(50, "sre-1", What::Skipped { item, reason }));
        walk(events)
    };
    assert_snapshot!("through", small(ended()));
    let over = || {
        let mut model = ended();
        let over = event(10, "sre-1", What::Ended(End::Done));
        let run = RunId(words("run-1"));
        let happened = ChecklistMsg::Happened(run, vec![over]);
        let _ = update(&mut model, Msg::Checklist(happened));
        model
    };
    assert_snapshot!("summary", all_sizes(over));
}

#[test]
fn a_list_of_three_hundred_opens_with_what_is_next_on_screen() {
    let items = (1..=300).map(|n| format!("- [ ] Item number {n} is as it should be\n"));
    let list = format!("# A long one\n{}", items.collect::<String>());
    let attested = (1..=150).map(|n| {
        event(
            1_000 - i64::from(n),
            "sre-1",
            What::Attested { item: ItemId(n) },
        )
    });
    let mut model = walked(&list, Hold::Own, attested.collect());
    let text = text(&mut model, &look(), 80, 24);
    assert!(text.contains("Item number 151 "), "{text}");
    assert_eq!(text.matches("Item number").count(), 12, "{text}");
    assert_snapshot!("long", text);
}
