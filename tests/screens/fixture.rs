//! A shop on its deploy day, as the design's sketches have it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    config,
    domain::{
        action::EnvironmentKind,
        alert::{Alert, Fingerprint, Severity},
        health::Health,
        host::Host,
        instance::{Instance, InstanceId, Phase, Usage},
        log::{LogItem, LogLine, LogOrigin, Stream},
        rollout::{Mark, Rollout, RolloutState},
        service::{Service, ServiceId, Traffic},
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    state::{Model, Msg, Place, place::Connected, update},
    text::{SafeText, StyledText},
};

/// 14:02:11 on the day.
pub(crate) fn now() -> Timestamp {
    "2026-11-21T14:02:11Z".parse().expect("a time")
}

/// So many seconds before now.
pub(crate) fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

/// A model that knows its keys, its place and the time, and has no answer yet.
pub(crate) fn connecting() -> Model {
    let mut model = Model::default();
    let keymap = config::keymap::built_in("default").expect("shipped");
    for msg in [
        Msg::Keymap(Arc::new(keymap)),
        Msg::Clock(now()),
        Msg::Connected(Box::new(Connected {
            place: place(EnvironmentKind::Production),
            ..Connected::default()
        })),
        Msg::Clock(now()),
    ] {
        let _ = update(&mut model, msg);
    }
    model.utc = true;
    model.operator = Some(SafeText::name("sre-1"));
    model
}

pub(crate) fn place(kind: EnvironmentKind) -> Place {
    Place {
        environment: SafeText::name("shop"),
        kind,
        context: SafeText::name("eks-1"),
        others: vec![SafeText::name("shop")],
        ..Place::default()
    }
}

/// The shop, in the middle of its incident.
pub(crate) fn shop() -> Model {
    let mut model = connecting();
    model.capabilities.exec = true;
    let snapshot = snapshot();
    let identity = snapshot.host.identity.clone();
    for msg in [
        Msg::Source(Box::new(source(SourceHealth::Live, 0, snapshot))),
        Msg::Alerts(alerts()),
        Msg::Backup(identity, Some(ago(41 * MINUTE))),
    ] {
        let _ = update(&mut model, msg);
    }
    let followed = vec![id("worker"), id("api")];
    let _ = quarterdeck::state::logs::follow(&mut model, followed);
    let subscription = model.logs.subscription;
    let _ = update(&mut model, Msg::Logs(subscription, logs()));
    model
}

/// What the platform shows, proven so many seconds ago.
pub(crate) fn source(health: SourceHealth, proof: i64, snapshot: Snapshot) -> SourceState {
    SourceState {
        health,
        proof: Some(ago(proof)),
        generation: 2,
        problem: SafeText::EMPTY,
        snapshot: Arc::new(snapshot),
        ..SourceState::default()
    }
}

pub(crate) fn id(name: &str) -> ServiceId {
    ServiceId {
        group: SafeText::name("shop"),
        name: SafeText::name(name),
    }
}

/// A service: name, ready, wanted, health, why, version, age in seconds, rate, errors, p95, memory in percent.
type Line = (
    &'static str,
    u32,
    u32,
    Health,
    &'static str,
    &'static str,
    i64,
    Option<f32>,
    Option<f32>,
    Option<f32>,
    u64,
);

// A table reads as a table.
#[rustfmt::skip]
const LINES: [Line; 12] = [
    ("worker", 2, 3, Health::Critical, "crash loop, exit 1", "v1.8.2", 124, None, None, None, 12),
    ("api", 5, 5, Health::Critical, "errors 9× since", "v1.8.2", 190, Some(412.0), Some(1.4), Some(310.0), 63),
    ("postgres", 1, 1, Health::Warning, "memory 81 %", "15.4", 21 * DAY, Some(96.0), None, Some(4.0), 81),
    ("media", 2, 2, Health::Warning, "cert ends in 12 d", "v0.9.1", 6 * DAY, Some(12.0), Some(0.2), Some(190.0), 40),
    ("web", 3, 3, Health::Well, "", "v4.1.0", 6 * DAY, Some(398.0), Some(0.0), Some(8.0), 22),
    ("redis", 1, 1, Health::Well, "", "7.0.15", 21 * DAY, Some(2_100.0), None, Some(1.0), 34),
    ("search", 2, 2, Health::Well, "", "v2.3.0", 12 * DAY, Some(31.0), Some(0.0), Some(22.0), 51),
    ("mailer", 1, 1, Health::Well, "", "v1.2.0", 40 * DAY, Some(2.0), Some(0.0), Some(80.0), 11),
    ("proxy", 2, 2, Health::Well, "", "1.27.2", 40 * DAY, Some(410.0), Some(0.1), Some(3.0), 9),
    ("images", 1, 1, Health::Well, "", "v0.3.7", 3 * DAY, Some(14.0), Some(0.0), Some(45.0), 28),
    ("reports", 0, 1, Health::Off, "", "v1.0.4", 2 * DAY, None, None, None, 0),
    ("cron", 1, 1, Health::Unknown, "", "v1.8.2", 200, None, None, None, 3),
];

