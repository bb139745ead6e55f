//! How many logs are followed at a time, and how many wait.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Being in, until it is dropped.
pub(super) type Turn = OwnedSemaphorePermit;

/// Lets so many in; the others wait in the order in which they came. Clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Turnstile {
    room: Arc<Semaphore>,
    waiting: Arc<watch::Sender<usize>>,
}

impl Turnstile {
    /// With room for so many.
    pub(super) fn new(room: usize) -> Self {
        Self {
            room: Arc::new(Semaphore::new(room)),
            waiting: Arc::default(),
        }
    }

    /// How many wait inside [`Turnstile::enter`], as it changes.
    pub(super) fn waiting(&self) -> watch::Receiver<usize> {
        self.waiting.subscribe()
    }

    /// Goes in where there is room.
    pub(super) fn at_once(&self) -> Option<Turn> {
        Arc::clone(&self.room).try_acquire_owned().ok()
    }

    /// Goes in as soon as there is room, on behalf of those who are counted elsewhere.
    pub(super) async fn next(&self) -> Option<Turn> {
        // It is never closed, so this is never `None`.
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    /// Goes in as soon as there is room.
    pub(super) async fn enter(&self) -> Option<Turn> {
        if let Some(entered) = self.at_once() {
            return Some(entered);
        }
        let _counted = Waiting::new(&self.waiting);
        self.next().await
    }
}

/// Counts one that waits, also when it is ended from outside.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|count| *count += 1);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
