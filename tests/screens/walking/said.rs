//! What people say in a walk, at whose console, and what is told of it.

use std::time::Duration;

use quarterdeck::{
    checklist::{Event, Finding, Hold, ItemId, What},
    domain::command::Command,
    plan::record::OperationId,
    state::{
        Effect, Model, Msg, Work, checklist, hints, operations, update,
        walking::{ChecklistMsg, ChecklistWork},
    },
};

use super::{
    BACKUP, GATE, HEALTHY, SUPPORT, at_the_gate, backed_up, by, happened, on, one, opened, press,
    said, text, walks, written,
};
use crate::{
    fixture::shop,
    operations::{PLAN, agreed},
    picture,
};

/// The events that are to be written down.
fn events(effects: Vec<Effect>) -> Vec<Event> {
    let records = effects.into_iter().filter_map(|effect| match effect {
        Effect::Work(Work::Checklist(ChecklistWork::Record(_, events))) => Some(events),
        _ => None,
    });
    records.flatten().collect()
}

#[test]
fn what_a_second_person_types_here_is_told_from_what_they_type_at_their_own() {
    let said = by(10, "ana", What::Go { item: GATE });
    let mut model = walks(Hold::Own, at_the_gate().into_iter().chain([said]).collect());
    let own = events(press(&mut model, "n o k enter"));
    assert_eq!((own[0].by.as_str(), &own[0].entered_by), ("ana", &None));
    let _ = press(&mut model, "space tab enter");
    let second = events(press(&mut model, "e v e enter"));
    let typed = (second[0].by.as_str(), second[0].entered_by.as_deref());
    assert_eq!(typed, ("eve", Some("ana")));
}

/// Whether the bar of hints shows it.
fn hinted(model: &Model) -> bool {
    let mut hints = hints::hints(model).into_iter();
    hints.any(|(_, command)| command == Command::TakeBack)
}

#[test]
fn an_attestation_is_taken_back_by_a_key_with_a_reason() {
    let attested = || vec![backed_up(), by(2, "ana", What::Attested { item: SUPPORT })];
    let mut model = walks(Hold::Own, attested());
    assert_eq!(
        (on(&model), press(&mut model, "t")),
        (Some(HEALTHY), vec![])
    );
    assert_eq!(
        said(&model),
        "only what somebody attested can be taken back"
    );
    let _ = press(&mut model, "up");
    assert!(press(&mut model, "t enter").is_empty(), "no reason");
    let effects = press(&mut model, "n o enter");
    let (item, reason) = (SUPPORT, text("no"));
    let taken = What::TakenBack { item, reason };
    assert_eq!(written(effects), one("ana", taken.clone()));
    let _ = update(&mut model, happened(vec![by(5, "ana", taken)]));
    assert_eq!(on(&model), Some(SUPPORT), "it is next again");
    let shown = picture::text(&mut model, &picture::look(), 100, 30);
    assert!(shown.contains("taken back: no (attested "), "{shown}");

    let mut watching = walks(Hold::Other, attested());
    assert!(press(&mut watching, "up t").is_empty());
    assert_eq!(said(&watching), "ana has control; you watch");

    let gone = by(10, "ana", What::Go { item: GATE });
    let mut model = walks(Hold::Own, at_the_gate().into_iter().chain([gone]).collect());
    let _ = press(&mut model, "home down t");
    let why = "step 4 was gone on with because of it; a note can say what is not so";
    assert_eq!(said(&model), why);
}

#[test]
fn the_key_is_hinted_at_where_it_does_something() {
    let attested = vec![backed_up(), by(2, "ana", What::Attested { item: SUPPORT })];
    let mut model = walks(Hold::Own, attested);
    let _ = update(&mut model, Msg::Resized(200, 40));
    assert!(!hinted(&model), "nobody attested that it is healthy");
    let _ = press(&mut model, "up");
    assert!(hinted(&model));
}

#[test]
fn a_step_that_failed_tells_why_it_fails_now() {
    const LIST: &str = "- [ ] The worker is well `check: healthy(worker)`\n";
    let mut model = shop();
    let failed = What::Checked {
        item: ItemId(1),
        found: Finding::False,
        evidence: text("worker was never started"),
    };
    let opened = opened(&model, LIST, Hold::Own, vec![by(1, "ana", failed)]);
    let _ = update(&mut model, opened);
    let shown = picture::text(&mut model, &picture::look(), 120, 30);
    let row = shown
        .lines()
        .find(|line| line.contains("The worker is well"));
    let row = row.expect("it is shown");
    assert!(row.contains("failed") && !row.contains("never"), "{row}");
    let view = model.checklist.view.as_ref().expect("it is open");
    let verdict = view.verdict(ItemId(1)).expect("it has a condition");
    let words = verdict.words();
    assert!(row.contains(&words[..10]), "{row}: {words}");
}

#[test]
fn that_something_cannot_be_read_is_told_once_until_it_is_otherwise() {
    let operation = OperationId::parse("op-1");
    let (item, why) = (BACKUP, text("no answer"));
    let lost = [
        What::DoBegun { item, operation },
        What::Uncertain { item, why },
    ];
    let mut model = walks(Hold::Own, lost.map(|what| by(1, "ana", what)).into());
    let tells = |model: &mut Model, why: &str| {
        let before = model.notices.newest_first().count();
        let run = model.checklist.view.as_ref().expect("it is open").walk.id();
        let unread = ChecklistMsg::Unread(run.clone(), BACKUP, text(why));
        let _ = update(model, Msg::Checklist(unread));
        model.notices.newest_first().count() > before
    };
    assert!(tells(&mut model, "the journal is away"));
    assert!(!tells(&mut model, "the journal is away"));
    assert!(tells(&mut model, "api is not there"));
    let reads = |effect: &Effect| {
        matches!(
            effect,
            Effect::Work(Work::Checklist(ChecklistWork::Resolve(_, BACKUP)))
        )
    };
    let effects = press(&mut model, "space enter");
    assert!(effects.iter().any(reads), "{effects:?}");
    assert!(tells(&mut model, "api is not there"), "somebody asked");
}

#[test]
fn an_action_that_could_not_be_recorded_is_still_its_steps() {
    let mut model = walks(Hold::Own, Vec::new());
    let plan = agreed(&model);
    let preview = plan.preview().as_ref().clone();
    let _ = checklist::doing(&mut model, Some(BACKUP), PLAN);
    let _ = operations::begin(&mut model, plan);
    let unrecordable = Msg::Unrecordable(PLAN, text("the disk is full"));
    let effects = update(&mut model, unrecordable).effects;
    let op = effects.iter().find_map(|effect| match effect {
        Effect::Work(Work::Preview { op, .. }) => Some(*op),
        _ => None,
    });
    let previewed = Msg::Previewed(op.expect("it is asked again"), Box::new(Ok(preview)));
    let _ = update(&mut model, previewed);
    let later = model.now + Duration::from_secs(1);
    let _ = update(&mut model, Msg::Clock(later));
    let _ = update(&mut model, Msg::Paste("unrecorded".to_owned()));
    let of_step = |effect: &Effect| matches!(effect, Effect::Work(Work::Checklist(ChecklistWork::Doing { item, .. })) if *item == BACKUP);
    let effects = press(&mut model, "enter");
    assert!(effects.iter().any(of_step), "{effects:?}");
}
