//! Alerts from snapshots that tests write down.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::domain::{
    fixture,
    health::Health,
    host::{Host, Quota},
    instance::{Instance, Phase, Probe, Usage},
    rollout::{Rollout, RolloutState},
    service::{Trouble, TroubleKind},
    snapshot::Snapshot,
    source::SourceHealth,
};
use crate::text::SafeText;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn instance() -> Instance {
    Instance {
        started: Some(at(0)),
        ..fixture::instance("shop-api", 1, "abc")
    }
}

fn state(instance: Instance) -> SourceState {
    fixture::state("d1", vec![fixture::service("api", vec![instance])])
}

fn alerts(
    watch: &mut Watch,
    state: &SourceState,
    seconds: i64,
) -> Vec<(String, Severity, Option<Timestamp>)> {
    let all = watch.alerts(state, &|_| Thresholds::default(), at(seconds));
    all.into_iter()
        .map(|a| (a.fingerprint.0.to_string(), a.severity, a.since))
        .collect()
}

#[test]
fn what_serves_brings_no_alert() {
    assert_eq!(alerts(&mut Watch::default(), &state(instance()), 10), []);
}

#[test]
fn what_is_wrong_with_the_whole_of_a_service_is_an_alert_of_its_own() {
    let trouble = |kind, health, since| Trouble {
        kind,
        health,
        text: SafeText::from_static("at its autoscaler's maximum of 10"),
        since,
    };
    let mut state = state(instance());
    let mut watch = Watch::default();
    assert_eq!(alerts(&mut watch, &state, 10), []);
    let mut api = (*state.snapshot.services[0]).clone();
    api.troubles = vec![
        trouble(TroubleKind::NotMade, Health::Critical, Some(at(5))),
        trouble(TroubleKind::Autoscaler, Health::Warning, None),
    ];
    // Its row says the worst of them; that is no alert beside theirs.
    api.health = Health::Critical;
    state.snapshot = Arc::new(Snapshot {
        services: vec![Arc::new(api)],
        ..(*state.snapshot).clone()
    });
    let found = |watch: &mut Watch, seconds| alerts(watch, &state, seconds);
    let expected = |begun| {
        vec![
            (
                "not-made shop/api".to_owned(),
                Severity::Critical,
                Some(at(5)),
            ),
            ("autoscaler shop/api".to_owned(), Severity::Warning, begun),
        ]
    };
    // Of what was watched while it was well, the beginning is known; of what was there before, it is not.
    assert_eq!(found(&mut watch, 20), expected(Some(at(20))));
    assert_eq!(found(&mut watch, 30), expected(Some(at(20))));
    assert_eq!(found(&mut Watch::default(), 30), expected(None));
}

#[test]
fn each_ailment_has_its_rule() {
    let unhealthy = Probe::Unhealthy {
        streak: 3,
        output: SafeText::from_static("refused"),
    };
    let cases = [
        (
            Instance {
                phase: Phase::Restarting,
                restarts: 5,
                exit_code: Some(1),
                ..instance()
            },
            "crash-loop shop/api",
        ),
        (
            Instance {
                phase: Phase::Restarting,
                restarts: 1,
                exit_code: Some(1),
                ..instance()
            },
            "restarting shop/api",
        ),
        (
            Instance {
                phase: Phase::Exited,
                exit_code: Some(137),
                oom_killed: true,
                ..instance()
            },
            "oom shop/api",
        ),
        (
            Instance {
                phase: Phase::Exited,
                exit_code: Some(2),
                ..instance()
            },
            "exited shop/api",
        ),
        (
            Instance {
                probe: unhealthy,
                ..instance()
            },
            "unhealthy shop/api",
        ),
    ];
    for (instance, rule) in cases {
        let found = alerts(&mut Watch::default(), &state(instance), 10);
        assert_eq!(found.len(), 1, "{rule}: {found:?}");
        assert_eq!(
            (found[0].0.as_str(), found[0].1),
            (rule, Severity::Critical)
        );
    }
}

#[test]
fn what_was_stopped_on_purpose_brings_no_alert() {
    let stopped = Instance {
        phase: Phase::Exited,
        exit_code: Some(0),
        ..instance()
    };
    assert_eq!(alerts(&mut Watch::default(), &state(stopped), 10), []);
}

