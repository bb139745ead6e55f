//! A large cluster on the screen: from a key to the frame that shows it, without a terminal. Prints one table.
//!
//! 1,000 services of ten pods each in 20 namespaces, one in twenty of them unwell, with rollouts and alerts of their own.

#[path = "../tests/support/wait.rs"]
#[expect(
    dead_code,
    reason = "of the tests' waiting only its clock is needed here"
)]
mod wait;

mod figures {
    pub(crate) mod quantile;
}

use std::{hint::black_box, path::Path, sync::Arc, time::Duration};

use figures::quantile::quantile;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use quarterdeck::{
    checklist::{self, Opened, Start},
    config,
    domain::{
        glyphs::Glyphs,
        health::Health,
        host::Host,
        instance::{Instance, InstanceId, Phase, Probe, Usage},
        log::{LogItem, LogLine, LogOrigin, RawLine, Stream},
        report::Source,
        rollout::{Mark, Rollout, RolloutState},
        service::{Service, ServiceId, ServiceKind},
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
        threshold::Thresholds,
    },
    expr::{Observation, Query, Value},
    safe,
    signal::Watch,
    state::{
        Effect, Model, Msg, Work, logs, update,
        walking::{ChecklistMsg, ChecklistWork},
    },
    text::SafeText,
    ui::{self, Look},
};
use ratatui::{Terminal, backend::TestBackend};

const SERVICES: u32 = 1_000;
const PODS: u32 = 10;
const ROLLOUTS: u32 = 60;

fn main() {
    println!("| figure, 1,000 services × 10 pods | 80x24 | 120x40 | 200x60 | bound |");
    println!("| --- | --- | --- | --- | --- |");
    let sizes = [(80, 24), (120, 40), (200, 60)];
    let row = |what: &str, bound: &str, measure: &dyn Fn((u16, u16)) -> (Duration, Duration)| {
        let all = sizes.map(measure);
        let [a, b, c] = all.map(|(p50, p99)| {
            let ms = |time: Duration| time.as_secs_f64() * 1e3;
            format!("{:.2} / {:.2} ms", ms(p50), ms(p99))
        });
        println!("| {what}, p50 / p99 | {a} | {b} | {c} | {bound} |");
    };
    row("a key that moves", "1 / 4 ms", &|size| {
        let mut console = Console::new(size);
        console.keys(&["j"; 20]);
        console.measure(&["j", "j", "k"].repeat(200))
    });
    row("help opens and closes", "1 / 4 ms", &|size| {
        Console::new(size).measure(&["?", "esc"].repeat(200))
    });
    row("details open and close", "1 / 4 ms", &|size| {
        Console::new(size).measure(&["d", "esc"].repeat(200))
    });
    row("a key of the filter", "8 ms", &|size| {
        let mut console = Console::new(size);
        console.keys(&["/"]);
        let typed = [
            "a",
            "p",
            "i",
            "-",
            "7",
            "backspace",
            "backspace",
            "backspace",
        ];
        let rest = ["backspace", "backspace"];
        console.measure(&[&typed[..], &rest[..]].concat().repeat(30))
    });
    row("another snapshot", "8 ms", &|size| {
        let mut console = Console::new(size);
        console.snapshots(100)
    });
    row("a key in 50,000 log lines/s", "50 ms", &|size| {
        Console::new(size).flooded(200)
    });
    row("a list of 300 items opens", "33 ms", &|size| {
        let mut console = Console::new(size);
        let times = (0..60).map(|_| console.take(list(300, "")));
        quantiles(times.collect())
    });
    row("100 checks looked at", "33 ms", &|size| {
        let mut console = Console::new(size);
        // Each of another service, and of all services five figures beside.
        console.walked(list(
            100,
            "`check: error_rate(*) < 1% and ready(\"api-N\") >= 10 and p95(*) < Nms and traffic(*) > N and \
             restarts(*) < N and memory(*) < N%`",
        ));
        let times = (1..100)
            .map(|second| console.walked(Msg::Clock(now() + SignedDuration::from_secs(second))));
        quantiles(times.collect())
    });
    row("100 answers to checks", "33 ms", &|size| {
        let mut console = Console::new(size);
        let check = "`check: http(\"http://10.0.0.1/N\").status == 200`";
        let asked = console.walked(list(100, check));
        black_box(asked);
        let times = (1..100).map(|second| {
            let at = now() + SignedDuration::from_secs(second);
            console.take(Msg::Clock(at));
            let answers = console
                .queries()
                .into_iter()
                .map(|query| (query, Ok(answer(second, at))));
            let answers = answers.collect();
            console.walked(Msg::Checklist(ChecklistMsg::Answered(answers)))
        });
        quantiles(times.collect())
    });
}

