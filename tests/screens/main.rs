//! Pictures of frames: what an operator sees, as text and as runs of styles, at the sizes that people have.

mod alignment;
mod checklist;
mod fixture;
mod home;
mod layers;
mod logs;
mod mouse;
mod nodes;
mod operations;
mod picture;
mod states;
mod walking;
