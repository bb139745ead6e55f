//! Docker and Compose: reading a daemon, following its logs, carrying plans out there.
//!
//! ```text
//! host ──> transport ──> engine ──┬─> collect ──> project ──> SourceState
//!  (where)   (the only way out)   ├─> logs, exec, details
//!                                 └─> actions
//! ```

pub mod actions;
mod archive;
mod backoff;
mod clock;
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
mod trouble;
mod tunnel;
mod wire;
mod words;

use std::path::Path;

use tokio::sync::{mpsc, watch};

use crate::{
    domain::source::{SourceHealth, SourceState},
    platform::{Capabilities, PlatformHandle, Request},
    safe,
    text::SafeText,
};
use engine::Engine;
use host::{Place, Surroundings};
use transport::Transport;

/// Requests that wait for the collector, and events that wait for the console.
const WAITING: usize = 256;

/// What a daemon is to be read with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerOptions {
    /// `unix://…`, `tcp://…` or `ssh://…`; `None` looks where the `docker` command looks.
    pub host: Option<String>,
    /// A context of the `docker` command, by name.
    pub context: Option<String>,
    /// PEM files for TLS to that host, where the settings name some; else the environment's.
    pub tls: Option<host::TlsFiles>,
    /// Only these Compose projects; empty means everything.
    pub projects: Vec<String>,
    /// Nothing may be changed: whatever could change something is refused where requests leave.
    pub read_only: bool,
}

/// Begins to read a daemon, on a thread of its own, and returns at once. Dropping the handle ends it.
pub fn start(options: DockerOptions) -> PlatformHandle {
    let (state_out, state) = watch::channel(SourceState::default());
    let (events_out, events) = mpsc::channel(WAITING);
    let (requests, requests_in) = mpsc::channel(WAITING);
    let capabilities = Capabilities {
        read_only: options.read_only,
        exec: true,
        ..Capabilities::default()
    };
    let failed = state_out.clone();
    let spawned = std::thread::Builder::new()
        .name("docker".to_owned())
        .spawn(move || run(options, state_out, events_out, requests_in));
    if let Err(error) = spawned {
        offline(&failed, safe!("no thread for reading Docker: {error}"));
    }
    PlatformHandle {
        state,
        events,
        requests,
        capabilities,
    }
}

/// Finds the daemon and reads it until the handle is gone.
fn run(
    options: DockerOptions,
    state: watch::Sender<SourceState>,
    events: mpsc::Sender<crate::platform::PlatformEvent>,
    requests: mpsc::Receiver<Request>,
) {
    // One thread: measured on a cluster's API it was faster than many, and it leaves the other cores to drawing.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return offline(&state, safe!("no runtime for reading Docker: {error}")),
    };
    runtime.block_on(async {
        match reach(&options) {
            Ok((engine, place)) => {
                collect::run(options, engine, place, state, events, requests).await;
            }
            Err(problem) => {
                offline(&state, problem.clone());
                refuse(requests, &problem).await;
            }
        }
    });
}

fn reach(options: &DockerOptions) -> Result<(Engine, Place), SafeText> {
    let usable = |path: &Path| {
        rustix::fs::access(
            path,
            rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK,
        )
        .is_ok()
    };
    let variable = |name: &str| std::env::var(name).ok();
    let place = host::locate(
        options,
        Surroundings {
            variable: &variable,
            usable: &usable,
        },
    )?;
    let transport = Transport::new(&place.address, options.read_only)?;
    Ok((Engine::new(transport), place))
}

fn offline(state: &watch::Sender<SourceState>, problem: SafeText) {
    state.send_modify(|state| {
        state.health = SourceHealth::Offline;
        state.problem = problem;
        state.generation += 1;
    });
}

/// Answers every question with why there is no daemon to ask.
async fn refuse(mut requests: mpsc::Receiver<Request>, problem: &SafeText) {
    while let Some(request) = requests.recv().await {
        match request {
            Request::Details(_, answer) => drop(answer.send(Err(problem.clone()))),
            Request::Raw(_, answer) => drop(answer.send(Err(problem.clone()))),
            Request::Exec(_, answer) | Request::Archive(_, _, answer) => {
                drop(answer.send(Err(problem.clone())));
            }
            Request::Describe(_, answer) => drop(answer.send(Err(problem.clone()))),
            Request::Shell(shell) => drop(shell.opened.send(Err(problem.clone()))),
            Request::Preview(_, answer) => {
                let refusal = crate::plan::Refusal {
                    why: problem.clone(),
                    instead: SafeText::EMPTY,
                };
                drop(answer.send(Err(refusal)));
            }
            // A plan needs a preview, so none comes; and logs of nothing are nothing.
            Request::Carry(_) | Request::Logs(_) | Request::Visible(_) | Request::Refresh => {}
        }
    }
}
