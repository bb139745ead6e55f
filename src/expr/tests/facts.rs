use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        alert::{Alert, Fingerprint, Severity},
        fixture::{id, instance, service, state},
        health::Health,
        host::{Host, Unseen},
        instance::Phase,
        rollout::{Mark, Rollout, RolloutState},
        service::{Service, ServiceId, ServiceKind, Traffic},
        signals::{Signals, Source},
        source::{SourceHealth, SourceState},
    },
    expr::{Answer, Known, Observation, Query, Truth, Value, Verdict, parse},
    text::SafeText,
};

/// When everything here is looked at; whatever began at the epoch began before the run.
const NOW: i64 = 1_000_000;
const START: i64 = 900_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// What is known, and how it is asked.
struct World {
    state: SourceState,
    alerts: Vec<Alert>,
    unseen_alerts: Option<SafeText>,
    backups: BTreeMap<ServiceId, Timestamp>,
    asked: BTreeMap<Query, Answer>,
    measured: BTreeSet<ServiceId>,
    start: Option<Timestamp>,
}

impl World {
    /// `api` of two copies and `web` of one, well, and live.
    fn new() -> Self {
        Self::of(vec![
            service(
                "api",
                vec![instance("api", 1, "a"), instance("api", 2, "b")],
            ),
            service("web", vec![instance("web", 1, "c")]),
        ])
    }

    fn of(services: Vec<Service>) -> Self {
        Self {
            state: SourceState {
                health: SourceHealth::Live,
                proof: Some(at(NOW - 1)),
                ..state("daemon", services)
            },
            alerts: Vec::new(),
            unseen_alerts: None,
            backups: BTreeMap::new(),
            asked: BTreeMap::new(),
            measured: BTreeSet::new(),
            start: Some(at(START)),
        }
    }

    /// The same with another `api`.
    fn with(change: impl Fn(&mut Service)) -> Self {
        let mut world = Self::new();
        world.change("api", change);
        world
    }

    fn change(&mut self, name: &str, change: impl Fn(&mut Service)) {
        let snapshot = Arc::make_mut(&mut self.state.snapshot);
        let found = snapshot.services.iter_mut().find(|s| *s.id.name == *name);
        change(Arc::make_mut(found.unwrap()));
    }

    fn host(&mut self, change: impl Fn(&mut Host)) {
        change(Arc::make_mut(
            &mut Arc::make_mut(&mut self.state.snapshot).host,
        ));
    }

    fn rollout(&mut self, state: RolloutState) {
        let rollout = Rollout {
            service: id("api"),
            from: SafeText::from_static("v1"),
            to: SafeText::from_static("v2"),
            started: at(NOW - 60),
            began_before: false,
            ended: None,
            state,
            new: vec![Mark::Ready, Mark::Starting],
            old: Vec::new(),
            wanted: 2,
            by: SafeText::EMPTY,
        };
        Arc::make_mut(&mut self.state.snapshot).rollouts = vec![Arc::new(rollout)];
    }

    /// What came of it, and in which words.
    fn says(&self, text: &str) -> (Truth, String) {
        let verdict = self.verdict(text);
        let words: Vec<&str> = verdict.evidence.iter().map(|e| e.words.as_str()).collect();
        (verdict.truth, words.join(" | "))
    }

    fn verdict(&self, text: &str) -> Verdict {
        let known = Known {
            state: &self.state,
            alerts: &self.alerts,
            unseen_alerts: self.unseen_alerts.as_ref(),
            backups: &self.backups,
            asked: &self.asked,
            measured: &self.measured,
            start: self.start,
            now: at(NOW),
            fresh: Duration::from_mins(1),
        };
        parse(text).expect(text).evaluate(&known)
    }

    fn holds(&self, text: &str, truth: Truth, words: &str) {
        let (found, said) = self.says(text);
        assert_eq!((found, said.as_str()), (truth, words), "{text}");
    }
}

use Truth::{False, True, Unknown};

