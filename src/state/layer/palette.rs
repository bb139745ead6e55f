//! Every command by name, found by a few letters.

use nucleo_matcher::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};
use strum::IntoEnumIterator as _;

use super::{
    super::{Model, Update, keys, list::Cursor, text_field::TextField},
    Layer, close,
};
use crate::domain::{command::Command, key::KeyChord, scope::Scope};

/// What is typed and what fits it.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub field: TextField,
    /// The one chosen so far.
    pub cursor: Cursor<Command>,
    /// The scope it was opened from: what works there is offered.
    pub about: Scope,
}

impl Palette {
    /// The commands that fit what is typed, best first.
    pub fn found(&self) -> Vec<Command> {
        let offered = Command::iter().filter(|c| c.in_palette() && c.works_in(self.about));
        if self.field.text().is_empty() {
            return offered.collect();
        }
        let pattern = Pattern::parse(
            self.field.text(),
            CaseMatching::Ignore,
            Normalization::Smart,
        );
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut scored: Vec<(u32, Command)> = offered
            .filter_map(|c| {
                let words = format!("{} {} {}", c.name(), c.label(), c.help());
                let mut buffer = Vec::new();
                let score = pattern.score(
                    nucleo_matcher::Utf32Str::new(&words, &mut buffer),
                    &mut matcher,
                )?;
                Some((score, c))
            })
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.into_iter().map(|(_, c)| c).collect()
    }
}

/// Opens it for the scope in focus.
pub fn open(model: &mut Model) -> Update {
    let about = model.scope();
    let mut palette = Palette {
        field: TextField::default(),
        cursor: Cursor::default(),
        about,
    };
    palette.cursor.go(&palette.found(), 0);
    model.layers.push(Layer::Palette(palette));
    Update::redraw()
}

/// A key while it is on top.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    let Some(Layer::Palette(palette)) = model.layers.last_mut() else {
        return Update::none();
    };
    match command {
        Some(Command::NextChoice) => palette.cursor.step(&palette.found(), 1),
        Some(Command::PreviousChoice) => palette.cursor.step(&palette.found(), -1),
        Some(Command::Confirm) => {
            let chosen = palette.cursor.selected;
            model.layers.pop();
            return chosen.map_or_else(Update::redraw, |command| keys::run(model, command));
        }
        Some(Command::Cancel) => return close(model),
        _ => {
            if palette.field.key(chord) {
                palette.cursor.go(&palette.found(), 0);
            }
        }
    }
    Update::redraw()
}
