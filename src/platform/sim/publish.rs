//! What of the world reaches the console, and how well the connection is.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::{
    scenario::Cut,
    world::{Tick, World},
};
use crate::{
    domain::source::{SourceHealth, SourceState},
    platform::{PlatformEvent, outbox::Outbox},
    text::SafeText,
};

/// A silent connection is called stale after so long, as on Docker.
const STALE: Tick = 100;
/// How long reading takes after a connection is back.
const CATCH_UP: Tick = 5;

/// Publishes states and events.
#[derive(Debug)]
pub(super) struct Publisher {
    state: watch::Sender<SourceState>,
    events: Outbox,
    health: SourceHealth,
    /// When the platform was last heard.
    heard: Tick,
    proof: Option<Timestamp>,
    catching_up: Option<Tick>,
}

impl Publisher {
    pub(super) fn new(events: mpsc::Sender<PlatformEvent>) -> (Self, watch::Receiver<SourceState>) {
        let (state, receiver) = watch::channel(SourceState::default());
        let publisher = Self {
            state,
            events: Outbox::new(events),
            health: SourceHealth::Connecting,
            heard: 0,
            proof: None,
            catching_up: None,
        };
        (publisher, receiver)
    }

    /// Whether questions and orders get through.
    pub(super) const fn connected(&self) -> bool {
        matches!(
            self.health,
            SourceHealth::Live | SourceHealth::CatchingUp | SourceHealth::Connecting
        )
    }

    /// Judges the connection and collects events, after every tick.
    pub(super) fn tick(&mut self, world: &mut World) {
        let news = world.take_news();
        let tick = world.tick;
        if let Some(cut) = world.cut() {
            // What happens now is missed; the gap is told when the connection is back.
            self.catching_up = None;
            if cut == Cut::Refused {
                self.health = SourceHealth::Offline;
            } else if tick - self.heard >= STALE {
                self.health = SourceHealth::Stale;
            }
        } else {
            self.hear(world);
            for happening in news {
                self.events.push(PlatformEvent::Happened(happening));
            }
        }
        self.events.deliver();
    }

    /// The platform proves that it lives.
    fn hear(&mut self, world: &World) {
        let (tick, now) = (world.tick, world.now());
        if let Some(from) = self.proof
            && tick - self.heard > 1
        {
            self.health = SourceHealth::CatchingUp;
            self.catching_up = Some(tick + CATCH_UP);
            self.events.push(PlatformEvent::Gap { from, to: now });
        } else if self.catching_up.is_none_or(|until| tick >= until) {
            self.catching_up = None;
            self.health = SourceHealth::Live;
        }
        self.heard = tick;
        self.proof = Some(now);
    }

    /// Shows the present state, if it is another one.
    pub(super) fn show(&mut self, world: &World) {
        let cut = world.cut();
        let (health, proof) = (self.health, self.proof);
        self.state.send_if_modified(|state| {
            let snapshot = world.snapshot();
            let news = cut.is_none() && !Arc::ptr_eq(&state.snapshot, &snapshot);
            if !news && state.health == health {
                return false;
            }
            state.health = health;
            state.generation += 1;
            state.problem = problem(health);
            if cut.is_none() {
                state.proof = proof;
                state.snapshot = snapshot;
            }
            true
        });
    }
}

fn problem(health: SourceHealth) -> SafeText {
    SafeText::from_static(match health {
        SourceHealth::Offline => {
            "the simulated platform refuses connections; it is asked again every second"
        }
        SourceHealth::Stale => {
            "the simulated platform is silent; the figures are the last known ones"
        }
        _ => "",
    })
}
