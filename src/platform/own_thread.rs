//! A platform on a thread of its own: beside the screen, and gone when its handle is.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use super::{PlatformHandle, Request, answer};
use crate::{
    domain::{
        capabilities::Capabilities,
        details::PlatformEvent,
        source::{SourceHealth, SourceState},
    },
    safe,
    text::SafeText,
};

/// Requests that wait for the collector, and events that wait for the console.
const WAITING: usize = 256;

/// How many platforms have a thread, and that one has not any more.
static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// A platform that has a thread.
struct Running;

impl Running {
    fn begin() -> Self {
        *Self::count() += 1;
        Self
    }

    fn count() -> MutexGuard<'static, usize> {
        RUNNING.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *Self::count() -= 1;
        RUNNING.1.notify_all();
    }
}

/// Waits until the platforms whose handles are gone have ended what they began, such as an `ssh`: with the process alone it
/// would not end. No longer than that.
pub fn wait_for_ends(longest: Duration) {
    let _ = RUNNING
        .1
        .wait_timeout_while(Running::count(), longest, |running| *running > 0);
}

/// A platform's ends of the channels in its [`PlatformHandle`].
pub(super) struct Ends {
    /// Where what is seen goes.
    pub(super) state: watch::Sender<SourceState>,
    /// Where what happened goes.
    pub(super) events: mpsc::Sender<PlatformEvent>,
    /// Ends when the handle is dropped.
    pub(super) requests: mpsc::Receiver<Request>,
}

impl Ends {
    /// Says that there is no platform, and answers every request with why, until the handle is dropped.
    pub(super) async fn offline(mut self, problem: SafeText) {
        offline(&self.state, problem.clone());
        while let Some(request) = self.requests.recv().await {
            answer::refuse(request, &problem);
        }
    }
}

/// Runs a platform on a thread of that name, and returns at once. `run` ends when its requests do.
pub(super) fn start<F: Future<Output = ()>>(
    name: &'static str,
    capabilities: Capabilities,
    run: impl FnOnce(Ends) -> F + Send + 'static,
) -> PlatformHandle {
    let (state_out, state) = watch::channel(SourceState::default());
    let (events_out, events) = mpsc::channel(WAITING);
    let (requests, requests_in) = mpsc::channel(WAITING);
    let failed = state_out.clone();
    let ends = Ends {
        state: state_out,
        events: events_out,
        requests: requests_in,
    };
    let running = Running::begin();
    let spawned = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let _running = running;
            block_on(name, ends, run);
        });
    if let Err(error) = spawned {
        offline(&failed, safe!("no thread for reading {name}: {error}"));
    }
    PlatformHandle {
        state,
        events,
        requests,
        capabilities,
    }
}

fn block_on<F: Future<Output = ()>>(name: &str, ends: Ends, run: impl FnOnce(Ends) -> F) {
    // One thread: measured on a cluster's API it was faster than many, and it leaves the other cores to drawing.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(ends)),
        Err(error) => offline(&ends.state, safe!("no runtime for reading {name}: {error}")),
    }
}

fn offline(state: &watch::Sender<SourceState>, problem: SafeText) {
    state.send_modify(|state| {
        state.health = SourceHealth::Offline;
        state.problem = problem;
        state.generation += 1;
    });
}
