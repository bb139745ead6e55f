//! How each part of the screen looks: a style for every role, never a colour in the drawing code.

use ratatui::style::Style;
use strum::{Display, EnumCount, EnumIter, EnumString, IntoStaticStr, VariantNames};

use super::colour::{ColourDepth, nearest};

/// What a piece of the screen is there for. Its documentation says where it is used.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Display,
    EnumCount,
    EnumIter,
    EnumString,
    IntoStaticStr,
    VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// What has no other role.
    Text,
    /// What matters less: ages, units, words between figures.
    Dim,
    /// The frame of a pane.
    Border,
    /// The frame of the pane in focus.
    BorderFocus,
    /// The frame while the environment is production.
    BorderProduction,
    /// The name of a pane.
    Title,
    /// The line at the top.
    Header,
    /// The word for the environment where it is production.
    Production,
    /// The heads of columns and groups.
    Column,
    /// What is broken.
    Critical,
    /// What will break.
    Warning,
    /// What is well, where it must be said.
    Good,
    /// What cannot be known.
    Unknown,
    /// A notice, a hint.
    Info,
    /// What draws the eye without being an alarm: versions, counts, links.
    Accent,
    /// The selected row, in the pane in focus.
    Selection,
    /// The selected row of the other panes.
    SelectionIdle,
    /// A marked row.
    Marked,
    /// A figure that is not live.
    Stale,
    /// What a search or a filter matched.
    Match,
    /// The match that the view stands on.
    MatchCurrent,
    /// A key in the hint bar and the help.
    Key,
    /// The word behind a key.
    KeyLabel,
    /// A text field.
    Input,
    /// A choice of a dialog that is chosen.
    Choice,
    /// A choice or a key that is not to be had now.
    Disabled,
    /// The done part of a bar.
    BarFull,
    /// The open part of a bar.
    BarEmpty,
    /// The done part of a bar that is stuck or failed.
    BarBad,
    /// A line that is added.
    Added,
    /// A line that is removed.
    Removed,
    /// Logs: trace.
    LevelTrace,
    /// Logs: debug.
    LevelDebug,
    /// Logs: info.
    LevelInfo,
    /// Logs: warn.
    LevelWarn,
    /// Logs: error.
    LevelError,
    /// Logs: fatal.
    LevelFatal,
    /// Logs: the time of a line.
    LogTime,
    /// Logs: the name of a field.
    LogField,
    /// Logs: a joint, a restart, a gap.
    LogMark,
    /// Logs: the first of the colours that tell services apart.
    Source1,
    /// Logs: the second.
    Source2,
    /// Logs: the third.
    Source3,
    /// Logs: the fourth.
    Source4,
    /// Logs: the fifth.
    Source5,
    /// Logs: the sixth.
    Source6,
    /// A small curve.
    Spark,
    /// A small curve of errors.
    SparkBad,
}

impl Role {
    /// The name in a theme file: `border-focus`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The colours that tell services apart in merged logs, in turn.
    pub const fn source(number: usize) -> Self {
        const SOURCES: [Role; 6] = [
            Role::Source1,
            Role::Source2,
            Role::Source3,
            Role::Source4,
            Role::Source5,
            Role::Source6,
        ];
        SOURCES[number % SOURCES.len()]
    }
}

/// A style for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// What a person calls it: `nord`.
    pub name: String,
    styles: [Style; Role::COUNT],
}

impl Theme {
    /// A theme in which every role looks as the terminal's text does.
    pub fn plain(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            styles: [Style::new(); Role::COUNT],
        }
    }

    /// How `role` looks.
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// Gives `role` another look.
    pub const fn set(&mut self, role: Role, style: Style) {
        self.styles[role as usize] = style;
    }

    /// The same theme in the colours that a terminal can show.
    ///
    /// With [`ColourDepth::None`] only the modifiers stay; the theme `mono` is made for that.
    #[must_use]
    pub fn at_depth(mut self, depth: ColourDepth) -> Self {
        for style in &mut self.styles {
            style.fg = style.fg.and_then(|colour| nearest(colour, depth));
            style.bg = style.bg.and_then(|colour| nearest(colour, depth));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Modifier};

    use super::*;

    #[test]
    fn without_colours_only_modifiers_stay() {
        let mut theme = Theme::plain("t");
        theme.set(
            Role::Critical,
            Style::new()
                .fg(Color::Red)
                .bg(Color::Black)
                .add_modifier(Modifier::BOLD),
        );
        let none = theme.clone().at_depth(ColourDepth::None);
        assert_eq!(
            none.style(Role::Critical),
            Style::new().add_modifier(Modifier::BOLD)
        );
        assert_eq!(theme.clone().at_depth(ColourDepth::True), theme);
    }

    #[test]
    fn sources_go_round() {
        assert_eq!(Role::source(0), Role::Source1);
        assert_eq!(Role::source(7), Role::Source2);
    }
}
