//! The simulated deployment through the same handle as a real platform: its stories, its plans, its faults.

mod faults;
mod files;
mod hand;
mod logs;
mod plans;
mod story;
