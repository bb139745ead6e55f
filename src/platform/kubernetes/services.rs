//! The services as they were made last: only those that were touched are made anew, the others are shared.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    project,
    rollouts::Rollouts,
    store::{Store, Uid},
};
use crate::domain::service::{Service, ServiceId};

/// All services, by identity.
#[derive(Debug, Default)]
pub(super) struct Services {
    rows: BTreeMap<ServiceId, Row>,
    ids: HashMap<Uid, ServiceId>,
}

#[derive(Debug)]
struct Row {
    top: Uid,
    rooted: bool,
    service: Arc<Service>,
}

impl Services {
    /// Makes anew what was touched, and what time has changed.
    pub(super) fn follow(&mut self, store: &mut Store, rollouts: &mut Rollouts, now: Timestamp) {
        store.ripen(now);
        for top in store.take_touched() {
            let mut made = project::make(store, &top, now);
            match made.as_mut().and_then(|made| made.rollout.take()) {
                Some(seen) => rollouts.look(seen, now),
                None if made.is_none() => rollouts.gone(&top, now),
                None => {}
            }
            if let Some(at) = made.as_ref().and_then(|made| made.again) {
                store.look_again(&top, at);
            }
            self.put(top, made);
        }
    }

    fn put(&mut self, top: Uid, made: Option<project::Made>) {
        let Some(made) = made else {
            self.remove(&top);
            return;
        };
        let id = made.service.id.clone();
        if self.ids.get(&top).is_some_and(|before| *before != id) {
            self.remove(&top);
        }
        match self.rows.get_mut(&id) {
            // What pods of an earlier one of that name still say does not hide the one of now.
            Some(row) if row.top != top && row.rooted && !made.rooted => return,
            Some(row) if row.top == top && *row.service == made.service => {
                row.rooted = made.rooted;
                return;
            }
            _ => {}
        }
        self.ids.insert(top.clone(), id.clone());
        self.rows.insert(
            id,
            Row {
                top,
                rooted: made.rooted,
                service: Arc::new(made.service),
            },
        );
    }

    fn remove(&mut self, top: &Uid) {
        if let Some(id) = self.ids.remove(top)
            && self.rows.get(&id).is_some_and(|row| row.top == *top)
        {
            self.rows.remove(&id);
        }
    }

    /// All of them, by identity.
    pub(super) fn all(&self) -> Vec<Arc<Service>> {
        let rows = self.rows.values();
        rows.map(|row| Arc::clone(&row.service)).collect()
    }
}
