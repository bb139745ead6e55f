//! What every command stands on: the checked settings, the place to work in, and the way to its platform.

mod by_hand;
mod found;
mod memory;
mod reached;
mod real;
mod way;

use std::{path::PathBuf, sync::Arc};

pub(super) use self::{
    reached::{FIRST_WORD, Reached},
    real::Spot,
};
use self::{real::Real, way::Way};
use super::{
    again::Again,
    arguments::Global,
    exit::{Exit, Fault},
    out::{self, Style},
};
use crate::{
    app::{Choice, Connected, ledger::Ledger},
    config::{self, Config, Files, Report, Settings, Variables},
    domain::proxied::Proxied,
    journal,
    platform::docker,
    safe,
    state::{Destination, Place},
    text::SafeText,
};

/// The settings and where they lead.
pub(super) struct Context {
    pub(super) variables: Variables,
    pub(super) files: Files,
    pub(super) config: Config,
    /// Why the settings file is not used; `None` where it is, or where there is none.
    pub(super) wrong: Option<Report>,
    /// How hints name other commands.
    pub(super) again: Again,
    way: Way,
}

impl Context {
    /// Reads the settings, with the command line over them. A simulated deployment needs none of theirs.
    ///
    /// # Errors
    /// Every mistake in them at once; a scenario that can't be played.
    pub(super) fn new(global: &Global) -> Result<Self, Fault> {
        if global.rehearsal.demo.is_some() {
            return Self::regardless(global);
        }
        let context = Self::read(global)?;
        match &context.wrong {
            Some(report) => Err(wrong(report)),
            None => Ok(context),
        }
    }

    /// As [`Context::new`], for what needs no settings file: mistakes in one are told, and it is left aside.
    pub(super) fn regardless(global: &Global) -> Result<Self, Fault> {
        let context = Self::read(global)?;
        if let Some(report) = &context.wrong {
            out::say(&format!(
                "{}\n\nquarterdeck: {}; going on without the file",
                report.mistakes(false),
                report.count()
            ));
        }
        Ok(context)
    }

    /// Reads the settings. Where the file is wrong it is left aside, and the context says why.
    ///
    /// # Errors
    /// Mistakes outside the settings file; a scenario that can't be played.
    pub(super) fn read(global: &Global) -> Result<Self, Fault> {
        let (variables, files) = sources(global);
        let (config, wrong) = match config::load(&files, &variables) {
            Ok(config) => (config, None),
            Err(report) => {
                let aside = Files {
                    settings: None,
                    ..files.clone()
                };
                // The file names the environments: without it none can be asked for.
                let variables = variables.clone().without("QUARTERDECK_ENVIRONMENT");
                let config = config::load(&aside, &variables).map_err(|_| wrong(&report))?;
                (config, Some(report))
            }
        };
        let way = match &global.rehearsal.demo {
            Some(_) => Way::demo(&global.rehearsal, &config)?,
            None => Way::Real(Box::new(Real::new(global, &config.settings)?)),
        };
        Ok(Self {
            variables,
            files,
            config,
            wrong,
            again: Again::new(global),
            way,
        })
    }

    /// What may be wrong with where it leads; to be said, and no reason not to go there.
    pub(super) fn doubt(&self) -> Option<SafeText> {
        match &self.way {
            Way::Real(real) => real.doubt(),
            Way::Demo { .. } => None,
        }
    }

    /// How words are written.
    pub(super) fn style(&self) -> Style {
        Style::new(&self.config, &self.variables)
    }

    /// Between what the console chooses once it is drawn, and how; `None` where it is clear where it begins.
    pub(super) fn undecided(&self) -> Option<(Place, Choice)> {
        match &self.way {
            Way::Real(real) => real.undecided(),
            Way::Demo { .. } => None,
        }
    }

    /// Where the console begins.
    pub(super) fn place(&self) -> Place {
        self.way.remembering().place()
    }

    /// What is asked for; `None` on a simulated deployment.
    pub(super) fn spot(&self) -> Option<Spot> {
        match &self.way {
            Way::Real(real) => Some(real.spot()),
            Way::Demo { .. } => None,
        }
    }

