//! A deterministic little world on a virtual clock, behind the same handle as a real platform.
//!
//! The demo, rehearsals and most tests run on it. [`World`] is pure and synchronous; [`start`] drives it in real time
//! (or by hand, for tests), answers requests, and carries plans out in virtual time. [`SimControl`] lets things go wrong.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::PlatformHandle;
use crate::{
    domain::{action::ClusterAction, capabilities::Capabilities},
    text::SafeText,
};

mod carry;
mod chance;
mod control;
mod details;
mod drive;
mod errand;
mod follow;
#[cfg(test)]
mod fuzzed;
mod preview;
mod publish;
pub mod scenario;
mod stage;
mod walk;
mod world;

pub use self::{
    control::SimControl,
    scenario::{Cut, Fault, Mistakes, Scenario, parse_duration},
    stage::Lost,
    world::{TICK, World},
};

/// A scenario that is built in.
#[derive(Clone, Copy, Debug)]
pub struct ScenarioInfo {
    /// Its name, as `demo` takes it.
    pub name: &'static str,
    /// What it shows, in a line.
    pub about: &'static str,
    source: &'static str,
    /// Its lists, live, as a Markdown file; `None` where it has none.
    pub lists: Option<&'static str>,
}

const SCENARIOS: [ScenarioInfo; 5] = [
    ScenarioInfo {
        name: "three-tier-template",
        about: "a shop: web, api, neuron and postgres; a release leaks database connections",
        source: include_str!("../../assets/scenarios/three-tier-template.toml"),
        lists: None,
    },
    ScenarioInfo {
        name: "spiral-core",
        about: "agents on a small server: a release never expires its keys, and Redis fills up",
        source: include_str!("../../assets/scenarios/spiral-core.toml"),
        lists: None,
    },
    ScenarioInfo {
        name: "specify",
        about: "a cluster, blue and green: traffic is switched to a colour that is not ready",
        source: include_str!("../../assets/scenarios/specify.toml"),
        lists: None,
    },
    ScenarioInfo {
        name: "arches",
        about: "a cluster: an HPA runs to its maximum while PgBouncer's pool is exhausted",
        source: include_str!("../../assets/scenarios/arches.toml"),
        lists: None,
    },
    ScenarioInfo {
        name: "ancient-compute",
        about: "a cluster: eight languages run people's programs; a release of one is killed for memory",
        source: include_str!("../../assets/scenarios/ancient-compute.toml"),
        lists: Some(include_str!("../../assets/scenarios/ancient-compute.md")),
    },
];

/// The scenarios that are built in, the default first.
pub const fn scenarios() -> &'static [ScenarioInfo] {
    &SCENARIOS
}

impl ScenarioInfo {
    /// Reads it.
    pub fn load(&self) -> Scenario {
        Scenario::parse(Path::new(self.name), self.source)
            .expect("a test reads every scenario that is built in")
    }
}

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Neither built in nor a file.
    #[error("no scenario and no file is called {}; there is {known}", name.display())]
    Unknown {
        /// What was asked for.
        name: PathBuf,
        /// The names of those built in.
        known: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
    /// It is read, and wrong.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
}

/// Reads the scenario of that name, or from the file at that path.
///
/// # Errors
/// When there is neither, or when it is wrong: then every mistake, with its line and column.
pub fn load(name: &Path) -> Result<Scenario, LoadError> {
    let known = scenarios().iter().find(|s| Path::new(s.name) == name);
    if let Some(known) = known {
        return Ok(known.load());
    }
    let source = std::fs::read_to_string(name).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            LoadError::Unknown {
                name: name.to_owned(),
                known: scenarios()
                    .iter()
                    .map(|s| s.name)
                    .collect::<Vec<_>>()
                    .join(", "),
            }
        } else {
            LoadError::Unreadable {
                path: name.to_owned(),
                error,
            }
        }
    })?;
    Ok(Scenario::parse(name, &source)?)
}

/// How a world is played.
#[derive(Clone, Debug)]
pub struct SimOptions {
    /// What is played.
    pub scenario: Arc<Scenario>,
    /// The same seed, the same world.
    pub seed: u64,
    /// Virtual seconds in a real one; 0 stands still until [`SimControl::advance`].
    pub speed: f32,
    /// How far into the story it begins.
    pub at: Duration,
    /// The moment that it is then, in the world: usually now.
    pub start: Timestamp,
    /// Nothing may be changed.
    pub read_only: bool,
}

impl SimOptions {
    /// A scenario from its beginning, in real time.
    pub fn new(scenario: Scenario, start: Timestamp) -> Self {
        Self {
            scenario: Arc::new(scenario),
            seed: 1,
            speed: 1.0,
            at: Duration::ZERO,
            start,
            read_only: false,
        }
    }
}

/// Events waiting for a slow reader.
const EVENTS: usize = 1_024;
/// Requests waiting for an answer.
const REQUESTS: usize = 64;

/// What such a world does not know: a cluster has no stopped workloads, and one daemon neither pods nor nodes.
fn refused(scenario: &Scenario) -> Vec<(String, SafeText)> {
    let because = |words: &[&str], why: &'static str| {
        let words = words.iter().map(|word| (*word).to_owned());
        let refused = words.map(|word| (word, SafeText::from_static(why)));
        refused.collect::<Vec<_>>()
    };
    let mut refused = because(&["pause", "unpause"], "there is nothing to pause here");
    if scenario.cluster() {
        let why = "a workload is not stopped and started: scale it to 0 and back";
        refused.extend(because(&["start", "stop"], why));
        let steering = ClusterAction::steering();
        refused.extend(because(&steering, "there are no Argo Rollouts here"));
    } else {
        let why = "this is for clusters: there are neither pods nor nodes here";
        refused.extend(because(&ClusterAction::words(), why));
    }
    refused
}

/// Starts a world on the present runtime. The first state follows within milliseconds, later for a large
/// [`SimOptions::at`].
pub fn start(options: SimOptions) -> (PlatformHandle, SimControl) {
    let (events_in, events) = mpsc::channel(EVENTS);
    let (requests, asked) = mpsc::channel(REQUESTS);
    let capabilities = Capabilities {
        read_only: options.read_only,
        exec: false,
        own_backups: true,
        refused: refused(&options.scenario),
    };
    let (shared, state) = stage::Shared::new(&options, events_in);
    let control = SimControl::new(Arc::clone(&shared));
    tokio::spawn(drive::run(shared, options, capabilities.clone(), asked));
    let handle = PlatformHandle {
        state,
        events,
        requests,
        capabilities,
    };
    (handle, control)
}
