//! What each key of a walk does, and who may press it.

mod background;
mod first_time;
mod names;
mod rehearsing;
mod said;
mod way_back;

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    checklist::{
        self, End, Event, Finding, Hold, ItemId, ListKind, Opened, RunId, Start, State, What,
    },
    config,
    domain::{
        action::Action, command::Command, key::KeyChord, keymap::Keymap, report::Source,
        scope::Scope,
    },
    plan::record::OperationId,
    state::{
        Effect, Layer, Loop, Model, Msg, Work,
        operations::{self, Leftover},
        update,
        walking::{ChecklistMsg, ChecklistWork, Offer, OfferedList},
    },
    text::SafeText,
};

use crate::{
    fixture::{ago, id, shop},
    operations::{PLAN, agreed},
    picture,
};

const LIST: &str = "---\nname: Deploy day\n---\n\
## Before\n\
- [ ] Support is there\n\
- [ ] Another is well `check: healthy(elsewhere)`\n\
- [ ] Backup `do: backup api` `killer`\n\
- [ ] Go `gate`\n\
## During\n\
- [ ] Roll out `do: rollout api`\n";
const SUPPORT: ItemId = ItemId(1);
const HEALTHY: ItemId = ItemId(2);
const BACKUP: ItemId = ItemId(3);
const GATE: ItemId = ItemId(4);
const ROLLOUT: ItemId = ItemId(5);

fn text(text: &str) -> SafeText {
    SafeText::name(text)
}

/// So long after the beginning, which was an hour ago.
fn at(seconds: i64) -> Timestamp {
    ago(3_600) + SignedDuration::from_secs(seconds)
}

fn keymap(name: &str) -> Keymap {
    config::keymap::built_in(name).expect("shipped")
}

fn by(seconds: i64, who: &str, what: What) -> Event {
    Event::new(at(seconds), text(who), what)
}

fn opened(model: &Model, list: &str, hold: Hold, events: Vec<Event>) -> Msg {
    let read = checklist::read(&Source::new(Path::new("list.md"), list), None);
    let document = read.unwrap_or_else(|report| panic!("{report}")).document;
    let start = Start {
        rehearsal: true,
        ..Start::of(&document, at(0))
    };
    let mut opened = Opened {
        run: RunId(text("run-1")),
        hold,
        ..Opened::begins(&document, start, text("ana"), at(0))
    };
    opened.events.extend(events);
    let here = model.snapshot().host.identity.clone();
    Msg::Checklist(ChecklistMsg::Opened(here, Box::new(opened)))
}

/// A console in which that run is open.
fn walks(hold: Hold, events: Vec<Event>) -> Model {
    let mut model = shop();
    model.operator = Some(text("ana"));
    let _ = update(&mut model, Msg::Clock(at(100)));
    let _ = update(&mut model, Msg::Resized(80, 24));
    let opened = opened(&model, LIST, hold, events);
    let _ = update(&mut model, opened);
    assert!(matches!(model.layers.last(), Some(Layer::Walk)));
    model
}

fn backed_up() -> Event {
    let (item, reason) = (BACKUP, text("done by hand"));
    by(1, "eve", What::Waived { item, reason })
}

fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split(' ') {
        let chord: KeyChord = key.parse().expect("a key");
        effects.extend(update(model, Msg::Key(chord)).effects);
    }
    effects
}

/// What is to be written down of it.
fn written(effects: Vec<Effect>) -> Vec<(String, What)> {
    let records = effects.into_iter().filter_map(|effect| match effect {
        Effect::Work(Work::Checklist(ChecklistWork::Record(_, events))) => Some(events),
        _ => None,
    });
    let events = records.flatten();
    events
        .map(|event| (event.by.to_string(), event.what))
        .collect()
}

fn one(who: &str, what: What) -> Vec<(String, What)> {
    vec![(who.to_owned(), what)]
}

fn on(model: &Model) -> Option<ItemId> {
    model.checklist.view.as_ref()?.cursor.selected
}

fn said(model: &Model) -> String {
    let last = model.notices.latest();
    last.map_or_else(String::new, |notice| notice.text.to_string())
}

