//! Quarterdeck: the terminal console from which people deploy and operate services.
//!
//! ARCHITECTURE.md says what is where, how data flows, and why.

#![deny(unsafe_code)]

pub mod app;
pub mod backup;
pub mod checklist;
pub mod cli;
mod clock;
pub mod config;
pub mod domain;
pub mod expr;
pub mod journal;
pub mod plan;
pub mod platform;
pub mod probe;
pub mod signal;
pub mod state;
pub mod text;
pub mod ui;
