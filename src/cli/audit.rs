//! `audit`: who did what, when, and what came of it; `audit verify`: whether somebody changed the record.

mod story;

use std::{path::Path, sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    arguments::duration,
    context::Context,
    exit::{CommandResult, Exit, Fault},
    out::{self, Paint, Style},
};
use crate::{
    clock,
    journal::{Entry, Filter, Journal, Report},
    plan::record::{OperationId, RecordError},
    text::SafeText,
};

/// `quarterdeck audit`.
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    verify: Option<Verify>,
    /// Not before this: 15m ago, or a time (2026-11-21T14:02:00Z)
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<Moment>,
    /// Of this service: its name, or PROJECT/NAME
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// By this operator or account
    #[arg(long = "by", visible_alias = "who", value_name = "NAME")]
    who: Option<String>,
    /// Of this operation
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Every entry of the journal, not only a line an operation
    #[arg(long)]
    steps: bool,
    /// Every entry as JSON, an object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verify {
    /// Check that every entry fits the one before it; exits with 1 and names the first that does not
    Verify {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug)]
enum Moment {
    Ago(Duration),
    At(Timestamp),
}

fn moment(written: &str) -> Result<Moment, String> {
    match written.parse() {
        Ok(at) => Ok(Moment::At(at)),
        Err(_) => duration(written).map(Moment::Ago),
    }
}

pub(super) fn run(context: &Context, asked: Audit) -> CommandResult {
    let Some(root) = context.state() else {
        return Err(Fault::failed(
            "there is no place for a journal: set HOME or QUARTERDECK_STATE_DIR",
        ));
    };
    let folder = root.join("journal");
    // Reading makes nothing: where no journal is, none is begun.
    if !folder.is_dir() {
        let json = matches!(asked.verify, Some(Verify::Verify { json: true })) || asked.json;
        return if json { Ok(Exit::Done) } else { empty(&folder) };
    }
    let ledger = context.ledger();
    let journal = ledger.journal().map_err(Fault::failed)?;
    if let Some(Verify::Verify { json }) = asked.verify {
        return verified(&journal.verify().map_err(unreadable)?, json);
    }
    let filter = asked.filter();
    let entries = journal.search(&filter).map_err(unreadable)?;
    let style = context.style();
    let text: String = if asked.json {
        let line = |entry| out::line_of(&EntryJson::new(entry));
        entries.iter().map(line).collect()
    } else if asked.steps {
        entries.iter().map(|entry| line(entry, &style)).collect()
    } else {
        told(journal, &filter, &entries, &style)?
    };
    if text.is_empty() && !asked.json {
        return if filter == Filter::default() {
            empty(&folder)
        } else {
            out::say("nothing in the journal answers to that");
            Ok(Exit::Done)
        };
    }
    out::print(&text)?;
    Ok(Exit::Done)
}

impl Audit {
    fn filter(&self) -> Filter {
        Filter {
            since: self.since.map(|since| match since {
                Moment::At(at) => at,
                Moment::Ago(ago) => clock::now() - ago,
            }),
            until: None,
            service: self.service.clone(),
            operator: self.who.clone(),
            operation: self.operation.as_deref().map(OperationId::parse),
        }
    }
}

fn empty(folder: &Path) -> CommandResult {
    out::print(&format!(
        "nothing has been done from here yet; the journal is at {}\n",
        SafeText::name(folder.as_os_str().as_encoded_bytes())
    ))?;
    Ok(Exit::Done)
}

fn unreadable(error: RecordError) -> Fault {
    Fault::failed(SafeText::line(error.to_string()))
}

/// A line an operation.
fn told(
    journal: &Arc<Journal>,
    filter: &Filter,
    matching: &[Entry],
    style: &Style,
) -> Result<String, Fault> {
    // A version or an end may stand outside of what was asked for.
    let whole = journal.search(&Filter::default()).map_err(unreadable)?;
    let left = journal.unfinished().map_err(unreadable)?;
    let left = left.iter().map(|unfinished| &unfinished.id).collect();
    let deeds = story::deeds(&whole, &left);
    let asked = |deed: &&story::Deed<'_>| {
        *filter == Filter::default() || matching.iter().any(|entry| deed.holds(entry))
    };
    let deeds: Vec<_> = deeds.iter().filter(asked).collect();
    Ok(story::table(&deeds, style))
}

/// An entry in a line.
fn line(entry: &Entry, style: &Style) -> String {
    let operation = entry.record.operation();
    let operation = operation.map_or(SafeText::EMPTY, |id| SafeText::name(id.as_str()));
    format!(
        "{:>5}  {}  {}  {:15}  {}\n",
        entry.seq,
        style.paint(Paint::Dim, &style.time(entry.time)),
        style.paint(Paint::Strong, &who(entry)),
        operation.as_str(),
        entry.sentence()
    )
}

/// Who wrote an entry: the name that they gave, else that of their account.
fn who(entry: &Entry) -> SafeText {
    let who = &entry.who;
    let name = if who.operator.is_empty() {
        &who.os_user
    } else {
        &who.operator
    };
    SafeText::name(name.as_str())
}

fn verified(report: &Report, json: bool) -> CommandResult {
    let problem = report
        .mismatch
        .as_ref()
        .map(|m| SafeText::line(m.to_string()));
    let notes: Vec<SafeText> = report
        .notes
        .iter()
        .map(|n| SafeText::line(n.to_string()))
        .collect();
    if json {
        out::json(&VerifiedJson {
            intact: problem.is_none(),
            entries: report.entries,
            last: report.head.seq,
            hash: report.head.hash.as_str(),
            mismatch: problem.as_ref(),
            notes: &notes,
        })?;
    } else {
        let last = match &problem {
            None => format!(
                "{} entries, each fits the one before it; the last is {} {}",
                report.entries, report.head.seq, report.head.hash
            ),
            Some(problem) => format!("{} entries fit; then: {problem}", report.entries),
        };
        let notes = notes.iter().map(ToString::to_string);
        let text: Vec<String> = notes.chain([last, String::new()]).collect();
        out::print(&text.join("\n"))?;
    }
    Ok(if problem.is_none() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// A line of `audit --json`: the entry as it stands in the journal, and in words.
#[derive(Serialize)]
struct EntryJson<'a> {
    #[serde(flatten)]
    entry: &'a Entry,
    sentence: SafeText,
}

impl<'a> EntryJson<'a> {
    fn new(entry: &'a Entry) -> Self {
        Self {
            entry,
            sentence: entry.sentence(),
        }
    }
}

/// `audit verify --json`.
#[derive(Serialize)]
struct VerifiedJson<'a> {
    intact: bool,
    entries: u64,
    last: u64,
    hash: &'a str,
    mismatch: Option<&'a SafeText>,
    notes: &'a [SafeText],
}
