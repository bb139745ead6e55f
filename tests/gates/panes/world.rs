//! A deployment in which every text that comes from outside is hostile, told as a platform tells it.

pub(crate) mod lists;

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    domain::{
        action::{Action, EnvironmentKind},
        alert::{Acknowledgement, Alert, Fingerprint, Severity},
        details::{Details, Evidence, Fact, Happening, PlatformEvent},
        health::Health,
        host::{Host, Unseen},
        instance::{Instance, InstanceId, Phase, Probe},
        log::{LogItem, LogLine, LogOrigin, RawLine, Stream},
        revision::Revision,
        rollout::{Mark, Rollout, RolloutState},
        service::{Port, Service, ServiceId},
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    plan::{
        Ask, Change, ChangeKind, Note, Outcome, Owner, PlanId, Preview, Progress, Refusal, Risk,
        Side, Step, StepState, Target, Verb,
    },
    state::{Model, Msg, OpId, Place, operations::Leftover, place::Connected},
    text::SafeText,
};

/// A moment on the day.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2026-11-21T14:00:00Z".parse::<Timestamp>().expect("a time")
        + SignedDuration::from_secs(seconds)
}

/// Bytes from outside, one after another and over again; each goes the way into the console that such a text goes.
pub(crate) struct Outside<'b> {
    bytes: &'b [&'b [u8]],
    next: usize,
}

