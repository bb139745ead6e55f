//! In a real pseudo-terminal.

#[path = "../support/support.rs"]
mod support;

mod left;
mod lists;
mod manners;
mod parts;
mod picture;
mod refused;
mod rehearsed;
mod reload;
mod stalled;
mod taken;
mod undecided;
