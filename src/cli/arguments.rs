//! What can be written on the command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use super::{act, alerts, audit, checklist, console, doctor, exit::Exit, logs, resume, status};
use crate::domain::{namespace, values::Span};

/// Deploy and operate services on Docker, Compose and Kubernetes from the terminal.
///
/// Without a command it opens the console, on what runs here.
#[derive(Debug, Parser)]
#[command(name = "quarterdeck", version, after_help = Exit::help(), disable_help_subcommand = true,
    max_term_width = 80)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    /// Open the console at this service: its name, PROJECT/NAME or NAMESPACE/NAME
    #[arg(value_name = "SERVICE")]
    pub(super) open: Option<String>,
    /// A list to offer under the key for checklists, instead of those found here; may be given again
    #[arg(long, value_name = "FILE")]
    pub(super) checklist: Vec<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Option<Sub>,
}

/// A command.
#[derive(Debug, Subcommand)]
pub(super) enum Sub {
    /// Open the console on a simulated deployment: needs nothing, changes nothing, every key works
    Demo(console::Demo),
    /// Show the services, worst first
    Status(status::Status),
    /// Show logs, merged by time
    Logs(logs::Logs),
    /// Show what wants an eye, worst first
    Alerts(alerts::Alerts),
    /// Change how many copies of a service run
    Scale(act::Scale),
    /// Start every copy of a service anew, one after another
    Restart(act::Plain),
    /// Put another image, or another tag, into service
    Rollout(act::Rollout),
    /// Go back to what ran before: the last revision known good, or one of your choice
    Rollback(act::Rollback),
    /// Start what is stopped
    Start(act::Plain),
    /// Stop what runs
    Stop(act::Plain),
    /// Let changes wait: rollouts of a Deployment or an Argo Rollout, Jobs of a CronJob
    Pause(act::Plain),
    /// Let what is paused go on
    Unpause(act::Plain),
    /// Run a CronJob now, and follow its Job to its end
    #[command(visible_alias = "trigger")]
    Run(act::Run),
    /// Delete a pod; what manages it makes another one
    Delete(act::Delete),
    /// Let no new pods onto a node
    Cordon(act::OnNode),
    /// Let pods onto a node again
    Uncordon(act::OnNode),
    /// Make all pods leave a node, as their budgets allow
    Drain(act::OnNode),
    /// Send the traffic to this Deployment, off the other one that its Service selects
    Switch(act::Plain),
    /// Let an Argo Rollout go on from where it waits, or to its end
    Promote(act::Promote),
    /// Give the update of an Argo Rollout up: what served before serves again
    Abort(act::Plain),
    /// Begin the update of an Argo Rollout again that was given up
    Retry(act::Plain),
    /// Keep a copy of a service's data
    Backup(act::Plain),
    /// Read checklists: find mistakes, show what can be walked, write one to begin with
    Checklist(checklist::Checklist),
    /// Go on with what was left unfinished, put it back, or leave it
    Resume(resume::Resume),
    /// Show who did what, when, and what came of it; or verify that nobody changed the record
    Audit(audit::Audit),
    /// Check settings, platform, journal, terminal and backups, and say what mends them
    Doctor(doctor::Doctor),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, as roff
    Man,
}

/// What every command takes. An option wins over the variable of its name, and that over the file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct Global {
    /// The settings to use, instead of those found
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The environment to work in, as the settings name it
    #[arg(long, short = 'e', global = true, value_name = "NAME")]
    pub(super) env: Option<String>,
    /// A Docker daemon: unix://, tcp:// or ssh://
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        conflicts_with_all = ["context", "kubeconfig", "namespace"]
    )]
    pub(super) docker_host: Option<String>,
    /// The clusters to choose from, instead of those of KUBECONFIG
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// A context of kubectl or of docker; where both have it: kubernetes:NAME, docker:NAME
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) context: Option<String>,
    /// Only this namespace; several with commas, or by saying it again
    #[arg(long, short, global = true, value_name = "NAME", value_delimiter = ',', value_parser = namespace)]
    pub(super) namespace: Vec<String>,
    /// Change nothing, whatever is asked
    #[arg(long, global = true)]
    pub(super) read_only: bool,
    /// Who acts; it stands in the journal
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) operator: Option<String>,
    /// Times in UTC rather than local
    #[arg(long, global = true)]
    pub(super) utc: bool,
    /// Draw with ASCII alone
    #[arg(long, global = true)]
    pub(super) ascii: bool,
    /// The theme, shipped or your own
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) theme: Option<String>,
    /// The keymap, shipped or your own
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) keymap: Option<String>,
    /// Leave the mouse to the terminal
    #[arg(long, global = true)]
    pub(super) no_mouse: bool,
    /// Say more on standard error; twice, still more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    #[command(flatten)]
    pub(super) rehearsal: Rehearsal,
}

/// A simulated deployment in the place of a real one.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rehearsal")]
pub(super) struct Rehearsal {
    /// Do it on a simulated deployment: a scenario that is built in, or a scenario file
    #[arg(long, global = true, value_name = "SCENARIO", num_args = 0..=1, require_equals = true,
        default_missing_value = console::SCENARIO)]
    pub(super) demo: Option<PathBuf>,
    /// How many simulated seconds pass in a second [default: 1]
    #[arg(long, global = true, value_name = "FACTOR", value_parser = speed)]
    pub(super) speed: Option<f32>,
    /// The same seed plays the same story [default: 1]
    #[arg(long, global = true, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
    /// Begin so far into the story: 90s, 2m30s
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub(super) at: Option<Duration>,
    /// The lists that are rehearsed, as their command names them.
    #[arg(skip)]
    pub(super) lists: Vec<PathBuf>,
}

/// Every command that can be given: of those that only gather others, the others. All of them are built.
pub(super) fn commands() -> Vec<clap::Command> {
    let mut command = Arguments::command();
    command.build();
    let each = command.get_subcommands().flat_map(|sub| {
        let inner = sub
            .get_subcommands()
            .filter(|inner| inner.get_name() != "help");
        let inner: Vec<_> = inner.cloned().collect();
        if sub.is_subcommand_required_set() {
            inner
        } else {
            vec![sub.clone()]
        }
    });
    each.collect()
}

fn namespace(written: &str) -> Result<String, String> {
    if namespace::is_name(written) {
        Ok(written.to_owned())
    } else {
        Err(namespace::RULE.to_owned())
    }
}

/// `15m`, `1h30m`.
pub(super) fn duration(written: &str) -> Result<Duration, String> {
    let span: Span = written.parse().map_err(|error| format!("{error}"))?;
    Ok(span.0)
}

fn speed(written: &str) -> Result<f32, String> {
    let factor = written.parse::<f32>().ok();
    factor
        .filter(|factor| (0.0..=1_000.0).contains(factor))
        .ok_or_else(|| "write a number from 0 (standing still) to 1000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }
}