#[test]
fn a_service_is_healthy_as_the_console_judges_it() {
    let world = World::new();
    world.holds("healthy(api)", True, "well");
    world.holds("healthy(shop/api)", True, "well");
    world.holds("healthy(*)", True, "all 2 services");
    world.holds("healthy(nope)", Unknown, "there is no service nope here");
    for (health, why, truth, words) in [
        (
            Health::Critical,
            "crash loop",
            False,
            "critical: crash loop",
        ),
        (Health::Warning, "", False, "warning"),
        (Health::Off, "", False, "stopped"),
        (Health::Unknown, "", Unknown, "unknown"),
    ] {
        let world = World::with(|api| {
            api.health = health;
            api.why = SafeText::from_static(why);
        });
        world.holds("healthy(api)", truth, words);
        world.holds("healthy(*)", truth, &format!("api: {words}"));
    }
    let task = World::with(|api| (api.health, api.kind) = (Health::Off, ServiceKind::Job));
    task.holds("healthy(api)", True, "ended");
}

#[test]
fn of_all_the_worst_counts_and_is_named() {
    let mut world = World::with(|api| api.health = Health::Warning);
    world.change("web", |web| web.health = Health::Critical);
    world.holds("healthy(*)", False, "web: critical, and 1 more");
    world.change("web", |web| web.health = Health::Unknown);
    world.holds("healthy(*)", False, "api: warning; unknown: web: unknown");
    world.holds(
        "ready(*) >= 1",
        True,
        "1/1 ready on v1 (sha256:1), at web, the worst of 2",
    );
    let node = World::with(|api| (api.health, api.kind) = (Health::Critical, ServiceKind::Node));
    node.holds("healthy(*)", True, "web: well");
}

#[test]
fn what_is_not_there_or_not_seen_proves_nothing() {
    World::of(Vec::new()).holds("healthy(*)", Unknown, "there is no service here");
    World::of(Vec::new()).holds("ready(*) < 1", Unknown, "there is no service here");
    let mut world = World::new();
    world.host(|host| {
        host.unseen = vec![Unseen {
            what: SafeText::from_static("pods"),
            why: SafeText::from_static("you may not list pods"),
        }];
    });
    world.holds("healthy(*)", Unknown, "you may not list pods");
    world.holds("healthy(api)", True, "well");
    world.change("api", |api| api.health = Health::Critical);
    world.holds(
        "healthy(*)",
        False,
        "api: critical; unknown: you may not list pods",
    );
    let mut twice = World::new();
    twice.change("web", |web| {
        web.id = ServiceId {
            group: SafeText::from_static("blog"),
            name: SafeText::from_static("api"),
        }
    });
    let words = "there are several services called api: shop/api, blog/api";
    twice.holds("healthy(api)", Unknown, words);
    twice.holds("healthy(blog/api)", True, "well");
}

#[test]
fn a_platform_that_does_not_answer_is_believed_nothing() {
    let every = "healthy(api) or ready(api) >= 0 or not rolled_out(api) or restarts(api) >= 0 or alerts(*) >= 0 \
        or free_disk(*) >= 0% or memory(api) >= 0B or version(api) != \"\" or backup_age(api) >= 0s";
    for health in [
        SourceHealth::Connecting,
        SourceHealth::CatchingUp,
        SourceHealth::Stale,
        SourceHealth::Offline,
        SourceHealth::LoginExpired,
    ] {
        let mut world = World::new();
        world.backups.insert(id("api"), at(NOW - 5));
        assert_eq!(world.says(every).0, True);
        world.state.health = health;
        let (truth, words) = world.says(every);
        assert_eq!(truth, Unknown, "{words}");
    }
    let mut world = World::new();
    world.state.health = SourceHealth::Stale;
    world.state.proof = Some(at(NOW - 300));
    world.holds(
        "healthy(api)",
        Unknown,
        "the platform is STALE, last heard of 5m ago",
    );
    world.state.health = SourceHealth::Live;
    world.state.proof = None;
    world.holds("healthy(api)", Unknown, "the platform has not answered yet");
}

