//! Whose figures are read next: those on screen often, the rest seldom, never two at a time.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

use crate::{domain::service::ServiceId, platform::docker::fleet::Fleet};

/// How fresh the figures of what is on screen are to be, and of the rest.
const FRESH: Duration = Duration::from_secs(2);
const LESS_FRESH: Duration = Duration::from_secs(10);

/// Between two samples: the daemon pays for each (some 10 ms of its processor), so there are ten a second at most.
const APART: Duration = Duration::from_millis(100);

/// Whose figures are due when.
#[derive(Debug)]
pub(super) struct Sampling {
    visible: HashSet<ServiceId>,
    /// When each was sampled, in milliseconds since `begun`.
    taken: HashMap<String, u64>,
    under_way: bool,
    at: Instant,
    begun: Instant,
}

impl Sampling {
    pub(super) fn new() -> Self {
        let begun = Instant::now();
        Self {
            visible: HashSet::new(),
            taken: HashMap::new(),
            under_way: false,
            at: begun,
            begun,
        }
    }

    /// When to look for the next one; `None` while one is under way.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.under_way).then_some(self.at)
    }

    /// These are on screen.
    pub(super) fn show(&mut self, services: Vec<ServiceId>) {
        self.visible = services.into_iter().collect();
        self.at = self.at.min(Instant::now() + APART);
    }

    /// The container to be sampled now, if one is due; else it sets when the next one will be.
    pub(super) fn begin(&mut self, fleet: &Fleet) -> Option<String> {
        let clock = self.begun.elapsed().as_millis() as u64;
        let Some((id, _)) = self.next(fleet).filter(|(_, due)| *due <= clock) else {
            self.plan(fleet);
            return None;
        };
        self.under_way = true;
        self.taken.insert(id.clone(), clock);
        if self.taken.len() > 2 * fleet.len() + 16 {
            self.taken.retain(|id, _| fleet.get(id).is_some());
        }
        Some(id)
    }

    /// Its answer is there, or will not come.
    pub(super) fn end(&mut self, fleet: &Fleet) {
        self.under_way = false;
        self.plan(fleet);
    }

    /// The answer to what is under way will not come.
    pub(super) fn abandon(&mut self) {
        self.under_way = false;
    }

    /// Sets when the next one is due.
    pub(super) fn plan(&mut self, fleet: &Fleet) {
        let now = Instant::now();
        self.at = match self.next(fleet) {
            Some((_, due)) => (self.begun + Duration::from_millis(due)).max(now + APART),
            None => now + LESS_FRESH,
        };
    }

    fn next(&self, fleet: &Fleet) -> Option<(String, u64)> {
        let age = |service: &ServiceId| {
            let age = if self.visible.contains(service) {
                FRESH
            } else {
                LESS_FRESH
            };
            age.as_millis() as u64
        };
        fleet.next_due(&self.taken, age)
    }
}
