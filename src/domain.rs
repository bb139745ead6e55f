//! Plain types, no I/O: what the console talks about.
//!
//! Times are absolute ([`jiff::Timestamp`]) and come from the platform; ages are made where they are drawn,
//! from the clock in the model.

pub mod action;
pub mod alert;
pub mod capabilities;
pub mod colour;
pub mod command;
pub mod details;
pub mod figures;
#[cfg(test)]
pub(crate) mod fixture;
pub mod glyphs;
pub mod health;
pub mod host;
pub mod image;
pub mod instance;
pub(crate) mod json;
pub mod key;
pub mod keymap;
pub mod log;
pub mod named;
pub mod namespace;
pub mod past;
pub mod proxied;
pub mod report;
pub mod revision;
pub mod rights;
pub mod rollout;
pub mod scope;
pub mod service;
pub mod signals;
pub mod snapshot;
pub mod source;
pub mod suggest;
pub mod theme;
pub mod threshold;
pub mod values;
