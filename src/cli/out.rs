//! Standard output: coloured on a terminal alone, and quiet when nobody reads any more.

use std::io::{self, IsTerminal as _, Write as _};

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{exit::Fault, zone};
use crate::{
    config::{Config, Variables, terminal},
    domain::{alert::Severity, colour::ColourDepth, glyphs::Glyphs, health::Health},
};

/// What a word is painted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Good,
    Warning,
    Critical,
    Dim,
    Strong,
}

/// How words are written here.
#[derive(Clone, Debug)]
pub(super) struct Style {
    colour: bool,
    /// The signs that the terminal shows.
    pub(super) glyphs: &'static Glyphs,
    /// The zone of times.
    pub(super) zone: TimeZone,
}

impl Style {
    pub(super) fn new(config: &Config, variables: &Variables) -> Self {
        let colour =
            io::stdout().is_terminal() && terminal::colour_depth(variables) != ColourDepth::None;
        let utc = config.settings.preferences.utc;
        Self {
            colour,
            glyphs: config.glyphs,
            zone: if utc { TimeZone::UTC } else { zone::here() },
        }
    }

    /// `words`, painted where there are colours. The words are clean already.
    pub(super) fn paint(&self, paint: Paint, words: &str) -> String {
        let code = match paint {
            _ if !self.colour => return words.to_owned(),
            Paint::Plain => return words.to_owned(),
            Paint::Good => "32",
            Paint::Warning => "33",
            Paint::Critical => "1;31",
            Paint::Dim => "2",
            Paint::Strong => "1",
        };
        format!("\x1b[{code}m{words}\x1b[0m")
    }

    /// The sign of a state, and how it is painted.
    pub(super) const fn health(&self, health: Health) -> (&'static str, Paint) {
        match health {
            Health::Critical => (self.glyphs.critical, Paint::Critical),
            Health::Warning => (self.glyphs.warning, Paint::Warning),
            Health::Unknown => (self.glyphs.unknown, Paint::Warning),
            Health::Well => (" ", Paint::Plain),
            Health::Off => (self.glyphs.absent, Paint::Dim),
        }
    }

    /// The sign of how grave something is, where `None` is a check that passed.
    pub(super) const fn severity(&self, severity: Option<Severity>) -> (&'static str, Paint) {
        match severity {
            Some(Severity::Critical) => (self.glyphs.critical, Paint::Critical),
            Some(Severity::Warning) => (self.glyphs.warning, Paint::Warning),
            None => (self.glyphs.good, Paint::Good),
        }
    }

    /// A moment, with its date: what is printed is read later.
    pub(super) fn time(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.zone.clone());
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// A moment to the millisecond.
    pub(super) fn precise(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.zone.clone());
        at.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
    }
}

/// Prints as it is.
pub(super) fn print(text: &str) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Prints one object as one line of JSON.
pub(super) fn json(value: &impl Serialize) -> Result<(), Fault> {
    print(&line_of(value))
}

/// One object as one line of JSON.
pub(super) fn line_of(value: &impl Serialize) -> String {
    let mut line =
        serde_json::to_string(value).expect("names are strings, and nothing in it can fail");
    line.push('\n');
    line
}

/// Says something beside the output: progress, or a warning.
pub(super) fn say(words: &str) {
    // Nobody may listen; what was asked for is done all the same.
    let _ = writeln!(io::stderr().lock(), "{words}");
}
