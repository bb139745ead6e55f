//! Every key that works here.

use super::{
    super::{Model, Update, hints, text_field::FilterField},
    Layer, Scroll, close, scrolled,
};
use crate::domain::{command::Command, key::KeyChord, scope::Scope};

/// Whose keys, and from which line on.
#[derive(Debug)]
pub struct Help {
    /// The scope it was opened from.
    pub about: Scope,
    /// What is searched for.
    pub search: FilterField,
    /// The first line shown.
    pub scroll: Scroll,
}

/// A line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A scope's heading.
    Scope(Scope),
    /// A command and its keys there.
    Keys(Vec<KeyChord>, Command),
    /// Between two scopes.
    Blank,
    /// Nothing matches the search.
    Nothing,
}

impl Help {
    /// The scope of its keys: letters are text while a search is typed.
    pub const fn scope(&self) -> Scope {
        if self.search.editing() {
            Scope::Input
        } else {
            Scope::Help
        }
    }

    /// Its lines: the keys of the scope it was opened from first, then those that it inherits.
    pub fn lines(&self, model: &Model) -> Vec<Line> {
        let mut lines = Vec::new();
        for scope in self.about.lookup() {
            let mut keys: Vec<(Command, Vec<KeyChord>)> = Vec::new();
            let works = |(chord, command): &(KeyChord, Command)| {
                model.keymap.command(self.about, *chord) == Some(*command)
                    && hints::known(model, *command)
            };
            for (chord, command) in model.keymap.own(scope).filter(works) {
                match keys.iter_mut().find(|(known, _)| *known == command) {
                    Some((_, chords)) => chords.push(chord),
                    None => keys.push((command, vec![chord])),
                }
            }
            keys.retain(|(command, chords)| self.search.shows(&words(*command, chords)));
            if keys.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(Line::Blank);
            }
            lines.push(Line::Scope(scope));
            lines.extend(keys.into_iter().map(|(c, chords)| Line::Keys(chords, c)));
        }
        if lines.is_empty() {
            lines.push(Line::Nothing);
        }
        lines
    }
}

/// All that a search looks at.
fn words(command: Command, chords: &[KeyChord]) -> String {
    let mut words = format!("{} {}", command.label(), command.help());
    for chord in chords {
        words.push(' ');
        words.push_str(&chord.to_string());
    }
    words
}

/// Opens it for the scope in focus.
pub fn open(model: &mut Model) -> Update {
    let about = model.scope();
    model.layers.push(Layer::Help(Help {
        about,
        search: FilterField::default(),
        scroll: Scroll::default(),
    }));
    Update::redraw()
}

/// A key while it is on top; `None` when it is a global one.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Option<Update> {
    let Some(Layer::Help(help)) = model.layers.last_mut() else {
        return None;
    };
    if help.search.editing() {
        match command {
            Some(Command::Confirm) => help.search.keep(),
            Some(Command::Cancel) => help.search.clear(),
            _ => {
                help.search.field_mut().key(chord);
            }
        }
        help.scroll.go(0);
        return Some(Update::redraw());
    }
    match command? {
        Command::Back if !help.search.text().is_empty() => help.search.clear(),
        Command::Back | Command::Help | Command::Quit => return Some(close(model)),
        Command::Find => help.search.begin(),
        command => return scrolled(model, command),
    }
    Some(Update::redraw())
}