#[test]
fn no_key_of_a_walk_moves_and_none_of_the_movement_keys_does_anything_else() {
    for name in config::keymap::shipped() {
        let keymap = keymap(name);
        let moves = [
            Command::Up,
            Command::Down,
            Command::Top,
            Command::Bottom,
            Command::PageUp,
            Command::PageDown,
            Command::Left,
            Command::Right,
        ];
        for (chord, command) in keymap.own(Scope::Checklist) {
            let meant = keymap.command(Scope::Global, chord);
            let taken = meant.is_some_and(|meant| moves.contains(&meant));
            assert!(!taken, "{name}: {chord} is {command} in a walk");
            // Fingers that come from vim move with these wherever they are.
            assert!(
                !["j", "k", "g", "G"].contains(&&*chord.to_string()),
                "{name}: {chord}"
            );
        }
    }
}

#[test]
fn the_cursor_stands_on_what_is_next_and_goes_along() {
    let mut model = walks(Hold::Own, Vec::new());
    assert_eq!(on(&model), Some(BACKUP), "what nobody may skip comes first");
    let _ = update(&mut model, happened(vec![backed_up()]));
    assert_eq!(on(&model), Some(SUPPORT));
    // Moved by hand, it stays where somebody looks.
    let _ = press(&mut model, "j");
    assert_eq!(on(&model), Some(HEALTHY));
    let attested = by(3, "ana", What::Attested { item: SUPPORT });
    let _ = update(&mut model, happened(vec![attested]));
    assert_eq!(on(&model), Some(HEALTHY));
    let _ = press(&mut model, "k k space");
    assert_eq!(
        on(&model),
        Some(HEALTHY),
        "the one key leads back to what is next"
    );
}

fn happened(events: Vec<Event>) -> Msg {
    Msg::Checklist(ChecklistMsg::Happened(RunId(text("run-1")), events))
}

#[test]
fn the_one_key_attests_what_only_a_person_knows_and_writes_before_it_shows() {
    let mut model = walks(Hold::Own, vec![backed_up()]);
    let effects = press(&mut model, "space");
    assert_eq!(
        written(effects),
        one("ana", What::Attested { item: SUPPORT })
    );
    let state = |model: &Model| {
        model
            .checklist
            .view
            .as_ref()
            .map(|v| v.run().step(SUPPORT).map(|s| s.state))
    };
    assert_eq!(
        state(&model),
        Some(Some(State::Pending)),
        "nothing is written yet"
    );
    let _ = update(
        &mut model,
        happened(vec![by(5, "ana", What::Attested { item: SUPPORT })]),
    );
    assert_eq!(state(&model), Some(Some(State::Attested)));
}

#[test]
fn nobody_says_what_proves_itself() {
    let events = vec![backed_up(), by(2, "ana", What::Attested { item: SUPPORT })];
    let mut model = walks(Hold::Own, events);
    assert_eq!(on(&model), Some(HEALTHY));
    assert_eq!(written(press(&mut model, "space")), []);
    assert!(
        said(&model).starts_with("it proves itself"),
        "{}",
        said(&model)
    );
}

#[test]
fn what_is_looked_at_becomes_what_is_written() {
    let events = vec![backed_up(), by(2, "ana", What::Attested { item: SUPPORT })];
    let mut model = walks(Hold::Own, Vec::new());
    let opened = opened(&model, LIST, Hold::Own, events.clone());
    let effects = update(&mut model, opened).effects;
    let found = written(effects);
    let [
        (
            _,
            What::Checked {
                item: HEALTHY,
                found: Finding::Unknown,
                ..
            },
        ),
    ] = &found[..]
    else {
        panic!("there is no such service, so nobody knows: {found:?}");
    };
    let _ = update(&mut model, Msg::Clock(at(101)));
    let again = update(&mut model, Msg::Clock(at(102))).effects;
    assert_eq!(written(again), [], "not twice while it is being written");
    // Whoever watches writes nothing.
    let mut watching = walks(Hold::Other, events);
    assert_eq!(
        written(update(&mut watching, Msg::Clock(at(103))).effects),
        []
    );
}

#[test]
fn a_skip_needs_a_reason_and_what_nobody_may_skip_a_second_person() {
    let mut model = walks(Hold::Own, Vec::new());
    assert!(press(&mut model, "s").is_empty());
    assert!(
        said(&model).contains("may not be skipped"),
        "{}",
        said(&model)
    );
    // The one who has control is no second person, however it is written.
    let _ = press(&mut model, "w A N A enter");
    assert!(
        matches!(model.layers.last(), Some(Layer::Prompt(p)) if p.problem.contains("second person"))
    );
    let _ = press(&mut model, "ctrl-u e v e enter");
    let effects = press(&mut model, "d b a enter");
    let (item, reason) = (BACKUP, text("dba"));
    assert_eq!(written(effects), one("eve", What::Waived { item, reason }));

    let mut model = walks(Hold::Own, vec![backed_up()]);
    let _ = press(&mut model, "s enter");
    assert!(
        matches!(model.layers.last(), Some(Layer::Prompt(_))),
        "no reason, no skip"
    );
    let effects = press(&mut model, "n o enter");
    let (item, reason) = (SUPPORT, text("no"));
    assert_eq!(written(effects), one("ana", What::Skipped { item, reason }));
    assert!(matches!(model.layers.last(), Some(Layer::Walk)));
}