#[test]
fn a_start_that_nobody_watched_is_unknown() {
    let usage = Usage {
        memory_bytes: Some(90),
        memory_limit_bytes: Some(100),
        ..Usage::default()
    };
    let full = state(Instance {
        usage,
        ..instance()
    });
    let mut watch = Watch::default();
    assert_eq!(
        alerts(&mut watch, &full, 10),
        [("memory shop/api".to_owned(), Severity::Warning, None)]
    );
    let usage = Usage {
        memory_bytes: Some(50),
        ..usage
    };
    let half = state(Instance {
        usage,
        ..instance()
    });
    assert_eq!(alerts(&mut watch, &half, 20), []);
    assert_eq!(
        alerts(&mut watch, &full, 30),
        [(
            "memory shop/api".to_owned(),
            Severity::Warning,
            Some(at(30))
        )]
    );
    assert_eq!(alerts(&mut watch, &full, 40)[0].2, Some(at(30)));
}

#[test]
fn what_has_to_hold_is_no_alert_before_it_has() {
    let hold = |_: &str| {
        let mut thresholds = Thresholds::default();
        thresholds.memory.hold = Duration::from_mins(1);
        thresholds
    };
    let usage = Usage {
        memory_bytes: Some(90),
        memory_limit_bytes: Some(100),
        ..Usage::default()
    };
    let full = state(Instance {
        usage,
        ..instance()
    });
    let mut watch = Watch::default();
    let half = Usage {
        memory_bytes: Some(50),
        ..usage
    };
    watch.alerts(
        &state(Instance {
            usage: half,
            ..instance()
        }),
        &hold,
        at(0),
    );
    assert_eq!(watch.alerts(&full, &hold, at(1)).len(), 0);
    assert_eq!(watch.alerts(&full, &hold, at(60)).len(), 0);
    assert_eq!(watch.alerts(&full, &hold, at(61)).len(), 1);
}

#[test]
fn a_disk_that_fills_up_is_told_in_two_steps() {
    let with = |free| {
        let host = Host {
            disk_free_bytes: Some(free),
            disk_size_bytes: Some(100),
            ..Host::default()
        };
        let snapshot = Snapshot {
            host: Arc::new(host),
            ..Snapshot::default()
        };
        SourceState {
            snapshot: Arc::new(snapshot),
            ..SourceState::default()
        }
    };
    let severity = |free| {
        alerts(&mut Watch::default(), &with(free), 0)
            .first()
            .map(|a| a.1)
    };
    assert_eq!(severity(50), None);
    assert_eq!(severity(15), Some(Severity::Warning));
    assert_eq!(severity(9), Some(Severity::Critical));
}

#[test]
fn a_figure_that_comes_late_and_is_bad_is_not_new() {
    let mut watch = Watch::default();
    alerts(&mut watch, &state(instance()), 0);
    let usage = Usage {
        memory_bytes: Some(90),
        memory_limit_bytes: Some(100),
        ..Usage::default()
    };
    let full = state(Instance {
        usage,
        ..instance()
    });
    assert_eq!(alerts(&mut watch, &full, 5)[0].2, None);
    // How long it has been seen stays.
    let later = watch.alerts(&full, &|_| Thresholds::default(), at(65));
    assert_eq!((later[0].since, later[0].seen), (None, at(5)));
}

#[test]
fn an_alert_is_as_old_as_the_trouble_whatever_it_is_called_now() {
    use Severity::{Critical, Warning};
    let exited = state(Instance {
        phase: Phase::Exited,
        exit_code: Some(1),
        finished: Some(at(10)),
        ..instance()
    });
    let looping = state(Instance {
        phase: Phase::Restarting,
        restarts: 5,
        exit_code: Some(1),
        ..instance()
    });
    let restarted = state(Instance {
        restarts: 5,
        ..instance()
    });
    let mut watch = Watch::default();
    alerts(&mut watch, &state(instance()), 0);
    let since = |watch: &mut Watch, state: &SourceState, now| {
        let all = alerts(watch, state, now);
        assert_eq!(all.len(), 1, "{all:?}");
        (all[0].1, all[0].2)
    };
    assert_eq!(since(&mut watch, &exited, 12), (Critical, Some(at(10))));
    assert_eq!(since(&mut watch, &looping, 30), (Critical, Some(at(10))));
    // Better, not well: bad since the beginning; and critical anew.
    assert_eq!(since(&mut watch, &restarted, 60), (Warning, Some(at(10))));
    assert_eq!(since(&mut watch, &looping, 90), (Critical, Some(at(90))));
    assert_eq!(alerts(&mut watch, &state(instance()), 100), []);
    assert_eq!(since(&mut watch, &looping, 120), (Critical, Some(at(120))));
}

