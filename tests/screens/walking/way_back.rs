//! The way back of a list: there once something was rolled out, and gone once it was taken.

use quarterdeck::{
    checklist::{Hold, ItemId, What},
    domain::action::Action,
    plan::{Outcome, Progress, record::OperationId},
    state::{Effect, Model, Msg, Work, operations, update},
};

use super::{GATE, at_the_gate, by, press, said, text, walks};
use crate::{
    fixture::id,
    operations::{PLAN, agreed},
};

/// What the key of the way back says, where there is none.
fn why(model: &mut Model) -> String {
    assert_eq!(model.way_back().ok(), None);
    assert_eq!(press(model, "u"), []);
    said(model)
}

/// Its rollout has begun.
fn rolled_out() -> Model {
    let mut events = at_the_gate();
    events.push(by(4, "ana", What::Go { item: GATE }));
    events.push(by(5, "eve", What::Go { item: GATE }));
    let operation = OperationId::parse("op-1");
    let item = ItemId(5);
    events.push(by(6, "ana", What::DoBegun { item, operation }));
    walks(Hold::Own, events)
}

#[test]
fn it_is_of_the_last_rollout_begun() {
    let mut model = walks(Hold::Own, Vec::new());
    let none = "this list has rolled out nothing that could be rolled back";
    assert_eq!(why(&mut model), none);
    let mut model = rolled_out();
    assert_eq!(model.way_back().ok(), Some(id("api")));
    let effects = press(&mut model, "u");
    let asked = |effect: &Effect| {
        matches!(
            effect,
            Effect::Work(Work::Preview {
                action: Action::RollBack { to: None },
                ..
            })
        )
    };
    assert!(effects.iter().any(asked), "{effects:?}");
}

#[test]
fn it_is_gone_once() {
    let mut model = rolled_out();
    let plan = agreed(&model);
    let _ = operations::begin(&mut model, plan);
    assert_eq!(why(&mut model), "api is being rolled back");
    let verified = Progress::Ended(Outcome::Verified(text("3/3 on v1")));
    let _ = update(&mut model, Msg::Progress(PLAN, verified));
    assert_eq!(why(&mut model), "api was rolled back");
}
