//! Files and environment to checked settings. Every mistake is found at once, and nothing starts half-configured.

pub mod files;
pub mod keymap;
mod reader;
pub mod report;
mod suggest;
pub mod theme;
pub mod values;
pub mod variables;
