//! The loop, the terminal, and the tasks around them.
//!
//! ```text
//!  keys, platform, answers ─> select loop ─> Msg ─> state::update ─> Effect ─> runtime ─> Msg …
//!                                   └─ dirty ─> ui::draw ─> bytes ─> writer thread ─> terminal
//! ```

pub mod backups;
mod console;
mod fault;
mod input;
pub mod ledger;
pub mod lines;
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
mod watch;
mod wire;
mod writer;

pub use crate::ui::Look;
pub use run::{Connected, Connector, Manner, Session, run};
