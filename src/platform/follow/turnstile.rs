//! How many logs are followed at a time, and how many wait.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

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

    /// How many wait, as it changes.
    pub(super) fn waiting(&self) -> watch::Receiver<usize> {
        self.waiting.subscribe()
    }

    /// Goes in, until what this returns is dropped.
    pub(super) async fn enter(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(entered) = Arc::clone(&self.room).try_acquire_owned() {
            return Some(entered);
        }
        let _counted = Waiting::new(&self.waiting);
        // It is never closed, so this is never `None`.
        Arc::clone(&self.room).acquire_owned().await.ok()
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
