//! The command line: the console, and the same capabilities without a screen.

mod act;
mod again;
mod alerts;
mod arguments;
mod audit;
mod checklist;
mod console;
mod context;
mod doctor;
pub mod exit;
mod logger;
mod logs;
mod manual;
mod out;
mod panics;
pub mod readme;
mod resume;
mod status;
mod stranger;
mod table;
mod zone;

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;
use tokio::runtime;

use self::{
    act::Order,
    arguments::{Arguments, Global, Sub},
    context::Context,
    exit::{CommandResult, Fault},
};
use crate::{
    domain::action::{Action, ClusterAction},
    platform,
    text::SafeText,
};

/// Runs what the arguments ask for.
pub fn main() -> ExitCode {
    if let Err(error) = panics::report() {
        eprintln!("quarterdeck: {error}");
    }
    let Arguments {
        global,
        open,
        checklist,
        command,
    } = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return answered(&answer),
    };
    let ended = match command {
        None => console::open(&global, open, checklist),
        Some(Sub::Demo(demo)) => console::demo(demo, global),
        Some(command) => {
            logger::listen(global.verbose);
            plain(command, &global).map(exit::Exit::code)
        }
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        // Whoever closed the pipe has seen enough.
        Err(Fault::PipeClosed) => ExitCode::SUCCESS,
        Err(Fault::Said(exit, words)) => {
            out::say(&format!("quarterdeck: {words}"));
            ExitCode::from(exit.code())
        }
        Err(Fault::Report(report)) => {
            out::say(&format!("{report:?}"));
            ExitCode::FAILURE
        }
    }
}

/// Help, a version, or what is wrong with the command line, which repeats what was typed.
fn answered(answer: &clap::Error) -> ExitCode {
    if !answer.use_stderr() {
        // Nobody may listen.
        let _ = answer.print();
        return ExitCode::SUCCESS;
    }
    for line in answer.render().to_string().lines() {
        out::say(&SafeText::line(line));
    }
    ExitCode::from(exit::Exit::Usage.code())
}

/// A command without a screen.
fn plain(command: Sub, global: &Global) -> CommandResult {
    match command {
        Sub::Completions { shell } => return manual::completions(shell),
        Sub::Man => return manual::man(),
        // It looks at broken settings too.
        Sub::Doctor(doctor) => return on_runtime(doctor::run(global, doctor)),
        // Files are read wherever they are, and whatever the settings say.
        Sub::Checklist(checklist) => return on_runtime(checklist::run(global, checklist)),
        _ => {}
    }
    let context = &match &command {
        // The journal is where it is, whatever the settings say.
        Sub::Audit(_) => Context::regardless(global)?,
        _ => Context::new(global)?,
    };
    let order: Order = match command {
        Sub::Status(status) => return on_runtime(status::run(context, status)),
        Sub::Logs(logs) => return on_runtime(logs::run(context, logs)),
        Sub::Alerts(alerts) => return on_runtime(alerts::run(context, alerts)),
        Sub::Resume(resume) => return on_runtime(resume::run(context, resume)),
        Sub::Audit(audit) => return audit::run(context, audit),
        Sub::Scale(scale) => scale.into(),
        Sub::Rollout(rollout) => rollout.into(),
        Sub::Rollback(rollback) => rollback.into(),
        Sub::Restart(plain) => plain.order(Action::Restart),
        Sub::Start(plain) => plain.order(Action::Start),
        Sub::Stop(plain) => plain.order(Action::Stop),
        Sub::Pause(plain) => plain.order(Action::Pause),
        Sub::Unpause(plain) => plain.order(Action::Unpause),
        Sub::Run(run) => run.into(),
        Sub::Delete(delete) => delete.into(),
        Sub::Cordon(node) => node.order(ClusterAction::Cordon),
        Sub::Uncordon(node) => node.order(ClusterAction::Uncordon),
        Sub::Drain(node) => node.order(ClusterAction::Drain),
        Sub::Switch(plain) => plain.order(Action::Cluster(ClusterAction::Switch)),
        Sub::Promote(promote) => promote.into(),
        Sub::Abort(plain) => plain.order(Action::Cluster(ClusterAction::Abort)),
        Sub::Retry(plain) => plain.order(Action::Cluster(ClusterAction::Retry)),
        Sub::Backup(plain) => plain.order(Action::BackUp),
        Sub::Demo(_) | Sub::Completions { .. } | Sub::Man | Sub::Doctor(_) | Sub::Checklist(_) => {
            unreachable!("they have been run above")
        }
    };
    on_runtime(act::run(context, order))
}

fn on_runtime<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(work);
    // What hangs in the platform, or waits at the terminal, does not hold up the way out.
    runtime.shutdown_timeout(Duration::from_millis(100));
    platform::wait_for_ends(Duration::from_millis(100));
    ended
}
