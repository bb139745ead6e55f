//! What is found out for a walk beside the platform: backups, and questions that are asked again and again.

use quarterdeck::{
    checklist::{End, Hold, ItemId, What},
    expr::{Query, Truth},
    state::{
        Effect, Model, Msg, Work, update,
        walking::{ChecklistMsg, ChecklistWork},
    },
};

use super::{at, by, happened, of_lists, opened, text};
use crate::fixture::{id, shop};

const LIST: &str = "\
- [ ] Orders are kept `check: backup_age(api) < 1h`\n\
- [ ] What is queued is kept `check: backup_age(worker) < 1h`\n\
- [ ] It does not smoke `check: command(\"./smoke\")`\n";

fn walks() -> (Model, Vec<Effect>) {
    let mut model = shop();
    let _ = update(&mut model, Msg::Clock(at(100)));
    let opened = opened(&model, LIST, Hold::Own, Vec::new());
    let effects = update(&mut model, opened).effects;
    (model, effects)
}

fn asked(effects: Vec<Effect>) -> Option<Vec<Query>> {
    effects.into_iter().find_map(|effect| match effect {
        Effect::Work(Work::Checklist(ChecklistWork::Ask(_, queries))) => Some(queries),
        _ => None,
    })
}

#[test]
fn a_backup_of_one_service_leaves_that_of_another_known_and_an_older_one_the_newer() {
    let (mut model, _) = walks();
    for (service, second) in [("api", 1_200), ("worker", 2_400), ("api", 600)] {
        let backup = vec![(id(service), at(second))];
        let here = model.snapshot().host.identity.clone();
        let backup = ChecklistMsg::BackedUp(here, backup);
        let _ = update(&mut model, Msg::Checklist(backup));
    }
    for (item, age) in [(1, "30m"), (2, "10m")] {
        let view = model.checklist.view.as_mut().expect("it is open");
        view.cursor.selected = Some(ItemId(item));
        let _ = update(&mut model, Msg::Clock(at(3_000 + i64::from(item))));
        let view = model.checklist.view.as_ref().expect("it is open");
        let verdict = view.verdict(ItemId(item)).expect("it has a condition");
        assert_eq!(verdict.truth, Truth::True, "{verdict:?}");
        assert!(verdict.evidence[0].words.contains(age), "{verdict:?}");
    }
}

#[test]
fn nothing_is_asked_any_more_once_a_walk_has_ended() {
    let (mut model, effects) = walks();
    assert_eq!(asked(effects), Some(vec![Query::Command(text("./smoke"))]));
    let reason = text("tomorrow");
    let left = by(101, "ana", What::Ended(End::Left { reason }));
    let ended = update(&mut model, happened(vec![left]));
    assert_eq!(asked(ended.effects), Some(Vec::new()));
}

#[test]
fn a_walk_is_closed_when_another_place_is_shown() {
    let (mut model, _) = walks();
    let run = model
        .checklist
        .view
        .as_ref()
        .expect("it is open")
        .walk
        .id()
        .clone();
    let effects = update(&mut model, Msg::Connected(Box::default())).effects;
    let closed = ChecklistWork::Close(run);
    assert_eq!(of_lists(effects), [Effect::Work(Work::Checklist(closed))]);
    assert!(model.checklist.view.is_none());
}