#[test]
fn what_was_bad_before_anybody_watched_stays_of_unknown_age() {
    let looping = state(Instance {
        phase: Phase::Restarting,
        restarts: 5,
        exit_code: Some(1),
        ..instance()
    });
    let exited = state(Instance {
        phase: Phase::Exited,
        exit_code: Some(1),
        finished: Some(at(20)),
        ..instance()
    });
    let mut watch = Watch::default();
    assert_eq!(alerts(&mut watch, &looping, 10)[0].2, None);
    assert_eq!(alerts(&mut watch, &exited, 25)[0].2, None);
}

#[test]
fn a_crash_is_told_with_the_last_words_of_its_log() {
    let looping = state(Instance {
        phase: Phase::Restarting,
        restarts: 5,
        exit_code: Some(1),
        last_words: SafeText::from_static("OOM command not allowed"),
        ..instance()
    });
    let all = Watch::default().alerts(&looping, &|_| Thresholds::default(), at(0));
    assert_eq!(all[0].summary.as_str(), "api crash loop, exit 1");
    assert_eq!(all[0].detail.as_str(), "OOM command not allowed");
}

#[test]
fn a_full_disk_is_told_in_sizes_and_with_what_to_do() {
    let host = Host {
        disk_free_bytes: Some(2_254_857_830),
        disk_size_bytes: Some(80 << 30),
        ..Host::default()
    };
    let snapshot = Snapshot {
        host: Arc::new(host),
        ..Snapshot::default()
    };
    let state = SourceState {
        snapshot: Arc::new(snapshot),
        ..SourceState::default()
    };
    let all = Watch::default().alerts(&state, &|_| Thresholds::default(), at(0));
    assert_eq!(
        all[0].summary.as_str(),
        "disk of the daemon's data: 2.1 GiB free of 80 GiB, 97 % used"
    );
    assert!(
        all[0].detail.contains("docker system df"),
        "{}",
        all[0].detail
    );
}

#[test]
fn a_rollout_that_was_put_back_is_over_and_wants_no_eye() {
    let with = |is: RolloutState| {
        let mut state = state(instance());
        let rollout = Rollout {
            service: state.snapshot.services[0].id.clone(),
            from: SafeText::from_static("v1"),
            to: SafeText::from_static("v2"),
            started: at(0),
            began_before: false,
            ended: None,
            state: is,
            new: Vec::new(),
            old: Vec::new(),
            wanted: 1,
            by: SafeText::EMPTY,
        };
        Arc::make_mut(&mut state.snapshot).rollouts = vec![Arc::new(rollout)];
        state
    };
    let mut watch = Watch::default();
    let stuck = with(RolloutState::Stuck(SafeText::from_static("crash loop")));
    assert_eq!(alerts(&mut watch, &stuck, 5).len(), 1);
    let back = with(RolloutState::Failed(SafeText::from_static(
        "put back to v1",
    )));
    assert_eq!(alerts(&mut watch, &back, 6), []);
}

#[test]
fn while_the_platform_does_not_answer_time_alone_raises_nothing() {
    let usage = Usage {
        memory_bytes: Some(90),
        memory_limit_bytes: Some(100),
        ..Usage::default()
    };
    let mut thresholds = Thresholds::default();
    thresholds.memory.hold = Duration::from_mins(1);
    let mut watch = Watch::default();
    let mut said = |state: &SourceState, now| watch.alerts(state, &|_| thresholds, at(now)).len();
    let well = Instance {
        usage: Usage {
            memory_bytes: Some(10),
            ..usage
        },
        ..instance()
    };
    assert_eq!(said(&state(well), 0), 0);
    let mut full = state(Instance {
        usage,
        ..instance()
    });
    full.proof = Some(at(10));
    assert_eq!(said(&full, 10), 0);
    full.health = SourceHealth::Stale;
    assert_eq!(said(&full, 500), 0, "nobody knows whether it stayed so");
    full.health = SourceHealth::Live;
    assert_eq!(said(&full, 501), 1);
}

