//! `checklist`: what can be done with a list without a screen.

mod given;
mod kept;
mod lint;
mod list;
mod new;
pub(super) mod rehearsal;
mod walk;

use clap::{Args, Subcommand};

use super::{
    arguments::Global,
    context::{self, Context, Reached},
    exit::{CommandResult, Exit, Fault},
    out,
};
use crate::{
    app::lists,
    checklist::{self, Known},
    config,
    expr::{FUNCTIONS, Function},
    text::SafeText,
};

/// `quarterdeck checklist`.
#[derive(Debug, Args)]
pub(super) struct Checklist {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show every mistake in a list, each with its place; exits with 1 where there is one
    #[command(after_help = language())]
    Lint(lint::Lint),
    /// Write a list to begin with, for the services that run
    New(new::New),
    /// Show what can be walked: the lists and procedures of files, with their steps and the numbers of those
    List(list::List),
    /// Walk a list without a screen: checks and soaks prove themselves, what people say is given beforehand
    #[command(after_help = Exit::help_of_lists())]
    Run(walk::Run),
    /// Show the runs of lists, or how far one is
    Show(kept::Show),
    /// Write the record of a run
    Export(kept::Export),
    /// End a run that nobody goes on with
    End(kept::EndRun),
}

/// What lists can say, for help: a line for each figure, and for each action.
fn language() -> String {
    let figures = FUNCTIONS.iter().map(|function| {
        let Function { example, tells, .. } = function;
        format!("  {example}\n      {tells}\n")
    });
    let actions = checklist::forms().map(|form| format!("  {form}\n"));
    format!(
        "In `check:`, `soak: … for TIME` and abort-when, with and, or, not, and * for all services:\n{}\nIn `do:`:\n{}",
        figures.collect::<String>(),
        actions.collect::<String>()
    )
}

pub(super) async fn run(global: &Global, asked: Checklist) -> CommandResult {
    match asked.verb {
        Verb::Lint(lint) => lint::run(global, lint).await,
        Verb::New(new) => new::run(global, new).await,
        Verb::List(list) => list::run(&list),
        Verb::Run(asked) => walk::run(&Context::new(global)?, asked).await,
        Verb::Show(show) => kept::show(&Context::regardless(global)?, &show),
        Verb::Export(export) => kept::export(&Context::regardless(global)?, &export),
        Verb::End(end) => kept::end(&Context::regardless(global)?, &end),
    }
}

/// Who walks a list, or ends its run.
fn operator(context: &Context) -> Result<SafeText, Fault> {
    let by = context.config.settings.preferences.operator.as_deref();
    by.map(SafeText::name)
        .ok_or_else(|| Fault::usage("say who does it: --operator NAME, or QUARTERDECK_OPERATOR"))
}

/// The names that a list may speak of, as the platform and the settings have them.
async fn known(global: &Global) -> Result<Known, Fault> {
    let context = Context::new(global)?;
    let reached = context.reach().await?;
    Ok(known_there(&context, &reached))
}

fn known_there(context: &Context, reached: &Reached) -> Known {
    Known {
        services: Some(reached.state().snapshot.services.clone()),
        ..lists::set(&context.config.settings)
    }
}

/// Those that can be known without a platform; `None` where the settings do not read.
fn known_without_platform(global: &Global) -> Option<Known> {
    let (variables, files) = context::sources(global);
    let config = config::load(&files, &variables);
    if config.is_err() {
        out::say("the settings are wrong: whether they allow its commands is not told");
    }
    Some(lists::set(&config.ok()?.settings))
}
