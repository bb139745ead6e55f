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

use self::world::World;
pub use self::{healthy::Patience, wire::Wire};
use crate::{
    domain::service::ServiceId,
    plan::{Ask, Carry, Outcome, Preview, Progress, Refusal},
    platform::InFlight,
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
    in_flight: InFlight,
}

impl<W: Wire> Actions<W> {
    /// Actions on the daemon that answers there.
    pub fn new(wire: W, patience: Patience) -> Self {
        Self {
            wire,
            patience,
            in_flight: InFlight::default(),
        }
    }

    /// What it would mean.
    ///
    /// # Errors
    /// Why it can't be done, and what could be done instead.
    pub async fn preview(&self, ask: Ask) -> Result<Preview, Refusal> {
        self.in_flight.free(&ask.target.service)?;
        let world = World::read(&self.wire, &ask)
            .await
            .map_err(|error| Refusal {
                so_already: false,
                why: error.text(),
                instead: SafeText::from_static("nothing was changed"),
            })?;
        planner::plan(&ask, &world, &self.patience).map(|draft| draft.preview)
    }

    /// Does it. Ends with [`Progress::Ended`], whatever happens.
    pub async fn carry(&self, carry: Carry) -> Outcome {
        let _flight = match self.in_flight.enter(&carry.plan.target().service) {
            Ok(flight) => flight,
            Err(busy) => {
                let outcome = Outcome::Superseded {
                    applied: 0,
                    why: busy.why,
                };
                // A listener that is gone has lost nothing: nothing was done.
                let _ = carry.progress.send(Progress::Ended(outcome.clone())).await;
                return outcome;
            }
        };
        executor::carry(&self.wire, carry, self.patience).await
    }
}

/// The name that a container has, or is to have, or had before an action that is under way.
pub(super) fn replica_name(name: &str) -> &str {
    names::parse(name).0
}

/// The number that a replica's name tells; `None` where somebody chose the name.
pub(super) fn replica_number(name: &str, service: &ServiceId) -> Option<u32> {
    names::number(name, &service.group, &service.name)
}
