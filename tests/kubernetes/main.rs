//! Against a real Kubernetes API server.

#[path = "../support/support.rs"]
mod support;

mod actions;
mod argo;
mod backups;
mod cli;
mod cut;
mod deeds;
mod details;
mod events;
mod exec;
mod helm;
mod journeys;
mod lists;
mod logs;
mod nodes;
mod pods;
mod read_only;
mod reading;
mod rights;
mod secrets;
mod shown;
mod signals;
mod status;
mod switch;
mod walked;
mod watched;
mod why;
