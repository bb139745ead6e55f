//! Scale, restart, rollout, rollback and pause on a real API server; kubectl is the judge.

mod equal;
pub(crate) mod rig;
