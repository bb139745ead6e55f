//! Reading a daemon: what runs, how well, what it logs, and what of it can be believed while the connection is bad.

mod details;
mod exec;
mod link;
mod logs;
mod rows;

use std::time::Duration;

use quarterdeck::{
    domain::{
        service::{Service, ServiceId},
        source::{SourceHealth, SourceState},
    },
    platform::{
        PlatformHandle, Request,
        docker::{self, DockerOptions},
    },
    text::SafeText,
};
use std::sync::Arc;

use crate::support::wait::{SOON, wait_for};

/// A console's end of a daemon, and what a test asks of it.
struct Reading {
    handle: PlatformHandle,
}

impl Reading {
    /// Reads what answers at `host`, of these Compose projects (of all, when there are none).
    fn of(host: &str, projects: &[&str]) -> Self {
        Self::with(DockerOptions {
            host: Some(host.to_owned()),
            projects: projects.iter().map(|p| (*p).to_owned()).collect(),
            ..DockerOptions::default()
        })
    }

    fn with(options: DockerOptions) -> Self {
        Self {
            handle: docker::start(options),
        }
    }

    fn state(&self) -> SourceState {
        self.handle.state.borrow().clone()
    }

    /// Waits until what is shown fits, and returns it.
    #[track_caller]
    fn until(&self, what: &str, fits: impl Fn(&SourceState) -> bool) -> SourceState {
        self.within(SOON, what, fits)
    }

    #[track_caller]
    fn within(
        &self,
        time: Duration,
        what: &str,
        fits: impl Fn(&SourceState) -> bool,
    ) -> SourceState {
        let found = wait_for_or(time, || Some(self.state()).filter(&fits));
        found.unwrap_or_else(|| {
            panic!(
                "waited {time:?} in vain: {what}; there is {:#?}",
                self.state()
            )
        })
    }

    #[track_caller]
    fn live(&self) -> SourceState {
        self.until("live", |state| state.health == SourceHealth::Live)
    }

    /// Waits until a service is shown as it should be.
    #[track_caller]
    fn service(&self, id: &ServiceId, what: &str, fits: impl Fn(&Service) -> bool) -> Arc<Service> {
        let state = self.until(what, |state| {
            state.snapshot.service(id).is_some_and(|s| fits(s))
        });
        Arc::clone(state.snapshot.service(id).expect("it was there just now"))
    }

    #[track_caller]
    fn ask(&self, request: Request) {
        self.handle
            .requests
            .blocking_send(request)
            .expect("the platform takes requests");
    }

    /// Asks, and waits for the answer.
    #[track_caller]
    fn answer<T>(&self, request: impl FnOnce(tokio::sync::oneshot::Sender<T>) -> Request) -> T {
        let (to, mut from) = tokio::sync::oneshot::channel();
        self.ask(request(to));
        wait_for("an answer", SOON, || from.try_recv().ok())
    }
}

/// As `wait_for`, but returns `None` when the time is over.
fn wait_for_or<T>(time: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    use crate::support::wait::{deadline, left};
    let end = deadline(time);
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if left(end).is_zero() {
            return None;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

/// A service of a Compose project; of none, when the project's name is empty.
fn id(project: &str, service: &str) -> ServiceId {
    ServiceId {
        group: SafeText::name(project),
        name: SafeText::name(service),
    }
}