/// A run of a list of so many items, as it is opened; `N` in `live` is each one's number.
fn list(items: usize, live: &str) -> Msg {
    let item = |n: usize| {
        format!(
            "- [ ] Item {n} is as it should be {}\n",
            live.replace('N', &n.to_string())
        )
    };
    let text = format!("# Long\n{}", (1..=items).map(item).collect::<String>());
    let reading = checklist::read(&Source::new(Path::new("long.md"), text), None);
    let document = reading.unwrap_or_else(|report| panic!("{report}")).document;
    let (start, by) = (Start::of(&document, now()), SafeText::from_static("sre-1"));
    let opened = Opened::begins(&document, start, by, now());
    let here = SafeText::from_static("large");
    Msg::Checklist(ChecklistMsg::Opened(here, Box::new(opened)))
}

/// An answer that is another one each second, so that each check changes.
fn answer(second: i64, at: Timestamp) -> Observation {
    let status = 200 + second % 2;
    Observation {
        value: Value::Count(status),
        at,
        words: safe!("{status}"),
    }
}

/// The model on a screen of that size.
struct Console {
    model: Model,
    look: Look,
    terminal: Terminal<TestBackend>,
}

impl Console {
    fn new((columns, rows): (u16, u16)) -> Self {
        let mut console = Self {
            model: Model {
                size: (columns, rows),
                keymap: Arc::new(config::keymap::built_in("default").expect("shipped")),
                ..Model::default()
            },
            look: Look {
                theme: config::theme::built_in("dark").expect("shipped"),
                glyphs: Glyphs::UNICODE,
                zone: TimeZone::UTC,
            },
            terminal: Terminal::new(TestBackend::new(columns, rows)).expect("a terminal"),
        };
        let state = state(1);
        let alerts = Watch::default().alerts(&state, &|_| Thresholds::default(), now());
        for msg in [
            Msg::Clock(now()),
            Msg::Source(Box::new(state)),
            Msg::Alerts(alerts),
        ] {
            console.take(msg);
        }
        console
    }

    /// One message, and the frame that shows it.
    fn take(&mut self, msg: Msg) -> Duration {
        self.timed(msg).0
    }

    fn timed(&mut self, msg: Msg) -> (Duration, Vec<Effect>) {
        let began = wait::now();
        let effects = black_box(update(&mut self.model, msg)).effects;
        let (model, look) = (&self.model, &self.look);
        let drawn = self
            .terminal
            .draw(|frame| ui::draw(model, look, frame.buffer_mut()));
        black_box(drawn.expect("a frame"));
        (began.elapsed(), effects)
    }

    /// The same of a list that is walked, and what was looked at is written down after: the slower of the two.
    fn walked(&mut self, msg: Msg) -> Duration {
        let (took, effects) = self.timed(msg);
        let records = effects.into_iter().filter_map(|effect| match effect {
            Effect::Work(Work::Checklist(ChecklistWork::Record(run, events))) => {
                Some(Msg::Checklist(ChecklistMsg::Happened(run, events)))
            }
            _ => None,
        });
        let written: Vec<Msg> = records.collect();
        written
            .into_iter()
            .fold(took, |most, msg| most.max(self.take(msg)))
    }

    /// What is asked for the list that is walked.
    fn queries(&self) -> Vec<Query> {
        let view = self.model.checklist.view.as_ref();
        view.expect("a list is open").walk.queries()
    }

    fn keys(&mut self, keys: &[&str]) -> Vec<Duration> {
        keys.iter()
            .map(|key| self.take(Msg::Key(key.parse().expect("a key"))))
            .collect()
    }

    fn measure(&mut self, keys: &[&str]) -> (Duration, Duration) {
        quantiles(self.keys(keys))
    }

    /// Keys while logs pour in: before each comes the most that the loop takes of them at once.
    fn flooded(&mut self, presses: u32) -> (Duration, Duration) {
        const MESSAGES: u32 = 64;
        const LINES: u32 = 128;
        const LINES_PER_S: u32 = 50_000;
        let _ = logs::follow(&mut self.model, Vec::new());
        let subscription = self.model.logs.subscription;
        let times = (0..presses).map(|press| {
            let passed = Duration::from_secs(1) * (press * MESSAGES * LINES) / LINES_PER_S;
            let at = now() + SignedDuration::try_from(passed).expect("a few minutes");
            let flood: Vec<Msg> = (0..MESSAGES)
                .map(|n| {
                    Msg::Logs(
                        subscription,
                        (0..LINES).map(|m| line(n * LINES + m, at)).collect(),
                    )
                })
                .collect();
            self.take(Msg::Clock(at));
            let began = wait::now();
            for msg in flood {
                drop(black_box(update(&mut self.model, msg)));
            }
            let key = ["j", "k"][press as usize % 2];
            self.take(Msg::Key(key.parse().expect("a key")));
            began.elapsed()
        });
        quantiles(times.collect())
    }

    fn snapshots(&mut self, count: u64) -> (Duration, Duration) {
        let times = (2..2 + count).map(|generation| {
            // One service is another one; the others are shared, as a platform shares them.
            let mut next = self.model.source.clone();
            next.generation = generation;
            let mut snapshot = Snapshot::clone(&next.snapshot);
            let at = (generation as usize * 37) % snapshot.services.len();
            let mut changed = Service::clone(&snapshot.services[at]);
            changed.usage.cpu_percent = Some(generation as f32);
            snapshot.services[at] = Arc::new(changed);
            next.snapshot = Arc::new(snapshot);
            self.take(Msg::Source(Box::new(next)))
        });
        quantiles(times.collect())
    }
}

