//! `audit`: who did what, when, and what came of it; `audit verify`: whether somebody changed the record.

use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    arguments::duration,
    context::Context,
    exit::{Ended, Exit, Fault},
    out::{self, Paint, Style},
};
use crate::{
    clock,
    journal::{Entry, Filter, Report},
    plan::record::OperationId,
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
    /// As JSON, an object a line
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

pub(super) fn run(context: &Context, asked: Audit) -> Ended {
    // Reading makes nothing: where no journal is, none is begun.
    let there = context
        .state()
        .is_some_and(|root| root.join("journal").is_dir());
    if !there {
        let json = matches!(asked.verify, Some(Verify::Verify { json: true })) || asked.json;
        if !json {
            out::print("nothing has been recorded yet\n")?;
        }
        return Ok(Exit::Done);
    }
    let ledger = context.ledger();
    let journal = ledger.journal().map_err(Fault::failed)?;
    if let Some(Verify::Verify { json }) = asked.verify {
        let report = journal
            .verify()
            .map_err(|e| Fault::failed(SafeText::line(e.to_string())))?;
        return verified(&report, json);
    }
    let filter = Filter {
        since: asked.since.map(|since| match since {
            Moment::At(at) => at,
            Moment::Ago(ago) => clock::now() - ago,
        }),
        until: None,
        service: asked.service.clone(),
        operator: asked.who.clone(),
        operation: asked.operation.as_deref().map(OperationId::parse),
    };
    let entries = journal
        .search(&filter)
        .map_err(|e| Fault::failed(SafeText::line(e.to_string())))?;
    let style = context.style();
    let lines: String = entries
        .iter()
        .map(|entry| {
            if asked.json {
                out::line_of(&EntryJson::new(entry))
            } else {
                line(entry, &style)
            }
        })
        .collect();
    out::print(&lines)?;
    Ok(Exit::Done)
}

fn line(entry: &Entry, style: &Style) -> String {
    let who = &entry.who;
    let name = if who.operator.is_empty() {
        &who.os_user
    } else {
        &who.operator
    };
    format!(
        "{:>5}  {}  {}  {}\n",
        entry.seq,
        style.paint(Paint::Dim, &style.time(entry.time)),
        style.paint(Paint::Strong, &SafeText::name(name.as_str())),
        entry.record.sentence()
    )
}

fn verified(report: &Report, json: bool) -> Ended {
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
            sentence: entry.record.sentence(),
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
