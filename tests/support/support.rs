//! What integration tests share: a real daemon, Compose projects, a terminal, and a proxy that breaks connections.
//!
//! A family takes it in with `#[path = "../support/support.rs"] mod support;`.
#![allow(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "each family uses a part of it"
)]

pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod backups;
pub(crate) mod bare;
pub(crate) mod cluster;
pub(crate) mod compose;
pub(crate) mod console;
pub(crate) mod cut;
pub(crate) mod daemon;
pub(crate) mod gate;
pub(crate) mod keys;
pub(crate) mod mortal;
pub(crate) mod picture;
pub(crate) mod postgres;
pub(crate) mod proxy;
pub(crate) mod reading;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod shop;
pub(crate) mod sshd;
pub(crate) mod tunnels;
pub(crate) mod wait;
pub(crate) mod walked;
pub(crate) mod walker;
pub(crate) mod web;

/// The shared daemon; without one the test ends here, loudly, and in CI it fails.
macro_rules! docker_or_skip {
    () => {
        match $crate::support::daemon::Daemon::shared() {
            Some(daemon) => daemon,
            None => return,
        }
    };
}
pub(crate) use docker_or_skip;

/// The test cluster; without one the test ends here, loudly, and in CI it fails.
macro_rules! cluster_or_skip {
    () => {
        match $crate::support::cluster::Cluster::shared() {
            Some(cluster) => cluster,
            None => return,
        }
    };
}
pub(crate) use cluster_or_skip;