fn quantiles(times: Vec<Duration>) -> (Duration, Duration) {
    (quantile(times.clone(), 0.5), quantile(times, 0.99))
}

fn now() -> Timestamp {
    "2026-11-21T14:00:00Z".parse().expect("a time")
}

fn ago(seconds: u32) -> Timestamp {
    now() - SignedDuration::from_secs(seconds.into())
}

fn state(generation: u64) -> SourceState {
    let mut services: Vec<_> = (0..SERVICES).map(|n| Arc::new(service(n))).collect();
    services.sort_by(|a, b| a.id.cmp(&b.id));
    let snapshot = Snapshot {
        services,
        rollouts: (0..ROLLOUTS).map(|n| Arc::new(rollout(n))).collect(),
        host: Arc::new(Host {
            name: SafeText::from_static("large"),
            identity: SafeText::from_static("large"),
            ..Host::default()
        }),
    };
    SourceState {
        health: SourceHealth::Live,
        generation,
        proof: Some(now()),
        snapshot: Arc::new(snapshot),
        ..SourceState::default()
    }
}

fn identity(n: u32) -> ServiceId {
    ServiceId {
        group: safe!("team-{:02}", n % 20),
        name: safe!(
            "{}-{}",
            ["api", "web", "worker", "sts/store"][n as usize % 4],
            n
        ),
    }
}

fn service(n: u32) -> Service {
    let unwell = n.is_multiple_of(20);
    let instances: Vec<_> = (0..PODS)
        .map(|pod| Arc::new(pod_of(n, pod, unwell && pod == 0)))
        .collect();
    let other = identity((n + 4) % SERVICES);
    Service {
        id: identity(n),
        kind: ServiceKind::Deployment,
        desired: Some(PODS),
        health: if unwell {
            Health::Critical
        } else {
            Health::Well
        },
        why: if unwell {
            SafeText::from_static("crash loop, exit 1: cannot reach redis:6379")
        } else {
            SafeText::EMPTY
        },
        image: safe!("registry.example/shop/app-{n}:v1.{}", n % 30),
        version: safe!("v1.{}", n % 30),
        since: Some(ago(n * 600)),
        usage: instances
            .iter()
            .fold(Usage::default(), |sum, i| sum.plus(&i.usage)),
        depends_on: vec![other],
        instances,
        ..Service::default()
    }
}

fn pod_of(service: u32, pod: u32, unwell: bool) -> Instance {
    Instance {
        id: InstanceId(safe!("{service:08}-{pod:04}")),
        name: safe!("app-{service}-7d9f8b6c5-{pod:05}"),
        phase: if unwell {
            Phase::Restarting
        } else {
            Phase::Running
        },
        probe: Probe::Healthy,
        health: if unwell {
            Health::Critical
        } else {
            Health::Well
        },
        why: if unwell {
            SafeText::from_static("crash loop, exit 1: cannot reach redis:6379")
        } else {
            SafeText::EMPTY
        },
        started: Some(ago(service * 600)),
        restarts: u32::from(unwell) * 9,
        exit_code: unwell.then_some(1),
        usage: Usage {
            cpu_percent: Some((service % 90) as f32),
            memory_bytes: Some(u64::from(service) << 18),
            memory_limit_bytes: Some(1 << 29),
            ..Usage::default()
        },
        node: safe!("ip-10-0-{}-{}", service % 3, pod),
        ..Instance::default()
    }
}

/// A line of one service after another, of which one in ten is grave.
fn line(n: u32, at: Timestamp) -> LogItem {
    let service = identity(n % SERVICES);
    let log = InstanceId(service.name.clone()).into();
    let label = service.name.clone();
    let level = if n.is_multiple_of(10) {
        "error"
    } else {
        "info"
    };
    let text = format!(r#"{{"level":"{level}","msg":"GET /v1/orders/{n}","ms":{n},"status":200}}"#);
    let raw = RawLine {
        at,
        stream: Stream::Out,
        bytes: text.into_bytes().into(),
    };
    let origin = LogOrigin {
        service,
        log,
        label,
    };
    LogItem::Line(Arc::new(origin), LogLine::read(&raw))
}

fn rollout(n: u32) -> Rollout {
    let stuck = n.is_multiple_of(3);
    let why = "crash loop, exit 1: cannot reach redis:6379";
    Rollout {
        service: identity(n * 10),
        from: SafeText::from_static("v1.1"),
        to: SafeText::from_static("v1.2"),
        started: ago(n * 20 + 5),
        began_before: false,
        ended: None,
        state: if stuck {
            RolloutState::Stuck(SafeText::from_static(why))
        } else {
            RolloutState::Progressing
        },
        new: vec![Mark::Starting; 3],
        old: vec![Mark::Ready; 8],
        wanted: PODS,
        by: SafeText::from_static("argocd"),
    }
}