#[test]
fn a_note_is_written_on_the_step() {
    let mut model = walks(Hold::Own, Vec::new());
    let effects = press(&mut model, "n s l o w enter");
    let (item, text) = (Some(BACKUP), text("slow"));
    assert_eq!(written(effects), one("ana", What::Noted { item, text }));
}

fn at_the_gate() -> Vec<Event> {
    let (item, reason) = (HEALTHY, text("no web yet"));
    vec![
        backed_up(),
        by(2, "ana", What::Attested { item: SUPPORT }),
        by(3, "ana", What::Skipped { item, reason }),
    ]
}

#[test]
fn a_gate_takes_two_names_or_a_reason() {
    let mut model = walks(Hold::Own, at_the_gate());
    assert_eq!(on(&model), Some(GATE));
    assert_eq!(
        written(press(&mut model, "space enter")),
        [],
        "not yet is the first answer"
    );
    let effects = press(&mut model, "space tab enter");
    assert_eq!(written(effects), one("ana", What::Go { item: GATE }));
    let _ = update(
        &mut model,
        happened(vec![by(10, "ana", What::Go { item: GATE })]),
    );
    let _ = press(&mut model, "space tab enter");
    let _ = press(&mut model, "a n a enter");
    assert!(
        matches!(model.layers.last(), Some(Layer::Prompt(p)) if p.problem.contains("one other"))
    );
    let effects = press(&mut model, "ctrl-u e v e enter");
    assert_eq!(written(effects), one("eve", What::Go { item: GATE }));

    let mut model = walks(Hold::Own, at_the_gate());
    let effects = press(&mut model, "space tab tab enter b a d enter");
    let (item, reason) = (GATE, text("bad"));
    assert_eq!(written(effects), one("ana", What::NoGo { item, reason }));
}

#[test]
fn an_action_goes_through_its_plan() {
    let mut model = walks(Hold::Own, Vec::new());
    let effects = press(&mut model, "space");
    assert!(matches!(model.layers.last(), Some(Layer::Plan(_))));
    let asked = |effect: &Effect| matches!(effect, Effect::Work(Work::Preview { target, .. }) if target.service == id("api"));
    assert!(effects.iter().any(asked), "{effects:?}");
    assert_eq!(written(effects), [], "nothing has begun");
}

#[test]
fn what_comes_first_is_said_at_once_and_no_plan_is_asked_for() {
    let mut model = walks(Hold::Own, Vec::new());
    let effects = press(&mut model, "j j j j space");
    assert_eq!(on(&model), Some(ROLLOUT));
    assert_eq!(said(&model), "step 3 comes first: Backup");
    assert!(matches!(model.layers.last(), Some(Layer::Walk)));
    assert_eq!(previewed(effects), []);
}

/// Another console is known to have left that action in the middle; it is decided later.
fn offers(model: &mut Model, action: &Action) {
    let left = Leftover {
        operation: text("op-1"),
        action: action.clone(),
        back: None,
        service: id("api"),
        done: 1,
        of: 2,
        by: text("ana"),
        began: at(9),
    };
    let here = model.snapshot().host.identity.clone();
    let _ = update(model, Msg::Unfinished(here, vec![left]));
    let _ = press(model, "esc");
}

/// For what a plan is asked: the action, and what it takes up.
fn previewed(effects: Vec<Effect>) -> Vec<(Action, Option<String>)> {
    let asked = effects.into_iter().filter_map(|effect| match effect {
        Effect::Work(Work::Preview {
            action, resumes, ..
        }) => Some((action, resumes.map(|id| id.to_string()))),
        _ => None,
    });
    asked.collect()
}

