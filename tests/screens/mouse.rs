//! Clicks and the wheel reach what is drawn where they happen.

use quarterdeck::{
    domain::command::Command,
    state::{
        Effect, Model, Msg, Pane, Work, keys,
        msg::{Mouse, MouseAction},
        services::RowId,
        update,
    },
};

use crate::{
    fixture::{id, shop},
    picture::{frame, look, rows},
};

/// Does something with the mouse where `text` is drawn.
fn at(model: &mut Model, text: &str, action: MouseAction) -> Vec<Effect> {
    let (columns, height) = (80, 24);
    let drawn = rows(&frame(model, &look(), columns, height));
    let row = drawn.iter().position(|row| row.contains(text)).expect(text);
    let byte = drawn[row].find(text).expect(text);
    let column = drawn[row][..byte].chars().count();
    let mouse = Mouse {
        action,
        column: column as u16,
        row: row as u16,
    };
    update(model, Msg::Mouse(mouse)).effects
}

#[test]
fn a_click_selects_the_row_and_its_pane() {
    let mut model = shop();
    at(&mut model, "media", MouseAction::Press);
    assert_eq!(
        model.services.cursor.selected,
        Some(RowId::Service(id("media")))
    );
    at(&mut model, "v1.8.1", MouseAction::Press);
    assert_eq!(model.focus, Pane::Rollouts);
    at(&mut model, "already there", MouseAction::Press);
    assert_eq!(model.focus, Pane::Alerts);
    at(&mut model, "media cert ends", MouseAction::Press);
    let selected = model.alerts.cursor.selected.clone().expect("an alert");
    assert_eq!(selected.0, "media cert ends in 12 d");
}

#[test]
fn the_wheel_turns_the_pane_under_it() {
    let mut model = shop();
    for _ in 0..20 {
        at(&mut model, "READY", MouseAction::ScrollDown);
    }
    let last = model.services.rows().last().cloned();
    assert_eq!(model.services.cursor.selected, last);
    assert_eq!(model.focus, Pane::Services);
}

#[test]
fn the_mouse_reaches_nothing_under_a_dialog() {
    let mut model = shop();
    let before = model.services.cursor.selected.clone();
    let drawn = rows(&frame(&mut model, &look(), 80, 24));
    let row = drawn
        .iter()
        .position(|row| row.contains("media"))
        .expect("media");
    let _ = keys::run(&mut model, Command::Palette);
    let mouse = Mouse {
        action: MouseAction::Press,
        column: 6,
        row: row as u16,
    };
    let _ = update(&mut model, Msg::Mouse(mouse));
    assert_eq!(model.services.cursor.selected, before);
}

#[test]
fn the_platform_hears_which_services_are_on_screen_once() {
    let mut model = shop();
    let _ = update(&mut model, Msg::Resized(80, 24));
    let again = update(&mut model, Msg::Resized(80, 24));
    assert_eq!(again.effects, []);
    let smaller = update(&mut model, Msg::Resized(40, 10));
    let [Effect::Work(Work::Visible(services))] = smaller.effects.as_slice() else {
        panic!("{:?}", smaller.effects)
    };
    assert!(
        services.contains(&id("worker")) && services.len() < 8,
        "{services:?}"
    );
}
