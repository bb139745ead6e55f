//! Keymaps out of TOML: a table for each scope, a line for each command, one key or several.
//!
//! A file says what differs from its `base`, which is `default` where it names none. Its keys win: one that it gives a
//! meaning loses the one it had in the base, in that scope and in those below it.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, LazyLock},
};

use strum::{IntoEnumIterator as _, VariantNames as _};
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    files::{self, Files},
    reader::Reader,
    report::{Location, Report, Source, quoted},
    variables::Variables,
};
use crate::domain::{
    command::Command,
    key::{KeyChord, KeyError, key_names},
    keymap::Keymap,
    scope::Scope,
    suggest::did_you_mean,
};

/// A line of a file: the keys of a command in a scope, the one to show first; none leaves it to the palette.
struct Binding {
    scope: Scope,
    command: Command,
    chords: Vec<KeyChord>,
}

/// The keymaps that are compiled in.
const SHIPPED: [(&str, &str); 3] = [
    ("default", include_str!("../../keymaps/default.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
    ("k9s", include_str!("../../keymaps/k9s.toml")),
];

/// What a dialog must not be without, or nobody gets out of it.
const NEEDED: [(Scope, Command); 10] = [
    (Scope::Global, Command::Back),
    (Scope::Global, Command::Palette),
    (Scope::Dialog, Command::Confirm),
    (Scope::Dialog, Command::Cancel),
    (Scope::Input, Command::Confirm),
    (Scope::Input, Command::Cancel),
    (Scope::Palette, Command::Confirm),
    (Scope::Palette, Command::Cancel),
    (Scope::Picker, Command::Cancel),
    (Scope::Help, Command::Back),
];

/// The names of the keymaps that are compiled in.
pub fn shipped() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// A keymap that is compiled in.
pub fn built_in(name: &str) -> Option<Keymap> {
    // The others build on it, and so do most of the users'.
    static DEFAULT: LazyLock<Option<Keymap>> = LazyLock::new(|| compile("default"));
    if name == "default" {
        DEFAULT.clone()
    } else {
        compile(name)
    }
}

fn compile(name: &str) -> Option<Keymap> {
    let (name, text) = SHIPPED.iter().find(|(known, _)| *known == name)?;
    let source = Source::new(format!("keymaps/{name}.toml").as_ref(), *text);
    // A test holds that the shipped ones have no mistakes.
    Some(read(&source, None, &mut Report::default()))
}

/// The keymap called `name`: the user's file, else the one compiled in; `None` where there is neither.
pub(super) fn load(name: &str, files: &Files, report: &mut Report) -> Option<Keymap> {
    let users = files
        .named("keymaps", name)
        .and_then(|path| files::read_if_there(&path, report));
    match users {
        Some(source) => Some(parse(&source, report)),
        None => built_in(name),
    }
}

/// Reads a user's keymap. What is wrong goes to `report`; what is right is in the answer all the same.
pub fn parse(source: &Arc<Source>, report: &mut Report) -> Keymap {
    read(source, Some("default"), report)
}

fn read(source: &Arc<Source>, base: Option<&str>, report: &mut Report) -> Keymap {
    let (found_before, variables) = (report.problems().len(), Variables::default());
    let mut reader = Reader::new(source, &variables, report);
    let file = reader.parse();
    let base = reader.base(&file, base, "keymap", shipped, built_in);
    let own = bindings(&mut reader, &file);
    report.sort_from(found_before);

    let mut bindings = base.map_or_else(Vec::new, |base| base_bindings(&base));
    bindings.retain(|old| {
        let given_anew = own
            .iter()
            .any(|new| (old.scope, old.command) == (new.scope, new.command));
        let taken = own
            .iter()
            .any(|new| old.scope.inherits(new.scope) && new.chords.contains(&old.chords[0]));
        !given_anew && !taken
    });
    bindings.extend(own);
    bindings.sort_by_key(|binding| (binding.scope, binding.command));
    let mut keymap = Keymap::default();
    for binding in &bindings {
        for &chord in &binding.chords {
            keymap.bind(binding.scope, chord, binding.command);
        }
    }

    // A file with other mistakes may only seem to lack these.
    if report.problems().len() == found_before {
        for (scope, command) in NEEDED {
            if keymap.chords(scope, command).is_empty() {
                report
                    .add(
                        Location::File(Arc::clone(source), 0..0),
                        format!("no key is left for {command} in {scope}"),
                    )
                    .help("nobody would get out of there: give it a key");
            }
        }
    }
    keymap
}

/// One binding for each key of a base, so that each can be taken by itself.
fn base_bindings(base: &Keymap) -> Vec<Binding> {
    let keys = |scope| {
        base.own(scope).map(move |(chord, command)| Binding {
            scope,
            command,
            chords: vec![chord],
        })
    };
    Scope::iter().flat_map(keys).collect()
}

/// The file's own bindings, each key of each scope at most once.
fn bindings(reader: &mut Reader<'_>, file: &DeTable<'_>) -> Vec<Binding> {
    let mut bindings = Vec::new();
    for (key, value) in file {
        let name = key.get_ref().as_ref();
        if name == "base" {
            continue;
        }
        let Ok(scope) = name.parse::<Scope>() else {
            let help = did_you_mean(name, Scope::iter().map(Scope::name))
                .unwrap_or_else(|| format!("there are {}", list(Scope::iter().map(Scope::name))));
            reader
                .problem(key.span(), format!("there is no scope `{}`", quoted(name)))
                .help(help);
            continue;
        };
        let Some(table) = reader.as_table(value, name) else {
            continue;
        };
        let mut meanings = HashMap::new();
        // In the order of the file, so that it is the second use of a key that is the mistake.
        let mut lines: Vec<_> = table.value.iter().collect();
        lines.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in lines {
            if let Some(command) = command(reader, scope, key) {
                let chords = chords(reader, scope, command, value, &mut meanings);
                bindings.push(Binding {
                    scope,
                    command,
                    chords,
                });
            }
        }
    }
    bindings
}

fn command(reader: &mut Reader<'_>, scope: Scope, key: &Spanned<DeString<'_>>) -> Option<Command> {
    let name = key.get_ref().as_ref();
    let Ok(command) = name.parse::<Command>() else {
        let here = Command::iter()
            .filter(|command| command.works_in(scope))
            .map(Command::name);
        let help = did_you_mean(name, here)
            .or_else(|| did_you_mean(name, Command::VARIANTS.iter().copied()));
        reader
            .problem(
                key.span(),
                format!("there is no command `{}`", quoted(name)),
            )
            .maybe_help(help);
        return None;
    };
    if !command.works_in(scope) {
        let scopes = list(command.scopes().iter().map(|scope| scope.name()));
        reader
            .problem(key.span(), format!("`{command}` means nothing in {scope}"))
            .help(format!("it can stand in {scopes}"));
        return None;
    }
    Some(command)
}

fn chords(
    reader: &mut Reader<'_>,
    scope: Scope,
    command: Command,
    value: &Spanned<DeValue<'_>>,
    meanings: &mut HashMap<KeyChord, (Command, Range<usize>)>,
) -> Vec<KeyChord> {
    let written: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![value],
    };
    let mut chords = Vec::new();
    for item in written {
        let Some(text) = reader.as_string(item, "a key") else {
            continue;
        };
        let chord = match text.value.parse::<KeyChord>() {
            Ok(chord) => chord,
            Err(error) => {
                let help = match error {
                    KeyError::Unknown => Some(key_help(&text.value)),
                    _ => None,
                };
                reader
                    .problem(
                        text.span,
                        format!("`{}` is not a key: {error}", quoted(&text.value)),
                    )
                    .maybe_help(help);
                continue;
            }
        };
        if scope.takes_text() && chord.text().is_some() {
            reader
                .problem(text.span, format!("`{chord}` is text in {scope}"))
                .help("put ctrl- or alt- in front, or take a key that types nothing");
        } else if chord.ctrl && !chord.alt && (command.mutates() || command == Command::Confirm) {
            reader
                .problem(
                    text.span,
                    format!("`{command}` changes what runs, and must not sit on a bare ctrl key"),
                )
                .label("pressed by a slip of the hand")
                .help("take a letter");
        } else if let Some((other, before)) = meanings.get(&chord) {
            let message = if *other == command {
                format!("`{chord}` stands twice")
            } else {
                format!("`{chord}` already means {other} in {scope}")
            };
            let before = before.clone();
            reader
                .problem(text.span, message)
                .also(before, "first given here");
        } else {
            meanings.insert(chord, (command, text.span));
            chords.push(chord);
        }
    }
    chords
}

fn key_help(written: &str) -> String {
    let (held, key) = written
        .rsplit_once('-')
        .map_or(("", written), |(held, key)| (held, key));
    let guess = did_you_mean(key, key_names()).or_else(|| did_you_mean(written, key_names()));
    let guess = guess.filter(|_| !held.contains('-') || held.starts_with("page"));
    guess.unwrap_or_else(|| {
        "write one character, f1 to f12, or a name such as enter, esc, space, page-up".to_owned()
    })
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
