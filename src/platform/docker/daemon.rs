//! A daemon as those see it who answer requests: how to call it, and what is known of it.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    domain::{
        service::{Service, ServiceId},
        source::SourceState,
    },
    platform::{
        docker::{
            actions::{Actions, Patience},
            engine::Engine,
        },
        history::History,
    },
};

/// What is shared between collecting and answering.
#[derive(Debug)]
pub struct Daemon {
    /// Calls it.
    pub engine: Engine,
    /// What is known, as the console sees it.
    pub state: watch::Receiver<SourceState>,
    /// Changes it.
    pub actions: Actions<Engine>,
    /// What happened there.
    pub(super) history: History,
}

impl Daemon {
    /// Nothing has happened yet.
    pub fn new(engine: Engine, state: watch::Receiver<SourceState>) -> Self {
        Self {
            actions: Actions::new(engine.clone(), Patience::default()),
            engine,
            state,
            history: History::default(),
        }
    }

    /// A service as it is shown now.
    pub fn service(&self, id: &ServiceId) -> Option<Arc<Service>> {
        self.state.borrow().snapshot.service(id).cloned()
    }
}
