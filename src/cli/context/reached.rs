//! A platform that has shown what is there.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    app::{Connected, asking::Now},
    cli::{again::Again, exit::Fault},
    clock,
    domain::{
        instance::{Instance, InstanceId, Phase},
        named::{self, Unclear},
        service::{Service, ServiceId, ServiceKind},
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    platform::{PlatformHandle, Request, sim::SimControl},
    probe::Asker,
    safe,
    state::Place,
    text::SafeText,
};

/// How long a platform may take to show what is there.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long those who are asked beside the platform are waited for: as long as they may take, and a moment more.
pub(in crate::cli) const FIRST_WORD: Duration = Duration::from_secs(6);

/// How long figures of use are waited for; without them there is still everything else.
const FIGURES: Duration = Duration::from_millis(1_500);

/// A platform that has shown what is there.
pub(in crate::cli) struct Reached {
    pub(in crate::cli) place: Place,
    pub(in crate::cli) platform: PlatformHandle,
    world: Option<SimControl>,
    /// Who answers what lists ask here.
    pub(in crate::cli) asker: Asker,
    again: Again,
}

impl Reached {
    pub(super) fn new(connected: Connected, again: Again) -> Self {
        let Connected {
            place,
            platform,
            world,
            asker,
        } = connected;
        Self {
            place,
            platform,
            world,
            asker,
            again,
        }
    }

    /// Tells the time over there.
    pub(in crate::cli) fn clock(&self) -> Now {
        let world = self.world.clone();
        Arc::new(move || world.as_ref().map_or_else(clock::now, SimControl::now))
    }

    /// The time over there: a simulated deployment may run faster.
    pub(in crate::cli) fn now(&self) -> Timestamp {
        self.clock()()
    }

    /// The latest state.
    pub(in crate::cli) fn state(&self) -> SourceState {
        self.platform.state.borrow().clone()
    }

    /// A service as it is called here: without the namespace where no other is shown.
    pub(in crate::cli) fn name_of(&self, id: &ServiceId) -> String {
        self.place.name_of(&self.state().snapshot.host, id)
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

    /// Waits for the first word of those who are asked beside the platform, as far as it comes.
    pub(in crate::cli) async fn signals(&mut self) {
        let heard = |state: &SourceState| state.signals.are_heard();
        let _ = timeout(FIRST_WORD, self.platform.state.wait_for(heard)).await;
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
        self.of_kind(None, name)
    }

    /// The one of that kind that somebody means by `name`.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub(in crate::cli) fn of_kind(
        &self,
        kind: Option<ServiceKind>,
        name: &str,
    ) -> Result<Arc<Service>, Fault> {
        let snapshot = self.state().snapshot;
        let one = named::one(&snapshot.services, kind, name).cloned();
        one.map_err(|why| self.unclear(why))
    }

    /// The pod that somebody means by `NAME` or `NAMESPACE/NAME`, and the service that it is of.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub(in crate::cli) fn pod(&self, name: &str) -> Result<(Arc<Service>, InstanceId), Fault> {
        let pods = |s: &Arc<Service>| {
            let each = s.instances.iter();
            each.map(|i| (Arc::clone(s), Arc::clone(i)))
                .collect::<Vec<_>>()
        };
        let whole = |(s, i): &(Arc<Service>, Arc<Instance>)| format!("{}/{}", s.id.group, i.name);
        let snapshot = self.state().snapshot;
        let services = snapshot.services.iter();
        let services = services.filter(|s| s.kind != ServiceKind::Node);
        let all: Vec<_> = services.flat_map(pods).collect();
        let is_meant =
            |pod: &&(Arc<Service>, Arc<Instance>)| *pod.1.name == *name || whole(pod) == name;
        let found = all.iter().filter(is_meant).cloned().collect();
        let only = named::only("pod", name, found, || all.clone(), whole);
        let (service, pod) = only.map_err(|why| self.unclear(why))?;
        Ok((service, pod.id.clone()))
    }

    /// Why a name does not say what is meant, and where what there is can be read.
    fn unclear(&self, why: Unclear) -> Fault {
        Fault::usage(match why {
            Unclear::None { words, help: None } => {
                let status = self.again.command("status");
                format!("{words}: {status} shows what there is")
            }
            why => why.to_string(),
        })
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
