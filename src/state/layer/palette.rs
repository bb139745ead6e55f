//! Every command by name, and every service, found by a few letters.

use std::collections::BTreeMap;

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{AtomKind, CaseMatching, Normalization, Pattern},
};
use strum::IntoEnumIterator as _;

use super::{
    super::{Model, Pane, Update, hints, keys, list::Cursor, services, text_field::TextField},
    Layer, close, places, stride,
};
use crate::{
    domain::{command::Command, key::KeyChord, scope::Scope, service::ServiceId},
    text::SafeText,
};

/// How often each command was run from the palette.
pub type Used = BTreeMap<Command, u32>;

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Run it.
    Command(Command),
    /// Go to it.
    Service(ServiceId),
}

/// What fits what is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What is chosen by it.
    pub entry: Entry,
    /// Why it can't be had now.
    pub why_not: Option<SafeText>,
}

/// What is typed and what fits it.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub field: TextField,
    /// The one chosen so far.
    pub cursor: Cursor<Entry>,
    /// The scope it was opened from: what works there is offered.
    pub about: Scope,
}

impl Palette {
    /// What fits what is typed, best first; while nothing is, every command, the most used first.
    pub fn found(&self, model: &Model) -> Vec<Found> {
        let commands = Command::iter().filter(|c| c.in_palette() && c.works_in(self.about));
        let mut found: Vec<(u32, Entry)> = if self.field.text().trim().is_empty() {
            // What was used comes first, then what belongs to where one was.
            let own = |c: Command| u32::from(c.scopes().contains(&self.about));
            let used = |c| model.used.get(&c).copied().unwrap_or(0) * 2 + own(c);
            let commands = commands.filter(|&c| hints::known(model, c));
            commands.map(|c| (used(c), Entry::Command(c))).collect()
        } else {
            let mut wanted = Wanted::new(self.field.text());
            let services = model.snapshot().services.iter().map(|s| &s.id);
            let commands = commands.filter_map(|c| {
                let short = c.short().unwrap_or_default();
                // What there is elsewhere says so to who asks for it by its name, and to nobody else.
                let by_name = [short, c.label(), c.name()].map(|name| wanted.is(name));
                if !hints::known(model, c) && !by_name.contains(&true) {
                    return None;
                }
                // `:ns shop`, as fingers have it.
                if wanted.begins_with(short) {
                    return Some((u32::MAX, Entry::Command(c)));
                }
                let words = format!("{} {} {short} {}", c.label(), c.name(), c.help());
                let name = if wanted.is(short) { short } else { c.label() };
                Some((wanted.score(&words, name)?, Entry::Command(c)))
            });
            let mut found: Vec<_> = commands.collect();
            found.extend(services.filter_map(|id| {
                let score = wanted.score(&id.to_string(), &id.name)?;
                Some((score, Entry::Service(id.clone())))
            }));
            found
        };
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let why_not = |entry: &Entry| match entry {
            Entry::Command(command) => hints::why_not(model, *command),
            Entry::Service(_) => None,
        };
        let found = found.into_iter().map(|(_, entry)| Found {
            why_not: why_not(&entry),
            entry,
        });
        let mut found: Vec<_> = found.collect();
        // What was asked for by name stands where it belongs, with the reason why it can't be had.
        if self.field.text().trim().is_empty() {
            found.sort_by_key(|found| found.why_not.is_some());
        }
        found
    }

    /// The entries alone.
    fn entries(&self, model: &Model) -> Vec<Entry> {
        let found = self.found(model).into_iter();
        found.map(|found| found.entry).collect()
    }
}

