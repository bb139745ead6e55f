//! A console's end of a platform, and what a test asks of it. Each family says what is read.

use std::{sync::Arc, time::Duration};

use quarterdeck::{
    domain::{
        service::{Service, ServiceId},
        source::{SourceHealth, SourceState},
    },
    platform::{PlatformHandle, Request},
};
use tokio::sync::oneshot;

use super::wait::{SOON, deadline, left, wait_for};

/// What is read of a platform.
pub(crate) struct Reading {
    pub(crate) handle: PlatformHandle,
}

impl Reading {
    pub(crate) fn state(&self) -> SourceState {
        self.handle.state.borrow().clone()
    }

    /// Waits until what is shown fits, and returns it.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, fits: impl Fn(&SourceState) -> bool) -> SourceState {
        self.within(SOON, what, fits)
    }

    #[track_caller]
    pub(crate) fn within(
        &self,
        time: Duration,
        what: &str,
        fits: impl Fn(&SourceState) -> bool,
    ) -> SourceState {
        let end = deadline(time);
        loop {
            let state = self.state();
            if fits(&state) {
                return state;
            }
            assert!(
                !left(end).is_zero(),
                "waited {time:?} in vain: {what}; there is {state:#?}"
            );
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    #[track_caller]
    pub(crate) fn live(&self) -> SourceState {
        self.until("live", |state| state.health == SourceHealth::Live)
    }

    /// Waits until a service is shown as it should be.
    #[track_caller]
    pub(crate) fn service(
        &self,
        id: &ServiceId,
        what: &str,
        fits: impl Fn(&Service) -> bool,
    ) -> Arc<Service> {
        let state = self.until(what, |state| {
            state.snapshot.service(id).is_some_and(|s| fits(s))
        });
        Arc::clone(state.snapshot.service(id).expect("it was there just now"))
    }

    /// Waits until a service of that name has so many copies that serve.
    #[track_caller]
    pub(crate) fn serves(&self, name: &str, copies: u32) -> SourceState {
        self.until(&format!("{name} has {copies} that serve"), |state| {
            let named = state.snapshot.named(name);
            named.first().is_some_and(|s| s.ready() == copies)
        })
    }

    #[track_caller]
    pub(crate) fn ask(&self, request: Request) {
        let sent = self.handle.requests.blocking_send(request);
        sent.expect("the platform takes requests");
    }

    /// Asks, and waits for the answer.
    #[track_caller]
    pub(crate) fn answer<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> T {
        let (to, mut from) = oneshot::channel();
        self.ask(request(to));
        wait_for("an answer", SOON, || from.try_recv().ok())
    }
}
