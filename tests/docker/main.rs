//! Against a real Docker daemon.

#[path = "../support/support.rs"]
mod support;

mod actions;
mod parts;
mod reading;