impl<'b> Outside<'b> {
    pub(crate) const fn new(bytes: &'b [&'b [u8]], first: usize) -> Self {
        Self { bytes, next: first }
    }

    fn next(&mut self) -> &'b [u8] {
        let bytes = self.bytes[self.next % self.bytes.len()];
        self.next += 1;
        bytes
    }

    /// What identifies something.
    fn name(&mut self) -> SafeText {
        SafeText::name(self.next())
    }

    /// Who the daemon says it is: the same as long as it is asked.
    fn identity(&self) -> SafeText {
        let mut names = self.bytes.iter().map(SafeText::name);
        names.find(|name| !name.is_empty()).unwrap_or_default()
    }

    /// What somebody says.
    fn line(&mut self) -> SafeText {
        SafeText::line(self.next())
    }

    fn id(&mut self) -> ServiceId {
        ServiceId {
            group: self.name(),
            name: self.name(),
        }
    }

    pub(crate) fn place(&mut self) -> Msg {
        Msg::Connected(Box::new(Connected {
            place: Place {
                environment: self.name(),
                kind: EnvironmentKind::Production,
                context: self.name(),
                others: vec![self.name(), self.name()],
                namespaces: Some(vec![self.name(), self.name()]),
                contexts: vec![self.name(), self.name()],
                ..Place::default()
            },
            ..Connected::default()
        }))
    }

    pub(crate) fn source(&mut self, services: usize, health: SourceHealth) -> Msg {
        let services: Vec<Arc<Service>> = (0..services).map(|_| Arc::new(self.service())).collect();
        let rollouts = services.iter().take(24).enumerate();
        let rollouts = rollouts
            .map(|(nth, service)| Arc::new(self.rollout(nth, service.id.clone())))
            .collect();
        let host = Host {
            name: self.name(),
            identity: self.identity(),
            version: self.name(),
            disk_free_bytes: Some(1),
            disk_size_bytes: Some(100),
            unseen: vec![Unseen {
                what: self.name(),
                why: self.line(),
            }],
            ..Host::default()
        };
        Msg::Source(Box::new(SourceState {
            health,
            proof: Some(at(0)),
            generation: 1,
            problem: self.line(),
            snapshot: Arc::new(Snapshot {
                services,
                rollouts,
                host: Arc::new(host),
            }),
            ..SourceState::default()
        }))
    }

    fn service(&mut self) -> Service {
        let id = self.id();
        let instances = (1..=2).map(|number| Arc::new(self.instance(number)));
        let instances = instances.collect();
        Service {
            id,
            desired: Some(2),
            instances,
            health: Health::Critical,
            why: self.line(),
            why_since: Some(at(-30)),
            image: self.name(),
            version: self.name(),
            since: Some(at(-90)),
            trend: vec![1.0, 2.0],
            ports: vec![Port {
                container: 80,
                host: None,
                protocol: self.name(),
            }],
            depends_on: vec![self.id()],
            stateful: true,
            ..Service::default()
        }
    }

    fn instance(&mut self, number: u32) -> Instance {
        Instance {
            id: InstanceId(self.name()),
            name: self.name(),
            number,
            phase: Phase::Running,
            probe: Probe::Unhealthy {
                streak: 3,
                output: self.line(),
            },
            health: Health::Critical,
            why: self.line(),
            created: Some(at(-90)),
            started: Some(at(-90)),
            restarts: 4,
            exit_code: Some(1),
            last_words: self.line(),
            image: self.name(),
            image_id: self.name(),
            node: self.name(),
            ..Instance::default()
        }
    }

    fn rollout(&mut self, nth: usize, service: ServiceId) -> Rollout {
        let state = match nth % 3 {
            0 => RolloutState::Stuck(self.line()),
            1 => RolloutState::Failed(self.line()),
            _ => RolloutState::Progressing,
        };
        Rollout {
            service,
            from: self.name(),
            to: self.name(),
            started: at(-60),
            began_before: false,
            ended: matches!(state, RolloutState::Failed(_)).then(|| at(-10)),
            state,
            new: vec![Mark::Ready, Mark::Failed],
            old: vec![Mark::Ready],
            wanted: 3,
            by: self.name(),
        }
    }

    pub(crate) fn alerts(&mut self, count: usize) -> [Msg; 2] {
        let alerts: Vec<Alert> = (0..count)
            .map(|nth| Alert {
                fingerprint: Fingerprint(SafeText::format(format_args!("{nth}"))),
                severity: [Severity::Critical, Severity::Warning][nth % 2],
                summary: self.line(),
                detail: self.line(),
                service: Some(self.id()),
                since: Some(at(-40)),
                seen: at(-40),
                source: self.name(),
                silenced: false,
            })
            .collect();
        let acknowledged = alerts.iter().step_by(5).map(|alert| Acknowledgement {
            fingerprint: alert.fingerprint.clone(),
            by: self.name(),
            at: at(-1),
            until: at(600),
        });
        let acknowledged = acknowledged.collect();
        [
            Msg::Alerts(alerts),
            Msg::Acknowledged(self.identity(), acknowledged),
        ]
    }

    /// Lines of a few instances, some of them unreadable.
    pub(crate) fn logs(&mut self, model: &Model, count: usize) -> Msg {
        let origins: Vec<Arc<LogOrigin>> = (0..4)
            .map(|_| {
                Arc::new(LogOrigin {
                    service: self.id(),
                    log: InstanceId(self.name()).into(),
                    label: self.name(),
                })
            })
            .collect();
        let mut items = vec![LogItem::Unreadable(Arc::clone(&origins[3]), self.line())];
        items.extend((0..count).map(|nth| {
            let raw = RawLine {
                at: at(nth as i64 / 100),
                stream: [Stream::Out, Stream::Err][nth % 2],
                bytes: self.next().into(),
            };
            LogItem::Line(Arc::clone(&origins[nth % 3]), LogLine::read(&raw))
        }));
        Msg::Logs(model.logs.subscription, items)
    }

    pub(crate) fn happening(&mut self) -> Msg {
        Msg::Platform(PlatformEvent::Happened(self.happened()))
    }

    fn happened(&mut self) -> Happening {
        Happening {
            at: at(-5),
            service: Some(self.id()),
            text: self.line(),
            health: Health::Critical,
        }
    }

    pub(crate) fn details(&mut self, op: u64) -> Msg {
        let fact = |outside: &mut Self| Fact {
            name: outside.name(),
            value: outside.line(),
        };
        let details = Details {
            changes: (0..2).map(|_| fact(self)).collect(),
            releases: (0..2).map(|_| fact(self)).collect(),
            evidence: (0..3)
                .map(|_| Evidence {
                    health: Health::Critical,
                    text: self.line(),
                    since: Some(at(-9)),
                })
                .collect(),
            facts: (0..6).map(|_| fact(self)).collect(),
            checks: (0..3).map(|_| fact(self)).collect(),
            happenings: (0..4).map(|_| self.happened()).collect(),
            revisions: (0..3).map(|nth| self.revision(nth)).collect(),
            environment: (0..6).map(|_| self.name()).collect(),
            needed_by: vec![self.id(), self.id()],
        };
        Msg::LookedClosely(OpId(op), Box::new(Ok(details)))
    }

    fn revision(&mut self, nth: usize) -> Revision {
        Revision {
            id: self.name(),
            image: self.name(),
            version: self.name(),
            first_seen: at(-900),
            last_seen: at(-90),
            healthy: Duration::from_secs(800),
            known_good: Some(at(-100)),
            current: nth == 0,
            available: nth != 1,
        }
    }

    /// The raw object: many lines, as no single one of them would be cleaned.
    pub(crate) fn raw(&mut self, op: u64) -> Msg {
        let text: Vec<String> = (0..40)
            .map(|_| String::from_utf8_lossy(self.next()).into_owned())
            .collect();
        Msg::Inspected(OpId(op), Ok(text.join("\n")))
    }

    pub(crate) fn refused(&mut self, op: u64) -> [Msg; 3] {
        let refusal = Refusal {
            so_already: false,
            why: self.line(),
            instead: self.line(),
        };
        [
            Msg::Previewed(OpId(op), Box::new(Err(refusal))),
            Msg::LookedClosely(OpId(op), Box::new(Err(self.line()))),
            Msg::Inspected(OpId(op), Err(self.line())),
        ]
    }

    pub(crate) fn preview(&mut self, op: u64, action: Action, target: Target) -> Msg {
        let risk = Risk::of(&action, &target);
        let side = |outside: &mut Self| Side {
            what: outside.name(),
            facts: outside.line(),
        };
        let choices: Vec<Revision> = (0..3).map(|nth| self.revision(nth)).collect();
        let action = match action {
            Action::RollBack { .. } => Action::RollBack {
                to: Some(choices[2].id.clone()),
            },
            other => other,
        };
        let changes = |outside: &mut Self| -> Vec<Change> {
            (0..4)
                .map(|nth| Change {
                    kind: [ChangeKind::Removed, ChangeKind::Added][nth % 2],
                    field: outside.name(),
                    value: outside.line(),
                    secret: (nth == 3).then(|| outside.line()),
                })
                .collect()
        };
        let preview = Preview {
            ask: Ask {
                action,
                target,
                history: choices.clone(),
                resumes: None,
            },
            now: side(self),
            to: side(self),
            changes: changes(self),
            remains: vec![self.line(), self.line()],
            notes: vec![
                Note {
                    severity: Some(Severity::Critical),
                    text: self.line(),
                },
                Note {
                    severity: None,
                    text: self.line(),
                },
            ],
            steps: (0..4)
                .map(|_| Step {
                    verb: Verb::Create,
                    object: self.name(),
                })
                .collect(),
            impact: self.line(),
            estimate: Some(Duration::from_secs(40)),
            risk,
            choices,
            owner: Some(Owner {
                name: self.line(),
                undoes: self.line(),
                source: self.line(),
                edits: changes(self),
            }),
        };
        Msg::Previewed(OpId(op), Box::new(Ok(preview)))
    }

    /// What a plan says while it runs and when it has failed.
    pub(crate) fn progress(&mut self, plan: PlanId) -> [Msg; 5] {
        [
            Progress::Begun(self.name()),
            Progress::Step(0, StepState::Done),
            Progress::Waiting(self.line()),
            Progress::PuttingBack(self.line()),
            Progress::Ended(Outcome::Failed {
                step: 1,
                applied: 1,
                why: self.line(),
                now: self.line(),
            }),
        ]
        .map(|progress| Msg::Progress(plan, progress))
    }

    /// The journal could not be written.
    pub(crate) fn unrecordable(&mut self, plan: PlanId) -> Msg {
        Msg::Unrecordable(plan, self.line())
    }

    pub(crate) fn leftover(&mut self, service: ServiceId) -> Msg {
        Msg::Unfinished(
            self.identity(),
            vec![Leftover {
                operation: self.name(),
                action: Action::Rollout { image: self.name() },
                back: Some(Action::RollBack {
                    to: Some(self.name()),
                }),
                service,
                done: 1,
                of: 3,
                by: self.name(),
                began: at(-500),
            }],
        )
    }

    pub(crate) fn notice(&mut self) -> Msg {
        Msg::Notice(Some(Severity::Warning), self.line())
    }

    pub(crate) fn paste(&mut self) -> Msg {
        Msg::Paste(String::from_utf8_lossy(self.next()).into_owned())
    }
}
