//! The simulated deployment through the same handle as a real platform: its stories, its plans, its faults.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod clusters;
mod consoles;
mod copies;
mod errands;
mod faults;
mod files;
mod hand;
mod lists;
mod logs;
mod plans;
mod screen;
mod story;
