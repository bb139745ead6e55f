//! Scale, restart, rollout, rollback, start and stop against the real daemon; the real Compose is the judge.

mod adversity;
mod images;
mod in_turn;
mod interrupted;
mod rig;
mod walks;
