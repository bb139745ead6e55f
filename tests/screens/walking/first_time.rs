//! What somebody meets who has never walked a list here, at night and in a hurry.

use quarterdeck::{
    checklist::{Hold, What},
    domain::command::Command,
    plan::record::{OperationId, OperationResult},
    state::{
        Effect, Model, Msg, Work,
        checklist::parts,
        hints::hints,
        msg::{Mouse, MouseAction},
        update,
        walking::ChecklistWork,
    },
};

use super::{
    BACKUP, HEALTHY, SUPPORT, at_the_gate, backed_up, by, on, one, press, said, text, walks,
    written,
};
use crate::{
    fixture::shop,
    picture::{look, text as drawn},
};

#[test]
fn enter_says_which_key_does_what_is_next() {
    let mut model = walks(Hold::Own, vec![backed_up()]);
    assert_eq!(written(press(&mut model, "enter")), []);
    assert_eq!(said(&model), "space is the key here: it is done");
    let events = vec![backed_up(), by(2, "ana", What::Attested { item: SUPPORT })];
    let mut model = walks(Hold::Own, events);
    let _ = press(&mut model, "enter");
    assert!(
        said(&model).starts_with("it proves itself"),
        "{}",
        said(&model)
    );
}

#[test]
fn the_hint_bar_begins_with_the_key_for_what_is_next() {
    let hint = |model: &Model| {
        let (chord, command) = hints(model)[0];
        (chord.to_string(), command)
    };
    let settle = ("space".to_owned(), Command::Settle);
    for events in [Vec::new(), vec![backed_up()], at_the_gate()] {
        assert_eq!(hint(&walks(Hold::Own, events)), settle);
    }
    let frame = |events| drawn(&mut walks(Hold::Own, events), &look(), 80, 24);
    assert!(frame(Vec::new()).contains(" space show the plan "));
    assert!(frame(vec![backed_up()]).contains(" space it is done "));
    assert!(frame(at_the_gate()).contains(" space go or no go "));
    // Whose console is gone is waited for by nobody.
    let mut gone = walks(Hold::Nobody, vec![backed_up()]);
    assert!(drawn(&mut gone, &look(), 80, 24).contains(" h take control "));
    let _ = press(&mut gone, "space");
    assert!(said(&gone).contains("is gone"), "{}", said(&gone));
}

#[test]
fn a_click_selects_a_step_and_does_nothing_else() {
    let mut model = walks(Hold::Own, vec![backed_up()]);
    let steps = parts(&model).steps;
    let mut click = |row: u16| {
        let mouse = Mouse {
            action: MouseAction::Press,
            column: steps.x + 9,
            row: steps.y + row,
        };
        let effects = update(&mut model, Msg::Mouse(mouse)).effects;
        assert_eq!(written(effects), []);
        on(&model)
    };
    // The heading, the killer, and what comes after them.
    assert_eq!(click(3), Some(SUPPORT));
    assert_eq!(click(4), Some(HEALTHY));
    assert_eq!(click(1), Some(HEALTHY), "a heading is no step");
    assert_eq!(click(0), Some(HEALTHY), "nor is the frame");
    let _ = press(&mut model, "space");
    assert_eq!(on(&model), Some(HEALTHY), "it stays where somebody looks");
}

#[test]
fn of_what_nobody_knows_somebody_says_what_was_read() {
    let operation = OperationId::parse("op-1");
    let (item, words) = (BACKUP, text("its answer was lost"));
    let begun = What::DoBegun {
        item,
        operation: operation.clone(),
    };
    let ended = What::DoEnded {
        item,
        operation,
        result: OperationResult::Unverified,
        words,
    };
    let lost = vec![by(1, "ana", begun), by(2, "ana", ended)];
    let resolves = |effects: &[Effect]| {
        let resolves = |effect: &Effect| {
            matches!(
                effect,
                Effect::Work(Work::Checklist(ChecklistWork::Resolve(_, BACKUP)))
            )
        };
        effects.iter().any(resolves)
    };
    let mut model = walks(Hold::Own, lost.clone());
    assert!(!resolves(&press(&mut model, "space")));
    let frame = drawn(&mut model, &look(), 80, 24);
    assert!(frame.contains("its answer was lost"), "{frame}");
    assert!(
        resolves(&press(&mut model, "enter")),
        "the first answer reads"
    );
    for (keys, happened) in [("space tab enter", true), ("space tab tab enter", false)] {
        let mut model = walks(Hold::Own, lost.clone());
        assert_eq!(written(press(&mut model, keys)), []);
        assert_eq!(written(press(&mut model, "enter")), [], "what was read?");
        let evidence = text("ana read: ls");
        let resolved = What::Resolved {
            item,
            happened,
            unsent: false,
            evidence,
        };
        assert_eq!(
            written(press(&mut model, "l s enter")),
            one("ana", resolved)
        );
    }
}

#[test]
fn wherever_a_list_is_rehearsed_the_screen_says_so() {
    let mut model = shop();
    model.place.simulated = true;
    assert!(drawn(&mut model, &look(), 80, 24).contains(" DEMO "));
    let mut model = walks(Hold::Own, Vec::new());
    model.place.simulated = true;
    for layers in [1, 0] {
        model.layers.truncate(layers);
        let frame = drawn(&mut model, &look(), 80, 24);
        assert!(
            frame.contains(" REHEARSAL ") && !frame.contains(" DEMO "),
            "{frame}"
        );
    }
}
