//! The command line: the console, and the same capabilities without a screen.

mod console;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Deploy and operate services from the terminal.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Sub>,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// A simulated deployment: needs nothing, changes nothing, every key works.
    Demo(console::Demo),
}

/// Runs what the arguments ask for.
pub fn main() -> ExitCode {
    // Cheap: the report is made when something is reported.
    if let Err(error) = color_eyre::install() {
        eprintln!("quarterdeck: {error}");
    }
    let done = match Arguments::parse().command {
        Some(Sub::Demo(demo)) => console::demo(&demo),
        None => console::here(),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(report) => {
            eprintln!("{report:?}");
            ExitCode::FAILURE
        }
    }
}
