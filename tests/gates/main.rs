//! The gates: what must hold whatever comes. By default at a size that every run of the tests can afford;
//! `QUARTERDECK_GATES=full` runs them in full size.

#[cfg(test)]
mod actions;
mod flood;
mod fuzz;
mod hostile_text;
#[cfg(test)]
mod journal;
mod judge;
mod keys;
mod logs;
mod panes;
mod races;
mod screen;

use fuzz::gate;
