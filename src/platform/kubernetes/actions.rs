//! Scale, restart, roll out, roll back, pause and resume: one change of the workload, which its controller carries out.
//!
//! ```text
//! Ask + World ──planner──> Preview + Work      the same again before it is carried out, and compared
//!                             │
//!                          executor ──> for each step: intent, one send with its precondition, read what came of it
//!                             │
//!                          judge: the rollout is watched until the cluster shows it, not until it said 200
//! ```

use std::{sync::Arc, time::Duration};

use self::world::World;
use super::cluster::Cluster;
use crate::{
    clock,
    plan::{Ask, Carry, LOOK_AGAIN, Outcome, Preview, Progress, Refusal},
    platform::InFlight,
    text::SafeText,
};

mod access;
mod aftermath;
mod closely;
mod cronjob;
mod effect;
mod errand;
mod executor;
mod judge;
mod node;
mod object;
mod order;
mod planner;
mod pod;
mod precheck;
mod settle_timer;
mod steer;
mod step;
mod switch;
mod template;
mod work;
mod world;

pub(super) use closely::{Closely, Kept, changes};

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Between two looks at what is waited for.
    pub poll: Duration,
    /// How long to look for the effect of a send whose answer was lost.
    pub settle: Duration,
    /// How long to wait for an API server that went away.
    pub back: Duration,
    /// How long a rollout may stand still where its controller knows no deadline.
    pub stall: Duration,
    /// How long what was done is watched before it counts as done, where somebody is known to undo such changes.
    pub hold: Duration,
    /// How long the colour that served before is watched beside the one that serves now.
    pub beside: Duration,
    /// How long it is watched after that, to say who undid it.
    pub after: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(500),
            // A webhook may take 30 s to agree.
            settle: Duration::from_secs(35),
            back: Duration::from_mins(2),
            stall: Duration::from_mins(10),
            hold: Duration::from_secs(10),
            beside: Duration::from_secs(30),
            after: Duration::from_mins(5),
        }
    }
}

/// Previews actions and carries them out, one at a time for each service.
#[derive(Debug, Default)]
pub(super) struct Actions {
    patience: Patience,
    in_flight: InFlight,
}

impl Actions {
    /// Actions that wait for so long.
    pub(super) fn new(patience: Patience) -> Self {
        Self {
            patience,
            in_flight: InFlight::default(),
        }
    }

    /// What it would mean.
    ///
    /// # Errors
    /// Why it can't be done, and what could be done instead.
    pub(super) async fn preview(&self, cluster: &Cluster, ask: Ask) -> Result<Preview, Refusal> {
        self.in_flight.free(&ask.target.service)?;
        if errand::is_one(&ask.action) {
            return errand::preview(cluster, &ask).await;
        }
        let world = World::read(cluster, &ask)
            .await
            .map_err(|error| error.refusal(&ask.target.service))?;
        let mut draft = planner::plan(&ask, &world, clock::now())?;
        let api = &cluster.api;
        draft.note(access::check(api, &draft.place.namespace, draft.takes()).await?);
        if draft.changes() {
            draft.note(precheck::trial(api, &draft.order).await?);
        }
        draft.sort_notes();
        Ok(draft.preview)
    }

    /// Does it. Ends with [`Progress::Ended`], whatever happens.
    pub(super) async fn carry(&self, cluster: &Arc<Cluster>, carry: Carry) {
        let (outcome, aftermath) = match self.in_flight.enter(&carry.plan.target().service) {
            Ok(_flight) if errand::is_one(carry.plan.action()) => {
                (errand::carry(cluster, &carry, &self.patience).await, None)
            }
            Ok(_flight) => executor::carry(cluster, &carry, &self.patience).await,
            Err(busy) => {
                let (applied, why) = (0, busy.why);
                (Outcome::Superseded { applied, why }, None)
            }
        };
        executor::tell(&carry, Progress::Ended(outcome)).await;
        // Who waits for the end of what is told has heard it.
        drop(carry);
        if let Some(aftermath) = aftermath {
            aftermath.watch(Arc::clone(cluster), self.patience).await;
        }
    }
}

fn refusal(why: SafeText, instead: SafeText) -> Refusal {
    Refusal {
        so_already: false,
        why,
        instead,
    }
}
