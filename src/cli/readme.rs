//! The README's tables, made from what they describe; a test compares them.

use std::fmt::Write as _;

use strum::IntoEnumIterator as _;

use super::{arguments, exit::Exit, manual::ELSEWHERE};
use crate::{
    checklist,
    config::{keymap, settings::preferences::PREFERENCES},
    expr::FUNCTIONS,
};

/// Each generated part: the name in its markers (`<!-- NAME:begin -->`, `<!-- NAME:end -->`), and what stands between.
pub fn parts() -> [(&'static str, String); 6] {
    [
        ("commands", commands()),
        (
            "exit",
            exit(Exit::iter().map(|exit| (exit, exit.meaning()))),
        ),
        ("lists", exit(Exit::OF_LISTS.into_iter())),
        ("language", language()),
        ("keys", keys()),
        ("variables", variables()),
    ]
}

/// `text` with every generated part as it should be.
///
/// # Errors
/// The name of a part whose markers are missing.
pub fn renewed(text: &str) -> Result<String, &'static str> {
    let mut text = text.to_owned();
    for (name, part) in parts() {
        let (begin, end) = (
            format!("<!-- {name}:begin -->\n"),
            format!("<!-- {name}:end -->"),
        );
        let from = text.find(&begin).ok_or(name)? + begin.len();
        let to = from + text[from..].find(&end).ok_or(name)?;
        text.replace_range(from..to, &part);
    }
    Ok(text)
}

fn commands() -> String {
    let mut table = "| command | does |\n| --- | --- |\n".to_owned();
    row(
        &mut table,
        "`quarterdeck [SERVICE]`",
        "Open the console, at a service where one is named",
    );
    for mut sub in arguments::commands() {
        let usage = sub.render_usage().to_string();
        let usage = usage
            .trim_start_matches("Usage: ")
            .replace(" [OPTIONS]", "")
            .replace(" [COMMAND]", "");
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        row(
            &mut table,
            &format!("`{}`", usage.replace('|', "\\|")),
            &about,
        );
    }
    table
}

fn exit(exits: impl Iterator<Item = (Exit, &'static str)>) -> String {
    let mut table = "| code | means |\n| --- | --- |\n".to_owned();
    for (exit, meaning) in exits {
        row(&mut table, &exit.code().to_string(), meaning);
    }
    row(&mut table, "128+n", "ended by signal n");
    table
}

fn language() -> String {
    let mut table = "| such as | tells |\n| --- | --- |\n".to_owned();
    for function in FUNCTIONS {
        row(
            &mut table,
            &format!("`{}`", function.example),
            function.tells,
        );
    }
    let forms: Vec<String> = checklist::forms().map(|form| format!("`{form}`")).collect();
    let _ = writeln!(table, "\n`do:` takes {}.", forms.join(", "));
    table
}

fn keys() -> String {
    let default = keymap::built_in("default").expect("a test reads every keymap that is built in");
    default.table_markdown()
}

fn variables() -> String {
    let mut table = "| variable | in the file | does |\n| --- | --- | --- |\n".to_owned();
    for preference in &PREFERENCES {
        let key = preference
            .key()
            .map_or_else(String::new, |key| format!("`{key}`"));
        let name = format!("`{}` | {key}", preference.variable());
        row(&mut table, &name, preference.help);
    }
    for (names, help) in ELSEWHERE {
        let names: Vec<String> = names.split(", ").map(|name| format!("`{name}`")).collect();
        row(&mut table, &format!("{} | ", names.join(", ")), help);
    }
    table
}

fn row(table: &mut String, name: &str, does: &str) {
    writeln!(table, "| {name} | {does} |").expect("a string takes all");
}