#[test]
fn what_was_half_done_when_the_console_went_is_gone_on_with_and_not_begun_anew() {
    let operation = OperationId::parse("op-1");
    let interrupted = |item, unsent| {
        let (happened, why) = (false, text("the console was away"));
        let operation = operation.clone();
        let evidence = text("1 of 2 steps of it are known to be done");
        [
            What::DoBegun { item, operation },
            What::Uncertain { item, why },
            What::Resolved {
                item,
                happened,
                unsent,
                evidence,
            },
        ]
        .map(|what| by(9, "ana", what))
    };
    let asks = |before: Vec<Event>, (item, unsent), action: &Action| {
        let [begun, lost, resolved] = interrupted(item, unsent);
        let before = before.into_iter().chain([begun, lost]).collect();
        let mut model = walks(Hold::Own, before);
        offers(&mut model, action);
        let _ = update(&mut model, happened(vec![resolved]));
        previewed(press(&mut model, "space"))
    };
    let backs_up = Action::BackUp;
    let rest = vec![(backs_up.clone(), Some("op-1".to_owned()))];
    assert_eq!(asks(Vec::new(), (BACKUP, false), &backs_up), rest);
    let anew = vec![(backs_up.clone(), None)];
    assert_eq!(
        asks(Vec::new(), (BACKUP, true), &backs_up),
        anew,
        "nothing of it was sent"
    );
    // Which image it was to be was said when it began.
    let rolls_out = Action::Rollout { image: text("v2") };
    let gone = ["ana", "eve"].map(|who| by(8, who, What::Go { item: GATE }));
    let before = at_the_gate().into_iter().chain(gone).collect();
    let rest = vec![(rolls_out.clone(), Some("op-1".to_owned()))];
    assert_eq!(asks(before, (ROLLOUT, false), &rolls_out), rest);
}

#[test]
fn what_somebody_saw_to_have_happened_is_not_offered_any_more() {
    let (item, operation) = (BACKUP, OperationId::parse("op-1"));
    let left = [
        What::DoBegun { item, operation },
        What::Uncertain {
            item,
            why: text("the console was away"),
        },
    ];
    for so in [true, false] {
        let mut model = walks(
            Hold::Own,
            left.clone().map(|what| by(9, "ana", what)).into(),
        );
        offers(&mut model, &Action::BackUp);
        let seen = What::seen(item, so, "ana", "the folder of the copies");
        let _ = update(&mut model, happened(vec![by(10, "ana", seen)]));
        assert_eq!(model.operations.leftovers.is_empty(), so);
    }
}

#[test]
fn an_action_under_way_is_halted_by_a_key() {
    let halts = |effect: &Effect| matches!(effect, Effect::Work(Work::Halt(PLAN)));
    let operation = OperationId::parse("op-1");
    let item = BACKUP;
    let mut model = walks(
        Hold::Own,
        vec![by(1, "ana", What::DoBegun { item, operation })],
    );
    assert!(!press(&mut model, "x").iter().any(halts));
    assert_eq!(said(&model), "no action of a step is under way here");
    let plan = agreed(&model);
    let _ = operations::begin(&mut model, plan);
    // Wherever the cursor is.
    assert!(press(&mut model, "down x").iter().any(halts));
}

#[test]
fn control_is_offered_by_one_and_taken_by_the_other() {
    let mut model = walks(Hold::Own, Vec::new());
    let effects = press(&mut model, "h e v e enter");
    assert_eq!(
        written(effects),
        one("ana", What::ControlGiven { to: text("eve") })
    );
    let takes = |model: &mut Model| {
        let effects = press(model, "h");
        let takes = |effect: &Effect| matches!(effect, Effect::Work(Work::Checklist(ChecklistWork::Take { by, .. })) if by.as_str() == "eve");
        effects.iter().any(takes)
    };
    let eve = |hold, events| {
        let mut model = walks(hold, events);
        model.operator = Some(text("eve"));
        model
    };
    assert!(
        !takes(&mut eve(Hold::Other, Vec::new())),
        "nobody offered it"
    );
    let given = by(5, "ana", What::ControlGiven { to: text("eve") });
    assert!(takes(&mut eve(Hold::Other, vec![given])));
    assert!(
        takes(&mut eve(Hold::Nobody, Vec::new())),
        "whoever had it is gone"
    );
}

#[test]
fn a_person_is_one_however_their_name_is_written() {
    let mut events = at_the_gate();
    events.push(by(10, "Jörg", What::Go { item: GATE }));
    let mut model = walks(Hold::Own, events);
    model.operator = Some(text("JÖRG"));
    let effects = press(&mut model, "space tab enter e v e enter");
    assert_eq!(written(effects), one("eve", What::Go { item: GATE }));

    let to = text("Jörg");
    let given = by(5, "ana", What::ControlGiven { to });
    let mut model = walks(Hold::Other, vec![given]);
    model.operator = Some(text("jörg"));
    let takes = |effect: &Effect| {
        matches!(
            effect,
            Effect::Work(Work::Checklist(ChecklistWork::Take { .. }))
        )
    };
    assert!(press(&mut model, "h").iter().any(takes));
}

