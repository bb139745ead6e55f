//! What tells that something wants an eye: so far what the platform itself shows, judged by rules of our own.

pub mod rules;
mod subjects;

pub use rules::Watch;
