//! Docker and Compose: reading a daemon, following its logs, carrying plans out there.
//!
//! ```text
//! host ──> transport ──> engine ──┬─> collect ──> project ──> SourceState
//!  (where)   (the only way out)   ├─> logs, exec, details
//!                                 └─> actions
//! ```

pub mod actions;
pub mod engine;
pub mod error;
pub mod host;
mod tls;
pub mod transport;
mod tunnel;

/// What a daemon is to be read with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerOptions {
    /// `unix://…`, `tcp://…` or `ssh://…`; `None` looks where the `docker` command looks.
    pub host: Option<String>,
    /// A context of the `docker` command, by name.
    pub context: Option<String>,
    /// Only these Compose projects; empty means everything.
    pub projects: Vec<String>,
    /// Nothing may be changed: whatever could change something is refused where requests leave.
    pub read_only: bool,
}