#[test]
fn who_watches_changes_nothing_but_notes() {
    let mut model = walks(Hold::Other, vec![backed_up()]);
    model.operator = Some(text("eve"));
    for key in ["space", "s", "e"] {
        assert_eq!(written(press(&mut model, key)), [], "{key}");
        assert!(
            said(&model).contains("ana has control"),
            "{key}: {}",
            said(&model)
        );
        assert!(matches!(model.layers.last(), Some(Layer::Walk)), "{key}");
    }
    let effects = press(&mut model, "n o k enter");
    assert_eq!(written(effects).len(), 1);
}

#[test]
fn the_walk_is_ended_with_all_settled_or_with_a_reason() {
    let mut model = walks(Hold::Own, Vec::new());
    let effects = press(&mut model, "e l a t e enter");
    let left = End::Left {
        reason: text("late"),
    };
    assert_eq!(written(effects), one("ana", What::Ended(left)));

    let mut events = at_the_gate();
    events.push(by(4, "ana", What::Go { item: GATE }));
    events.push(by(5, "eve", What::Go { item: GATE }));
    let (item, reason) = (ItemId(5), text("later"));
    events.push(by(6, "ana", What::Skipped { item, reason }));
    let mut model = walks(Hold::Own, events);
    let effects = press(&mut model, "space");
    assert_eq!(written(effects), one("ana", What::Ended(End::Done)));
}

#[test]
fn it_is_left_and_found_again_where_it_was() {
    let mut model = walks(Hold::Own, Vec::new());
    let _ = press(&mut model, "esc");
    assert!(model.layers.is_empty());
    let effects = press(&mut model, "c");
    assert!(matches!(model.layers.last(), Some(Layer::Walk)));
    let offers = |e: &Effect| matches!(e, Effect::Work(Work::Checklist(_)));
    assert!(
        !effects.iter().any(offers),
        "it is no other one that is offered"
    );
}

#[test]
fn what_is_left_open_is_told_in_the_header_and_its_abort_criterion_first_of_all() {
    let mut model = walks(Hold::Own, at_the_gate());
    let top = |model: &mut Model| picture::rows(&picture::frame(model, &picture::look(), 80, 24));
    assert!(!top(&mut model)[0].contains("3/5"), "the walk says so");
    let _ = press(&mut model, "esc");
    assert!(top(&mut model)[0].contains("  Deploy day 3/5 "));
    let evidence = text("2 critical alerts");
    let begun = by(9, "ana", What::BreachBegun { evidence });
    let _ = update(&mut model, happened(vec![begun]));
    let header = top(&mut model)[0].clone();
    assert!(header.contains("ABORT? Deploy day 3/5"), "{header}");
}

#[test]
fn the_console_is_left_by_its_key_whatever_is_asked() {
    for keys in ["space", "n", "n a", "e", "esc /", "esc : r"] {
        let mut model = walks(Hold::Own, at_the_gate());
        let _ = press(&mut model, keys);
        let effects = press(&mut model, "ctrl-c");
        assert!(effects.contains(&Effect::Loop(Loop::Quit)), "after {keys}");
    }
}

#[test]
fn a_list_is_chosen_and_begun_by_name() {
    let mut model = shop();
    model.operator = None;
    let _ = update(&mut model, Msg::Resized(80, 24));
    let effects = of_lists(press(&mut model, "c"));
    assert_eq!(
        effects,
        [Effect::Work(Work::Checklist(ChecklistWork::Offer))]
    );
    let list = |name: &str| OfferedList {
        name: text(name),
        kind: ListKind::Checklist,
        steps: 2,
    };
    let offer = Offer {
        file: PathBuf::from("list.md"),
        name: text("Deploy day"),
        lists: vec![list("Before"), list("During")],
        mistakes: Vec::new(),
    };
    let _ = update(
        &mut model,
        Msg::Checklist(ChecklistMsg::Offered(vec![offer])),
    );
    let effects = of_lists(press(&mut model, "j enter a n a enter"));
    let start = ChecklistWork::Start {
        file: PathBuf::from("list.md"),
        list: Some(text("Before")),
        by: text("ana"),
    };
    assert_eq!(effects, [Effect::Work(Work::Checklist(start))]);
}

fn of_lists(mut effects: Vec<Effect>) -> Vec<Effect> {
    effects.retain(|effect| matches!(effect, Effect::Work(Work::Checklist(_))));
    effects
}
