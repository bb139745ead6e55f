//! The command line: the console, and the same capabilities without a screen.

mod act;
mod alerts;
mod arguments;
mod audit;
mod console;
mod context;
mod doctor;
pub mod exit;
mod logger;
mod logs;
mod manual;
mod out;
pub mod readme;
mod resume;
mod status;
mod table;

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;
use tokio::runtime;

use self::{
    act::Order,
    arguments::{Arguments, Global, Sub},
    context::Context,
    exit::{Ended, Fault},
};
use crate::domain::action::Action;

/// Runs what the arguments ask for.
pub fn main() -> ExitCode {
    // Cheap: the report is made when something is reported.
    if let Err(error) = color_eyre::install() {
        eprintln!("quarterdeck: {error}");
    }
    let Arguments {
        global,
        open,
        command,
    } = Arguments::parse();
    let ended = match command {
        None => console::open(&global, open),
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

/// A command without a screen.
fn plain(command: Sub, global: &Global) -> Ended {
    match command {
        Sub::Completions { shell } => return manual::completions(shell),
        Sub::Man => return manual::man(),
        // It looks at broken settings too.
        Sub::Doctor(doctor) => return on_runtime(doctor::run(global, doctor)),
        _ => {}
    }
    let context = &Context::new(global)?;
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
        Sub::Backup(plain) => plain.order(Action::BackUp),
        Sub::Demo(_) | Sub::Completions { .. } | Sub::Man | Sub::Doctor(_) => {
            unreachable!("they have been run above")
        }
    };
    on_runtime(act::run(context, order))
}

fn on_runtime(work: impl Future<Output = Ended>) -> Ended {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(work);
    // What hangs in the platform, or waits at the terminal, does not hold up the way out.
    runtime.shutdown_timeout(Duration::from_millis(100));
    ended
}
