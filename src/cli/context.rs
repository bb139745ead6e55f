//! What every command stands on: the checked settings, the place to work in, and the way to its platform.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::{
    again::Again,
    arguments::{Global, Rehearsal},
    console::SCENARIO,
    exit::{Exit, Fault},
    out::{self, Style},
};
use crate::{
    app::{Connected, WorldClock, ledger::Ledger},
    clock,
    config::{
        self, Config, Files, Report, Settings, Variables, settings::environment::Environment,
    },
    domain::{
        action::EnvironmentKind,
        instance::Phase,
        service::{Service, ServiceId},
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    journal,
    platform::{
        PlatformHandle, Request,
        docker::{self, DockerOptions, host::TlsFiles},
        sim::{self, Scenario, SimOptions},
    },
    safe,
    state::Place,
    text::SafeText,
};

/// How long a platform may take to show what is there.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long figures of use are waited for; without them there is still everything else.
const FIGURES: Duration = Duration::from_millis(1_500);

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

/// Which platform is spoken to.
#[derive(Clone)]
enum Way {
    Docker(ToDocker),
    Demo {
        scenario: Arc<Scenario>,
        speed: f32,
        seed: u64,
        at: Duration,
        read_only: bool,
    },
}

/// How a daemon is found: by the settings, or by what was named by hand.
#[derive(Clone)]
struct ToDocker {
    settings: Arc<Settings>,
    host: Option<String>,
    context: Option<String>,
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
        let variables = variables(global);
        let here = std::env::current_dir().unwrap_or_default();
        let files = Files::find(global.config.as_deref(), &here, &variables);
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
            Some(_) => demo(&global.rehearsal, &config)?,
            None => Way::Docker(ToDocker {
                settings: Arc::new(config.settings.clone()),
                host: global.docker_host.clone(),
                context: global.context.clone(),
            }),
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

    /// How words are written.
    pub(super) fn style(&self) -> Style {
        Style::new(&self.config, &self.variables)
    }

    /// Where it begins.
    pub(super) fn place(&self) -> Place {
        self.way.place(self.asked())
    }

    /// Which daemon is asked for; `None` on a simulated deployment.
    pub(super) fn docker(&self) -> Option<DockerOptions> {
        match &self.way {
            Way::Docker(docker) => Some(docker.options(self.asked())),
            Way::Demo { .. } => None,
        }
    }

    /// The environment that is asked for by name.
    fn asked(&self) -> Option<&str> {
        self.config.settings.preferences.environment.as_deref()
    }

    /// Where the platform is asked for, in words.
    fn address(&self) -> SafeText {
        let place = self
            .docker()
            .and_then(|options| docker::locate(&options).ok());
        place.map_or(SafeText::from_static("the platform"), |place| {
            safe!("{}", place.address)
        })
    }

    /// Where the journal is. A rehearsal's records are kept apart from those of real actions.
    pub(super) fn state(&self) -> Option<PathBuf> {
        match self.way {
            Way::Docker(_) => journal::state_dir(),
            Way::Demo { .. } => journal::state_dir().map(|dir| dir.join("demo")),
        }
    }

    /// The journal.
    pub(super) fn ledger(&self) -> Arc<Ledger> {
        Arc::new(Ledger::new(self.state()))
    }

    /// Reaches environments by their names, on a runtime, by the settings of that moment.
    pub(super) fn connect(&self) -> impl Fn(&str, &Arc<Settings>) -> Connected + 'static {
        let way = self.way.clone();
        move |name, settings| way.by(settings).connect(Some(name))
    }

    /// Reaches the platform and waits until it shows what is there.
    ///
    /// # Errors
    /// What was tried, why it did not work, and what mends it.
    pub(super) async fn reach(&self) -> Result<Reached, Fault> {
        let Connected {
            place,
            platform,
            clock,
        } = self.way.connect(self.asked());
        let mut reached = Reached {
            place,
            platform,
            clock,
            again: self.again.clone(),
        };
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

/// A platform that has shown what is there.
pub(super) struct Reached {
    pub(super) place: Place,
    pub(super) platform: PlatformHandle,
    clock: Option<WorldClock>,
    again: Again,
}

impl Reached {
    /// The time over there: a simulated deployment may run faster.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.as_ref().map_or_else(clock::now, |clock| clock())
    }

    /// The latest state.
    pub(super) fn state(&self) -> SourceState {
        self.platform.state.borrow().clone()
    }

    /// Waits until the platform at `address` shows what is there.
    ///
    /// # Errors
    /// What was tried, and why it did not work.
    async fn first(&mut self, address: &SafeText) -> Result<(), SafeText> {
        let end = Instant::now() + PATIENCE;
        loop {
            let (health, problem, whole) = {
                let state = self.platform.state.borrow_and_update();
                (state.health, state.problem.clone(), whole(&state.snapshot))
            };
            let refused = matches!(health, SourceHealth::Offline | SourceHealth::LoginExpired);
            match health {
                SourceHealth::Live if whole => return Ok(()),
                _ if refused && !problem.is_empty() => return Err(problem),
                _ => {}
            }
            let changed = timeout_at(end, self.platform.state.changed()).await;
            if !matches!(changed, Ok(Ok(()))) {
                let silent = safe!("no answer from {address} within {} s", PATIENCE.as_secs());
                return Err(if problem.is_empty() { silent } else { problem });
            }
        }
    }

    /// Waits a moment for figures of use, as far as they come.
    pub(super) async fn figures(&mut self) {
        let services = self
            .state()
            .snapshot
            .services
            .iter()
            .map(|s| s.id.clone())
            .collect();
        let _ = self
            .platform
            .requests
            .send(Request::Visible(services))
            .await;
        let end = Instant::now() + FIGURES;
        let known = |snapshot: &Snapshot| {
            let mut running = snapshot
                .services
                .iter()
                .flat_map(|s| &s.instances)
                .filter(|i| i.ready());
            running.all(|i| i.usage.memory_bytes.is_some())
        };
        while !known(&self.state().snapshot) {
            if !matches!(
                timeout_at(end, self.platform.state.changed()).await,
                Ok(Ok(()))
            ) {
                return;
            }
        }
    }

    /// The service that somebody means by `name`.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub(super) fn service(&self, name: &str) -> Result<Arc<Service>, Fault> {
        let snapshot = self.state().snapshot;
        let found = snapshot.named(name);
        match found.as_slice() {
            [one] => Ok(Arc::clone(one)),
            [] => Err(Fault::usage(self.none_called(name, &snapshot))),
            several => {
                let names: Vec<String> = several.iter().map(|s| s.id.to_string()).collect();
                Err(Fault::usage(format!(
                    "there are several services called {}; say which: {}",
                    SafeText::name(name),
                    names.join(", ")
                )))
            }
        }
    }

    fn none_called(&self, name: &str, snapshot: &Snapshot) -> String {
        let nearest = snapshot
            .services
            .iter()
            .map(|s| (strsim::osa_distance(&s.id.name, name), s))
            .min_by_key(|(far, _)| *far);
        let hint = match nearest {
            None => "nothing runs here".to_owned(),
            Some((0..=2, near)) => format!("did you mean {}?", near.id),
            Some(_) => format!("{} shows what there is", self.again.command("status")),
        };
        format!("there is no service {}: {hint}", SafeText::name(name))
    }

    /// The identities of these services.
    pub(super) fn services(&self, names: &[String]) -> Result<Vec<ServiceId>, Fault> {
        names
            .iter()
            .map(|name| Ok(self.service(name)?.id.clone()))
            .collect()
    }
}

