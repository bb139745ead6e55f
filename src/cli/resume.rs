//! `resume`: what an earlier console, or command, left unfinished.

use clap::{ArgGroup, Args};
use serde::Serialize;

use super::{
    act::{self, Agreement, Part},
    context::Context,
    exit::{CommandResult, Exit, Fault},
    out,
};
use crate::{
    state::operations::Leftover,
    text::{SafeText, counted},
};

/// `quarterdeck resume`. Without an answer it lists what is unfinished.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("answer").args(["go_on", "put_back", "leave"]))]
pub(super) struct Resume {
    /// The operation; may be left out where there is but one
    operation: Option<String>,
    /// Do what is left of it
    #[arg(long)]
    go_on: bool,
    /// Undo what was done of it
    #[arg(long)]
    put_back: bool,
    /// Leave it as it is, and offer it no more
    #[arg(long)]
    leave: bool,
    #[command(flatten)]
    agreement: Agreement,
}

pub(super) async fn run(context: &Context, asked: Resume) -> CommandResult {
    let reached = context.reach().await?;
    let ledger = context.ledger();
    let identity = reached.state().snapshot.host.identity.clone();
    let left = ledger.leftovers(&identity).map_err(Fault::failed)?;
    if !(asked.go_on || asked.put_back || asked.leave) {
        return list(context, &left, asked.agreement.json());
    }
    let one = chosen(context, left, asked.operation.as_deref())?;
    if asked.leave {
        ledger.forget(&one.operation).map_err(Fault::failed)?;
        out::say(&format!("{} is left as it is", one.operation));
        return Ok(Exit::Done);
    }
    let action = if asked.go_on {
        one.action
    } else {
        one.back.ok_or_else(|| {
            Fault::refused(format!(
                "nothing can put a {} back; --go-on, or --leave",
                one.action.word()
            ))
        })?
    };
    let service = reached.service(&one.service.to_string())?;
    let part = Part {
        resumes: Some(one.operation),
        step: None,
    };
    act::act(
        context,
        &reached,
        ledger,
        action,
        &service,
        part,
        &asked.agreement,
    )
    .await
}

fn chosen(context: &Context, left: Vec<Leftover>, asked: Option<&str>) -> Result<Leftover, Fault> {
    let count = left.len();
    let mut meant = left
        .into_iter()
        .filter(|l| asked.is_none_or(|id| *l.operation == *id));
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Fault::usage(format!(
            "{count} operations are unfinished; say which: {} lists them",
            context.again.command("resume")
        ))),
        (None, _) => Err(Fault::usage(match asked {
            Some(id) => format!("no operation {} is unfinished here", SafeText::name(id)),
            None => "nothing is unfinished here".to_owned(),
        })),
    }
}

fn list(context: &Context, left: &[Leftover], json: bool) -> CommandResult {
    let style = context.style();
    for one in left {
        if json {
            out::json(&LeftoverJson::new(one))?;
            continue;
        }
        let back = if one.back.is_some() {
            ", --put-back"
        } else {
            ""
        };
        out::print(&format!(
            "{}  {} {}  {} of {} done  by {} at {}  --go-on{back}, --leave\n",
            one.operation,
            one.action.word(),
            one.service,
            one.done,
            counted(one.of, "step"),
            one.by,
            style.time(one.began)
        ))?;
    }
    if left.is_empty() && !json {
        out::print("nothing is unfinished here\n")?;
    }
    Ok(Exit::Done)
}

/// A line of `resume --json`.
#[derive(Serialize)]
struct LeftoverJson<'a> {
    operation: &'a SafeText,
    action: &'static str,
    service: String,
    steps_done: usize,
    steps: usize,
    operator: &'a SafeText,
    began: jiff::Timestamp,
    can_be_put_back: bool,
}

impl<'a> LeftoverJson<'a> {
    fn new(left: &'a Leftover) -> Self {
        Self {
            operation: &left.operation,
            action: left.action.word(),
            service: left.service.to_string(),
            steps_done: left.done,
            steps: left.of,
            operator: &left.by,
            began: left.began,
            can_be_put_back: left.back.is_some(),
        }
    }
}
