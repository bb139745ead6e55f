//! The built binary without a screen: what it prints, where, and how it ends.

#[path = "../support/support.rs"]
mod support;

mod acts;
mod asked;
mod checklists;
mod hostile;
mod lists;
mod looks;
mod readme;
mod run;
mod settings;
