//! What the console knows, as answers to the questions of an expression.

mod figures;
mod worst;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use self::worst::{Figure, Worse};
use super::{Answer, Facts, Measure, Observation, Query, Subject, Value};
use crate::{
    domain::{
        alert::{Alert, Severity},
        figures::age,
        service::{Service, ServiceId, ServiceKind},
        signals::Source,
        source::{SourceHealth, SourceState},
    },
    safe,
    text::SafeText,
};

/// What the console knows at one moment. What is not in it is unknown, and so is all that a platform says which is not live.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What the platform shows.
    pub state: &'a SourceState,
    /// The alerts that stand.
    pub alerts: &'a [Alert],
    /// Why there may be alerts that are not seen: a source of them does not answer.
    pub unseen_alerts: Option<&'a SafeText>,
    /// Of which moment the newest verified backup of a service is.
    pub backups: &'a BTreeMap<ServiceId, Timestamp>,
    /// What was asked in the background, with what came of it.
    pub asked: &'a BTreeMap<Query, Answer>,
    /// Services whose traffic was measured earlier in this run: that nothing measures them any more is no reason to leave
    /// them out of `*`.
    pub measured: &'a BTreeSet<ServiceId>,
    /// When the run of the list began; `None` where there is none.
    pub start: Option<Timestamp>,
    /// This moment.
    pub now: Timestamp,
    /// How old what was asked may be.
    pub fresh: Duration,
}

impl Facts for Known<'_> {
    fn answer(&self, query: &Query) -> Answer {
        if query.is_asked() {
            return self.asked(query);
        }
        self.live().and_then(|at| self.of_state(query, at))
    }
}

