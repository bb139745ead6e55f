//! Keys in; frames, effects and requests out, on a simulated deployment whose clock is moved by hand.

mod agents;
mod clusters;
mod console;
mod deploy_day;
mod read_only;
mod walks;
