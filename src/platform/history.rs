//! What happened of late, for the details of a service.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::domain::{details::Happening, service::ServiceId};

/// So many are kept; the oldest make room.
const KEPT: usize = 1000;

/// What happened on a platform, oldest first.
#[derive(Debug, Default)]
pub(super) struct History(Mutex<VecDeque<Happening>>);

impl History {
    /// What happened to a service, newest first.
    pub(super) fn of(&self, service: &ServiceId) -> Vec<Happening> {
        let all = self.lock();
        all.iter()
            .rev()
            .filter(|h| h.service.as_ref() == Some(service))
            .cloned()
            .collect()
    }

    pub(super) fn remember(&self, happening: Happening) {
        let mut all = self.lock();
        if all.len() >= KEPT {
            all.pop_front();
        }
        all.push_back(happening);
    }

    /// It is another platform's.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Happening>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
