//! `doctor`: what can only be seen live, a line a check, each with what mends it.

mod cluster;
mod journal;
mod platform;
mod surroundings;

use clap::Args;
use serde::Serialize;

use super::{
    arguments::Global,
    context::{self, Context},
    exit::{CommandResult, Exit, Fault},
    out::{self, Paint, Style},
    table::{Side, Table},
};
use crate::{
    config::{self, Files},
    domain::alert::Severity,
    safe,
    text::SafeText,
};

/// `quarterdeck doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// As JSON, an object a line
    #[arg(long)]
    json: bool,
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Good,
    /// It could not be looked at from here.
    #[serde(rename = "not checked")]
    Unchecked,
    Warning,
    Bad,
}

/// One check and what it found.
#[derive(Debug, Serialize)]
struct Check {
    /// What was looked at.
    about: &'static str,
    result: Verdict,
    /// What was found.
    found: SafeText,
    /// What mends it; empty where nothing needs to be.
    mend: SafeText,
}

impl Check {
    const fn good(about: &'static str, found: SafeText) -> Self {
        Self {
            about,
            result: Verdict::Good,
            found,
            mend: SafeText::EMPTY,
        }
    }

    const fn unchecked(about: &'static str, found: SafeText) -> Self {
        Self {
            about,
            result: Verdict::Unchecked,
            found,
            mend: SafeText::EMPTY,
        }
    }

    const fn warning(about: &'static str, found: SafeText, mend: SafeText) -> Self {
        Self {
            about,
            result: Verdict::Warning,
            found,
            mend,
        }
    }

    const fn bad(about: &'static str, found: SafeText, mend: SafeText) -> Self {
        Self {
            about,
            result: Verdict::Bad,
            found,
            mend,
        }
    }
}

pub(super) async fn run(global: &Global, doctor: Doctor) -> CommandResult {
    let mut checks = Vec::new();
    let mut mistakes = String::new();
    let style = match Context::read(global) {
        Ok(context) => {
            match &context.wrong {
                Some(report) if doctor.json => checks.extend(each(report)),
                Some(report) => {
                    checks.push(wrong(&report.count()));
                    mistakes = report.mistakes(false);
                }
                None => {
                    checks.extend(surroundings::settings(&context));
                    checks.extend(platform::checks(&context).await);
                    checks.extend(surroundings::backups(&context.config.settings));
                }
            }
            checks.extend(journal::checks(&context));
            checks.extend(surroundings::terminal(&context.variables));
            context.style()
        }
        // Not even the command line and the variables hold together.
        Err(Fault::Said(_, words)) => {
            checks.push(wrong("mistakes in them"));
            mistakes = words;
            default_style(global)?
        }
        Err(other) => return Err(other),
    };
    if doctor.json {
        let lines: String = checks.iter().map(out::line_of).collect();
        out::print(&lines)?;
    } else {
        out::print(&table(&checks, &style))?;
    }
    match mistakes.trim_end() {
        "" => {}
        mistakes if doctor.json => out::say(mistakes),
        mistakes => out::print(&format!("\n{mistakes}\n"))?,
    }
    let bad = checks.iter().any(|c| c.result == Verdict::Bad);
    Ok(if bad { Exit::Failed } else { Exit::Done })
}

/// How words are written where the settings can't be read.
fn default_style(global: &Global) -> Result<Style, Fault> {
    let process = context::variables(global);
    // What says how the terminal is; our own variables may be what is wrong.
    let names = [
        "TERM",
        "COLORTERM",
        "NO_COLOR",
        "LC_ALL",
        "LC_CTYPE",
        "LANG",
    ];
    let variables = names
        .into_iter()
        .filter_map(|name| Some((name, process.get(name)?)))
        .collect();
    let config = config::load(&Files::default(), &variables);
    let config = config.map_err(|report| Fault::usage(report.render(false)))?;
    Ok(Style::new(&config, &variables))
}

/// Which daemon and which backups are meant nobody knows before they are mended.
fn wrong(found: &str) -> Check {
    Check::bad(
        "settings",
        safe!("{found}, shown below"),
        SafeText::from_static("mend them; until then only a demo and audit go on"),
    )
}

/// A check for each mistake in the settings.
fn each(report: &config::Report) -> impl Iterator<Item = Check> {
    let problems = report.problems().iter();
    problems.map(|problem| {
        let mend = problem.suggestion().unwrap_or_default();
        Check::bad(
            "settings",
            safe!("{}", problem.what()),
            SafeText::line(mend),
        )
    })
}

/// A check a line, and under it what mends it.
fn table(checks: &[Check], style: &Style) -> String {
    let mut table = Table::new(&[
        ("", Side::Left),
        ("ABOUT", Side::Left),
        ("FOUND", Side::Left),
    ]);
    for check in checks {
        let (sign, paint) = match check.result {
            Verdict::Good => style.severity(None),
            Verdict::Unchecked => (style.glyphs.absent, Paint::Dim),
            Verdict::Warning => style.severity(Some(Severity::Warning)),
            Verdict::Bad => style.severity(Some(Severity::Critical)),
        };
        table.row(vec![
            (sign.to_owned(), paint),
            (check.about.to_owned(), Paint::Plain),
            (check.found.to_string(), paint),
        ]);
        if !check.mend.is_empty() {
            let mend = format!("{} {}", style.glyphs.arrow, check.mend);
            table.row(vec![
                (String::new(), Paint::Plain),
                (String::new(), Paint::Plain),
                (mend, Paint::Plain),
            ]);
        }
    }
    table.render(style)
}
