//! Docker and Compose: reading a daemon, following its logs, carrying plans out there.
//!
//! ```text
//! host ──> transport ──> engine ──┬─> collect ──> project ──> SourceState
//!  (where)   (the only way out)   ├─> logs, exec, details
//!                                 └─> actions
//! ```

pub mod actions;
mod archive;
mod collect;
mod container;
pub mod daemon;
mod details;
mod disk;
mod echo;
pub mod engine;
pub mod error;
mod exec;
mod fleet;
pub mod frames;
#[cfg(test)]
mod fuzzed;
pub mod host;
mod judge;
mod link;
mod logs;
mod percent;
mod project;
mod requests;
mod rollouts;
mod shell;
mod stats;
mod tls;
pub mod transport;
pub mod trouble;
mod tunnel;
mod wire;
mod words;

use std::path::Path;

use rustix::fs::{Access, access};

use crate::{
    domain::action::ClusterAction,
    platform::{
        Capabilities, PlatformHandle,
        own_thread::{self, Ends},
    },
    text::SafeText,
};
use engine::Engine;
use host::{Endpoint, Surroundings};
use transport::Transport;

/// What a daemon is to be read with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerOptions {
    /// `unix://…`, `tcp://…` or `ssh://…`; `None` looks where the `docker` command looks.
    pub host: Option<String>,
    /// Whether the host was named on the command line, and not in the settings.
    pub by_hand: bool,
    /// A context of the `docker` command, by name.
    pub context: Option<String>,
    /// PEM files for TLS to that host, where the settings name some; else the environment's.
    pub tls: Option<host::TlsFiles>,
    /// Only these Compose projects; empty means everything.
    pub projects: Vec<String>,
    /// Nothing may be changed: whatever could change something is refused where requests leave.
    pub read_only: bool,
}

/// Why nothing is paused.
const NOTHING_WAITS: SafeText =
    SafeText::from_static("there is nothing to pause: what Docker is told it does at once");

/// Why nothing is done here that clusters alone know.
const NO_CLUSTER: SafeText =
    SafeText::from_static("this is for clusters: Docker has neither pods nor nodes");

/// Begins to read a daemon, on a thread of its own, and returns at once. Dropping the handle ends it.
pub fn start(options: DockerOptions) -> PlatformHandle {
    let capabilities = Capabilities {
        read_only: options.read_only,
        exec: true,
        refused: refused(),
        ..Capabilities::default()
    };
    own_thread::start("docker", capabilities, |ends| run(options, ends))
}

fn refused() -> Vec<(String, SafeText)> {
    let waits = ["pause", "unpause"].map(|word| (word.to_owned(), NOTHING_WAITS));
    let cluster = ClusterAction::words().into_iter();
    let cluster = cluster.map(|word| (word.to_owned(), NO_CLUSTER));
    waits.into_iter().chain(cluster).collect()
}

/// Finds the daemon and reads it until the handle is gone.
async fn run(options: DockerOptions, ends: Ends) {
    match reach(&options) {
        Ok((engine, place)) => collect::run(options, engine, place, ends).await,
        Err(problem) => ends.offline(problem).await,
    }
}

/// Where the daemon is that is meant, by the options and by what surrounds this process.
///
/// # Errors
/// In words, when that cannot be told.
pub fn locate(options: &DockerOptions) -> Result<Endpoint, SafeText> {
    let usable = |path: &Path| access(path, Access::READ_OK | Access::WRITE_OK).is_ok();
    let variable = |name: &str| std::env::var(name).ok();
    host::locate(
        options,
        Surroundings {
            variable: &variable,
            usable: &usable,
        },
    )
}

fn reach(options: &DockerOptions) -> Result<(Engine, Endpoint), SafeText> {
    let place = locate(options)?;
    let transport = Transport::new(&place.address, options.read_only)?;
    Ok((Engine::new(transport), place))
}
