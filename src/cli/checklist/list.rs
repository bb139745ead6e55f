//! `checklist list`: what can be walked.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::{
    app::lists::{self, Text},
    checklist::{self, Document, ItemId, ListKind},
    cli::{
        exit::{CommandResult, Exit, Fault},
        out,
    },
    text::SafeText,
};

/// `quarterdeck checklist list`.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Markdown files, told with the number of each step; without any, those here and in the folder checklists
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// As JSON, an object a list
    #[arg(long)]
    json: bool,
}

pub(super) fn run(asked: &List) -> CommandResult {
    let looked = asked.files.is_empty();
    let files = if looked {
        lists::here()
    } else {
        asked.files.clone()
    };
    let mut text = String::new();
    let mut wrong = Vec::new();
    for path in &files {
        let name = SafeText::name(path.as_os_str().as_encoded_bytes());
        let read = match lists::read(path) {
            Ok(Text::Good(source)) => checklist::read(&source, None),
            Ok(Text::Bad(report)) => Err(report),
            // Nobody asked for this one.
            Err(words) if looked => {
                out::say(&format!("quarterdeck: {words}"));
                continue;
            }
            Err(words) => return Err(Fault::usage(words)),
        };
        match read {
            Ok(reading) if asked.json => text.push_str(&json(&name, &reading.document)),
            Ok(reading) => text.push_str(&told(&name, &reading.document, !looked)),
            Err(report) => {
                let nothing = report.problems().iter().all(checklist::is_nothing);
                if !(looked && nothing) {
                    wrong.extend(
                        report
                            .problems()
                            .iter()
                            .filter(|p| !p.is_warning())
                            .map(ToString::to_string),
                    );
                }
            }
        }
    }
    out::print(&text)?;
    for line in &wrong {
        out::say(line);
    }
    if looked && text.is_empty() && wrong.is_empty() {
        out::say(
            "no list in the Markdown files here, or in the folder checklists; quarterdeck checklist new deploy-day writes one",
        );
    }
    Ok(if wrong.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// A line of `checklist list --json`.
#[derive(Serialize)]
struct ListJson<'a> {
    file: &'a str,
    document: &'a str,
    name: &'a str,
    kind: ListKind,
    steps: usize,
    line: usize,
    items: Vec<ItemJson<'a>>,
}

#[derive(Serialize)]
struct ItemJson<'a> {
    step: ItemId,
    kind: &'static str,
    text: &'a str,
}

fn json(file: &SafeText, document: &Document) -> String {
    let line = |list: &checklist::List| {
        let items = list.items.iter().map(|item| ItemJson {
            step: item.id,
            kind: item.kind.word(),
            text: &item.text,
        });
        out::line_of(&ListJson {
            file,
            document: &document.name,
            name: &list.name,
            kind: list.kind,
            steps: list.items.len(),
            line: document.line(list),
            items: items.collect(),
        })
    };
    document.lists.iter().map(line).collect()
}

/// The lists of a file, with each step and its number where that is wanted.
fn told(file: &SafeText, document: &Document, steps: bool) -> String {
    let mut text = format!("{file}  {}\n", document.name);
    for list in &document.lists {
        let count = list.items.len();
        let of = match (list.kind, count) {
            (ListKind::Checklist, 1) => "item",
            (ListKind::Checklist, _) => "items",
            (ListKind::Procedure, 1) => "step",
            (ListKind::Procedure, _) => "steps",
        };
        text.push_str(&format!("  {count:>3} {of:<6} {}\n", list.name));
        for item in list.items.iter().filter(|_| steps) {
            let (id, kind) = (item.id.0, item.kind.word());
            text.push_str(&format!("  {id:>10}  {kind:<6}  {}\n", item.text));
        }
    }
    text
}