#[test]
fn copies_serve_and_run_a_version() {
    let world = World::new();
    world.holds("ready(api) >= 2", True, "2/2 ready on v1 (sha256:1)");
    let world = World::with(|api| Arc::make_mut(&mut api.instances[1]).phase = Phase::Exited);
    world.holds("ready(api) >= 2", False, "1/2 ready on v1 (sha256:1)");
    let tagged = |api: &mut Service, tag: &'static str| {
        for copy in &mut api.instances {
            Arc::make_mut(copy).image = SafeText::from_static(tag);
        }
    };
    let world = World::with(|api| tagged(api, "r:5000/shop/api:1.8.2"));
    world.holds("version(api) == \"1.8.2\"", True, "1.8.2 on v1 (sha256:1)");
    world.holds("version(api) != \"1.8.2\"", False, "1.8.2 on v1 (sha256:1)");
    let world = World::with(|api| {
        tagged(api, "api:v1");
        Arc::make_mut(&mut api.instances[1]).image = SafeText::from_static("api:v2");
    });
    world.holds(
        "version(api) == \"v1\"",
        Unknown,
        "its copies run v1 and v2",
    );
    World::with(|api| api.instances.clear()).holds(
        "version(api) != \"v1\"",
        Unknown,
        "no copy of it is there",
    );
}

#[test]
fn a_rollout_is_through_when_every_copy_is_new_and_serves() {
    let all = "2/2 ready on v1 (sha256:1)";
    let mut world = World::new();
    world.holds("rolled_out(api)", True, all);
    for (state, truth, words) in [
        (RolloutState::Progressing, False, "1/2 on v2, under way"),
        (
            RolloutState::Stuck(SafeText::from_static("exit 1")),
            False,
            "1/2 on v2, stuck: exit 1",
        ),
        (
            RolloutState::Failed(SafeText::from_static("gave up")),
            False,
            "1/2 on v2, failed: gave up",
        ),
        (RolloutState::Done, True, all),
    ] {
        world.rollout(state);
        world.holds("rolled_out(api)", truth, words);
    }
    let mixed = World::with(|api| {
        Arc::make_mut(&mut api.instances[1]).image_id = SafeText::from_static("sha256:2");
    });
    mixed.holds("rolled_out(api)", False, "2/2 ready on v1 and others");
    let fewer = World::with(|api| api.desired = Some(3));
    fewer.holds("rolled_out(api)", False, "2/3 ready on v1 (sha256:1)");
    let none = World::with(|api| {
        api.instances.clear();
        api.desired = Some(0);
    });
    none.holds("rolled_out(api)", False, "0/0 ready on v1");
    let nameless = World::with(|api| {
        for copy in &mut api.instances {
            Arc::make_mut(copy).image_id = SafeText::EMPTY;
        }
    });
    nameless.holds(
        "rolled_out(api)",
        Unknown,
        "what its copies were made from is unknown",
    );
}

#[test]
fn restarts_since_the_start_are_counted_as_far_as_anybody_knows() {
    let restarted = |count, created, started: Option<i64>| {
        World::with(move |api| {
            let copy = Arc::make_mut(&mut api.instances[0]);
            copy.restarts = count;
            copy.created = Some(at(created));
            copy.started = started.map(at);
        })
    };
    let none = "restarts(api) == 0 since start";
    World::new().holds(none, True, "0 restarts since start of 2 copies");
    let before = restarted(5, 0, Some(START - 10));
    before.holds(none, True, "0 restarts since start of 2 copies");
    before.holds("restarts(api) == 0", False, "5 restarts of 2 copies");
    restarted(2, START + 1, Some(NOW)).holds(none, False, "2 restarts since start of 2 copies");
    let since = restarted(5, 0, Some(START + 10));
    since.holds(none, False, "1 restart or more since start of 2 copies");
    let (truth, words) = since.says("restarts(api) < 3 since start");
    assert_eq!(
        (truth, words.ends_with("not enough to tell")),
        (Unknown, true)
    );
    restarted(1, 0, Some(START + 1)).holds(
        "restarts(*) < 2 since start",
        True,
        "1 restart since start of 2 copies, at api, the worst of 2",
    );
    let unsaid = restarted(1, 0, None);
    unsaid.holds(none, Unknown, "when api-1 was started is unknown");
    let mut no_run = World::new();
    no_run.start = None;
    no_run.holds(none, Unknown, "the list was not begun yet");
    World::with(|api| api.instances.clear()).holds(none, Unknown, "no copy of it is there");
}

