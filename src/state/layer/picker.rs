//! A list to choose from.

use super::{
    super::{
        Destination, Loop, Model, Update,
        list::Cursor,
        logs,
        services::{self, Sort},
    },
    Layer, close,
};
use crate::{domain::command::Command, text::SafeText};
use strum::IntoEnumIterator as _;

/// What choosing does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The order of the services.
    Sort(Sort),
    /// Another environment.
    Environment(SafeText),
    /// How far back the logs go, in minutes: all there is for 0, the last lines for none.
    Since(Option<i64>),
    /// How the logs are written to a file.
    SaveLogs(logs::Form),
    /// What goes wrong in a simulated deployment; `None` heals what lasts.
    LetGoWrong(Option<usize>),
}

/// The list.
#[derive(Debug)]
pub struct Picker {
    /// Its title.
    pub title: &'static str,
    /// What is offered: words and meaning.
    pub choices: Vec<(SafeText, Choice)>,
    /// The words of what holds now.
    pub present: SafeText,
    /// The one chosen so far, by its words.
    pub cursor: Cursor<SafeText>,
}

impl Picker {
    /// What is offered, in words.
    pub fn words(&self) -> Vec<SafeText> {
        let words = self.choices.iter().map(|(words, _)| words.clone());
        words.collect()
    }
}

/// Offers the orders of the services.
pub fn sort(model: &mut Model) -> Update {
    let words = |sort: Sort| SafeText::format(format_args!("{sort}"));
    let choices = Sort::iter().map(|s| (words(s), Choice::Sort(s))).collect();
    let present = words(model.services.sort);
    open(model, "Sort by", choices, present)
}

/// Offers the environments.
pub fn environments(model: &mut Model) -> Update {
    let present = model.place.environment.clone();
    let choice = |e: &SafeText| (e.clone(), Choice::Environment(e.clone()));
    let choices: Vec<_> = model.place.others.iter().map(choice).collect();
    if choices.iter().all(|(words, _)| *words == present) {
        let now = model.now;
        let text = SafeText::format(format_args!("there is no other environment than {present}"));
        model.notices.say(now, None, text);
        return Update::redraw();
    }
    open(model, "Environment", choices, present)
}

/// Offers how far back the logs go.
pub fn since(model: &mut Model) -> Update {
    let choices = [
        ("the last lines", None),
        ("1 minute", Some(1)),
        ("5 minutes", Some(5)),
        ("15 minutes", Some(15)),
        ("1 hour", Some(60)),
        ("all there is", Some(0)),
    ];
    let choices =
        choices.map(|(words, since)| (SafeText::from_static(words), Choice::Since(since)));
    open(model, "Logs since", choices.into(), SafeText::EMPTY)
}

/// Offers the forms in which logs are saved.
pub fn save_logs(model: &mut Model) -> Update {
    let choices = [
        ("message and fields", logs::Form::Fields),
        ("message alone", logs::Form::Message),
        ("as written", logs::Form::Written),
    ];
    let choices =
        choices.map(|(words, form)| (SafeText::from_static(words), Choice::SaveLogs(form)));
    open(model, "Save what is shown", choices.into(), SafeText::EMPTY)
}

/// Offers what may be let go wrong in a simulated deployment.
pub fn mishaps(model: &mut Model) -> Update {
    let each = model.place.mishaps.iter().enumerate();
    let each = each.map(|(place, words)| (words.clone(), Choice::LetGoWrong(Some(place))));
    let heal = SafeText::from_static("all that lasts ends; what was released stays");
    let choices = each.chain([(heal, Choice::LetGoWrong(None))]).collect();
    open(model, "Let go wrong", choices, SafeText::EMPTY)
}

/// Offers choices, the cursor on what holds now.
pub fn open(
    model: &mut Model,
    title: &'static str,
    choices: Vec<(SafeText, Choice)>,
    present: SafeText,
) -> Update {
    let mut picker = Picker {
        title,
        choices,
        present,
        cursor: Cursor::default(),
    };
    let words = picker.words();
    let at = words.iter().position(|w| *w == picker.present).unwrap_or(0);
    picker.cursor.go(&words, at);
    model.layers.push(Layer::Picker(picker));
    Update::redraw()
}

/// A command while it is on top.
pub fn command(model: &mut Model, command: Option<Command>) -> Update {
    let page = usize::from(model.size.1 / 2).max(1).cast_signed();
    let Some(Layer::Picker(picker)) = model.layers.last_mut() else {
        return Update::none();
    };
    let words = picker.words();
    match command {
        Some(Command::Up) => picker.cursor.step(&words, -1),
        Some(Command::Down) => picker.cursor.step(&words, 1),
        Some(Command::PageUp) => picker.cursor.step(&words, -page),
        Some(Command::PageDown) => picker.cursor.step(&words, page),
        Some(Command::Top) => picker.cursor.go(&words, 0),
        Some(Command::Bottom) => picker.cursor.go(&words, usize::MAX),
        Some(Command::Confirm) => {
            let chosen = picker
                .cursor
                .position(&words)
                .map(|at| picker.choices[at].1.clone());
            model.layers.pop();
            return match chosen {
                Some(Choice::Sort(sort)) => {
                    model.services.sort = sort;
                    services::refresh(model)
                }
                Some(Choice::Environment(name)) if name == model.place.environment => {
                    Update::redraw()
                }
                Some(Choice::Environment(name)) => {
                    Update::effect(Loop::Go(Destination::Environment(name)))
                }
                Some(Choice::Since(minutes)) => logs::since(model, minutes),
                Some(Choice::SaveLogs(form)) => logs::save(model, form),
                Some(Choice::LetGoWrong(what)) => Update::effect(Loop::LetGoWrong(what)),
                None => Update::redraw(),
            };
        }
        Some(Command::Cancel) => return close(model),
        _ => return Update::none(),
    }
    Update::redraw()
}
