//! The list that is walked: its steps, what shows how the one under the cursor stands, and the service that it is about.

mod evidence;
pub(super) mod offer;
mod service;
mod status;
mod steps;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look, figures, frame,
    layer::{title_on_border, titled},
    paint::{Row, clear, line},
};
use crate::{
    checklist::ItemId,
    domain::{command::Command, scope::Scope, theme::Role},
    state::{
        Model,
        checklist::{Say, View, parts},
        layout,
    },
    text::width,
};

/// Draws it over the panes.
pub(super) fn draw(model: &Model, look: &Look, buffer: &mut Buffer) {
    let Some(view) = &model.checklist.view else {
        return;
    };
    let parts = parts(model);
    for part in [
        parts.status,
        parts.banner,
        parts.steps,
        parts.evidence,
        parts.service,
    ] {
        clear(part, buffer);
        buffer.set_style(part, look.style(Role::Text));
    }
    status::draw(model, look, view, parts.status, buffer);
    banner(model, look, view, parts.banner, buffer);
    let shown = [parts.steps, parts.evidence, parts.service];
    let frames: Vec<Rect> = shown.into_iter().filter(|part| !part.is_empty()).collect();
    frame::joined(model, look, &frames, buffer);
    if !parts.steps.is_empty() {
        steps::draw(model, look, view, parts.steps, buffer);
    }
    evidence::draw(model, look, view, parts.evidence, buffer);
    if !parts.service.is_empty() {
        service::draw(model, look, parts.service, buffer);
    }
}

/// The abort criterion is met, over the whole width; nothing happens by itself.
fn banner(model: &Model, look: &Look, view: &View, area: Rect, buffer: &mut Buffer) {
    let run = view.run();
    let (Some(breach), Some(words)) = (run.breach(), &view.breach) else {
        return;
    };
    let criterion = run.document().abort_when.as_ref();
    let criterion = criterion.map_or(String::new(), |is| format!("  [{}]", is.expr));
    buffer.set_style(area, look.style(Role::Production));
    let style = look.style(Role::Production);
    let mut row = Row::new();
    let lasts = figures::lasting(figures::seconds(breach.since, model.now));
    row.push(format!(" {} ABORT? ", look.glyphs.critical), style);
    row.push(format!("for {lasts}: {words}{criterion}"), style);
    row.draw(look, line(area, 0), buffer);
    let mut row = Row::new();
    let next = match model.way_back() {
        Ok(service) => format!(
            "   {} shows the plan that rolls {} back; nothing is sent before you confirm it",
            key(model, look, Command::RollBack),
            model.name_of(&service),
        ),
        Err(why) => format!("   {why}; look at what is wrong first"),
    };
    row.push(next, style);
    row.draw(look, line(area, 1), buffer);
}

/// Words on the upper border of a frame, at its left and at its right.
fn title(look: &Look, left: Row, right: &str, frame: Rect, buffer: &mut Buffer) {
    let rest = title_on_border(look, left, frame, buffer);
    let room = usize::from(rest.width);
    if room > 8 && !right.is_empty() {
        let mut row = Row::new();
        let words = cut(look, right, room - 2);
        row.push(format!(" {words} "), look.style(Role::Dim));
        row.draw_right(look, rest, buffer);
    }
}

/// As much of it as fits; where it is cut, the terminal's own sign says so.
fn cut(look: &Look, text: &str, room: usize) -> String {
    // Texts of others may be long: only what fits is looked at.
    if width::head(text, room).len() == text.len() {
        return text.to_owned();
    }
    let head = width::head(text, room.saturating_sub(1));
    format!("{head}{}", look.glyphs.ellipsis)
}

/// What is within a frame.
fn within(frame: Rect) -> Rect {
    layout::inner(frame)
}

/// The key of a command of the walk, as it is written.
fn key(model: &Model, look: &Look, command: Command) -> String {
    let chords = model.keymap.chords(Scope::Checklist, command);
    chords.first().map_or_else(
        || format!(":{}", command.name()),
        |chord| look.chord(*chord),
    )
}

/// What is asked in a line: its title, and the question.
pub(super) fn question(model: &Model, look: &Look, say: &Say) -> (Row, String) {
    let (word, item, words) = match say {
        Say::Skip(item) => (
            "Skip",
            Some(*item),
            "why it is left out; the reason is recorded".to_owned(),
        ),
        Say::TakeBack(item) => (
            "Take back",
            Some(*item),
            "why it is not so; that it was attested stays in the record".to_owned(),
        ),
        Say::Waiver(item) => (
            "Waive",
            Some(*item),
            "the name of the second person who answers for leaving it out".to_owned(),
        ),
        Say::Waive(item, second) => (
            "Waive",
            Some(*item),
            format!("why {second} answers for leaving it out; the reason is recorded"),
        ),
        Say::Note(item) => (
            "Note",
            Some(*item),
            "what is to be remembered about this step".to_owned(),
        ),
        Say::Second(item) => (
            "Go",
            Some(*item),
            "the name of the second person who says go".to_owned(),
        ),
        Say::NoGo(item) => (
            "No go",
            Some(*item),
            "why not; the reason is recorded".to_owned(),
        ),
        Say::Give => (
            "Hand over",
            None,
            "the name of who is to have control; it is theirs once they take it".to_owned(),
        ),
        Say::Leave => (
            "End before its end",
            None,
            "why it is left; what is still open stays so in the record".to_owned(),
        ),
        Say::Read(item, true) => (
            "It happened",
            Some(*item),
            "where you looked, and what you read; it is recorded".to_owned(),
        ),
        Say::Read(item, false) => (
            "It did not happen",
            Some(*item),
            "where you looked, and what you read; it is recorded".to_owned(),
        ),
    };
    (about(model, look, word, item), words)
}

/// A gate: its title, and what is said of it.
pub(super) fn at_gate(model: &Model, look: &Look, item: ItemId) -> (Row, String) {
    let view = model.checklist.view.as_ref();
    let step = view.and_then(|view| view.run().step(item));
    let said: Vec<&str> = step.map_or(Vec::new(), |s| s.go.iter().map(|name| &**name).collect());
    let words = if said.is_empty() {
        "Nobody has said go yet. It opens when who has control and one other person do.".to_owned()
    } else {
        format!("{} said go; one other person is needed.", said.join(", "))
    };
    (about(model, look, "Go or no go", Some(item)), words)
}

/// An action of which nobody knows: its title, and what is known.
pub(super) fn of_uncertain(model: &Model, look: &Look, item: ItemId) -> (Row, String) {
    let view = model.checklist.view.as_ref();
    let step = view.and_then(|view| view.run().step(item));
    let known = step.map_or("", |step| step.words.as_str());
    let words = format!("Nobody knows what became of it: {known}. It is never done to find out.");
    (about(model, look, "Did it happen?", Some(item)), words)
}

fn about(model: &Model, look: &Look, word: &str, item: Option<ItemId>) -> Row {
    let mut row = titled(look, word);
    let view = model.checklist.view.as_ref();
    let item = view
        .zip(item)
        .and_then(|(view, id)| view.run().document().item(id));
    if let Some(item) = item {
        row.push(
            format!(" {} ", cut(look, &item.text, 60)),
            look.style(Role::Accent),
        );
    }
    row
}
