//! A scenario: what stands in the little world, how it behaves, and what goes wrong when.
//!
//! Written in TOML; those under `assets/scenarios` show every field. All mistakes of a file are found at once.

use std::{path::Path, time::Duration};

use crate::{
    domain::{action::EnvironmentKind, log::Stream, service::ServiceKind},
    text::SafeText,
};

mod cluster;
mod copy;
mod fault;
mod mistake;
mod read;
mod read_service;
mod reader;
mod template;
mod units;

pub(crate) use self::{
    cluster::{Callee, NodeSpec, RouteSpec, Workload},
    template::{Fill, Template},
};
pub use self::{
    fault::{Beat, Begin, Cut, Fault, Figure, Mishap},
    mistake::{Mistake, Mistakes},
    units::parse_duration,
};

/// Which service, counted in the file's order.
pub type Index = usize;

/// What stands in the world, checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What `demo` calls it.
    pub name: String,
    /// What it shows, in a line.
    pub about: String,
    /// The environment's name in the header.
    pub environment: String,
    /// What kind of place it is.
    pub kind: EnvironmentKind,
    /// The Compose project; of a cluster the namespace of what names no other.
    pub project: String,
    pub(crate) host: HostSpec,
    /// The machines of a cluster; none on a single host.
    pub(crate) nodes: Vec<NodeSpec>,
    pub(crate) routes: Vec<RouteSpec>,
    pub(crate) services: Vec<ServiceSpec>,
    /// Every service after all that it calls.
    pub(crate) order: Vec<Index>,
    pub(crate) story: Vec<Beat>,
    pub(crate) mishaps: Vec<Mishap>,
    /// Whether every tag that somebody asks for is there to be rolled out.
    pub(crate) any_tag: bool,
}

impl Scenario {
    /// Reads a scenario; `file` names it in mistakes.
    ///
    /// # Errors
    /// Every mistake, with its line and column.
    pub fn parse(file: &Path, source: &str) -> Result<Self, Mistakes> {
        read::scenario(source).map_err(|all| Mistakes {
            file: file.to_owned(),
            all,
        })
    }

    /// The same for the rehearsal of a list: nothing goes wrong by itself.
    #[must_use]
    pub fn rehearsed(mut self) -> Self {
        self.story.clear();
        self
    }

    /// What may be let go wrong on a key, in the file's words.
    pub fn mishaps(&self) -> impl Iterator<Item = SafeText> {
        self.mishaps
            .iter()
            .map(|mishap| SafeText::line(&mishap.name))
    }

    /// Whether it is a cluster: its controllers carry out what is changed.
    pub(crate) const fn cluster(&self) -> bool {
        !self.nodes.is_empty()
    }

