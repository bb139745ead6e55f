//! `checklist`: what can be done with a list without a screen.

mod kept;
mod lint;
mod list;
mod new;
pub(super) mod rehearsal;
mod walk;

use clap::{Args, Subcommand};

use super::{
    arguments::Global,
    context::{Context, Reached},
    exit::{CommandResult, Fault},
};
use crate::{
    checklist::Known,
    domain::service::{ServiceId, ServiceKind},
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
    Lint(lint::Lint),
    /// Write a list to begin with, for the services that run
    New(new::New),
    /// Show what can be walked: the lists and procedures of files, with their steps counted
    List(list::List),
    /// Walk a list without a screen: checks and soaks prove themselves, what people say is given beforehand
    Run(walk::Run),
    /// Show the runs of lists, or how far one is
    Show(kept::Show),
    /// Write the record of a run
    Export(kept::Export),
}

pub(super) async fn run(global: &Global, asked: Checklist) -> CommandResult {
    match asked.verb {
        Verb::Lint(lint) => lint::run(global, lint).await,
        Verb::New(new) => new::run(global, new).await,
        Verb::List(list) => list::run(&list),
        Verb::Run(asked) => walk::run(&Context::new(global)?, asked).await,
        Verb::Show(show) => kept::show(&Context::regardless(global)?, &show),
        Verb::Export(export) => kept::export(&Context::regardless(global)?, &export),
    }
}

/// The names that a list may speak of, as the platform and the settings have them.
async fn known(global: &Global) -> Result<Known, Fault> {
    let context = Context::new(global)?;
    let reached = context.reach().await?;
    let backups = context.config.settings.backups.keys();
    Ok(Known {
        services: services(&reached),
        backups: backups.map(SafeText::name).collect(),
    })
}

fn services(reached: &Reached) -> Vec<ServiceId> {
    let state = reached.state();
    let services = state.snapshot.services.iter();
    let services = services.filter(|service| service.kind != ServiceKind::Node);
    services.map(|service| service.id.clone()).collect()
}