/// Whether the platform has said who it is, and of each copy that runs since when: an action is held to both.
fn whole(snapshot: &Snapshot) -> bool {
    let mut copies = snapshot.services.iter().flat_map(|s| &s.instances);
    !snapshot.host.identity.is_empty()
        && copies.all(|i| i.phase != Phase::Running || i.started.is_some())
}

impl Way {
    /// The same way by other settings. What was named by hand stays.
    fn by(&self, settings: &Arc<Settings>) -> Self {
        let mut way = self.clone();
        match &mut way {
            Self::Docker(docker) => docker.settings = Arc::clone(settings),
            Self::Demo { read_only, .. } => *read_only = settings.preferences.read_only,
        }
        way
    }

    fn place(&self, asked: Option<&str>) -> Place {
        match self {
            Self::Docker(docker) => docker.place(asked),
            Self::Demo { scenario, .. } => Place {
                environment: SafeText::name(&scenario.environment),
                kind: scenario.kind,
                context: SafeText::from_static("demo"),
                simulated: true,
                others: Vec::new(),
            },
        }
    }

    fn connect(&self, asked: Option<&str>) -> Connected {
        let (platform, clock) = match self {
            Self::Docker(to) => (docker::start(to.options(asked)), None),
            Self::Demo {
                scenario,
                speed,
                seed,
                at,
                read_only,
            } => {
                let options = SimOptions {
                    scenario: Arc::clone(scenario),
                    speed: *speed,
                    seed: *seed,
                    at: *at,
                    start: clock::now(),
                    read_only: *read_only,
                };
                let (platform, control) = sim::start(options);
                let clock: WorldClock = Box::new(move || control.now());
                (platform, Some(clock))
            }
        };
        Connected {
            place: self.place(asked),
            platform,
            clock,
        }
    }
}

