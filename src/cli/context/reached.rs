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
        let snapshot = self.state().snapshot;
        let found = snapshot.named(name).into_iter().cloned().collect();
        self.only(
            "service",
            name,
            found,
            |s| s.id.to_string(),
            &snapshot.services,
        )
    }

    /// The node, CronJob, Deployment or Rollout that somebody means by its bare name, or as kubectl writes it: `cronjob/backup`.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub(in crate::cli) fn of_kind(
        &self,
        kind: ServiceKind,
        name: &str,
    ) -> Result<Arc<Service>, Fault> {
        let word = match kind {
            ServiceKind::CronJob => "cronjob",
            ServiceKind::Deployment => "deployment",
            ServiceKind::Rollout => "rollout",
            _ => "node",
        };
        let all: Vec<_> = self.all(|s| s.kind == kind);
        let long = name.strip_prefix(word);
        let bare = long.and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
        let is_meant = |s: &Service| {
            let own = s.id.name.strip_prefix(kind.prefix()).unwrap_or(&s.id.name);
            own == bare || format!("{}/{own}", s.id.group) == bare || s.id.is_called(bare)
        };
        let found = all.iter().filter(|s| is_meant(s)).cloned().collect();
        self.only(word, name, found, |s| s.id.to_string(), &all)
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
        let services = self.all(|s| s.kind != ServiceKind::Node);
        let all: Vec<_> = services.iter().flat_map(pods).collect();
        let is_meant =
            |pod: &&(Arc<Service>, Arc<Instance>)| *pod.1.name == *name || whole(pod) == name;
        let found = all.iter().filter(is_meant).cloned().collect();
        let (service, pod) = self.only("pod", name, found, whole, &all)?;
        Ok((service, pod.id.clone()))
    }

    fn all(&self, wanted: impl Fn(&Service) -> bool) -> Vec<Arc<Service>> {
        let mut all = self.state().snapshot.services.clone();
        all.retain(|s| wanted(s));
        all
    }

    /// The one that was found; else what there is, by its whole name.
    fn only<T>(
        &self,
        what: &str,
        name: &str,
        mut found: Vec<T>,
        whole: impl Fn(&T) -> String,
        all: &[T],
    ) -> Result<T, Fault> {
        if found.len() > 1 {
            let names: Vec<String> = found.iter().map(whole).collect();
            return Err(Fault::usage(format!(
                "there are several {what}s called {}; say which: {}",
                SafeText::name(name),
                names.join(", ")
            )));
        }
        let near = |one: &T| {
            let whole = whole(one);
            let own = whole.rsplit('/').next().unwrap_or(&whole);
            (strsim::osa_distance(own, name), whole)
        };
        found.pop().ok_or_else(|| {
            let hint = match all.iter().map(near).min() {
                None if what == "service" => "nothing runs here".to_owned(),
                None => format!("there are no {what}s here"),
                Some((0..=2, near)) => format!("did you mean {near}?"),
                Some(_) => format!("{} shows what there is", self.again.command("status")),
            };
            Fault::usage(format!(
                "there is no {what} {}: {hint}",
                SafeText::name(name)
            ))
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
