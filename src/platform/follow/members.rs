//! Which logs a subscription is about, as services come, change and go.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::LogSource;
use crate::{
    domain::{
        instance::Instance,
        log::LogId,
        service::{Service, ServiceId, ServiceKind},
        snapshot::Snapshot,
    },
    platform::LogRequest,
};

/// What is different from the snapshot before.
#[derive(Debug)]
pub(super) enum Change {
    /// A log is there that was not.
    Joined(Arc<Service>, Arc<Instance>, LogId),
    /// It was there; its instance may be in another run.
    Stays(Arc<Instance>, LogId),
    /// It is gone; the service is as it was with it.
    Left(Arc<Service>, LogId),
}

/// The logs, by service. Of services that are as they were nothing is looked at: of many only few change at a time.
#[derive(Debug, Default)]
pub(super) struct Members {
    of: HashMap<ServiceId, Member>,
    logs: usize,
    updates: u64,
}

#[derive(Debug)]
struct Member {
    service: Arc<Service>,
    logs: Vec<LogId>,
    /// The last update that it was in.
    seen: u64,
}

impl Members {
    /// How many logs there are.
    pub(super) fn logs(&self) -> usize {
        self.logs
    }

    /// Whether a log is there.
    pub(super) fn has(&self, service: &ServiceId, log: &LogId) -> bool {
        let member = self.of.get(service);
        member.is_some_and(|member| member.logs.contains(log))
    }

    /// The instance of a log that is there.
    pub(super) fn find(&self, service: &ServiceId, log: &LogId) -> Option<(&Service, &Instance)> {
        let service = &self.of.get(service)?.service;
        let instance = service.instances.iter().find(|i| i.id == log.instance)?;
        Some((service, instance))
    }

    /// Follows the platform.
    pub(super) fn update(
        &mut self,
        source: &impl LogSource,
        snapshot: &Snapshot,
        request: &LogRequest,
    ) -> Vec<Change> {
        self.updates += 1;
        let mut changes = Vec::new();
        for service in &snapshot.services {
            // A node's row has the pods of others: each is followed once.
            let all = request.services.is_empty() && service.kind != ServiceKind::Node;
            if !all && !request.services.contains(&service.id) {
                continue;
            }
            if let Some(member) = self.of.get_mut(&service.id)
                && Arc::ptr_eq(&member.service, service)
            {
                member.seen = self.updates;
                continue;
            }
            let before = self.of.remove(&service.id);
            let member = Member {
                service: Arc::clone(service),
                logs: compare(source, service, before, &mut changes),
                seen: self.updates,
            };
            self.of.insert(service.id.clone(), member);
        }
        let now = self.updates;
        for (_, gone) in self.of.extract_if(|_, member| member.seen != now) {
            let left = |log| Change::Left(Arc::clone(&gone.service), log);
            changes.extend(gone.logs.iter().cloned().map(left));
        }
        self.logs = self.of.values().map(|member| member.logs.len()).sum();
        changes
    }
}

/// The logs of a service, and what is different about them.
fn compare(
    source: &impl LogSource,
    service: &Arc<Service>,
    before: Option<Member>,
    changes: &mut Vec<Change>,
) -> Vec<LogId> {
    let (old, logs) = before.map_or((None, Vec::new()), |before| {
        (Some(before.service), before.logs)
    });
    let mut gone: HashSet<LogId> = logs.into_iter().collect();
    let mut now = Vec::new();
    for instance in &service.instances {
        for container in source.logs_of(instance) {
            let log = LogId {
                instance: instance.id.clone(),
                container,
            };
            changes.push(if gone.remove(&log) {
                Change::Stays(Arc::clone(instance), log.clone())
            } else {
                Change::Joined(Arc::clone(service), Arc::clone(instance), log.clone())
            });
            now.push(log);
        }
    }
    if let Some(old) = old {
        let left = |log| Change::Left(Arc::clone(&old), log);
        changes.extend(gone.into_iter().map(left));
    }
    now
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        domain::{fixture, log::Since},
        platform::follow::{LogEnd, LogWish, Outlet, Resume},
        text::SafeText,
    };

    /// Each instance has one log.
    #[derive(Clone)]
    struct OneEach;

    impl LogSource for OneEach {
        async fn read(&self, _: &LogWish, _: &mut Outlet, _: &mut Resume) -> LogEnd {
            LogEnd::Over
        }

        fn logs_of(&self, _: &Instance) -> Vec<SafeText> {
            vec![SafeText::EMPTY]
        }
    }

    fn said(changes: &[Change]) -> Vec<String> {
        let mut said: Vec<String> = changes
            .iter()
            .map(|change| match change {
                Change::Joined(service, _, log) => {
                    format!("+{} {}", service.id.name, log.instance.0)
                }
                Change::Stays(_, log) => format!("={}", log.instance.0),
                Change::Left(service, log) => format!("-{} {}", service.id.name, log.instance.0),
            })
            .collect();
        said.sort();
        said
    }

    #[test]
    fn of_services_that_are_as_they_were_nothing_is_said() {
        let request = LogRequest {
            services: Vec::new(),
            since: Since::All,
            previous: false,
            follow: true,
            sink: mpsc::channel(1).0,
            stop: CancellationToken::new(),
        };
        let instance = |id| fixture::instance("api", 1, id);
        let api = Arc::new(fixture::service(
            "api",
            vec![instance("a1"), instance("a2")],
        ));
        let web = Arc::new(fixture::service("web", vec![instance("w1")]));
        let mut members = Members::default();
        let mut after = |services: Vec<Arc<Service>>| {
            let snapshot = Snapshot {
                services,
                ..Snapshot::default()
            };
            said(&members.update(&OneEach, &snapshot, &request))
        };
        assert_eq!(
            after(vec![Arc::clone(&api), Arc::clone(&web)]),
            ["+api a1", "+api a2", "+web w1"]
        );
        assert!(after(vec![Arc::clone(&api), Arc::clone(&web)]).is_empty());
        let api = Arc::new(fixture::service(
            "api",
            vec![instance("a2"), instance("a3")],
        ));
        assert_eq!(
            after(vec![api, Arc::clone(&web)]),
            ["+api a3", "-api a1", "=a2"]
        );
        assert_eq!(after(vec![web]), ["-api a2", "-api a3"]);
        assert_eq!(members.logs(), 1);
    }
}
