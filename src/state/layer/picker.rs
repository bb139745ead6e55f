//! A list to choose from.

use super::{
    super::{
        Effect, Model, Update,
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
}

/// The list.
#[derive(Debug)]
pub struct Picker {
    /// Its title.
    pub title: &'static str,
    /// What is offered: words and meaning.
    pub choices: Vec<(SafeText, Choice)>,
    /// The one chosen so far, by its words.
    pub cursor: Cursor<SafeText>,
}

impl Picker {
    fn words(&self) -> Vec<SafeText> {
        self.choices
            .iter()
            .map(|(words, _)| words.clone())
            .collect()
    }
}

/// Offers the orders of the services.
pub fn sort(model: &mut Model) -> Update {
    let choices = Sort::iter()
        .map(|s| (SafeText::format(format_args!("{s}")), Choice::Sort(s)))
        .collect();
    open(model, "Sort by", choices)
}

/// Offers the environments.
pub fn environments(model: &mut Model) -> Update {
    let choices = model
        .place
        .others
        .iter()
        .map(|e| (e.clone(), Choice::Environment(e.clone())))
        .collect();
    open(model, "Environments", choices)
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
    open(model, "Logs since", choices.into())
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
    open(model, "Save what is shown", choices.into())
}

/// Offers choices.
pub fn open(model: &mut Model, title: &'static str, choices: Vec<(SafeText, Choice)>) -> Update {
    let mut picker = Picker {
        title,
        choices,
        cursor: Cursor::default(),
    };
    picker.cursor.go(&picker.words(), 0);
    model.layers.push(Layer::Picker(picker));
    Update::redraw()
}

/// A command while it is on top.
pub fn command(model: &mut Model, command: Option<Command>) -> Update {
    let Some(Layer::Picker(picker)) = model.layers.last_mut() else {
        return Update::none();
    };
    let words = picker.words();
    match command {
        Some(Command::Up) => picker.cursor.step(&words, -1),
        Some(Command::Down) => picker.cursor.step(&words, 1),
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
                Some(Choice::Environment(name)) => Update::effect(Effect::Environment(name)),
                Some(Choice::Since(minutes)) => logs::since(model, minutes),
                Some(Choice::SaveLogs(form)) => logs::save(model, form),
                None => Update::redraw(),
            };
        }
        Some(Command::Cancel) => return close(model),
        _ => return Update::none(),
    }
    Update::redraw()
}
