//! A daemon as those see it who answer requests: how to call it, and what is known of it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use crate::{
    domain::{
        details::Happening,
        service::{Service, ServiceId},
        source::SourceState,
    },
    platform::docker::{
        actions::{Actions, Patience},
        engine::Engine,
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
    /// What happened, oldest first.
    happenings: Mutex<VecDeque<Happening>>,
}

impl Daemon {
    /// Nothing has happened yet.
    pub fn new(engine: Engine, state: watch::Receiver<SourceState>) -> Self {
        Self {
            actions: Actions::new(engine.clone(), Patience::default()),
            engine,
            state,
            happenings: Mutex::default(),
        }
    }

    /// A service as it is shown now.
    pub fn service(&self, id: &ServiceId) -> Option<Arc<Service>> {
        self.state.borrow().snapshot.service(id).cloned()
    }

    /// What happened to a service, newest first.
    pub fn happenings(&self, service: &ServiceId) -> Vec<Happening> {
        let all = self
            .happenings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .rev()
            .filter(|h| h.service.as_ref() == Some(service))
            .cloned()
            .collect()
    }

    pub(super) fn remember(&self, happening: Happening, most: usize) {
        let mut all = self
            .happenings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if all.len() >= most {
            all.pop_front();
        }
        all.push_back(happening);
    }

    pub(super) fn forget(&self) {
        self.happenings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
