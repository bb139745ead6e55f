//! The same for lists: those that are offered, and one that is walked, whole, asked about, ended, and as it is saved.

use quarterdeck::{
    checklist::{Hold, ItemId},
    domain::command::Command,
    state::{
        Layer, Model,
        checklist::{Say, offer},
        keys::run,
        layer::{prompt, question},
        update,
    },
    text::{SafeText, lines},
    ui::Look,
};

use super::{
    SIZES, hostile,
    world::{Outside, lists::STEPS},
};
use crate::{
    hostile_text::{CORPUS, is_clean},
    screen::{look, show},
};

/// What a line of a list asks, of a step.
fn questions(item: ItemId, name: SafeText) -> [Say; 11] {
    [
        Say::Skip(item),
        Say::TakeBack(item),
        Say::Waiver(item),
        Say::Waive(item, name),
        Say::Note(item),
        Say::Second(item),
        Say::NoGo(item),
        Say::Give,
        Say::Leave,
        Say::Read(item, true),
        Say::Read(item, false),
    ]
}

/// What can be begun, and what has not ended.
fn offered(model: &mut Model, look: &Look, outside: &mut Outside<'_>, size: (u16, u16)) {
    let _ = run(model, Command::Checklist);
    for msg in outside.offers(model) {
        let _ = update(model, msg);
    }
    show(model, look, size);
    let _ = run(model, Command::Bottom);
    show(model, look, size);
    model.layers.clear();
}

/// A run is open; its record is text.
fn walks(model: &mut Model, outside: &mut Outside<'_>, hold: Hold, ended: bool) {
    let (opened, record) = outside.walk(model, hold, ended);
    let _ = update(model, opened);
    let open = matches!(model.layers.last(), Some(Layer::Walk));
    assert!(open, "{:?}", model.notices);
    for line in lines(&record).lines() {
        assert!(is_clean(&line.replace('\t', " ")), "{line:?}");
    }
    let _ = run(model, Command::Top);
}

/// Each step, in the steps and with the evidence alone, and whatever is asked about it.
fn steps(model: &mut Model, look: &Look, outside: &mut Outside<'_>, size: (u16, u16)) {
    for item in (1..=STEPS).map(ItemId) {
        for _ in 0..2 {
            show(model, look, size);
            let _ = run(model, Command::Zoom);
        }
        for asked in [
            question::Asked::Gate(item),
            question::Asked::Uncertain(item),
        ] {
            let _ = question::ask(model, asked);
            show(model, look, size);
            model.layers.pop();
        }
        let _ = run(model, Command::Down);
    }
    for asked in questions(ItemId(1), outside.named()) {
        let _ = prompt::ask(model, prompt::Asked::Walk(asked), "");
        let _ = update(model, outside.paste());
        show(model, look, size);
        model.layers.pop();
    }
}

#[test]
fn the_corpus_in_every_view_of_a_list() {
    let look = look();
    for first in 0..CORPUS.len() {
        let outside = &mut Outside::new(CORPUS, first);
        let mut model = hostile(outside, 2);
        let size = SIZES[first % SIZES.len()];
        offered(&mut model, &look, outside, size);
        walks(&mut model, outside, Hold::Own, false);
        steps(&mut model, &look, outside, size);
        // From the panes, where a walk goes on under them.
        model.layers.clear();
        show(&mut model, &look, size);
        for (hold, ended) in [
            (Hold::Other, false),
            (Hold::Nobody, false),
            (Hold::Own, true),
        ] {
            let _ = offer::close_run(&mut model);
            walks(&mut model, outside, hold, ended);
            show(&mut model, &look, size);
        }
    }
}

#[test]
fn lines_of_a_megabyte_in_every_view_of_a_list() {
    const LONG: usize = 1 << 20;
    let look = look();
    let lines = ["日", "\u{202e}\u{200b}", "\0\u{1b}[31m"];
    for (first, line) in lines.into_iter().enumerate() {
        let line = line.repeat(LONG / line.len());
        // Of all that is said one in four is long: more of them take long to read, and show nothing new.
        let all = [line.as_bytes(), b"a", b"b", b"c"];
        let outside = &mut Outside::new(&all, first);
        let mut model = hostile(outside, 1);
        offered(&mut model, &look, outside, SIZES[0]);
        walks(&mut model, outside, Hold::Own, false);
        show(&mut model, &look, SIZES[0]);
        let _ = run(&mut model, Command::Zoom);
        show(&mut model, &look, SIZES[0]);
    }
}
