//! Scale, restart, rollout, rollback and pause on a real API server; kubectl is the judge.

mod before;
mod equal;
mod meanwhile;
mod races;
pub(crate) mod rig;
mod stuck;