    /// What the settings ask through an API server there.
    pub(super) fn proxied(&self) -> Vec<&Proxied> {
        match &self.way {
            Way::Real(real) => {
                let (settings, environment) = real.watched();
                settings.proxied(environment).collect()
            }
            Way::Demo { .. } => Vec::new(),
        }
    }

    /// Where the platform is asked for, in words.
    fn address(&self) -> SafeText {
        let platform = SafeText::from_static("the platform");
        match self.spot() {
            Some(Spot::Docker(options)) => {
                docker::locate(&options).map_or(platform, |place| safe!("{}", place.address))
            }
            Some(Spot::Kubernetes(options)) => match options.context {
                Some(context) => safe!("the cluster of context {context}"),
                None => platform,
            },
            None => platform,
        }
    }

    /// Where the journal is. A rehearsal's records are kept apart from those of real actions.
    pub(super) fn state(&self) -> Option<PathBuf> {
        match self.way {
            Way::Real(_) => journal::state_dir(),
            Way::Demo { .. } => journal::state_dir().map(|dir| journal::rehearsals(&dir)),
        }
    }

    /// The journal.
    pub(super) fn ledger(&self) -> Arc<Ledger> {
        Arc::new(Ledger::new(self.state()))
    }

    /// Reaches places, on a runtime, by the settings of that moment, and keeps where it went for the next console.
    pub(super) fn connect(
        &self,
    ) -> impl FnMut(&Destination, &Arc<Settings>) -> Connected + 'static {
        let mut way = self.way.remembering();
        move |destination, settings| {
            way.turn(destination, settings);
            way.connect()
        }
    }

    /// Reaches the platform and waits until it shows what is there.
    ///
    /// # Errors
    /// What was tried, why it did not work, and what mends it.
    pub(super) async fn reach(&self) -> Result<Reached, Fault> {
        if let Some(doubt) = self.doubt() {
            out::say(&format!("quarterdeck: {doubt}"));
        }
        let mut reached = Reached::new(self.way.connect(), self.again.clone());
        let there = reached.first(&self.address()).await;
        there.map_err(|problem| self.unreachable(&problem))?;
        Ok(reached)
    }

    fn unreachable(&self, problem: &SafeText) -> Fault {
        let doctor = self.again.command("doctor");
        let words = format!("{problem}\nWithout a platform: quarterdeck demo. For more: {doctor}");
        Fault::Said(Exit::Unreachable, words)
    }
}

fn wrong(report: &Report) -> Fault {
    Fault::usage(format!("the settings are wrong\n{}", report.render(false)))
}

/// Where settings come from: the variables, and the files that there are.
pub(super) fn sources(global: &Global) -> (Variables, Files) {
    let variables = variables(global);
    let here = std::env::current_dir().unwrap_or_default();
    let files = Files::find(global.config.as_deref(), &here, &variables);
    (variables, files)
}

/// The variables of the process, the options of the command line over them.
pub(super) fn variables(global: &Global) -> Variables {
    let mut variables = Variables::of_process();
    let named = [
        ("ENVIRONMENT", &global.env, "--env"),
        ("OPERATOR", &global.operator, "--operator"),
        ("THEME", &global.theme, "--theme"),
        ("KEYMAP", &global.keymap, "--keymap"),
    ];
    for (name, value, option) in named {
        if let Some(value) = value {
            variables.overrule(format!("QUARTERDECK_{name}"), value, option);
        }
    }
    let flags = [
        ("READ_ONLY", global.read_only, "true", "--read-only"),
        ("UTC", global.utc, "true", "--utc"),
        ("ASCII", global.ascii, "true", "--ascii"),
        ("MOUSE", global.no_mouse, "false", "--no-mouse"),
    ];
    for (name, _, value, option) in flags.into_iter().filter(|(_, set, ..)| *set) {
        variables.overrule(format!("QUARTERDECK_{name}"), value, option);
    }
    variables
}
