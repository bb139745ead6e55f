//! Starting the console: on what runs here, or on a simulated deployment.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use jiff::tz::TimeZone;

use super::{
    arguments::Global,
    checklist::rehearsal,
    context::Context,
    exit::{Exit, Fault},
    on_runtime, out, stranger,
};
use crate::{
    app::{self, Look, Manner, Session},
    config::{self, Config},
    platform::sim,
    safe,
    text::SafeText,
};

/// The scenario where none is named.
pub(super) const SCENARIO: &str = "three-tier-template";

/// `quarterdeck demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// A scenario that is built in, or a scenario file
    #[arg(default_value = SCENARIO)]
    scenario: PathBuf,
    /// List the scenarios and leave
    #[arg(long)]
    list: bool,
    /// Rehearse a list: nothing goes wrong by itself, and F lets it [default: the scenario's own]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    checklist: Option<Option<PathBuf>>,
}

/// The console on a simulated deployment.
pub(super) fn demo(demo: Demo, mut global: Global) -> Result<u8, Fault> {
    if demo.list {
        for scenario in sim::scenarios() {
            out::print(&format!("{:<22} {}\n", scenario.name, scenario.about))?;
        }
        return Ok(0);
    }
    global.rehearsal.demo = Some(demo.scenario);
    if let Some(named) = demo.checklist {
        global.rehearsal.list = Some(rehearsal::list(&global, named)?);
    }
    let lists = global.rehearsal.list.clone();
    open(&global, None, lists.into_iter().collect())
