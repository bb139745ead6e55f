//! The raw object, as the platform has it, values masked.

use super::{
    super::{Loop, Model, OpId, Update, Work, text_field::FilterField},
    Layer, Scroll, close, room, scrolled,
};
use crate::{
    domain::{
        command::Command, instance::InstanceId, key::KeyChord, scope::Scope, service::ServiceId,
    },
    text::{SafeText, width},
};

/// The text, or why there is none.
#[derive(Debug)]
pub struct Inspect {
    /// Whose.
    pub service: ServiceId,
    /// Of which instance.
    pub instance: InstanceId,
    /// The lines; `None` while they are awaited.
    pub found: Option<Result<Vec<SafeText>, SafeText>>,
    /// What is searched for.
    pub search: FilterField,
    /// The line of the match that the view stands on.
    pub at: Option<usize>,
    /// Whether long lines go on in the next row.
    pub wrap: bool,
    /// The first row shown.
    pub scroll: Scroll,
    op: OpId,
}

impl Inspect {
    /// The scope of its keys: letters are text while a search is typed.
    pub const fn scope(&self) -> Scope {
        if self.search.editing() {
            Scope::Input
        } else {
            Scope::Inspect
        }
    }

    /// The text, as far as it is there.
    pub fn text(&self) -> &[SafeText] {
        match &self.found {
            Some(Ok(lines)) => lines,
            _ => &[],
        }
    }

    /// The rows in so many columns: the number of the line, whether it begins there, and what is shown of it.
    pub fn rows(&self, columns: u16) -> Vec<(usize, bool, &str)> {
        let lines = self.text().iter().enumerate();
        if !self.wrap {
            return lines
                .map(|(number, line)| (number, true, line.as_str()))
                .collect();
        }
        lines
            .flat_map(|(number, line)| {
                let rows = width::wrap(line, usize::from(columns).max(1));
                let row = move |(part, row)| (number, part == 0, row);
                rows.into_iter().enumerate().map(row)
            })
            .collect()
    }

    /// The lines that match the search.
    pub fn matches(&self) -> Vec<usize> {
        let wanted = self.search.text().to_lowercase();
        if wanted.is_empty() {
            return Vec::new();
        }
        let lines = self.text().iter().enumerate();
        lines
            .filter(|(_, line)| line.to_lowercase().contains(&wanted))
            .map(|(number, _)| number)
            .collect()
    }

    /// To the first match from the line on, or round from the other end.
    fn find(&mut self, from: usize, back: bool, columns: u16, height: usize) {
        let matches = self.matches();
        self.at = if back {
            let before = matches.iter().rev().find(|m| **m < from);
            before.or(matches.last()).copied()
        } else {
            let after = matches.iter().find(|m| **m >= from);
            after.or(matches.first()).copied()
        };
        let Some(at) = self.at else { return };
        let rows = self.rows(columns);
        let row = rows.iter().position(|(number, ..)| *number == at);
        let (row, first) = (row.unwrap_or(0), self.scroll.first(rows.len(), height));
        if !(first..first + height).contains(&row) {
            self.scroll.go(row.saturating_sub(height / 3));
        }
    }
}

/// Opens the raw object of an instance.
pub fn open(model: &mut Model, service: ServiceId, instance: InstanceId) -> Update {
    let op = model.next_op();
    model.layers.push(Layer::Inspect(Inspect {
        service,
        instance: instance.clone(),
        found: None,
        search: FilterField::default(),
        at: None,
        wrap: false,
        scroll: Scroll::default(),
        op,
    }));
    Update::effect(Work::Inspect(op, instance))
}

/// The answer has come.
pub fn arrived(model: &mut Model, op: OpId, answer: Result<String, SafeText>) -> Update {
    for layer in &mut model.layers {
        if let Layer::Inspect(inspect) = layer
            && inspect.op == op
        {
            inspect.found = Some(answer.map(|text| text.lines().map(SafeText::line).collect()));
            return Update::redraw();
        }
    }
    Update::none()
}

/// A key while it is on top; `None` when it is a global one.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Option<Update> {
    let room = room(model);
    let (columns, height) = (room.width, usize::from(room.height));
    let Some(Layer::Inspect(inspect)) = model.layers.last_mut() else {
        return None;
    };
    if inspect.search.editing() {
        match command {
            Some(Command::Confirm) => inspect.search.keep(),
            Some(Command::Cancel) => {
                inspect.search.clear();
                inspect.at = None;
            }
            _ => {
                inspect.search.field_mut().key(chord);
                let from = inspect.at.unwrap_or(0);
                inspect.find(from, false, columns, height);
            }
        }
        return Some(Update::redraw());
    }
    match command? {
        Command::Back if !inspect.search.text().is_empty() => {
            inspect.search.clear();
            inspect.at = None;
        }
        Command::Back | Command::Inspect => return Some(close(model)),
        Command::Find => inspect.search.begin(),
        Command::FindNext => {
            let from = inspect.at.map_or(0, |at| at + 1);
            inspect.find(from, false, columns, height);
        }
        Command::FindPrevious => {
            let from = inspect.at.unwrap_or(usize::MAX);
            inspect.find(from, true, columns, height);
        }
        Command::Wrap => inspect.wrap = !inspect.wrap,
        Command::Copy | Command::Save if inspect.text().is_empty() => {
            let now = model.now;
            let text = SafeText::from_static("there is no object to take yet");
            model.notices.say(now, None, text);
        }
        Command::Copy => return Some(Update::effect(Loop::Copy(whole(inspect)))),
        Command::Save => {
            let text = whole(inspect);
            // Docker describes in JSON, Kubernetes in YAML.
            let form = if text.starts_with('{') {
                "json"
            } else {
                "yaml"
            };
            let name = format!(
                "{}-{}.{form}",
                file_word(&inspect.service.to_string()),
                file_word(inspect.instance.short())
            );
            return Some(Update::effect(Work::Save { name, text }));
        }
        Command::Reveal => {
            let now = model.now;
            let text = SafeText::from_static("hidden values never leave the platform's reader");
            model.notices.say(now, None, text);
        }
        command => return scrolled(model, command),
    }
    Some(Update::redraw())
}

/// The whole text.
fn whole(inspect: &Inspect) -> String {
    inspect.text().join("\n") + "\n"
}

/// What can stand in a file's name.
fn file_word(text: &str) -> String {
    let keep = |c: char| {
        if c.is_alphanumeric() || c == '.' || c == '-' {
            c
        } else {
            '-'
        }
    };
    text.chars().map(keep).collect()
}
