//! `checklist lint`: every mistake at once.

use std::{io::IsTerminal as _, path::PathBuf};

use clap::Args;
use serde::Serialize;

use super::{known, known_without_platform};
use crate::{
    app::lists::{self, Text},
    checklist::{self, Reading},
    cli::{
        arguments::Global,
        exit::{CommandResult, Exit, Fault},
        out,
    },
    config::{Variables, terminal},
    domain::{
        colour::ColourDepth,
        report::{Problem, Report},
    },
    text::SafeText,
};

/// `quarterdeck checklist lint`.
#[derive(Debug, Args)]
pub(super) struct Lint {
    /// The Markdown file
    file: PathBuf,
    /// Hold the names in it against the services that run
    #[arg(long)]
    live: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(global: &Global, lint: Lint) -> CommandResult {
    let known = if lint.live {
        Some(known(global).await?)
    } else {
        known_without_platform(global)
    };
    let read = match lists::read(&lint.file).map_err(Fault::usage)? {
        Text::Good(source) => checklist::read(&source, known.as_ref()),
        Text::Bad(report) => Err(report),
    };
    let (reading, report) = match read {
        Ok(Reading { document, warnings }) => (Some(document), warnings),
        Err(report) => (None, report),
    };
    let exit = if reading.is_some() {
        Exit::Done
    } else {
        Exit::Failed
    };
    let file = SafeText::name(lint.file.as_os_str().as_encoded_bytes());
    if lint.json {
        out::json(&LintJson::new(&file, exit == Exit::Done, &report))?;
        return Ok(exit);
    }
    let mut text = String::new();
    if !report.is_empty() {
        let colours = terminal::colour_depth(&Variables::of_process()) != ColourDepth::None;
        text.push_str(&report.mistakes(std::io::stdout().is_terminal() && colours));
        text.push_str("\n\n");
    }
    let warnings = report.problems().iter().filter(|p| p.is_warning()).count();
    let mistakes = report.problems().len() - warnings;
    text.push_str(&match &reading {
        Some(document) => format!(
            "{file} can be walked: {} steps in {}",
            document.items().count(),
            many(document.lists.len(), "list")
        ),
        None => format!("{file} cannot be walked: {}", many(mistakes, "mistake")),
    });
    if warnings > 0 {
        text.push_str(&format!(", {}", many(warnings, "warning")));
    }
    text.push('\n');
    out::print(&text)?;
    Ok(exit)
}

fn many(count: usize, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

/// The answer of `checklist lint --json`.
#[derive(Serialize)]
struct LintJson<'a> {
    file: &'a str,
    walkable: bool,
    problems: Vec<ProblemJson<'a>>,
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    level: &'static str,
    line: Option<usize>,
    column: Option<usize>,
    message: &'a str,
    help: Option<&'a str>,
}

impl<'a> LintJson<'a> {
    fn new(file: &'a str, walkable: bool, report: &'a Report) -> Self {
        let problem = |problem: &'a Problem| {
            let place = problem.place().line_and_column();
            ProblemJson {
                level: if problem.is_warning() {
                    "warning"
                } else {
                    "error"
                },
                line: place.map(|(line, _)| line),
                column: place.map(|(_, column)| column),
                message: problem.message(),
                help: problem.suggestion(),
            }
        };
        Self {
            file,
            walkable,
            problems: report.problems().iter().map(problem).collect(),
        }
    }
}