    /// The service of that name.
    pub(crate) fn service(&self, name: &str) -> Option<Index> {
        self.services.iter().position(|s| s.name == name)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct HostSpec {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) disk_size: u64,
    pub(crate) disk_used: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct ServiceSpec {
    pub(crate) name: String,
    /// The image without its tag.
    pub(crate) image: String,
    pub(crate) replicas: u32,
    /// Inside, and on the host where it is published at a fixed number.
    pub(crate) ports: Vec<(u16, Option<u16>)>,
    pub(crate) command: String,
    pub(crate) restart: Restart,
    pub(crate) grace: Duration,
    /// How long it takes to stop when asked to.
    pub(crate) stops_in: Duration,
    /// How long after its start it serves.
    pub(crate) starts_in: Duration,
    pub(crate) check: Option<CheckSpec>,
    /// In cores.
    pub(crate) cpu_limit: Option<f32>,
    pub(crate) memory_limit: Option<u64>,
    pub(crate) environment: Vec<String>,
    pub(crate) volume: Option<VolumeSpec>,
    pub(crate) load: Load,
    pub(crate) calls: Vec<Call>,
    /// What it names in `depends_on`.
    pub(crate) needs: Vec<Callee>,
    pub(crate) workload: Workload,
    pub(crate) store: Option<Store>,
    /// Oldest first; `revisions[current]` runs at the beginning.
    pub(crate) revisions: Vec<RevisionSpec>,
    pub(crate) current: usize,
    pub(crate) logs: Vec<LogSpec>,
}

impl ServiceSpec {
    pub(crate) fn revision(&self, version: &str) -> Option<usize> {
        self.revisions.iter().position(|r| r.version == version)
    }

    pub(crate) fn stateful(&self) -> bool {
        self.volume.is_some() || matches!(self.store, Some(Store::Database { .. }))
    }

    /// Whether the old replica goes before the new one comes: a port cannot be had twice, nor a StatefulSet's name.
    pub(crate) fn stops_first(&self) -> bool {
        self.fixed_port().is_some() || self.workload.kind == ServiceKind::StatefulSet
    }

    pub(crate) fn fixed_port(&self) -> Option<u16> {
        self.ports.iter().find_map(|(_, host)| *host)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    No,
    OnFailure,
    Always,
    UnlessStopped,
}

impl Restart {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::OnFailure => "on-failure",
            Self::Always => "always",
            Self::UnlessStopped => "unless-stopped",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct CheckSpec {
    pub(crate) command: String,
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) retries: u32,
    pub(crate) start_period: Duration,
    /// Whether it asks the services that this one calls, and so fails with them.
    pub(crate) through: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct VolumeSpec {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) bytes: u64,
}

/// What a service has to do, and what it costs.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Requests a second from outside.
    pub(crate) rate: f32,
    /// What one replica can answer a second.
    pub(crate) capacity: f32,
    /// Its own part of the 95th percentile.
    pub(crate) p95_ms: f32,
    /// Processor time of one request.
    pub(crate) cpu_ms: f32,
    /// Memory when quiet.
    pub(crate) memory: u64,
    /// Log entries a second about requests, over all replicas.
    pub(crate) logs: f32,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) to: Callee,
    /// Calls for each request.
    pub(crate) per: f32,
    /// Connections that one replica keeps open to a database.
    pub(crate) connections: f32,
    /// The share of its requests that fail when the call fails: 1 is all.
    pub(crate) hurts: f32,
    /// The process ends when the call keeps failing: with this code, so long after its start.
    pub(crate) exits: Option<(i64, Duration)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Store {
    Database {
        max_connections: u32,
    },
    /// What shares the connections of a database out among many.
    Pool {
        size: u32,
    },
    Cache {
        max_memory: u64,
    },
}

impl Store {
    /// How many connections there are to be had.
    pub(crate) const fn connections(&self) -> Option<u32> {
        match *self {
            Self::Database { max_connections } => Some(max_connections),
            Self::Pool { size } => Some(size),
            Self::Cache { .. } => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct RevisionSpec {
    pub(crate) version: String,
    /// How long ago it began to run here; `None` for one that has not run yet.
    pub(crate) began: Option<Duration>,
    /// How long it served.
    pub(crate) served: Duration,
    pub(crate) flaw: Flaw,
    /// What else it changes, as lines of a diff: `env NEW_PRICING`.
    pub(crate) adds: Vec<String>,
}

/// What is wrong with a release.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flaw {
    pub(crate) error_percent: f32,
    pub(crate) extra_ms: f32,
    /// Processor time more of one request.
    pub(crate) extra_cpu_ms: f32,
    pub(crate) leaks_memory_per_s: f64,
    /// Database connections that each replica takes and never gives back.
    pub(crate) leaks_connections_per_s: f32,
    pub(crate) leaks_connections_up_to: f32,
    /// Bytes that each replica leaves in the caches it calls.
    pub(crate) keeps_bytes_per_s: f64,
    /// The process ends so long after its start, with this code.
    pub(crate) exits: Option<(Duration, i64)>,
    pub(crate) unhealthy: bool,
    /// What its check prints when it fails; empty where that is nothing of its own.
    pub(crate) check_says: String,
}

/// When a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// The process has started.
    Start,
    /// It was asked to stop.
    Stop,
    /// It ends by itself, with an error.
    Exit,
    /// It ends by itself, having done what it is for.
    End,
    /// A request that went well.
    Request,
    /// A request that failed.
    Error,
    /// It turned a caller away: no connection, no memory left.
    Refused,
    /// By the clock, while it runs.
    Every(Duration),
}

#[derive(Clone, Debug)]
pub(crate) struct LogSpec {
    pub(crate) on: On,
    /// Only when this service is why.
    pub(crate) because: Option<Index>,
    /// Only from this revision.
    pub(crate) revision: Option<usize>,
    /// How often, against others for the same occasion.
    pub(crate) weight: f32,
    pub(crate) stream: Stream,
    pub(crate) template: Template,
}
