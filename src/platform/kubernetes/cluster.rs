//! A cluster as those see it who answer requests: how to call it, and what is known of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};

use super::{
    actions::{Actions, Patience},
    api::Api,
    rights::Known,
    store::Store,
};
use crate::{
    domain::{
        details::{Happening, PlatformEvent},
        source::SourceState,
    },
    platform::history::History,
};

/// What is shared between collecting and answering.
#[derive(Debug)]
pub(super) struct Cluster {
    /// Calls it.
    pub(super) api: Api,
    /// What is known, as the console sees it.
    pub(super) state: watch::Receiver<SourceState>,
    /// Changes it.
    pub(super) actions: Actions,
    /// What happened there.
    pub(super) history: History,
    /// Takes to the console what happened.
    events: mpsc::UnboundedSender<PlatformEvent>,
    /// What the account may do.
    pub(super) rights: Known,
    /// What is known, row by row. Never held over an await.
    store: Mutex<Store>,
    /// Told when the store has changed; each who waits for that subscribes.
    pub(super) changed: watch::Sender<()>,
}

impl Cluster {
    /// Nothing is known yet.
    pub(super) fn new(
        api: Api,
        state: watch::Receiver<SourceState>,
        patience: Patience,
        events: mpsc::UnboundedSender<PlatformEvent>,
    ) -> Arc<Self> {
        Arc::new(Self {
            api,
            state,
            actions: Actions::new(patience),
            history: History::default(),
            events,
            rights: Known::default(),
            store: Mutex::default(),
            changed: watch::Sender::new(()),
        })
    }

    /// Something happened: it is remembered, and told.
    pub(super) fn happened(&self, happening: Happening) {
        self.history.remember(happening.clone());
        self.tell(PlatformEvent::Happened(happening));
    }

    /// Something is told, and not remembered here.
    pub(super) fn tell(&self, event: PlatformEvent) {
        // A console that is gone needs no news.
        let _ = self.events.send(event);
    }

    /// What is known, row by row.
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