impl Known<'_> {
    /// What was asked, while it is fresh.
    fn asked(&self, query: &Query) -> Answer {
        let Some(answer) = self.asked.get(query) else {
            return Err(SafeText::from_static("not asked yet"));
        };
        let observation = answer.clone()?;
        let old = Duration::try_from(self.now.duration_since(observation.at)).unwrap_or_default();
        if old > self.fresh {
            let ago = age(old.as_secs());
            return Err(safe!(
                "asked {ago} ago, and not answered since: {}",
                observation.words
            ));
        }
        Ok(observation)
    }

    /// When the platform last proved that what it shows is so.
    fn live(&self) -> Result<Timestamp, SafeText> {
        match (self.state.health, self.state.proof) {
            (SourceHealth::Live, Some(at)) => Ok(at),
            (SourceHealth::Connecting, _) | (SourceHealth::Live, None) => {
                Err(SafeText::from_static("the platform has not answered yet"))
            }
            (health, at) => {
                let since = at.map(|at| self.now.duration_since(at));
                let since = since.and_then(|since| Duration::try_from(since).ok());
                let ago = since.map_or(String::new(), |since| {
                    format!(", last heard of {} ago", age(since.as_secs()))
                });
                Err(safe!("the platform is {}{ago}", health.word()))
            }
        }
    }

    /// What the state tells, which is of the moment `at`.
    fn of_state(&self, query: &Query, at: Timestamp) -> Answer {
        let (value, words) = match query {
            Query::Healthy(of) => {
                self.worst(of, Worse::Less, |_, service| figures::healthy(service))
            }
            Query::Ready(of) => self.worst(of, Worse::Less, |_, service| figures::ready(service)),
            Query::RolledOut(of) => self.worst(of, Worse::Less, Self::rolled_out),
            Query::Version(name) => {
                let figure = figures::version(self.one(name)?);
                figure.known()
            }
            Query::Restarts {
                subject,
                since_start: false,
            } => self.worst(subject, Worse::More, |_, service| {
                figures::restarts(service)
            }),
            Query::Restarts { subject, .. } => {
                let since = self.start.ok_or("the list was not begun yet");
                let since = since.map_err(SafeText::from_static)?;
                self.worst(subject, Worse::More, |_, service| {
                    figures::restarts_since(service, since)
                })
            }
            Query::BackupAge(of) => self.worst(of, Worse::More, Self::backup_age),
            Query::P95(of) => self.worst(of, Worse::More, Self::p95),
            Query::ErrorRate(of) => self.worst(of, Worse::More, Self::error_rate),
            Query::Traffic(of) => self.worst(of, Worse::Less, Self::traffic),
            Query::Memory(of, measure) => self.worst(of, Worse::More, |_, service| {
                figures::memory(service, *measure)
            }),
            Query::FreeDisk(of, measure) => self.free_disk(of, *measure),
            Query::Alerts(severity) => Ok(self.standing(*severity)),
            Query::Http { .. }
            | Query::CertDays(_)
            | Query::Connections(_)
            | Query::Env(_)
            | Query::Command(_) => Err(SafeText::from_static("not asked yet")),
        }
        .map_err(|why| self.with_silence(query, why))?;
        // What others told is of the moment at which they did, however well the platform is.
        let told = self.tellers(query).filter_map(|source| source.answered);
        let at = told.fold(at, Ord::min);
        Ok(Observation { value, at, words })
    }

    /// Those beside the platform who tell it.
    fn tellers(&self, query: &Query) -> impl Iterator<Item = &Source> {
        let measured = matches!(
            query,
            Query::P95(_) | Query::ErrorRate(_) | Query::Traffic(_)
        );
        let all = matches!(query, Query::Alerts(_));
        let sources = self.state.signals.sources.iter();
        sources.filter(move |source| all || measured && source.measures)
    }

    /// Why it is unknown, and who does not tell it.
    fn with_silence(&self, query: &Query, why: SafeText) -> SafeText {
        let silence = self.tellers(query).find_map(Source::silence);
        silence.map_or_else(|| why.clone(), |silence| safe!("{why}; {silence}"))
    }

    /// The service that is meant, as the command line finds it.
    fn one(&self, name: &str) -> Result<&Service, SafeText> {
        let found = self.state.snapshot.named(name);
        match found.as_slice() {
            [] => Err(safe!("there is no service {name} here")),
            [one] => Ok(one),
            several => {
                let names = worst::list(several.iter().map(|service| service.id.to_string()));
                Err(safe!("there are several services called {name}: {names}"))
            }
        }
    }

    fn rolled_out(&self, service: &Service) -> Figure {
        let mut rollouts = self.state.snapshot.rollouts.iter();
        let newest = rollouts.find(|rollout| rollout.service == service.id);
        figures::rolled_out(service, newest.map(|rollout| &**rollout))
    }

    fn backup_age(&self, service: &Service) -> Figure {
        let Some(of) = self.backups.get(&service.id) else {
            let none = SafeText::from_static("no verified backup is known");
            return if service.stateful {
                Figure::Unknown(none)
            } else {
                Figure::Absent(none)
            };
        };
        match Duration::try_from(self.now.duration_since(*of)) {
            Ok(old) => {
                let words = safe!("backed up {} ago", age(old.as_secs()));
                Figure::Known(Value::Span(old), words)
            }
            Err(_) => Figure::Unknown(SafeText::from_static(
                "the newest backup is of a moment to come: clocks differ",
            )),
        }
    }

    /// What nothing measures is left out of `*`, unless it was measured before.
    fn measured(&self, service: &Service, figure: Figure) -> Figure {
        let traffic = &service.traffic;
        let is_measured = traffic.rate.is_some()
            || traffic.error_percent.is_some()
            || traffic.p95_ms.is_some()
            || self.measured.contains(&service.id);
        match figure {
            Figure::Absent(why) if is_measured => Figure::Unknown(why),
            other => other,
        }
    }

    fn p95(&self, service: &Service) -> Figure {
        self.measured(service, figures::p95(&service.traffic))
    }

    fn error_rate(&self, service: &Service) -> Figure {
        self.measured(service, figures::error_rate(&service.traffic))
    }

    fn traffic(&self, service: &Service) -> Figure {
        self.measured(service, figures::traffic(&service.traffic))
    }

    fn free_disk(&self, of: &Subject, measure: Measure) -> Result<(Value, SafeText), SafeText> {
        let host = &self.state.snapshot.host;
        match of {
            Subject::One(name) if *name != host.name => Err(safe!(
                "the disk of {name} is not watched, only that of {}",
                host.name
            )),
            _ => figures::free_disk(host, measure).known(),
        }
    }

    /// How many alerts stand; at least so many where not all can be seen.
    fn standing(&self, severity: Option<Severity>) -> (Value, SafeText) {
        let counts = |alert: &&Alert| severity.is_none_or(|severity| alert.severity == severity);
        let standing: Vec<&Alert> = self.alerts.iter().filter(counts).collect();
        let count = Value::Count(standing.len() as i64);
        let kind = severity.map_or(String::new(), |severity| format!(" {}", severity.word()));
        let names = worst::list(standing.iter().map(|alert| alert.summary.to_string()));
        let words = match standing.as_slice() {
            [] => safe!("no{kind} alert"),
            [_] => safe!("1{kind} alert: {names}"),
            several => safe!("{}{kind} alerts: {names}", several.len()),
        };
        match self.unseen_alerts {
            None => (count, words),
            Some(why) => (Value::AtLeast(Box::new(count)), safe!("{words}; {why}")),
        }
    }

    /// Why not every service is seen; empty where all are.
    fn unseen(&self) -> SafeText {
        let unseen = &self.state.snapshot.host.unseen;
        // What may not be looked at and is no service tells nothing of services.
        let others = ["nodes", "events", "replicasets"];
        let unseen = unseen.iter().filter(|one| !others.contains(&&*one.what));
        let why: Vec<&str> = unseen.map(|one| &*one.why).collect();
        safe!("{}", why.join("; "))
    }

    /// Those that `*` stands for: a node is none, and a task that ends serves nothing.
    fn all(&self) -> impl Iterator<Item = &Service> {
        let services = self.state.snapshot.services.iter();
        services
            .map(|service| &**service)
            .filter(|service| service.kind != ServiceKind::Node)
    }
}
