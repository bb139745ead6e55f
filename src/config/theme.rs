//! Themes out of TOML: a line for each role, `"red on black bold"`, and a palette that gives colours their values.
//!
//! A file says what differs from its `base`, which is `dark` where it names none; a palette alone makes a theme.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, LazyLock},
};

use ratatui::style::{Color, Modifier, Style};
use strum::VariantNames as _;

use super::{
    files::{self, Files},
    reader::{Reader, Text},
    report::{Report, Source, quoted},
    variables::Variables,
};
use crate::domain::{
    suggest::did_you_mean,
    theme::{Role, Theme},
};

/// The themes that are compiled in.
const SHIPPED: [(&str, &str); 10] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    (
        "high-contrast",
        include_str!("../../themes/high-contrast.toml"),
    ),
    (
        "colour-blind",
        include_str!("../../themes/colour-blind.toml"),
    ),
    ("mono", include_str!("../../themes/mono.toml")),
    (
        "catppuccin-mocha",
        include_str!("../../themes/catppuccin-mocha.toml"),
    ),
    ("dracula", include_str!("../../themes/dracula.toml")),
    ("gruvbox", include_str!("../../themes/gruvbox.toml")),
    ("nord", include_str!("../../themes/nord.toml")),
    (
        "solarized-dark",
        include_str!("../../themes/solarized-dark.toml"),
    ),
];

/// Names of colours that need no palette, for suggestions.
const COLOURS: [&str; 17] = [
    "default",
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "dark-gray",
    "light-red",
    "light-green",
    "light-yellow",
    "light-blue",
    "light-magenta",
    "light-cyan",
    "white",
];

const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("crossed-out", Modifier::CROSSED_OUT),
];

/// A theme before its colours have values: a file over its base.
#[derive(Clone, Default)]
struct Draft {
    palette: HashMap<String, Color>,
    /// In the words of the file, with its place where it is the file being read and not a base.
    roles: HashMap<Role, (String, Option<Range<usize>>)>,
}

/// The names of the themes that are compiled in.
pub fn shipped() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// A theme that is compiled in.
pub fn built_in(name: &str) -> Option<Theme> {
    let draft = built_in_draft(name)?;
    // A test holds that the shipped ones have no mistakes.
    Some(draft.theme(name, |_, _| ()))
}

/// The theme called `name`: the user's file, else the one compiled in; `None` where there is neither.
pub(super) fn load(name: &str, files: &Files, report: &mut Report) -> Option<Theme> {
    let users = files
        .named("themes", name)
        .and_then(|path| files::read_if_there(&path, report));
    match users {
        Some(source) => Some(parse(name, &source, report)),
        None => built_in(name),
    }
}

/// Reads a user's theme. What is wrong goes to `report`; what is right is in the answer all the same.
pub fn parse(name: &str, source: &Arc<Source>, report: &mut Report) -> Theme {
    read(name, source, Some("dark"), report)
}

fn read(name: &str, source: &Arc<Source>, base: Option<&str>, report: &mut Report) -> Theme {
    let (found_before, variables) = (report.problems().len(), Variables::default());
    let mut reader = Reader::new(source, &variables, report);
    let draft = draft(&mut reader, base);
    let theme = draft.theme(name, |word, span| {
        no_colour(&mut reader, word, span, &draft.palette);
    });
    report.sort_from(found_before);
    theme
}

fn built_in_draft(name: &str) -> Option<Draft> {
    // The others build on it, and so do most of the users'.
    static DARK: LazyLock<Option<Draft>> = LazyLock::new(|| compile("dark"));
    if name == "dark" {
        DARK.clone()
    } else {
        compile(name)
    }
}

fn compile(name: &str) -> Option<Draft> {
    let (name, text) = SHIPPED.iter().find(|(known, _)| *known == name)?;
    let source = Source::new(name.as_ref(), *text);
    let (variables, mut report) = (Variables::default(), Report::default());
    let mut draft = draft(&mut Reader::new(&source, &variables, &mut report), None);
    for (_, span) in draft.roles.values_mut() {
        *span = None;
    }
    Some(draft)
}

