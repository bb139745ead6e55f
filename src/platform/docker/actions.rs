//! Scale, restart, roll out, roll back, start and stop, by the Engine API alone.
//!
//! The Compose plugin would need the files, the environment and the user of whoever deployed, which the labels do not
//! keep. So there is one way, for Compose projects and for single containers: a replica is made anew from its own inspect.
//!
//! ```text
//! Ask + World ──planner──> Preview + Work      the same again before it is carried out, and compared
//!                             │
//!                          executor ──> for each step: still as agreed? intent, one send, read what came of it
//!                             │
//!                          settle: whatever is interrupted where, back to one container under each name
//! ```

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use self::world::World;
pub use self::{healthy::Patience, wire::Wire};
use crate::{
    domain::service::ServiceId,
    plan::{Ask, Carry, Outcome, Preview, Progress, Refusal},
    safe,
    text::SafeText,
};

mod container;
mod executor;
mod healthy;
mod names;
mod order;
mod planner;
mod reference;
mod settle;
mod spec;
mod supplied;
mod wire;
mod work;
mod world;

/// Previews actions and carries them out, one at a time for each service.
#[derive(Debug)]
pub struct Actions<W> {
    wire: W,
    patience: Patience,
    in_flight: Mutex<HashSet<ServiceId>>,
}

impl<W: Wire> Actions<W> {
    /// Actions on the daemon that answers there.
    pub fn new(wire: W, patience: Patience) -> Self {
        Self {
            wire,
            patience,
            in_flight: Mutex::default(),
        }
    }

    /// What it would mean.
    ///
    /// # Errors
    /// Why it can't be done, and what could be done instead.
    pub async fn preview(&self, ask: Ask) -> Result<Preview, Refusal> {
        let service = &ask.target.service;
        if self.flying().contains(service) {
            return Err(busy(service));
        }
        let world = World::read(&self.wire, &ask)
            .await
            .map_err(|error| Refusal {
                why: error.text(),
                instead: SafeText::from_static("nothing was changed"),
            })?;
        planner::plan(&ask, &world, &self.patience).map(|draft| draft.preview)
    }

    /// Does it. Ends with [`Progress::Ended`], whatever happens.
    pub async fn carry(&self, carry: Carry) -> Outcome {
        let service = carry.plan.target().service.clone();
        if !self.flying().insert(service.clone()) {
            let outcome = Outcome::Superseded {
                applied: 0,
                why: busy(&service).why,
            };
            // A listener that is gone has lost nothing: nothing was done.
            let _ = carry.progress.send(Progress::Ended(outcome.clone())).await;
            return outcome;
        }
        let landing = Landing(self, service);
        let outcome = executor::carry(&self.wire, carry, self.patience).await;
        drop(landing);
        outcome
    }

    fn flying(&self) -> std::sync::MutexGuard<'_, HashSet<ServiceId>> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends an action's time in flight, even when its task is ended from outside.
struct Landing<'a, W: Wire>(&'a Actions<W>, ServiceId);

impl<W: Wire> Drop for Landing<'_, W> {
    fn drop(&mut self) {
        self.0.flying().remove(&self.1);
    }
}

/// The name that a container has, or is to have, or had before an action that is under way.
pub(super) fn replica_name(name: &str) -> &str {
    names::parse(name).0
}

fn busy(service: &ServiceId) -> Refusal {
    Refusal {
        why: safe!("another action on {service} is under way"),
        instead: SafeText::from_static("wait until it has ended"),
    }
}
