//! Starting the console: on a simulated deployment, or on what runs here.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use color_eyre::eyre::{bail, eyre};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    app::{self, Connected, Manner, Session},
    config::{self, Config, Files, Settings, Variables},
    domain::action::EnvironmentKind,
    journal,
    platform::{
        docker::{self, DockerOptions},
        sim::{self, SimOptions},
    },
    state::Place,
    text::SafeText,
    ui::Look,
};

/// How a simulated deployment is played.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// A scenario that is built in, or a scenario file
    #[arg(default_value = "three-tier-template")]
    scenario: PathBuf,
    /// List the scenarios and leave
    #[arg(long)]
    list: bool,
    /// How many simulated seconds pass in a second
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    speed: f32,
    /// The same seed plays the same story
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begin so far into the story: 90s, 2m30s
    #[arg(long, default_value = "0s", value_parser = duration, value_name = "DURATION")]
    at: Duration,
}

/// The console on a simulated deployment.
pub(super) fn demo(demo: &Demo) -> color_eyre::Result<u8> {
    if demo.list {
        for scenario in sim::scenarios() {
            println!("{:<22} {}", scenario.name, scenario.about);
        }
        return Ok(0);
    }
    let scenario = Arc::new(sim::load(&demo.scenario)?);
    let (speed, seed, at) = (demo.speed, demo.seed, demo.at);
    let files_and_config = configuration()?;
    let read_only = files_and_config.1.settings.preferences.read_only;
    let place = Place {
        environment: SafeText::name(&scenario.environment),
        kind: scenario.kind,
        context: SafeText::from_static("demo"),
        simulated: true,
        others: Vec::new(),
    };
    let connect_place = place.clone();
    let connect = move |_: &str| {
        let options = SimOptions {
            speed,
            seed,
            at,
            read_only,
            ..SimOptions::new((*scenario).clone(), now())
        };
        let (platform, control) = sim::start(options);
        Ok(Connected {
            place: connect_place.clone(),
            platform,
            clock: Some(Box::new(move || control.now())),
        })
    };
    // A rehearsal's records are kept apart from those of real actions.
    let state = journal::state_dir().map(|dir| dir.join("demo"));
    run(files_and_config, place, Box::new(connect), state)
}

/// The console on what runs here.
pub(super) fn here() -> color_eyre::Result<u8> {
    let (files, config) = configuration()?;
    let settings = Arc::new(config.settings.clone());
    let place = place_of(&settings, settings.preferences.environment.as_deref());
    let connect = move |name: &str| {
        let place = place_of(&settings, Some(name));
        let configured = settings.environments.get(name);
        let options = DockerOptions {
            host: configured.and_then(|e| e.docker.host.clone()),
            context: configured.and_then(|e| e.docker.context.clone()),
            projects: configured
                .map(|e| e.docker.projects.clone())
                .unwrap_or_default(),
            read_only: settings.preferences.read_only || configured.is_some_and(|e| e.read_only),
        };
        Ok(Connected {
            place,
            platform: docker::start(options),
            clock: None,
        })
    };
    run(
        (files, config),
        place,
        Box::new(connect),
        journal::state_dir(),
    )
}

/// The place of an environment: the one asked for, else the only or first one, else what is found here.
fn place_of(settings: &Settings, asked: Option<&str>) -> Place {
    let name = asked.or_else(|| settings.environments.keys().next().map(String::as_str));
    let configured = name.and_then(|name| settings.environments.get(name));
    Place {
        environment: SafeText::name(name.unwrap_or("local")),
        kind: configured.map_or(EnvironmentKind::Unknown, |e| e.kind),
        context: SafeText::from_static("docker"),
        simulated: false,
        others: settings.environments.keys().map(SafeText::name).collect(),
    }
}

fn run(
    (files, config): (Files, Config),
    place: Place,
    connect: app::Connect,
    state: Option<PathBuf>,
) -> color_eyre::Result<u8> {
    if !app::terminal::present() {
        return Err(eyre!(
            "the console needs a terminal for its input and output; for scripts there is `quarterdeck status`"
        ));
    }
    let wanted = &config.settings.preferences;
    let session = Session {
        place,
        watched: config::watched(&files, &config.settings),
        connect,
        operator: wanted.operator.as_deref().map(SafeText::name),
        open: None,
        mouse: wanted.mouse,
        utc: wanted.utc,
        state,
        reload: Box::new(
            move || match config::load(&files, &Variables::of_process()) {
                Ok(config) => Ok(manner(config)),
                Err(report) => Err(SafeText::line(report.render(false))),
            },
        ),
        manner: manner(config),
    };
    app::run(session)
}

fn configuration() -> color_eyre::Result<(Files, Config)> {
    let variables = Variables::of_process();
    let files = Files::find(None, &std::env::current_dir()?, &variables);
    match config::load(&files, &variables) {
        Ok(config) => Ok((files, config)),
        Err(report) => {
            eprint!("{}", report.render(false));
            bail!("nothing was started")
        }
    }
}

fn manner(config: Config) -> Manner {
    Manner {
        look: Look {
            theme: (*config.theme).clone(),
            glyphs: config.glyphs,
            zone: TimeZone::system(),
        },
        keymap: config.keymap,
        settings: Arc::new(config.settings),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this folder that reads the clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn duration(written: &str) -> Result<Duration, String> {
    sim::parse_duration(written)
        .ok_or_else(|| "expected a duration such as 90s or 2m30s".to_owned())
}