#[test]
fn each_quota_that_is_nearly_used_up_warns_by_itself_and_is_new_only_where_it_was_watched() {
    let quota = |what: &str, used: &str, hard: &str, percent| Quota {
        namespace: SafeText::name("shop"),
        name: SafeText::name("few"),
        what: SafeText::name(what),
        used: SafeText::name(used),
        hard: SafeText::name(hard),
        percent,
    };
    let seen = |quotas: Option<Vec<Quota>>| {
        let mut state = state(instance());
        let mut snapshot = Snapshot::clone(&state.snapshot);
        Arc::make_mut(&mut snapshot.host).quotas = quotas;
        state.snapshot = Arc::new(snapshot);
        state
    };
    let pods = quota("pods", "9", "10", 90);
    let cpu = quota("requests.cpu", "1900m", "2", 95);
    let mut watch = Watch::default();
    let told = |watch: &mut Watch, quotas, seconds| alerts(watch, &seen(quotas), seconds);
    assert!(told(&mut watch, None, 0).is_empty());
    // What was there when somebody first told began who knows when.
    let first = told(&mut watch, Some(vec![pods.clone()]), 10);
    let name = "quota shop/few pods".to_owned();
    assert_eq!(first, [(name.clone(), Severity::Warning, None)]);
    let both = told(&mut watch, Some(vec![pods.clone(), cpu.clone()]), 20);
    let second = "quota shop/few requests.cpu".to_owned();
    assert_eq!(
        both,
        [
            (name, Severity::Warning, None),
            (second, Severity::Warning, Some(at(20)))
        ]
    );
    let state = seen(Some(vec![cpu]));
    let all = watch.alerts(&state, &|_| Thresholds::default(), at(30));
    let [only] = all.as_slice() else {
        panic!("one: {all:?}")
    };
    assert_eq!(
        &*only.summary,
        "quota few of shop: requests.cpu 1900m of 2 used, 95 %"
    );
    assert_eq!((&*only.source, only.since), ("platform", Some(at(20))));
    assert!(told(&mut watch, Some(Vec::new()), 40).is_empty());
}

#[test]
fn requests_that_fail_and_slow_ones_are_alerts_where_somebody_said_from_when_on() {
    let traffic = |errors, p95| {
        let mut state = state(instance());
        let mut api = (*state.snapshot.services[0]).clone();
        api.traffic.error_percent = Some(errors);
        api.traffic.p95_ms = Some(p95);
        state.snapshot = Arc::new(Snapshot {
            services: vec![Arc::new(api)],
            ..(*state.snapshot).clone()
        });
        state
    };
    let set = |_: &str| {
        let mut thresholds = Thresholds::default();
        thresholds.error_rate.critical = Some(1.0);
        thresholds.p95.warning = Some(250.0);
        thresholds
    };
    let mut watch = Watch::default();
    let mut told = |errors, p95, seconds| {
        let all = watch.alerts(&traffic(errors, p95), &set, at(seconds));
        let all = all.into_iter();
        all.map(|a| (a.summary.to_string(), a.severity, a.since))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(0.9, 249.0, 10), []);
    let failing = "api 1.4% of its requests fail".to_owned();
    let slow = "api answers slowly: p95 300ms".to_owned();
    assert_eq!(
        told(1.4, 300.0, 20),
        [
            (failing, Severity::Critical, Some(at(20))),
            (slow, Severity::Warning, Some(at(20))),
        ]
    );
    // Too few to tell are no reason for an alert.
    assert_eq!(told(f32::NAN, f32::NAN, 30), []);
    let bad = traffic(50.0, 9_000.0);
    assert_eq!(alerts(&mut Watch::default(), &bad, 40), []);
}
