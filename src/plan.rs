//! Action, preview, confirmation, steps, outcome.

pub mod record;
