//! `checklist show` and `checklist export`: what the journal has of runs.

use std::{fs, io::Write as _, path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::operator;
use crate::{
    app::conduct::Conductor,
    checklist::{Hold, Opened, RunId, Walk, record},
    cli::{
        context::Context,
        exit::{CommandResult, Exit, Fault},
        out,
    },
    clock,
    journal::{Journal, KeptRun},
    text::{SafeText, lines},
};

/// `quarterdeck checklist show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The run; all of them where none is named
    run: Option<String>,
    /// As JSON, an object a run
    #[arg(long)]
    json: bool,
}

/// `quarterdeck checklist export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The run
    run: String,
    /// As what
    #[arg(long, value_enum, default_value_t = Format::Md)]
    format: Format,
    /// Write it to this file, which must not be there yet
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `quarterdeck checklist end`.
#[derive(Debug, Args)]
pub(super) struct EndRun {
    /// The run
    run: String,
    /// Why it is left; it stands in the journal
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

/// As what a record is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// The same file, ticked
    Md,
    /// One object
    Json,
}

pub(super) fn show(context: &Context, asked: &Show) -> CommandResult {
    let ledger = context.ledger();
    let journal = ledger.journal().map_err(Fault::failed)?;
    if let Some(run) = &asked.run {
        let walk = opened(journal, run)?;
        return if asked.json {
            out::json(&record::Record::of(walk.run()))?;
            Ok(Exit::Done)
        } else {
            out::print(&lines(&record::markdown(walk.run())))?;
            Ok(Exit::Done)
        };
    }
    let runs = journal.runs(None).map_err(Fault::failed)?;
    let style = context.style();
    for (run, hold) in &runs {
        let (name, list) = run.name();
        let list = list.map_or_else(String::new, |list| format!(", {list}"));
        let began = run.events.first().map(|event| event.at);
        let is = match (run.is_over(), hold) {
            (true, _) => "over",
            (false, Hold::Nobody) => "left in the middle",
            (false, _) => "under way",
        };
        if asked.json {
            out::json(&RunJson {
                run: &run.run,
                name: &name,
                began,
                pilot: run.pilot(),
                is,
            })?;
            continue;
        }
        let began = began.map(|at| style.time(at)).unwrap_or_default();
        let (id, pilot) = (&run.run.0, run.pilot());
        out::print(&format!("{id}  {began}  {name}{list}  by {pilot}  {is}\n"))?;
    }
    if runs.is_empty() && !asked.json {
        out::print("no list was walked yet\n")?;
    }
    Ok(Exit::Done)
}

/// A line of `checklist show --json`.
#[derive(Serialize)]
struct RunJson<'a> {
    run: &'a RunId,
    name: &'a str,
    began: Option<jiff::Timestamp>,
    pilot: SafeText,
    is: &'static str,
}

pub(super) fn export(context: &Context, asked: &Export) -> CommandResult {
    let ledger = context.ledger();
    let journal = ledger.journal().map_err(Fault::failed)?;
    let walk = opened(journal, &asked.run)?;
    let text = match asked.format {
        Format::Md => lines(&record::markdown(walk.run())).into_owned(),
        Format::Json => out::line_of(&record::Record::of(walk.run())),
    };
    let Some(path) = &asked.output else {
        out::print(&text)?;
        return Ok(Exit::Done);
    };
    let name = SafeText::name(path.as_os_str().as_encoded_bytes());
    let written = fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let why = SafeText::line(error.to_string());
        Fault::failed(format!("{name} cannot be written: {why}"))
    })?;
    out::say(&format!("{name} is written"));
    Ok(Exit::Done)
}

pub(super) fn end(context: &Context, asked: &EndRun) -> CommandResult {
    let by = operator(context)?;
    let ledger = context.ledger();
    let (kept, hold) = found(ledger.journal().map_err(Fault::failed)?, &asked.run)?;
    let (run, pilot) = (&kept.run.0, kept.pilot());
    if kept.is_over() {
        return Err(Fault::usage(format!("run {run} is over")));
    }
    if hold == Hold::Other {
        let why = format!("{pilot} has control in another console");
        return Err(Fault::refused(why));
    }
    // The time of a rehearsal may run ahead.
    let last = kept.events.last().map(|event| event.at);
    let at = last.map_or_else(clock::now, |last| last.max(clock::now()));
    let conductor = Conductor::new(ledger);
    let opened = conductor.look_at(kept.cluster.as_str(), &kept.run);
    opened.map_err(Fault::failed)?;
    let reason = SafeText::line(&asked.reason);
    let refused = conductor.leave(&kept.run, &by, reason, at);
    if let Some(why) = refused.map_err(Fault::failed)? {
        return Err(Fault::refused(why));
    }
    out::say(&format!("run {run} is ended"));
    Ok(Exit::Done)
}

/// The run of that name, or that begins so, read from the journal.
fn opened(journal: &Arc<Journal>, name: &str) -> Result<Walk, Fault> {
    let (run, hold) = found(journal, name)?;
    let text = journal.list_file(run.hash()).map_err(Fault::failed)?;
    let KeptRun {
        run, path, events, ..
    } = run;
    Walk::open(&Opened {
        run,
        path,
        text,
        events,
        hold,
    })
    .map_err(Fault::failed)
}

fn found(journal: &Arc<Journal>, name: &str) -> Result<(KeptRun, Hold), Fault> {
    let runs = journal.runs(None).map_err(Fault::failed)?;
    let mut meant = runs
        .into_iter()
        .filter(|(run, _)| run.run.0.starts_with(name));
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            let name = SafeText::name(name);
            Err(Fault::usage(format!("several runs begin with {name}")))
        }
        (None, _) => {
            let name = SafeText::name(name);
            let all = "quarterdeck checklist show lists them";
            Err(Fault::usage(format!("there is no run {name}; {all}")))
        }
    }
}