#[test]
fn traffic_that_nothing_measures_is_never_none() {
    let world = World::new();
    for (text, words) in [
        ("error_rate(api) < 1%", "nothing measures its errors"),
        ("p95(api) < 1s", "nothing measures its times to answer"),
        ("traffic(api) < 1", "nothing measures its requests"),
        ("error_rate(*) < 1%", "nothing measures it here"),
        ("not error_rate(*) > 1%", "nothing measures it here"),
    ] {
        world.holds(text, Unknown, words);
    }
    let mut world = World::with(|api| {
        api.traffic.rate = Some(12.34);
        api.traffic.error_percent = Some(0.04);
        api.traffic.p95_ms = Some(240.2);
    });
    world.holds("error_rate(api) < 0.1%", True, "0.04 % errors");
    world.holds("error_rate(api) == 0.04%", True, "0.04 % errors");
    world.holds("p95(api) < 250ms", True, "p95 241ms");
    world.holds("traffic(api) > 12.3", False, "12.3 requests a second");
    let of_all = "0.04 % errors, at api, the worst of 1; not measured: web";
    world.holds("error_rate(*) < 0.1%", True, of_all);
    // It was measured, and is not any more: it may be anything.
    world.measured.insert(id("web"));
    let (truth, words) = world.says("error_rate(*) < 0.1%");
    assert_eq!(truth, Unknown, "{words}");
    assert!(
        words.contains("unknown: web: nothing measures its errors"),
        "{words}"
    );
    assert_eq!(world.says("error_rate(*) > 0.01%").0, True);
    assert_eq!(world.says("traffic(*) < 13").0, True);
    assert_eq!(world.says("traffic(*) > 1").0, Unknown);
    for odd in [f32::NAN, f32::INFINITY, -1.0] {
        let world = World::with(|api| api.traffic.error_percent = Some(odd));
        let words = "too little traffic to tell its errors";
        world.holds("error_rate(api) < 1%", Unknown, words);
        world.holds("error_rate(*) < 1%", Unknown, &format!("api: {words}"));
    }
}

#[test]
fn memory_and_disk_are_told_in_percent_and_bytes() {
    let mut world = World::with(|api| {
        for (copy, used) in api.instances.iter_mut().zip([50, 81]) {
            let usage = &mut Arc::make_mut(copy).usage;
            usage.memory_bytes = Some(used << 20);
            usage.memory_limit_bytes = Some(100 << 20);
        }
    });
    world.holds(
        "memory(api) < 80%",
        False,
        "81 % of its memory limit at api-2",
    );
    world.holds("memory(api) < 90MiB", True, "81 MiB of memory at api-2");
    world.holds(
        "memory(web) < 80%",
        Unknown,
        "the memory of web-1 is not measured",
    );
    assert_eq!(world.says("memory(*) > 80%").0, True);
    assert_eq!(world.says("memory(*) < 90%").0, Unknown);
    world.change("web", |web| {
        Arc::make_mut(&mut web.instances[0]).usage.memory_bytes = Some(1);
    });
    world.holds("memory(web) < 80%", Unknown, "web-1 has no memory limit");
    assert_eq!(world.says("memory(*) < 90%").0, True);

    world.holds("free_disk(*) > 20%", Unknown, "free disk is not known here");
    world.host(|host| {
        host.name = SafeText::from_static("box");
        host.disk_free_bytes = Some(30 << 30);
        host.disk_size_bytes = Some(100 << 30);
    });
    world.holds("free_disk(*) > 20%", True, "30 % of 100 GiB free on box");
    world.holds("free_disk(box) > 31 GiB", False, "30 GiB free on box");
    let elsewhere = "the disk of other is not watched, only that of box";
    world.holds("free_disk(other) > 20%", Unknown, elsewhere);
}

#[test]
fn backups_have_an_age_or_none_is_known() {
    let mut world = World::with(|api| api.stateful = true);
    world.holds(
        "backup_age(api) < 1h",
        Unknown,
        "no verified backup is known",
    );
    world.holds(
        "backup_age(*) < 1h",
        Unknown,
        "api: no verified backup is known",
    );
    world
        .backups
        .insert(id("api"), at(NOW) - SignedDuration::from_mins(41));
    world.holds("backup_age(api) < 1h", True, "backed up 41m ago");
    world.holds("backup_age(api) < 40m", False, "backed up 41m ago");
    let of_all = "backed up 41m ago, at api, the worst of 1; not measured: web";
    world.holds("backup_age(*) < 1h", True, of_all);
    world.backups.insert(id("api"), at(NOW + 60));
    let words = "the newest backup is of a moment to come: clocks differ";
    world.holds("backup_age(api) < 1h", Unknown, words);
}