impl ToDocker {
    const fn by_hand(&self) -> bool {
        self.host.is_some() || self.context.is_some()
    }

    /// The environment that is meant: the one asked for, else the first one; none where the one asked for is not in the
    /// settings. A daemon that was named by hand is none of them: nobody knows of which kind it is.
    fn name<'a>(&'a self, asked: Option<&'a str>) -> Option<&'a str> {
        let all = &self.settings.environments;
        match asked {
            Some(name) => Some(name).filter(|name| all.contains_key(*name)),
            None if self.by_hand() => None,
            None => all.keys().next().map(String::as_str),
        }
    }

    fn environment(&self, asked: Option<&str>) -> Option<&Environment> {
        self.settings.environments.get(self.name(asked)?)
    }

    fn place(&self, asked: Option<&str>) -> Place {
        let name = self.name(asked).or(self.context.as_deref());
        let all = self.settings.environments.keys();
        Place {
            environment: SafeText::name(name.unwrap_or("local")),
            kind: self
                .environment(asked)
                .map_or(EnvironmentKind::Unknown, |e| e.kind),
            context: SafeText::from_static("docker"),
            simulated: false,
            others: all.map(SafeText::name).collect(),
        }
    }

    fn options(&self, asked: Option<&str>) -> DockerOptions {
        let configured = self.environment(asked);
        let there = configured.filter(|_| !self.by_hand());
        let tls = there.and_then(|e| e.docker.tls.clone());
        DockerOptions {
            host: self.host.clone().or_else(|| there?.docker.host.clone()),
            context: self
                .context
                .clone()
                .or_else(|| there?.docker.context.clone()),
            tls: tls.map(|tls| TlsFiles {
                ca: tls.ca,
                cert: tls.cert,
                key: tls.key,
            }),
            projects: configured
                .map(|e| e.docker.projects.clone())
                .unwrap_or_default(),
            read_only: self.settings.preferences.read_only
                || configured.is_some_and(|e| e.read_only),
        }
    }
}

fn demo(rehearsal: &Rehearsal, config: &Config) -> Result<Way, Fault> {
    let name = rehearsal.demo.clone().unwrap_or_else(|| SCENARIO.into());
    let scenario =
        sim::load(&name).map_err(|error| Fault::usage(SafeText::line(error.to_string())))?;
    Ok(Way::Demo {
        scenario: Arc::new(scenario),
        speed: rehearsal.speed.unwrap_or(1.0),
        seed: rehearsal.seed.unwrap_or(1),
        at: rehearsal.at.unwrap_or_default(),
        read_only: config.settings.preferences.read_only,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(names: &[&str], read_only: bool) -> Arc<Settings> {
        let mut settings = Settings::default();
        for name in names {
            let environment = Environment {
                read_only,
                ..Environment::default()
            };
            settings
                .environments
                .insert((*name).to_owned(), environment);
        }
        Arc::new(settings)
    }

    fn to(host: Option<&str>) -> ToDocker {
        ToDocker {
            settings: settings(&["prod"], false),
            host: host.map(str::to_owned),
            context: None,
        }
    }

    #[test]
    fn the_settings_of_that_moment_lead_to_an_environment() {
        let now = Way::Docker(to(None)).by(&settings(&["prod", "test"], true));
        let Way::Docker(docker) = &now else {
            panic!("it is still Docker");
        };
        assert!(docker.options(Some("prod")).read_only);
        assert_eq!(now.place(Some("prod")).others.len(), 2);
    }

    #[test]
    fn a_name_that_the_settings_do_not_know_leads_to_no_other_environment() {
        assert_eq!(to(None).name(None), Some("prod"));
        assert_eq!(to(None).name(Some("local")), None);
        assert_eq!(to(Some("unix:///by/hand")).name(None), None);
    }
}
