//! What is typed into the pane: a filter, a search. Both apply while they are typed.

use super::{
    super::{Model, Update, text_field::TextField},
    matcher::{self, Matcher, Mistake},
    view,
};
use crate::domain::{command::Command, key::KeyChord};

/// Which field is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Editing {
    /// The filter.
    Filter,
    /// The search.
    Search,
}

/// The two fields.
#[derive(Debug, Default)]
pub struct Typed {
    /// The one that keys go into.
    pub editing: Option<Editing>,
    /// The filter.
    pub filter: TextField,
    /// The search.
    pub search: TextField,
    /// Why what is typed can't be read; the last that could be still applies.
    pub mistake: Option<Mistake>,
}

impl Typed {
    /// The field that is edited.
    pub const fn field(&self, editing: Editing) -> &TextField {
        match editing {
            Editing::Filter => &self.filter,
            Editing::Search => &self.search,
        }
    }

    pub(super) fn begin(&mut self, command: Command) {
        self.mistake = None;
        self.editing = Some(if command == Command::Find {
            Editing::Search
        } else {
            Editing::Filter
        });
    }

    pub(super) fn clear_search(&mut self) -> bool {
        !std::mem::take(&mut self.search).text().is_empty()
    }

    pub(super) fn clear_filter(&mut self) -> bool {
        !std::mem::take(&mut self.filter).text().is_empty()
    }
}

/// A key while a field is edited.
pub(super) fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    let typed = &mut model.logs.typed;
    let Some(editing) = typed.editing else {
        return Update::none();
    };
    match command {
        Some(Command::Confirm) => {
            // What can't be read stays to be mended.
            if typed.mistake.is_none() {
                typed.editing = None;
                if editing == Editing::Search {
                    view::nearest(model);
                }
            }
        }
        Some(Command::Cancel) => {
            typed.editing = None;
            typed.mistake = None;
            match editing {
                Editing::Filter => typed.clear_filter(),
                Editing::Search => typed.clear_search(),
            };
            apply(model, editing);
        }
        _ => {
            let field = match editing {
                Editing::Filter => &mut typed.filter,
                Editing::Search => &mut typed.search,
            };
            if field.key(chord) {
                apply(model, editing);
            }
        }
    }
    Update::redraw()
}

/// Text was pasted.
pub(super) fn paste(model: &mut Model, text: &str) -> Update {
    let typed = &mut model.logs.typed;
    let Some(editing) = typed.editing else {
        return Update::none();
    };
    match editing {
        Editing::Filter => typed.filter.insert(text),
        Editing::Search => typed.search.insert(text),
    }
    apply(model, editing);
    Update::redraw()
}

fn apply(model: &mut Model, editing: Editing) {
    let logs = &mut model.logs;
    let read = match editing {
        Editing::Filter => {
            Matcher::read(logs.typed.filter.text()).map(|filter| logs.look.filter = filter)
        }
        Editing::Search => {
            logs.current = None;
            matcher::search(logs.typed.search.text()).map(|find| logs.look.find = find)
        }
    };
    logs.typed.mistake = read.err();
    if logs.typed.mistake.is_none() {
        logs.look_anew();
    }
}
