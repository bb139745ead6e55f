//! `doctor`: what can only be seen live, a line a check, each with what mends it.

mod journal;
mod platform;
mod surroundings;

use clap::Args;
use serde::Serialize;

use super::{
    arguments::Global,
    context::{self, Context},
    exit::{Ended, Exit, Fault},
    out::{self, Paint, Style},
    table::{Side, Table},
};
use crate::{
    config::{self, Files},
    domain::alert::Severity,
    text::SafeText,
};

/// `quarterdeck doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// As JSON, an object a line
    #[arg(long)]
    json: bool,
}

/// One check and what it found.
#[derive(Debug, Serialize)]
struct Check {
    /// What was looked at.
    about: &'static str,
    #[serde(serialize_with = "word")]
    result: Option<Severity>,
    /// What was found.
    found: SafeText,
    /// What mends it; empty where nothing needs to be.
    mend: SafeText,
}

impl Check {
    const fn good(about: &'static str, found: SafeText) -> Self {
        Self {
            about,
            result: None,
            found,
            mend: SafeText::EMPTY,
        }
    }

    const fn warning(about: &'static str, found: SafeText, mend: SafeText) -> Self {
        Self {
            about,
            result: Some(Severity::Warning),
            found,
            mend,
        }
    }

    const fn bad(about: &'static str, found: SafeText, mend: SafeText) -> Self {
        Self {
            about,
            result: Some(Severity::Critical),
            found,
            mend,
        }
    }
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it so"
)]
fn word<S: serde::Serializer>(result: &Option<Severity>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(match result {
        None => "good",
        Some(Severity::Warning) => "warning",
        Some(Severity::Critical) => "bad",
    })
}

pub(super) async fn run(global: &Global, doctor: Doctor) -> Ended {
    let mut checks = Vec::new();
    let style = match Context::new(global) {
        Ok(context) => {
            checks.extend(surroundings::settings(&context));
            checks.extend(platform::checks(&context).await);
            checks.extend(journal::checks(&context));
            checks.extend(surroundings::backups(&context.config.settings));
            checks.extend(surroundings::terminal(&context.variables));
            context.style()
        }
        Err(Fault::Said(_, words)) => {
            checks.push(Check::bad(
                "settings",
                SafeText::from_static("wrong: see below"),
                SafeText::from_static("mend them; nothing else was looked at"),
            ));
            out::say(&words);
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
    let bad = checks.iter().any(|c| c.result == Some(Severity::Critical));
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

fn table(checks: &[Check], style: &Style) -> String {
    let mut table = Table::new(&[
        ("", Side::Left),
        ("ABOUT", Side::Left),
        ("FOUND", Side::Left),
    ]);
    for check in checks {
        let (sign, paint) = style.severity(check.result);
        let found = if check.mend.is_empty() {
            check.found.to_string()
        } else {
            format!("{}: {}", check.found, check.mend)
        };
        table.row(vec![
            (sign.to_owned(), paint),
            (check.about.to_owned(), Paint::Plain),
            (found, paint),
        ]);
    }
    table.render(style)
}
