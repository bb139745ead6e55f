//! A platform that has shown what is there.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use crate::{
    app::{Connected, WorldClock},
    cli::{again::Again, exit::Fault},
    clock,
    domain::{
        instance::Phase,
        service::{Service, ServiceId},
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    platform::{PlatformHandle, Request},
    safe,
    state::Place,
    text::SafeText,
};

/// How long a platform may take to show what is there.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long figures of use are waited for; without them there is still everything else.
const FIGURES: Duration = Duration::from_millis(1_500);

/// A platform that has shown what is there.
pub(in crate::cli) struct Reached {
    pub(in crate::cli) place: Place,
    pub(in crate::cli) platform: PlatformHandle,
    clock: Option<WorldClock>,
    again: Again,
}

impl Reached {
    pub(super) fn new(connected: Connected, again: Again) -> Self {
        let Connected {
            place,
            platform,
            clock,
        } = connected;
        Self {
            place,
            platform,
            clock,
            again,
        }
    }

    /// The time over there: a simulated deployment may run faster.
    pub(in crate::cli) fn now(&self) -> Timestamp {
        self.clock.as_ref().map_or_else(clock::now, |clock| clock())
    }

    /// The latest state.
    pub(in crate::cli) fn state(&self) -> SourceState {
        self.platform.state.borrow().clone()
    }

    /// Waits until the platform at `address` shows what is there.
    ///
    /// # Errors
    /// What was tried, and why it did not work.
    pub(super) async fn first(&mut self, address: &SafeText) -> Result<(), SafeText> {
        let end = Instant::now() + PATIENCE;
        loop {
            let (health, problem, whole) = {
                let state = self.platform.state.borrow_and_update();
                (state.health, state.problem.clone(), whole(&state.snapshot))
            };
            let refused = matches!(health, SourceHealth::Offline | SourceHealth::LoginExpired);
            match health {
                SourceHealth::Live if whole => return Ok(()),
                _ if refused && !problem.is_empty() => return Err(problem),
                _ => {}
            }
            let changed = timeout_at(end, self.platform.state.changed()).await;
            if !matches!(changed, Ok(Ok(()))) {
                let silent = safe!("no answer from {address} within {} s", PATIENCE.as_secs());
                return Err(if problem.is_empty() { silent } else { problem });
            }
        }
    }

    /// Waits a moment for figures of use, as far as they come.
    pub(in crate::cli) async fn figures(&mut self) {
        let services = self
            .state()
            .snapshot
            .services
            .iter()
            .map(|s| s.id.clone())
            .collect();
        let _ = self
            .platform
            .requests
            .send(Request::Visible(services))
            .await;
        let end = Instant::now() + FIGURES;
        let known = |snapshot: &Snapshot| {
            let mut running = snapshot
                .services
                .iter()
                .flat_map(|s| &s.instances)
                .filter(|i| i.ready());
            running.all(|i| i.usage.memory_bytes.is_some())
        };
        while !known(&self.state().snapshot) {
            if !matches!(
                timeout_at(end, self.platform.state.changed()).await,
                Ok(Ok(()))
            ) {
                return;
            }
        }
    }

    /// The service that somebody means by `name`.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub(in crate::cli) fn service(&self, name: &str) -> Result<Arc<Service>, Fault> {
        let snapshot = self.state().snapshot;
        let found = snapshot.named(name);
        match found.as_slice() {
            [one] => Ok(Arc::clone(one)),
            [] => Err(Fault::usage(self.none_called(name, &snapshot))),
            several => {
                let names: Vec<String> = several.iter().map(|s| s.id.to_string()).collect();
                Err(Fault::usage(format!(
                    "there are several services called {}; say which: {}",
                    SafeText::name(name),
                    names.join(", ")
                )))
            }
        }
    }

    fn none_called(&self, name: &str, snapshot: &Snapshot) -> String {
        let nearest = snapshot
            .services
            .iter()
            .map(|s| (strsim::osa_distance(&s.id.name, name), s))
            .min_by_key(|(far, _)| *far);
        let hint = match nearest {
            None => "nothing runs here".to_owned(),
            Some((0..=2, near)) => format!("did you mean {}?", near.id),
            Some(_) => format!("{} shows what there is", self.again.command("status")),
        };
        format!("there is no service {}: {hint}", SafeText::name(name))
    }

    /// The identities of these services.
    pub(in crate::cli) fn services(&self, names: &[String]) -> Result<Vec<ServiceId>, Fault> {
        names
            .iter()
            .map(|name| Ok(self.service(name)?.id.clone()))
            .collect()
    }
}

/// Whether the platform has said who it is, and of each copy that runs since when: an action is held to both.
fn whole(snapshot: &Snapshot) -> bool {
    let mut copies = snapshot.services.iter().flat_map(|s| &s.instances);
    !snapshot.host.identity.is_empty()
        && copies.all(|i| i.phase != Phase::Running || i.started.is_some())
}