#[test]
fn alerts_are_counted_where_all_are_seen() {
    let alert = |severity, summary| Alert {
        fingerprint: Fingerprint(SafeText::from_static(summary)),
        severity,
        summary: SafeText::from_static(summary),
        detail: SafeText::EMPTY,
        service: None,
        since: None,
        seen: at(NOW),
        source: SafeText::EMPTY,
        silenced: false,
    };
    let mut world = World::new();
    world.holds("alerts(critical) == 0", True, "no critical alert");
    world.alerts = vec![
        alert(Severity::Critical, "api down"),
        alert(Severity::Warning, "disk"),
    ];
    world.holds("alerts(critical) == 0", False, "1 critical alert: api down");
    world.holds("alerts(*) == 2", True, "2 alerts: api down, disk");
    world.unseen_alerts = Some(SafeText::from_static("Alertmanager does not answer"));
    let words = "1 warning alert: disk; Alertmanager does not answer";
    world.holds("alerts(warning) > 0", True, words);
    world.holds("alerts(warning) == 0", False, words);
    assert_eq!(world.says("alerts(warning) == 1").0, Unknown);
    world.alerts.clear();
    assert_eq!(world.says("alerts(critical) == 0").0, Unknown);
}

/// That the platform is well now says nothing of how old is what others told.
#[test]
fn what_others_told_is_of_the_moment_at_which_they_did() {
    let mut world = World::with(|api| api.traffic.error_percent = Some(0.0));
    let source = |name, measures, age| Source {
        name: SafeText::from_static(name),
        measures,
        answered: Some(at(NOW - age)),
        problem: SafeText::EMPTY,
    };
    let mut signals = Signals {
        sources: vec![
            source("Prometheus", true, 15),
            source("Alertmanager", false, 20),
        ],
        ..Signals::default()
    };
    world.state.signals = Arc::new(signals.clone());
    for (text, age) in [
        ("healthy(api)", 1),
        ("error_rate(api) < 1%", 15),
        ("alerts(critical) == 0", 20),
    ] {
        let told = world.verdict(text).evidence[0].at;
        assert_eq!(told, Some(at(NOW - age)), "{text}");
    }
    signals.sources[0].problem = SafeText::from_static("refused");
    world.state.signals = Arc::new(signals);
    world.change("api", |api| api.traffic = Traffic::default());
    let words = "nothing measures its errors; Prometheus: refused";
    world.holds("error_rate(api) < 1%", Unknown, words);
}

#[test]
fn what_is_asked_is_believed_while_it_is_fresh() {
    let mut world = World::new();
    let ask = |world: &mut World, text: &str, answer| {
        let query = parse(text).unwrap().queries()[0].clone();
        world.asked.insert(query, answer);
    };
    let observed = |value, age| {
        Ok(Observation {
            value,
            at: at(NOW - age),
            words: SafeText::from_static("seen"),
        })
    };
    for (text, value) in [
        ("http(http://a).status == 200", Value::Count(200)),
        (
            "http(http://a).latency < 1s",
            Value::Span(Duration::from_millis(9)),
        ),
        ("cert_days(a) > 30", Value::Count(31)),
        ("connections(db) < 80%", Value::Percent(7.0)),
        ("env(A) is set", Value::Truth(true)),
        ("command(\"a\")", Value::Truth(true)),
    ] {
        assert_eq!(world.says(text).0, Unknown, "{text}");
        ask(&mut world, text, observed(value.clone(), 60));
        world.holds(text, True, "seen");
        ask(&mut world, text, observed(value, 120));
        world.holds(text, Unknown, "asked 2m ago, and not answered since: seen");
        ask(&mut world, text, Err(SafeText::from_static("refused")));
        world.holds(text, Unknown, "refused");
    }
    // What the console sees by itself is not taken from elsewhere.
    ask(&mut world, "healthy(api)", observed(Value::Truth(false), 0));
    world.state.health = SourceHealth::Offline;
    assert_eq!(world.says("healthy(api)").0, Unknown);
    world.holds("command(\"b\")", Unknown, "not asked yet");
}
