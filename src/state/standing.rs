//! How a service that is not well stands among the others: what it may suffer from, who suffers from it, what changed.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::Model;
use crate::{
    domain::{
        alert::Alert,
        health::Health,
        past::keep_newest,
        service::{Service, ServiceId},
    },
    text::SafeText,
};

/// What the services pane adds to what the platform says of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The platform's judgement, or a worse one by what its log says.
    pub health: Health,
    /// What its log says, where the platform finds nothing wrong; else empty.
    pub log: SafeText,
    /// The service that it needs and that does not serve: where to look first.
    pub cause: Option<ServiceId>,
    /// How many others have this one for their cause.
    pub victims: usize,
    /// When it was changed lately.
    pub changed: Option<Timestamp>,
}

impl Standing {
    /// What comes first among the equally bad: what changed lately, the first suspect; then what suffers from no other.
    pub(super) const fn order(&self) -> (Health, bool, bool) {
        (self.health, self.changed.is_none(), self.cause.is_some())
    }
}

/// How those services stand that are not well, or whose logs are not.
pub(super) fn all(model: &Model) -> BTreeMap<ServiceId, Standing> {
    let around = Around::of(model);
    let services = model.snapshot().services.iter();
    let mut standings: BTreeMap<ServiceId, Standing> = services
        .filter_map(|service| Some((service.id.clone(), around.standing(service)?)))
        .collect();
    let causes: Vec<ServiceId> = standings.values().filter_map(|s| s.cause.clone()).collect();
    for cause in causes {
        if let Some(standing) = standings.get_mut(&cause) {
            standing.victims += 1;
        }
    }
    standings
}

/// What is around a service, to be found by its identity.
struct Around<'m> {
    /// The services that do not serve.
    down: BTreeMap<&'m ServiceId, &'m Service>,
    /// The alerts that come from logs.
    logs: BTreeMap<&'m ServiceId, &'m Alert>,
    /// When the newest deployment of each began.
    changed: BTreeMap<&'m ServiceId, Timestamp>,
}

impl<'m> Around<'m> {
    fn of(model: &'m Model) -> Self {
        let services = model.snapshot().services.iter().map(AsRef::as_ref);
        let down = |s: &&Service| matches!(s.health, Health::Critical | Health::Off);
        let alerts = model.alerts.all().iter().filter(|a| *a.source == *"logs");
        let mut changed: BTreeMap<&ServiceId, Timestamp> = BTreeMap::new();
        for rollout in model.deployments() {
            keep_newest(&mut changed, &rollout.service, rollout.started);
        }
        Self {
            down: services.filter(down).map(|s| (&s.id, s)).collect(),
            logs: alerts
                .filter_map(|a| Some((a.service.as_ref()?, a)))
                .collect(),
            changed,
        }
    }

    fn standing(&self, service: &Service) -> Option<Standing> {
        let log = match service.health {
            Health::Well => self.said_by_its_log(&service.id)?,
            Health::Critical | Health::Warning => SafeText::EMPTY,
            Health::Unknown | Health::Off => return None,
        };
        Some(Standing {
            health: service.health.min(Health::Warning),
            log,
            cause: self.cause(service),
            victims: 0,
            changed: self.changed.get(&service.id).copied(),
        })
    }

    /// The words of the alert, without the service's name.
    fn said_by_its_log(&self, id: &ServiceId) -> Option<SafeText> {
        let summary = &self.logs.get(id)?.summary;
        let words = summary.strip_prefix(id.name.as_str()).unwrap_or(summary);
        Some(SafeText::line(words.trim()))
    }

    /// The service to look at first: of those that one needs, directly or through others that do not serve either, the
    /// nearest that does not serve and needs none that does not.
    fn cause(&self, service: &Service) -> Option<ServiceId> {
        let down = |id: &ServiceId| self.down.get(id).copied();
        let mut seen: Vec<&ServiceId> = vec![&service.id];
        let mut next: VecDeque<&Service> = service.depends_on.iter().filter_map(down).collect();
        while let Some(needed) = next.pop_front() {
            if seen.contains(&&needed.id) {
                continue;
            }
            seen.push(&needed.id);
            let before = next.len();
            next.extend(needed.depends_on.iter().filter_map(down));
            if next.len() == before {
                return Some(needed.id.clone());
            }
        }
        None
    }
}