/// What is looked for.
struct Wanted {
    typed: String,
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Wanted {
    fn new(typed: &str) -> Self {
        Self {
            typed: typed.trim().to_lowercase(),
            pattern: Pattern::new(
                typed,
                CaseMatching::Ignore,
                Normalization::Smart,
                // What is typed is meant to the letter: `!` of a search would find everything else.
                AtomKind::Fuzzy,
            ),
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }

    /// Whether the first of several words is that one.
    fn begins_with(&self, word: &str) -> bool {
        let mut words = self.typed.split_whitespace();
        !word.is_empty() && words.next() == Some(word) && words.next().is_some()
    }

    /// Whether that is what is typed.
    fn is(&self, name: &str) -> bool {
        !name.is_empty() && self.typed == name
    }

    /// How well the words fit; a name that begins with what is typed comes before everything else.
    fn score(&mut self, words: &str, name: &str) -> Option<u32> {
        let words = Utf32Str::new(words, &mut self.buffer);
        let score = self.pattern.score(words, &mut self.matcher)?;
        let name = name.to_lowercase();
        Some(if name == self.typed {
            score + 2_000
        } else if name.starts_with(&self.typed) {
            score + 1_000
        } else {
            score
        })
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
    palette.cursor.go(&palette.entries(model), 0);
    model.layers.push(Layer::Palette(palette));
    Update::redraw()
}

/// What is typed has changed: the cursor stands on what fits best.
pub fn typed(model: &mut Model) -> Update {
    let Some(Layer::Palette(palette)) = model.layers.last() else {
        return Update::none();
    };
    let entries = palette.entries(model);
    if let Some(Layer::Palette(palette)) = model.layers.last_mut() {
        palette.cursor.go(&entries, 0);
    }
    Update::redraw()
}

/// A key while it is on top.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    if let Some(by) = stride(command) {
        return step(model, by);
    }
    match command {
        Some(Command::Confirm) => choose(model),
        Some(Command::Cancel) => close(model),
        _ => {
            let Some(Layer::Palette(palette)) = model.layers.last_mut() else {
                return Update::none();
            };
            if palette.field.key(chord) {
                typed(model)
            } else {
                Update::none()
            }
        }
    }
}

/// So many entries down, or up where it is negative.
pub fn step(model: &mut Model, by: isize) -> Update {
    let Some(Layer::Palette(palette)) = model.layers.last() else {
        return Update::none();
    };
    let entries = palette.entries(model);
    if let Some(Layer::Palette(palette)) = model.layers.last_mut() {
        palette.cursor.step(&entries, by);
    }
    Update::redraw()
}

fn choose(model: &mut Model) -> Update {
    let Some(Layer::Palette(palette)) = model.layers.pop() else {
        return Update::none();
    };
    match palette.cursor.selected {
        Some(Entry::Command(command)) => {
            *model.used.entry(command).or_default() += 1;
            let update = match (command, after_the_word(command, palette.field.text())) {
                (Command::Namespaces | Command::Contexts, Some(name))
                    if hints::why_not(model, command).is_none() =>
                {
                    places::named(model, command, name)
                }
                _ => keys::run(model, command),
            };
            Update::redraw().and(update)
        }
        Some(Entry::Service(service)) => go_to(model, service),
        None => Update::redraw(),
    }
}

/// What is typed after the short word of a command: `shop` of `ns shop`.
fn after_the_word(command: Command, typed: &str) -> Option<&str> {
    let rest = typed.trim().strip_prefix(command.short()?)?;
    let name = rest.trim();
    (rest != name && !name.is_empty()).then_some(name)
}

/// To a service, wherever it is hidden.
fn go_to(model: &mut Model, service: ServiceId) -> Update {
    model.layers.clear();
    model.focus = Pane::Services;
    let row = services::RowId::Service(service);
    if !model.services.rows().contains(&row) {
        model.services.filter.clear();
    }
    model.services.cursor.selected = Some(row);
    services::refresh(model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Destination, Effect, Loop, Place};

    #[test]
    fn what_is_typed_is_meant_to_the_letter() {
        for typed in ["!2", "^q", "'q"] {
            assert_eq!(
                Wanted::new(typed).score("Quit quit", "Quit"),
                None,
                "{typed}"
            );
        }
        assert!(Wanted::new("qt").score("Quit quit", "Quit").is_some());
        assert!(Wanted::new("ns shop").begins_with("ns"));
        assert!(!Wanted::new("nss hop").begins_with("ns"));
    }

    #[test]
    fn what_follows_a_short_word_is_the_place_to_go_to() {
        let mut model = Model {
            place: Place {
                namespaces: Some(vec![SafeText::from_static("shop")]),
                ..Place::default()
            },
            ..Model::default()
        };
        let _ = open(&mut model);
        if let Some(Layer::Palette(palette)) = model.layers.last_mut() {
            palette.field = TextField::holding("ns all");
        }
        let _ = typed(&mut model);
        let update = choose(&mut model);
        let all = Destination::Namespaces(Vec::new());
        assert_eq!(update.effects, [Effect::Loop(Loop::Go(all))]);
        for (typed, name) in [("ns shop", Some("shop")), ("ns", None), ("nss", None)] {
            assert_eq!(after_the_word(Command::Namespaces, typed), name, "{typed}");
        }
        assert_eq!(after_the_word(Command::Nodes, "ns shop"), None);
    }
}
