//! A list that is rehearsed from the screen of a real deployment, and the way back.

use std::{path::PathBuf, sync::Arc};

use quarterdeck::{
    checklist::{End, Hold, ListKind, What},
    domain::{command::Command, host::Host, source::SourceHealth},
    state::{
        Effect, Layer, Loop, Model, Msg, Place, Work, hints, keys, operations, place, update,
        walking::{ChecklistMsg, ChecklistWork, Offer, OfferedList},
    },
};

use super::{of_lists, one, press, said, text, walks, written};
use crate::{
    fixture::{shop, source},
    operations::agreed,
    picture,
};

/// The cursor is on the list that is offered.
fn offers(mut model: Model) -> Model {
    model.operator = Some(text("ana"));
    let _ = update(&mut model, Msg::Resized(80, 24));
    let _ = keys::run(&mut model, Command::Checklist);
    let list = OfferedList {
        name: text("Before"),
        kind: ListKind::Checklist,
        steps: 2,
    };
    let offer = Offer {
        file: PathBuf::from("list.md"),
        name: text("Deploy day"),
        lists: vec![list],
        mistakes: Vec::new(),
    };
    let offered = ChecklistMsg::Offered(vec![offer]);
    let _ = update(&mut model, Msg::Checklist(offered));
    model
}

/// What is reached is a copy, or what is real.
fn reached(model: &mut Model, copy: bool) -> Vec<Effect> {
    let place = Place {
        simulated: copy,
        rehearsal: copy,
        copy,
        ..model.place.clone()
    };
    let connected = place::Connected {
        place,
        ..place::Connected::default()
    };
    update(model, Msg::Connected(Box::new(connected))).effects
}

fn shows(model: &mut Model) -> Vec<Effect> {
    let snapshot = shop().snapshot().clone();
    let state = source(SourceHealth::Live, 0, snapshot);
    update(model, Msg::Source(Box::new(state))).effects
}

fn hinted(model: &Model, command: Command) -> bool {
    hints::hints(model).iter().any(|(_, hint)| *hint == command)
}

#[test]
fn a_list_is_rehearsed_once_the_copy_is_there() {
    let mut model = offers(shop());
    assert!(hinted(&model, Command::Rehearse));
    let effects = press(&mut model, "r");
    assert_eq!(effects[0], Effect::Loop(Loop::Rehearse), "{effects:?}");
    assert_eq!(of_lists(reached(&mut model, true)), []);
    let start = ChecklistWork::Start {
        file: PathBuf::from("list.md"),
        list: Some(text("Before")),
        by: text("ana"),
    };
    assert_eq!(
        of_lists(shows(&mut model)),
        [Effect::Work(Work::Checklist(start))]
    );
    assert_eq!(of_lists(shows(&mut model)), [], "it is begun once");
    let shown = picture::text(&mut model, &picture::look(), 80, 24);
    assert!(shown.starts_with(" REHEARSAL  PRODUCTION"), "{shown}");
    assert!(hinted(&model, Command::EndRehearsal), "{shown}");
}

#[test]
fn what_was_to_be_rehearsed_does_not_begin_where_it_is_real() {
    let mut model = offers(shop());
    let _ = press(&mut model, "r");
    assert_eq!(of_lists(press(&mut model, "enter")), []);
    assert_eq!(of_lists(shows(&mut model)), []);
    let _ = reached(&mut model, false);
    assert_eq!(of_lists(shows(&mut model)), []);
    assert!(!hinted(&model, Command::EndRehearsal));
    assert_eq!(press(&mut model, "B"), [], "there is nothing to end");
    assert_eq!(said(&model), "this is no rehearsal");
}

#[test]
fn what_cannot_be_rehearsed_says_why() {
    let refuses = |mut model: Model, why: &str| {
        assert!(!hinted(&model, Command::Rehearse), "{why}");
        assert_eq!(press(&mut model, "r"), []);
        assert_eq!(said(&model), why);
        assert!(matches!(model.layers.last(), Some(Layer::Lists(_))));
    };
    let mut simulated = offers(shop());
    simulated.place.simulated = true;
    refuses(simulated, "this is simulated already: enter begins it");
    let mut stale = offers(shop());
    stale.source.health = SourceHealth::Stale;
    refuses(stale, "nothing can be copied before the platform answers");
    let mut begins = offers(shop());
    let _ = press(&mut begins, "enter");
    refuses(begins, "a list is being begun here");
    let mut acts = offers(shop());
    let plan = agreed(&acts);
    let _ = operations::begin(&mut acts, plan);
    let why = "an action is under way here: what it does is to be seen";
    refuses(acts, why);
}

#[test]
fn back_from_a_rehearsal_its_run_is_left_and_nothing_of_it_goes_on() {
    let mut model = walks(Hold::Own, Vec::new());
    model.place.copy = true;
    let plan = agreed(&model);
    let _ = operations::begin(&mut model, plan);
    let effects = press(&mut model, "B");
    assert_eq!(effects.last(), Some(&Effect::Loop(Loop::EndRehearsal)));
    let reason = text("the rehearsal was ended");
    let left = What::Ended(End::Left { reason });
    assert_eq!(written(effects), one("ana", left));
    let _ = reached(&mut model, false);
    assert!(model.checklist.view.is_none());
}

/// A world of its own has ended with what went on in it: here nothing is under way, and one leaves without being asked.
#[test]
fn an_action_of_a_rehearsal_is_none_of_the_real_one() {
    let mut model = shop();
    let mut copy = model.snapshot().clone();
    copy.host = Arc::new(Host {
        identity: text("sim:shop"),
        ..Host::default()
    });
    let state = source(SourceHealth::Live, 0, copy);
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    let plan = agreed(&model);
    let _ = operations::begin(&mut model, plan);
    assert_eq!(model.operations.running().count(), 1);
    let _ = reached(&mut model, false);
    assert_eq!(model.operations.running().count(), 0);
}
