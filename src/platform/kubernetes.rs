//! Kubernetes: reading a cluster, following its logs, carrying plans out there.
//!
//! ```text
//! kubeconfig ──> api ──┬─> watching ──> store ──> project ──> SourceState
//!  (pinned)  (the only  ├─> logs, exec, details
//!             way out)  └─> actions
//! ```

mod actions;
mod api;
mod archive;
mod argo;
mod around;
mod channels;
mod cluster;
mod collect;
mod connect;
mod details;
mod events;
mod examine;
mod exec;
mod feeds;
mod fetch;
mod inquiries;
mod json;
mod kept;
mod kubeconfig;
mod link;
mod logs;
mod metadata;
mod metrics;
mod namespaces;
mod place;
mod plugin;
mod project;
mod proxy;
mod quantity;
mod quotas;
mod raw;
mod requests;
mod rights;
mod rollouts;
mod rows;
mod services;
mod shell;
mod status;
mod store;
mod texts;
mod watching;
mod why;
pub mod wire;

use std::{path::PathBuf, time::Duration};

pub use self::{
    actions::Patience,
    examine::{Findings, examine},
    kubeconfig::{Contexts, contexts},
};
use crate::{
    domain::capabilities::Capabilities,
    platform::{PlatformHandle, own_thread},
    text::SafeText,
};

/// What a cluster is to be read with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubernetesOptions {
    /// A kubeconfig; `None` looks where `kubectl` looks.
    pub kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig; `None` takes its current one. It is pinned at the start.
    pub context: Option<String>,
    /// Only these namespaces; empty means all that may be seen.
    pub namespaces: Vec<String>,
    /// Nothing may be changed: whatever could change something is refused where requests leave.
    pub read_only: bool,
    /// How long actions wait for what.
    pub patience: Patience,
    /// For how long a watch is opened each time, in whole seconds; `None` for as long as what is in between allows.
    pub watch: Option<Duration>,
}

/// Why pods are not started and stopped.
const NOT_BY_HAND: SafeText =
    SafeText::from_static("pods are not started or stopped by hand: scale the workload");

/// Begins to read a cluster, on a thread of its own, and returns at once. Dropping the handle ends it.
pub fn start(options: KubernetesOptions) -> PlatformHandle {
    let capabilities = Capabilities {
        read_only: options.read_only,
        exec: true,
        refused: ["start", "stop"]
            .map(|word| (word.to_owned(), NOT_BY_HAND))
            .into(),
        ..Capabilities::default()
    };
    // Without it the first TLS connection panics where two providers were compiled in; a second call is told no and does nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    own_thread::start("kubernetes", capabilities, |ends| async move {
        collect::run(options, ends).await;
    })
}
