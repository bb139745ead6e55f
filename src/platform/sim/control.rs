//! The hand that lets things go wrong, and moves the clock.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{
    scenario::Fault,
    stage::{Lost, Shared},
    world::{TICK, World},
};

/// Held by tests, rehearsals and the demo itself, beside the handle. Cloning gives another hand on the same world.
#[derive(Clone, Debug)]
pub struct SimControl {
    shared: Arc<Shared>,
}

impl SimControl {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The moment that it is in the world. At another speed than 1 it parts from the clock on the wall.
    pub fn now(&self) -> Timestamp {
        self.shared.lock().world.now()
    }

    /// Moves the clock by hand, rounded up to whole ticks. After each tick it waits for the executors of plans, so
    /// that what they do falls into the same tick every time.
    pub async fn advance(&self, by: Duration) {
        let ticks = by.as_millis().div_ceil(TICK.as_millis());
        for _ in 0..ticks {
            self.shared.quiet().await;
            self.shared.step(1);
            // Who only watches gets a turn too.
            tokio::task::yield_now().await;
        }
        self.shared.quiet().await;
    }

    /// Virtual seconds in a real one; 0 stands still.
    pub fn set_speed(&self, speed: f32) {
        self.shared.lock().speed = speed.max(0.0);
    }

    /// Lets something go wrong, for so long or until [`Self::heal`].
    pub fn inject(&self, fault: Fault, lasts: Option<Duration>) {
        self.shared.lock().world.inject(fault, lasts);
    }

    /// Lets what stands at that place of [`Scenario::mishaps`](super::Scenario::mishaps) go wrong.
    pub fn play(&self, place: usize) {
        let mut stage = self.shared.lock();
        if let Some(mishap) = stage.world.scenario.mishaps.get(place).cloned() {
            stage.world.inject(mishap.fault, mishap.lasts);
        }
    }

    /// Ends every fault that lasts. What flawed releases do goes on.
    pub fn heal(&self) {
        self.shared.lock().world.heal();
    }

    /// Loses the next request that changes something, or its answer.
    pub fn lose(&self, lost: Lost) {
        self.shared.lock().losing.push_back(lost);
    }

    /// So many log lines a second more, spread over all services.
    pub fn flood(&self, lines_per_s: u32) {
        self.shared.lock().world.set_flood(lines_per_s);
    }

    /// Looks at the world, or changes it. Held only for the length of the call.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.shared.lock().world)
    }
}
