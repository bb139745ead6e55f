//! Starting the console: on what runs here, or on a simulated deployment.

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use super::{
    arguments::Global,
    checklist::rehearsal,
    context::Context,
    exit::{Exit, Fault},
    on_runtime, out, stranger, zone,
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
    checklist: Option<Vec<PathBuf>>,
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
    let lists = match demo.checklist {
        Some(named) => {
            global.rehearsal.lists = rehearsal::lists(&global, named)?;
            global.rehearsal.lists.clone()
        }
        None => rehearsal::offered(&global),
    };
    open(&global, None, lists)
}

/// The console, at a service where one is named.
pub(super) fn open(
    global: &Global,
    service: Option<String>,
    lists: Vec<PathBuf>,
) -> Result<u8, Fault> {
    let context = Context::new(global)?;
    if let Some(why) = undrawable(&context) {
        return match service {
            Some(name) => on_runtime(stranger::run(&context, &name, why)).map(Exit::code),
            None => Err(Fault::usage(format!(
                "{why}; for scripts there is {}",
                context.again.command("status")
            ))),
        };
    }
    let notice = context.wrong.as_ref().map(|report| {
        safe!(
            "{}; going on without the file. {} shows where",
            report.count(),
            context.again.command("doctor")
        )
    });
    let notice = notice.or_else(|| context.doubt());
    let (place, choose) = match context.undecided() {
        Some((between, choose)) => (between, Some(choose)),
        None => (context.place(), None),
    };
    let connect = Box::new(context.connect());
    let state = context.state();
    let Context {
        variables,
        files,
        config,
        ..
    } = context;
    let wanted = &config.settings.preferences;
    let session = Session {
        place,
        choose,
        watched: files.clone(),
        connect,
        operator: wanted.operator.as_deref().map(SafeText::name),
        open: service,
        lists,
        walks: !global.rehearsal.lists.is_empty(),
        mouse: wanted.mouse,
        utc: wanted.utc,
        state,
        notice,
        reload: Box::new(move || match config::load(&files, &variables) {
            Ok(config) => Ok(manner(config)),
            Err(report) => Err(SafeText::line(report.render(false))),
        }),
        manner: manner(config),
    };
    Ok(app::run(session)?)
}

/// Why no console can be drawn here; `None` where one can.
fn undrawable(context: &Context) -> Option<&'static str> {
    if !app::terminal::present() {
        return Some("the console needs a terminal for its input and output");
    }
    matches!(context.variables.get("TERM"), None | Some("dumb"))
        .then_some("the console cannot draw on this terminal (TERM is dumb, or not set)")
}

fn manner(config: Config) -> Manner {
    Manner {
        look: Look {
            theme: (*config.theme).clone(),
            glyphs: config.glyphs,
            zone: zone::here(),
        },
        keymap: config.keymap,
        settings: Arc::new(config.settings),
    }
}