/// The shop's services, with a trend and a processor's use where they run.
pub(crate) fn snapshot() -> Snapshot {
    Snapshot {
        services: LINES.iter().map(|line| Arc::new(service(line))).collect(),
        rollouts: vec![
            Arc::new(Rollout {
                service: id("worker"),
                from: SafeText::name("v1.8.1"),
                to: SafeText::name("v1.8.2"),
                started: ago(124),
                began_before: false,
                ended: None,
                state: RolloutState::Stuck(SafeText::line("crash loop, exit 1")),
                new: vec![Mark::Ready, Mark::Failed],
                old: vec![Mark::Ready],
                wanted: 3,
                by: SafeText::name("compose"),
            }),
            Arc::new(Rollout {
                service: id("api"),
                from: SafeText::name("v1.8.1"),
                to: SafeText::name("v1.8.2"),
                started: ago(190),
                began_before: false,
                ended: Some(ago(71)),
                state: RolloutState::Done,
                new: vec![Mark::Ready; 5],
                old: Vec::new(),
                wanted: 5,
                by: SafeText::name("compose"),
            }),
        ],
        host: Arc::new(Host {
            identity: SafeText::name("eks-1"),
            ..Host::default()
        }),
    }
}

fn service(line: &Line) -> Service {
    let &(name, ready, wanted, health, why, version, age, rate, errors, p95, memory) = line;
    let usage = Usage {
        cpu_percent: (health != Health::Off).then_some(memory as f32 / 2.0),
        memory_bytes: (health != Health::Off).then_some(memory << 20),
        memory_limit_bytes: Some(100 << 20),
        ..Usage::default()
    };
    let image = SafeText::name(format!("shop/{name}:{version}"));
    let instances = (1..=wanted)
        .map(|number| {
            let serves = number <= ready;
            let crashed = health == Health::Critical && !serves;
            Arc::new(Instance {
                id: InstanceId(SafeText::name(format!("{name}{number}c0ffee00d15ea5e"))),
                name: SafeText::name(format!("shop-{name}-{number}")),
                number,
                phase: if serves {
                    Phase::Running
                } else {
                    Phase::Exited
                },
                health: if serves { Health::Well } else { health },
                why: SafeText::line(if crashed { why } else { "" }),
                created: Some(ago(age)),
                started: Some(ago(age)),
                exit_code: crashed.then_some(1),
                image: image.clone(),
                image_id: SafeText::name("sha256:5d2b"),
                usage: Usage {
                    memory_limit_bytes: None,
                    ..usage
                },
                ..Instance::default()
            })
        })
        .collect();
    Service {
        id: id(name),
        desired: Some(wanted),
        instances,
        health,
        why: SafeText::line(why),
        image,
        version: SafeText::name(version),
        since: Some(ago(age)),
        usage,
        traffic: Traffic {
            rate,
            error_percent: errors,
            p95_ms: p95,
        },
        trend: rate.map_or_else(Vec::new, |rate| {
            (0..8).map(|i| rate * (i % 5) as f32).collect()
        }),
        stateful: name == "postgres",
        ..Service::default()
    }
}

/// Seven alerts: two that the deployment brought.
pub(crate) fn alerts() -> Vec<Alert> {
    let alert = |severity, service: &str, what: &str, seconds| Alert {
        fingerprint: Fingerprint(SafeText::name(format!("{service} {what}"))),
        severity,
        summary: SafeText::line(format!("{service} {what}")),
        detail: SafeText::EMPTY,
        service: Some(id(service)),
        since: Some(ago(seconds)),
        seen: ago(seconds),
        source: SafeText::name("docker"),
        silenced: false,
    };
    vec![
        alert(Severity::Critical, "worker", "unavailable", 120),
        alert(Severity::Critical, "api", "error rate 1.4 %", 100),
        alert(Severity::Warning, "postgres", "memory 81 %", 6 * 3_600),
        alert(Severity::Warning, "media", "cert ends in 12 d", 3 * DAY),
        alert(
            Severity::Warning,
            "redis",
            "memory without a limit",
            21 * DAY,
        ),
        alert(Severity::Warning, "cron", "no health check", 12 * DAY),
        alert(Severity::Warning, "reports", "stopped", 2 * DAY),
    ]
}

fn logs() -> Vec<LogItem> {
    let line = |seconds, service: &str, number: u32, text: &str| {
        let origin = LogOrigin {
            service: id(service),
            log: InstanceId(SafeText::name(format!("{service}{number}"))).into(),
            label: SafeText::name(format!("{service} {number}")),
        };
        let text = StyledText::log_line(text.as_bytes());
        let line = LogLine::new(ago(seconds), Stream::Out, text);
        LogItem::Line(Arc::new(origin), line)
    };
    vec![
        line(9, "api", 1, "info  GET /v1/orders 200 11ms"),
        line(8, "api", 5, "info  listening on :8080"),
        line(1, "worker", 2, "ERROR cannot reach redis:6379: refused"),
        line(0, "api", 4, "ERROR POST /v1/pay pool timeout"),
    ]
}
