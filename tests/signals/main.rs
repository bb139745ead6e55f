//! Checks, metrics and alerts, of real servers.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod alerts;
mod asks;
mod checks;
mod families;
mod metrics;
mod rig;

#[path = "../support/support.rs"]
mod support;
