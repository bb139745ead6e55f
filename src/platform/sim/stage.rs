//! The world with everyone who waits for it, behind one lock that is only ever held for moments.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    SimOptions,
    publish::Publisher,
    world::{Tick, World},
};
use crate::{
    domain::source::SourceState,
    platform::{InFlight, PlatformEvent},
};

/// What an answer does on its way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The request never arrives.
    Request,
    /// It is carried out, and the answer never arrives.
    Answer,
}

/// The world and its audience.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) publisher: Publisher,
    /// Virtual seconds in a real one.
    pub(super) speed: f32,
    /// What happens to the next requests that change something.
    pub(super) losing: std::collections::VecDeque<Lost>,
    sleepers: Vec<(Tick, oneshot::Sender<()>)>,
}

/// Shared by the driver, the executors, the followers of logs and the control.
#[derive(Debug)]
pub(super) struct Shared {
    stage: Mutex<Stage>,
    ticked: watch::Sender<Tick>,
    /// Executors that are at work, and not waiting for the clock.
    busy: watch::Sender<usize>,
    pub(super) in_flight: InFlight,
}

impl Shared {
    pub(super) fn new(
        options: &SimOptions,
        events: mpsc::Sender<PlatformEvent>,
    ) -> (Arc<Self>, watch::Receiver<SourceState>) {
        let since = SignedDuration::try_from(options.at).unwrap_or(SignedDuration::ZERO);
        let origin = options.start.checked_sub(since).unwrap_or(options.start);
        let world = World::new(Arc::clone(&options.scenario), options.seed, origin);
        let (publisher, state) = Publisher::new(events);
        let stage = Stage {
            world,
            publisher,
            speed: options.speed.max(0.0),
            losing: std::collections::VecDeque::new(),
            sleepers: Vec::new(),
        };
        let shared = Self {
            stage: Mutex::new(stage),
            ticked: watch::Sender::new(Tick::MIN),
            busy: watch::Sender::new(0),
            in_flight: InFlight::default(),
        };
        (Arc::new(shared), state)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Stage> {
        // A panic in one task must not take the others with it: the world itself is whole between two statements.
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Steps so many times, shows what came of it, and wakes who waited.
    pub(super) fn step(&self, times: u32) {
        let tick = {
            let mut stage = self.lock();
            for _ in 0..times {
                stage.world.step();
                let Stage {
                    world, publisher, ..
                } = &mut *stage;
                publisher.tick(world);
                let tick = stage.world.tick;
                for (_, wake) in stage.sleepers.extract_if(.., |(due, _)| *due <= tick) {
                    self.busy.send_modify(|busy| *busy += 1);
                    if wake.send(()).is_err() {
                        self.busy.send_modify(|busy| *busy -= 1);
                    }
                }
            }
            let Stage {
                world, publisher, ..
            } = &mut *stage;
            publisher.show(world);
            stage.world.tick
        };
        self.ticked.send_replace(tick);
    }

    /// Shows the present state.
    pub(super) fn show(&self) {
        let mut stage = self.lock();
        let Stage {
            world, publisher, ..
        } = &mut *stage;
        publisher.tick(world);
        publisher.show(world);
    }

    pub(super) fn ticks(&self) -> watch::Receiver<Tick> {
        self.ticked.subscribe()
    }

    /// Waits until no executor is at work: all wait for the clock, or have ended.
    pub(super) async fn quiet(&self) {
        let mut busy = self.busy.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = busy.wait_for(|busy| *busy == 0).await;
    }

    pub(super) fn work(self: &Arc<Self>) -> Work {
        self.busy.send_modify(|busy| *busy += 1);
        Work {
            shared: Arc::clone(self),
        }
    }
}

/// An executor at work; the clock that is advanced by hand waits for it.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) shared: Arc<Shared>,
}

impl Work {
    /// Waits for so many ticks of the world.
    pub(super) async fn sleep(&self, ticks: Tick) {
        let (wake, woken) = oneshot::channel();
        {
            let mut stage = self.shared.lock();
            let due = stage.world.tick + ticks;
            stage.sleepers.push((due, wake));
        }
        let parked = Parked(&self.shared);
        self.shared.busy.send_modify(|busy| *busy -= 1);
        if woken.await.is_ok() {
            // Whoever woke us has counted us as at work again.
            std::mem::forget(parked);
        }
    }
}

/// Counts an executor as at work again when it stops waiting in any other way than by being woken.
struct Parked<'s>(&'s Shared);

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        self.0.busy.send_modify(|busy| *busy += 1);
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.shared.busy.send_modify(|busy| *busy -= 1);
    }
}
