//! Which platform is spoken to: a real one, or a simulated deployment.

use std::{sync::Arc, time::Duration};

use super::real::{Real, Spot};
use crate::{
    app::Connected,
    cli::{arguments::Rehearsal, console::SCENARIO, exit::Fault},
    clock,
    config::{Config, Settings},
    platform::{
        docker, kubernetes,
        sim::{self, Scenario, SimOptions},
    },
    probe::{self, Asker},
    state::{Destination, Place},
    text::SafeText,
};

/// Which platform is spoken to.
#[derive(Clone)]
pub(super) enum Way {
    Real(Box<Real>),
    Demo {
        scenario: Arc<Scenario>,
        /// Whether a list is rehearsed: nothing goes wrong by itself.
        rehearsal: bool,
        speed: f32,
        seed: u64,
        at: Duration,
        read_only: bool,
    },
}

impl Way {
    /// To a simulated deployment.
    ///
    /// # Errors
    /// The scenario can't be played.
    pub(super) fn demo(rehearsal: &Rehearsal, config: &Config) -> Result<Self, Fault> {
        let name = rehearsal.demo.clone().unwrap_or_else(|| SCENARIO.into());
        let mut scenario =
            sim::load(&name).map_err(|error| Fault::usage(SafeText::line(error.to_string())))?;
        let rehearsed = !rehearsal.lists.is_empty();
        if rehearsed {
            scenario = scenario.rehearsed();
        }
        Ok(Self::Demo {
            scenario: Arc::new(scenario),
            rehearsal: rehearsed,
            speed: rehearsal.speed.unwrap_or(1.0),
            seed: rehearsal.seed.unwrap_or(1),
            at: rehearsal.at.unwrap_or_default(),
            read_only: config.settings.preferences.read_only,
        })
    }

    /// The same, with what earlier consoles were shown there.
    pub(super) fn remembering(&self) -> Self {
        let mut way = self.clone();
        if let Self::Real(real) = &mut way {
            real.remember();
        }
        way
    }

    /// Leads there from now on, by these settings. What was named by hand stays.
    pub(super) fn turn(&mut self, destination: &Destination, settings: &Arc<Settings>) {
        match self {
            Self::Real(real) => real.turn(destination, settings),
            Self::Demo { read_only, .. } => *read_only = settings.preferences.read_only,
        }
    }

    /// Where it leads.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Real(real) => real.place(),
            Self::Demo {
                scenario,
                rehearsal,
                ..
            } => Place {
                environment: SafeText::name(&scenario.environment),
                kind: scenario.kind,
                context: SafeText::from_static("demo"),
                simulated: true,
                rehearsal: *rehearsal,
                mishaps: scenario.mishaps().collect(),
                ..Place::default()
            },
        }
    }

    /// Reaches it.
    pub(super) fn connect(&self) -> Connected {
        let (platform, world, asker) = match self {
            Self::Real(real) => {
                let platform = match real.spot() {
                    Spot::Docker(options) => docker::start(options),
                    Spot::Kubernetes(options) => kubernetes::start(options),
                };
                let (settings, environment) = real.watched();
                let asker = Asker::new(Arc::clone(settings), environment).by(&platform);
                let platform = probe::attend(platform, settings, environment);
                (platform, None, asker)
            }
            Self::Demo {
                scenario,
                speed,
                seed,
                at,
                read_only,
                ..
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
                (platform, Some(control), Asker::simulated())
            }
        };
        Connected {
            place: self.place(),
            platform,
            world,
            asker,
        }
    }
}
