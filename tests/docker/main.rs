//! Against a real Docker daemon.

#[path = "../support/support.rs"]
mod support;

mod parts;
