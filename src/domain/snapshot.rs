//! Everything a platform shows, at one moment.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        host::Host,
        named,
        rollout::Rollout,
        service::{Service, ServiceId},
    },
    text::SafeText,
};

/// Projected rows, not whole API objects: memory per instance is what makes consoles heavy.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// By identity; how they are sorted on screen is the pane's affair.
    pub services: Vec<Arc<Service>>,
    /// Rollouts the platform shows, whoever began them; the newest first. Ended ones stay for an hour.
    pub rollouts: Vec<Arc<Rollout>>,
    /// The daemon and its host.
    pub host: Arc<Host>,
}

impl Snapshot {
    /// The service of that identity.
    pub fn service(&self, id: &ServiceId) -> Option<&Arc<Service>> {
        match self.services.binary_search_by(|s| s.id.cmp(id)) {
            Ok(at) => Some(&self.services[at]),
            // A snapshot made by hand need not be in order.
            Err(_) => self.services.iter().find(|s| &s.id == id),
        }
    }

    /// What is on its way where something else serves: of the services whose rollout is under way the version to come.
    pub fn coming(&self) -> BTreeMap<&ServiceId, &SafeText> {
        let open = self.rollouts.iter().filter(|r| r.state.open());
        // The newest is first, and stays.
        let other = open.rev().filter(|rollout| {
            let serves = self.service(&rollout.service).map(|s| &s.version);
            // A version that only a number tells from the one before: `v1 #7`.
            let bare = rollout.to.split(" #").next().unwrap_or_default();
            serves.is_some_and(|version| !version.is_empty() && **version != *bare)
        });
        other.map(|r| (&r.service, &r.to)).collect()
    }

    /// The services that somebody who writes `name`, or `group/name`, may mean.
    pub fn named(&self, name: &str) -> Vec<&Arc<Service>> {
        named::meant(&self.services, None, name)
    }
}
