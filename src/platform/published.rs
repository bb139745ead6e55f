//! What the console sees, and when it is due to see something new.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};

use crate::{
    domain::{
        host::Host,
        rollout::Rollout,
        service::Service,
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    text::SafeText,
};

/// Between two snapshots, however many events arrive.
const APART: Duration = Duration::from_millis(100);

/// Between two looks at rows that time alone can change.
const RESTLESS: Duration = Duration::from_secs(1);

/// The state that was sent last, and what waits to be sent.
pub(super) struct Published {
    out: watch::Sender<SourceState>,
    state: SourceState,
    due: Option<Instant>,
    last: Option<Instant>,
}

impl Published {
    pub(super) fn new(out: watch::Sender<SourceState>) -> Self {
        Self {
            out,
            state: SourceState::default(),
            due: None,
            last: None,
        }
    }

    /// When the next snapshot is to be made; `None` while nothing changes.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Something changed.
    pub(super) fn touch(&mut self) {
        let now = Instant::now();
        let soonest = self.last.map_or(now, |last| now.max(last + APART));
        self.due = Some(self.due.map_or(soonest, |due| due.min(soonest)));
    }

    /// When the daemon last proved that it lives.
    pub(super) fn proof(&self) -> Option<Timestamp> {
        self.state.proof
    }

    /// Up to when the platform is known: verdicts do not go on without it.
    pub(super) fn known_until(&self, now: Timestamp) -> Timestamp {
        self.state.known_until(now)
    }

    /// Whether there have been rows, be it from before an outage.
    pub(super) fn has_rows(&self) -> bool {
        self.last.is_some()
    }

    /// The rows as they were sent last.
    pub(super) fn services(&self) -> &[Arc<Service>] {
        &self.state.snapshot.services
    }

    /// It lives; sent at once, so that ages on screen begin anew.
    pub(super) fn proven(&mut self, at: Timestamp) {
        self.state.proof = Some(at);
        self.send();
    }

    /// It lives; the event that says so brings a snapshot anyway.
    pub(super) fn proven_by_event(&mut self, at: Timestamp) {
        self.state.proof = Some(at);
    }

    /// How the connection is; sent at once when it changed.
    pub(super) fn link(&mut self, health: SourceHealth, problem: SafeText) {
        if self.state.health != health || self.state.problem != problem {
            self.state.health = health;
            self.state.problem = problem;
            self.send();
        }
    }

    /// The daemon answers, and answers with a problem.
    pub(super) fn problem(&mut self, problem: SafeText) {
        self.state.problem = problem;
        self.send();
    }

    /// Sends a snapshot, unless it is as the one before. `restless` rows are looked at again soon.
    pub(super) fn publish(
        &mut self,
        services: Vec<Arc<Service>>,
        rollouts: Vec<Arc<Rollout>>,
        host: &Host,
        restless: bool,
    ) {
        let now = Instant::now();
        let first = self.last.replace(now).is_none();
        self.due = restless.then(|| now + RESTLESS);
        let before = &self.state.snapshot;
        let same = same(&services, &before.services)
            && same(&rollouts, &before.rollouts)
            && *before.host == *host;
        if same && !first {
            return;
        }
        let host = if *before.host == *host {
            Arc::clone(&before.host)
        } else {
            Arc::new(host.clone())
        };
        self.state.snapshot = Arc::new(Snapshot {
            services,
            rollouts,
            host,
        });
        self.send();
    }

    fn send(&mut self) {
        self.state.generation += 1;
        self.out.send_replace(self.state.clone());
    }
}

/// Whether both are the very same rows.
fn same<T>(a: &[Arc<T>], b: &[Arc<T>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Arc::ptr_eq(a, b))
}