fn draft(reader: &mut Reader<'_>, base: Option<&str>) -> Draft {
    let file = reader.parse();
    let mut draft = reader
        .base(&file, base, "theme", shipped, built_in_draft)
        .unwrap_or_default();
    if let Some(palette) = reader.table(&file, "palette") {
        for (name, value) in palette.value {
            if let Some(text) = reader.as_string(value, name.get_ref()) {
                match plain_colour(&text.value) {
                    Some(colour) => {
                        draft.palette.insert(name.get_ref().to_string(), colour);
                    }
                    None => no_colour(reader, &text.value, text.span, &HashMap::new()),
                }
            }
        }
    }
    for (key, value) in &file {
        let name = key.get_ref().as_ref();
        if ["base", "palette"].contains(&name) {
            continue;
        }
        let Ok(role) = name.parse::<Role>() else {
            let known = Role::VARIANTS.iter().copied().chain(["base", "palette"]);
            reader
                .problem(
                    key.span(),
                    format!("a theme has no role `{}`", quoted(name)),
                )
                .maybe_help(did_you_mean(name, known));
            continue;
        };
        if let Some(Text { value, span, .. }) = reader.as_string(value, name) {
            draft.roles.insert(role, (value, Some(span)));
        }
    }
    draft
}

impl Draft {
    /// The theme with the values of the palette. A word without a meaning goes to `unknown`, if it is the file's own: the
    /// words of a base were checked with it.
    fn theme(&self, name: &str, mut unknown: impl FnMut(&str, Range<usize>)) -> Theme {
        let mut theme = Theme::plain(name);
        for (role, (words, span)) in &self.roles {
            let style = self.style(words, |word, offset| {
                if let Some(span) = span {
                    // Behind the opening quote, as long as the string has but one and no escapes.
                    let start = span.start + 1 + offset;
                    unknown(word, start..start + word.len());
                }
            });
            theme.set(*role, style);
        }
        theme
    }

    /// `[COLOUR] [on COLOUR] [MODIFIER…]`; words without a meaning go to `unknown` with their offset.
    fn style(&self, words: &str, mut unknown: impl FnMut(&str, usize)) -> Style {
        let mut style = Style::new();
        let mut behind = false;
        let mut rest = words;
        while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
            let offset = words.len() - rest.len() + start;
            let word = rest[start..].split_whitespace().next().unwrap_or_default();
            rest = &rest[start + word.len()..];
            if word == "on" && !behind {
                behind = true;
            } else if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == word) {
                style = style.add_modifier(*modifier);
            } else if word == "default" {
                behind = false;
            } else if let Some(colour) = self
                .palette
                .get(word)
                .copied()
                .or_else(|| plain_colour(word))
            {
                style = if std::mem::take(&mut behind) {
                    style.bg(colour)
                } else {
                    style.fg(colour)
                };
            } else {
                unknown(word, offset);
            }
        }
        style
    }
}

/// A colour that needs no palette.
fn plain_colour(word: &str) -> Option<Color> {
    let known = word.starts_with('#') || word.parse::<u8>().is_ok() || COLOURS[1..].contains(&word);
    known.then(|| word.parse().ok()).flatten()
}

fn no_colour(
    reader: &mut Reader<'_>,
    word: &str,
    span: Range<usize>,
    palette: &HashMap<String, Color>,
) {
    let known = COLOURS
        .into_iter()
        .chain(MODIFIERS.iter().map(|(name, _)| *name))
        .chain(palette.keys().map(String::as_str));
    let help = did_you_mean(word, known).unwrap_or_else(|| {
        "write a name such as red or light-red, #rrggbb, a number from 0 to 255, or default"
            .to_owned()
    });
    reader
        .problem(
            span,
            format!(
                "`{}` is neither a colour nor bold, dim, italic, underlined, reversed",
                quoted(word)
            ),
        )
        .help(help);
}

#[cfg(test)]
mod tests;
