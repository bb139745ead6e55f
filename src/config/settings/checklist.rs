//! `[checklist]`: what lists may have run.

use std::path::PathBuf;

use toml::de::DeTable;

use crate::{
    config::reader::{Keys, Reader, Text},
    domain::values::same_words,
};

const CHECKLIST: Keys<'_> = Keys {
    known: &["commands"],
    later: &[],
};

/// What means something to a shell, and nothing here.
const OF_SHELLS: &[char] = &['\'', '"', '`', '|', ';', '<', '>', '$', '\\'];

/// A program with its arguments that `command(…)` of a list may name. What is written elsewise is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program: by its name, or where it is.
    pub program: PathBuf,
    /// Its name as written, and its arguments.
    words: Vec<String>,
}

impl Command {
    /// Whether a list that says this means it: the same words.
    pub fn is(&self, written: &str) -> bool {
        same_words(written, &self.written())
    }

    /// What it is given.
    pub fn arguments(&self) -> &[String] {
        self.words.get(1..).unwrap_or_default()
    }

    /// As a list writes it.
    pub fn written(&self) -> String {
        self.words.join(" ")
    }
}

pub(super) fn read(reader: &mut Reader<'_>, file: &DeTable<'_>) -> Vec<Command> {
    let Some(table) = reader.table(file, "checklist") else {
        return Vec::new();
    };
    reader.keys(table.value, "checklist", &CHECKLIST);
    let commands = reader.strings(table.value, "commands");
    let commands = commands.into_iter().flatten();
    commands.filter_map(|text| command(reader, &text)).collect()
}

fn command(reader: &mut Reader<'_>, text: &Text) -> Option<Command> {
    let mut wrong = |message: &str, help| {
        reader.problem(text.span.clone(), message).help(help);
        None
    };
    if text.expanded {
        return wrong(
            "what a variable holds would be seen in the list of processes",
            "let the program read it from its environment",
        );
    }
    let words: Vec<String> = text
        .value
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect();
    let Some(program) = words.first() else {
        return wrong("there is no command", "write PROGRAM ARGUMENTS");
    };
    if text.value.contains(OF_SHELLS) || words.iter().any(|word| ["&", "&&"].contains(&&**word)) {
        return wrong(
            "no shell reads this, and words are what stands between spaces",
            "put it into a script, and name that",
        );
    }
    let program = if program.contains('/') {
        reader.beside_file(program)
    } else {
        program.into()
    };
    Some(Command { program, words })
}
