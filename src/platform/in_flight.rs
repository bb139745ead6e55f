//! One action at a time on each service, a backup among them.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{domain::service::ServiceId, plan::Refusal, safe, text::SafeText};

/// The services on which an action is under way. Clones are the same set.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<Mutex<HashSet<ServiceId>>>);

impl InFlight {
    /// Takes a service for one action, until what this returns is dropped.
    ///
    /// # Errors
    /// Another action has it.
    pub fn enter(&self, service: &ServiceId) -> Result<Flight, Refusal> {
        if !self.lock().insert(service.clone()) {
            return Err(busy(service));
        }
        Ok(Flight {
            of: self.clone(),
            service: service.clone(),
        })
    }

    /// Whether an action on a service could begin now.
    ///
    /// # Errors
    /// Another action has it.
    pub fn free(&self, service: &ServiceId) -> Result<(), Refusal> {
        if self.lock().contains(service) {
            return Err(busy(service));
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<ServiceId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An action under way; it ends with this value, even when its task is ended from outside.
#[derive(Debug)]
pub struct Flight {
    of: InFlight,
    service: ServiceId,
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.of.lock().remove(&self.service);
    }
}

fn busy(service: &ServiceId) -> Refusal {
    Refusal {
        so_already: false,
        why: safe!("another action on {service} is under way"),
        instead: SafeText::from_static("wait until it has ended"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_takes_one_action_at_a_time_and_others_beside_it() {
        let id = |name| ServiceId {
            group: SafeText::EMPTY,
            name: SafeText::from_static(name),
        };
        let in_flight = InFlight::default();
        let first = in_flight.enter(&id("api")).expect("nothing is under way");
        assert!(in_flight.clone().enter(&id("api")).is_err());
        assert!(in_flight.free(&id("api")).is_err());
        assert!(in_flight.enter(&id("web")).is_ok());
        drop(first);
        assert!(in_flight.free(&id("api")).is_ok());
    }
}
