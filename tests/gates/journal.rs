//! Gate 13: the journal keeps every intent and shows every change. Its parts of gates 2, 3 and 14.

mod backups;
mod canary;
mod consoles;
mod crash;
mod edits;
mod full;
mod fuzz;
mod operations;
mod runs;
mod support;
mod sync;
mod writers;
