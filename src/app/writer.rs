//! The writer: a thread of its own, with room for one frame. A terminal that does not read stops nothing else.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use tokio::sync::Notify;

use super::terminal;
use crate::clock;

/// The loop's end of the writer.
pub(super) struct Writer(Arc<Shared>);

struct Shared {
    mailbox: Mutex<Option<Vec<u8>>>,
    filled: Condvar,
    busy: AtomicBool,
    broken: AtomicBool,
    /// How long the last frame took to get through, in microseconds.
    took: AtomicU64,
    idle: Notify,
}

impl Writer {
    /// Starts the thread. It ends with the process: it may hang in a write that nobody will ever take.
    pub(super) fn start() -> Self {
        let shared = Arc::new(Shared {
            mailbox: Mutex::new(None),
            filled: Condvar::new(),
            busy: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            took: AtomicU64::new(0),
            idle: Notify::new(),
        });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || theirs.write());
        Self(shared)
    }

    /// Whether the last frame has got through.
    pub(super) fn idle(&self) -> bool {
        !self.0.busy.load(Ordering::Acquire)
    }

    /// Whether the terminal is gone.
    pub(super) fn broken(&self) -> bool {
        self.0.broken.load(Ordering::Acquire)
    }

    /// Whether the link is slow: the last frame took long to get through.
    pub(super) fn slow(&self) -> bool {
        self.0.took.load(Ordering::Relaxed) > 50_000
    }

    /// Hands a frame over. Only while [`Writer::idle`].
    pub(super) fn send(&self, frame: Vec<u8>) {
        self.0.busy.store(true, Ordering::Release);
        *self
            .0
            .mailbox
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(frame);
        self.0.filled.notify_one();
    }

    /// As if a frame were on its way or not, and the last one had taken so long.
    #[cfg(test)]
    pub(super) fn stands(&self, busy: bool, took: std::time::Duration) {
        self.0.busy.store(busy, Ordering::Release);
        self.0
            .took
            .store(took.as_micros() as u64, Ordering::Relaxed);
    }

    /// Waits until a frame has got through, or failed to.
    pub(super) async fn written(&self) {
        self.0.idle.notified().await;
    }
}

impl Shared {
    fn write(&self) {
        loop {
            let mut mailbox = self.mailbox.lock().unwrap_or_else(PoisonError::into_inner);
            let frame = loop {
                if let Some(frame) = mailbox.take() {
                    break frame;
                }
                mailbox = self
                    .filled
                    .wait(mailbox)
                    .unwrap_or_else(PoisonError::into_inner);
            };
            drop(mailbox);
            let began = clock::instant();
            let failed = terminal::write_frame(&frame).is_err();
            self.took
                .store(began.elapsed().as_micros() as u64, Ordering::Relaxed);
            self.broken.fetch_or(failed, Ordering::AcqRel);
            self.busy.store(false, Ordering::Release);
            self.idle.notify_one();
            if failed {
                return;
            }
        }
    }
}
