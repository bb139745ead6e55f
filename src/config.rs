//! Files and environment to checked settings. Every mistake is found at once, and nothing starts half-configured.

pub mod files;
pub mod keymap;
mod reader;
pub mod settings;
pub mod terminal;
pub mod theme;
pub mod variables;

use std::sync::Arc;

use self::report::{Location, quoted};
pub use self::{files::Files, settings::Settings, variables::Variables};
pub use crate::domain::report::{self, Report};
use crate::domain::{
    colour::ColourDepth, glyphs::Glyphs, keymap::Keymap, suggest::did_you_mean, theme::Theme,
};

/// The theme where none is set.
const DEFAULT_THEME: &str = "dark";

/// All that is read at the start, and again when a file changes.
#[derive(Clone, Debug)]
pub struct Config {
    /// What was set.
    pub settings: Settings,
    /// The keys in use.
    pub keymap: Arc<Keymap>,
    /// The looks in use, in the colours that the terminal has.
    pub theme: Arc<Theme>,
    /// The signs in use.
    pub glyphs: &'static Glyphs,
}

/// Reads everything; called again on every change of a file.
///
/// # Errors
/// Every mistake in every file and variable at once.
pub fn load(files: &Files, variables: &Variables) -> Result<Config, Report> {
    let mut report = Report::default();
    let source = files.read_settings(variables, &mut report);
    let (settings, places) = settings::read(source.as_ref(), variables, &mut report);
    let wanted = &settings.preferences;
    let unknown = |report: &mut Report, field: &str, name: &str, known: Vec<&str>| {
        let place = places
            .get(field)
            .cloned()
            .unwrap_or_else(|| Location::Path("the settings".to_owned()));
        let help =
            did_you_mean(name, known.iter().copied()).unwrap_or_else(|| match known.as_slice() {
                [] => format!("there is no {field} at all in quarterdeck.toml"),
                known => format!("there are {}", known.join(", ")),
            });
        let message = match &place {
            // What somebody has just typed is no secret; what a variable holds may be one.
            Location::Option(_) => format!("there is no {field} `{}`", quoted(name)),
            _ => format!("there is no such {field}"),
        };
        report.add(place, message).help(help);
    };

    if let Some(name) = wanted
        .environment
        .as_ref()
        .filter(|name| !settings.environments.contains_key(*name))
    {
        let known = settings.environments.keys().map(String::as_str).collect();
        unknown(&mut report, "environment", name, known);
    }
    let keymap = keymap::load(&wanted.keymap, files, &mut report);
    if keymap.is_none() {
        unknown(
            &mut report,
            "keymap",
            &wanted.keymap,
            keymap::shipped().collect(),
        );
    }
    let name = wanted.theme.as_deref().unwrap_or(DEFAULT_THEME);
    let mut theme = theme::load(name, files, &mut report);
    if theme.is_none() {
        unknown(&mut report, "theme", name, theme::shipped().collect());
    }
    let depth = terminal::colour_depth(variables);
    if depth == ColourDepth::None {
        // Only mono was made to be told apart without colours.
        theme = theme::built_in("mono");
    }
    let glyphs = Glyphs::new(
        wanted
            .ascii
            .unwrap_or_else(|| terminal::ascii_only(variables)),
    );
    report.or(Config {
        keymap: Arc::new(keymap.unwrap_or_default()),
        theme: Arc::new(theme.unwrap_or_else(|| Theme::plain(name)).at_depth(depth)),
        settings,
        glyphs,
    })
}

#[cfg(test)]
mod tests;
