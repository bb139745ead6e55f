//! What tells that something wants an eye: what the platform itself shows and what the followed
//! logs say, judged by rules of our own.

mod heard;
pub mod rules;
mod subjects;

pub use rules::Watch;
