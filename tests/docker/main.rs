//! Against a real Docker daemon.

#[path = "../support/support.rs"]
mod support;

#[cfg(test)]
mod actions;
#[cfg(test)]
mod backup;
mod certificates;
mod cli;
mod consoles;
mod cut;
mod deeds;
mod gates;
#[cfg(test)]
mod lists;
mod parts;
mod reading;
#[cfg(test)]
mod rehearsal;
