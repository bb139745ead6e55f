//! Checklists: Markdown that teams have already, walked step by step, each step proved.
//!
//! ```text
//! Markdown ─> read ─> Document ─> Run <─ Event: what was seen, done or said; the journal keeps them
//!               └> every mistake    └─> next, progress, record
//! ```
//!
//! Pure: no clock, no I/O. Who walks a list looks, acts, writes an [`Event`] down and then lets the [`Run`] have it.

mod document;
mod front_matter;
mod keys;
mod markdown;
mod numbered;
mod order;
mod read;
pub mod record;
mod run;
mod slips;
pub mod template;
#[cfg(test)]
mod tests;
mod walk;

pub use self::{
    document::{Condition, Document, Item, ItemId, Kind, List, ListKind},
    keys::Known,
    order::{Order, Wanted, forms},
    read::{Reading, hash, is_nothing, read},
    run::{Breach, End, Event, Finding, Note, Refused, Run, Start, State, Step, What, same_person},
    walk::{Hold, Opened, RunId, Walk},
};
