//! The loop, the terminal, and the tasks around them.
//!
//! ```text
//!  keys, platform, answers ─> select loop ─> Msg ─> state::update ─> Effect ─> runtime ─> Msg …
//!                                   └─ dirty ─> ui::draw ─> bytes ─> writer thread ─> terminal
//! ```

pub mod asking;
pub mod backups;
pub mod conduct;
mod console;
mod fault;
mod input;
pub mod ledger;
pub mod lines;
pub mod lists;
mod log;
mod memory;
mod observe;
pub mod operate;
mod resettle;
mod run;
mod runtime;
mod screen;
mod shell;
mod signals;
pub mod terminal;
mod walking;
mod watch;
pub mod wire;
mod writer;

pub use crate::ui::Look;
pub use run::{Choice, Connected, Connector, Manner, Session, run};
