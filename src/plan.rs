//! Every action is a plan: previewed, confirmed, carried out step by step, and held to what the platform shows.
//!
//! ```text
//! Action ──> Plan<Previewed> ──> Plan<Confirmed> ──> steps ──> Outcome
//! ```
//!
//! The target is frozen when the dialog opens; every later call uses it. Only [`Plan::confirm`] makes a confirmed
//! plan, so nothing reaches a platform that nobody has seen and agreed to.

pub mod carry;
pub mod confirm;
pub mod exec;
pub mod outcome;
pub mod owner;
pub mod preview;
pub mod record;
pub mod target;

pub use carry::{Carry, Keeper, Progress, StepState};
pub use confirm::{Confirmed, NotYet, Plan, PlanId, Previewed, Risk};
pub use outcome::Outcome;
pub use owner::Owner;
pub use preview::{Change, ChangeKind, LOOK_AGAIN, Note, Preview, Refusal, Side, Step, Verb};
pub use target::{Ask, Resumed, SeenInstance, Sent, Target};
