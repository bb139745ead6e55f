//! What is around us: the files, the terminal, the places of backups.

use std::io::IsTerminal as _;

use rustix::fs::{Access, access};

use super::{Check, journal};
use crate::{
    app,
    cli::context::Context,
    config::{Settings, Variables, terminal as shows},
    domain::colour::ColourDepth,
    safe,
    text::SafeText,
};

/// Which settings hold. They have been checked: else nothing comes this far.
pub(super) fn settings(context: &Context) -> Vec<Check> {
    let wanted = &context.config.settings.preferences;
    let file = match &context.files.settings {
        Some(path) => safe!("{} is valid", path.display()),
        None => SafeText::from_static("no quarterdeck.toml; everything is at its default"),
    };
    let theme = &context.config.theme.name;
    let mut checks = vec![
        Check::good("settings", file),
        Check::good("keymap, theme", safe!("{}, {theme}", wanted.keymap)),
    ];
    let environments = &context.config.settings.environments;
    if environments.is_empty() {
        checks.push(Check::warning(
            "environment",
            SafeText::from_static("none is named, so this one is confirmed like production"),
            SafeText::from_static("[environment.NAME] with its kind in quarterdeck.toml"),
        ));
    } else {
        let place = context.place();
        checks.push(Check::good(
            "environment",
            safe!(
                "{} ({}), one of {}",
                place.environment,
                place.kind.word(),
                environments.len()
            ),
        ));
    }
    checks.push(match &wanted.operator {
        Some(name) => Check::good("operator", SafeText::name(name)),
        None => Check::warning(
            "operator",
            SafeText::from_static("nobody is named; asked at the first action"),
            SafeText::from_static("set QUARTERDECK_OPERATOR for scripts"),
        ),
    });
    checks
}

/// What the terminal shows.
pub(super) fn terminal(variables: &Variables) -> Vec<Check> {
    if !std::io::stdout().is_terminal() {
        let found = SafeText::from_static("not looked at: the output is none");
        return vec![Check::unchecked("terminal", found)];
    }
    let (columns, rows) = app::terminal::size();
    let term = SafeText::name(variables.get("TERM").unwrap_or("(TERM is not set)"));
    let size = safe!("{term}, {columns}x{rows}");
    let mut checks = vec![if columns < 80 || rows < 24 {
        Check::warning("terminal", size, SafeText::from_static("80x24 shows more"))
    } else {
        Check::good("terminal", size)
    }];
    checks.push(match shows::colour_depth(variables) {
        ColourDepth::True => Check::good("colours", SafeText::from_static("16 million")),
        ColourDepth::Ansi256 => Check::good("colours", SafeText::from_static("256")),
        ColourDepth::Ansi16 => Check::good("colours", SafeText::from_static("16")),
        ColourDepth::None => Check::warning(
            "colours",
            SafeText::from_static("none; the theme mono is used"),
            SafeText::from_static("unset NO_COLOR, or set TERM to what the terminal is"),
        ),
    });
    checks.push(if shows::ascii_only(variables) {
        Check::warning(
            "signs",
            SafeText::from_static("ASCII alone"),
            SafeText::from_static("set LANG to a UTF-8 locale, where the terminal shows it"),
        )
    } else {
        Check::good("signs", SafeText::from_static("UTF-8"))
    });
    checks
}

/// Whether backups can be written where they are to go.
pub(super) fn backups(settings: &Settings) -> Vec<Check> {
    let mut checks = Vec::new();
    for (name, backup) in &settings.backups {
        let there = backup.to.ancestors().find(|p| p.exists());
        let writable = there.is_some_and(|p| p.is_dir() && access(p, Access::WRITE_OK).is_ok());
        let name = SafeText::name(name);
        if writable {
            checks.push(Check::good(
                "backup",
                safe!("{name} goes to {}", backup.to.display()),
            ));
            checks.extend(journal::room("backup's disk", &backup.to));
        } else {
            checks.push(Check::bad(
                "backup",
                safe!("{name} cannot be written to {}", backup.to.display()),
                SafeText::from_static("make the directory, and make it yours"),
            ));
        }
    }
    checks
}
