//! How well a container is, and the one thing to know about it.

use jiff::Timestamp;

use crate::{
    domain::{
        health::Health,
        instance::{Phase, Probe},
    },
    platform::docker::container::Container,
    safe,
    text::SafeText,
};

/// How long something started or made may take before it is worth a look.
const PATIENCE: i64 = 30;

/// A process that has run this long since its last restart is out of its loop.
const OUT_OF_LOOP: i64 = 60;

/// How long a restart, or a kill for memory, stays worth a look.
const RECENT: i64 = 600;

/// From so much of its limit on, memory is worth a look. In percent.
const MEMORY_HIGH: f32 = 80.0;

/// What is to be said of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) health: Health,
    /// Empty when all is well.
    pub(super) why: SafeText,
    /// Since when, where the platform says so.
    pub(super) since: Option<Timestamp>,
}

const WELL: Judgement = Judgement {
    health: Health::Well,
    why: SafeText::EMPTY,
    since: None,
};

/// Judges a container at `now`.
pub(super) fn judge(c: &Container, now: Timestamp) -> Judgement {
    let say = |health, why, since| Judgement { health, why, since };
    // Only what does not run can have lost its image: the daemon keeps those in use.
    if c.image_missing && c.phase != Phase::Running {
        let why = safe!("image missing: {}", c.image);
        return say(Health::Warning, why, None);
    }
    match c.phase {
        Phase::Running => running(c, now),
        Phase::Restarting => restarting(c),
        Phase::Exited => exited(c),
        Phase::Paused => say(
            Health::Warning,
            SafeText::from_static("paused"),
            c.seen.paused,
        ),
        Phase::Dead => say(
            Health::Critical,
            SafeText::from_static("dead: it could not be removed"),
            c.finished,
        ),
        Phase::Stopping => say(Health::Unknown, SafeText::from_static("stopping"), None),
        Phase::Created if !c.start_error.is_empty() => say(
            Health::Critical,
            safe!("did not start: {}", c.start_error),
            c.created,
        ),
        Phase::Created if older(c.created, now, PATIENCE) => say(
            Health::Warning,
            SafeText::from_static("made, never started"),
            c.created,
        ),
        Phase::Created => say(Health::Unknown, SafeText::from_static("starting"), None),
        Phase::Unknown => say(Health::Unknown, SafeText::EMPTY, None),
    }
}

fn running(c: &Container, now: Timestamp) -> Judgement {
    let say = |health, why, since| Judgement { health, why, since };
    let fresh = |seconds| c.started.is_some() && !older(c.started, now, seconds);
    if c.restarts >= 3 && fresh(OUT_OF_LOOP) {
        return crash_loop(c);
    }
    if let Probe::Unhealthy { .. } = c.probe {
        return say(
            Health::Critical,
            SafeText::from_static("unhealthy"),
            c.seen.unhealthy,
        );
    }
    if c.seen.oom.is_some() && !older(c.seen.oom, now, RECENT) {
        return say(
            Health::Warning,
            SafeText::from_static("killed for memory (OOM)"),
            c.seen.oom,
        );
    }
    if c.restarts > 0 && fresh(RECENT) {
        let why = match c.seen.last_exit {
            Some(code) => safe!("restarted, exit {code}{}", last_words(c)),
            None => SafeText::from_static("restarted"),
        };
        return say(Health::Warning, why, c.started);
    }
    if c.probe == Probe::Starting {
        let why = match &c.start_failing {
            words if words.is_empty() => SafeText::from_static("starting"),
            words => safe!("starting, check failing: {words}"),
        };
        return say(Health::Unknown, why, None);
    }
    if let Some(percent) = c
        .usage
        .memory_percent()
        .filter(|&percent| percent >= MEMORY_HIGH)
    {
        return say(Health::Warning, safe!("memory {percent:.0} %"), None);
    }
    WELL
}

fn restarting(c: &Container) -> Judgement {
    if c.restarts >= 2 {
        return crash_loop(c);
    }
    Judgement {
        health: Health::Warning,
        why: match c.exit_code {
            Some(code) => safe!("restarting, exit {code}{}", last_words(c)),
            None => SafeText::from_static("restarting"),
        },
        since: c.finished,
    }
}

fn crash_loop(c: &Container) -> Judgement {
    let why = match c.exit_code.or(c.seen.last_exit) {
        _ if c.oom_killed => SafeText::from_static("crash loop, OOM"),
        Some(code) => safe!("crash loop, exit {code}{}", last_words(c)),
        None => SafeText::from_static("crash loop"),
    };
    // A loop that was there before we looked began at a moment that nobody tells.
    let all_seen = c.seen.loop_deaths >= c.restarts.max(1);
    Judgement {
        health: Health::Critical,
        why,
        since: c.seen.loop_since.filter(|_| all_seen),
    }
}

fn exited(c: &Container) -> Judgement {
    let code = c.exit_code.unwrap_or_default();
    let say = |health, why| Judgement {
        health,
        why,
        since: c.finished,
    };
    if c.oom_killed {
        return say(Health::Critical, safe!("exited {code}, OOM"));
    }
    if !c.start_error.is_empty() {
        return say(Health::Critical, safe!("did not start: {}", c.start_error));
    }
    // Docker itself starts again what is kept up: that it is down means that someone stopped it.
    if code == 0 || c.seen.asked_to_stop || c.kept_up {
        return say(Health::Off, SafeText::EMPTY);
    }
    match code {
        // The codes of INT and TERM: someone asked, before we looked.
        130 | 143 => say(Health::Off, SafeText::EMPTY),
        137 => say(Health::Warning, SafeText::from_static("exited 137, killed")),
        _ => say(Health::Critical, safe!("exited {code}{}", last_words(c))),
    }
}

/// What it said last, as it goes on from its exit code.
fn last_words(c: &Container) -> String {
    match &c.last_words {
        words if words.is_empty() => String::new(),
        words => format!(": {words}"),
    }
}

/// Whether `moment` lies more than so many seconds before `now`.
fn older(moment: Option<Timestamp>, now: Timestamp, seconds: i64) -> bool {
    moment.is_some_and(|at| now.as_second() - at.as_second() > seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instance::Usage;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn said(c: &Container) -> (Health, String) {
        let judged = judge(c, at(1000));
        (judged.health, judged.why.to_string())
    }

    #[test]
    fn each_state_is_said_in_an_operators_words() {
        let running = || Container {
            phase: Phase::Running,
            started: Some(at(0)),
            ..Container::default()
        };
        let exited = |code| Container {
            phase: Phase::Exited,
            exit_code: Some(code),
            ..Container::default()
        };
        let cases: Vec<(Container, Health, &str)> = vec![
            (running(), Health::Well, ""),
            (
                Container {
                    phase: Phase::Restarting,
                    restarts: 7,
                    exit_code: Some(1),
                    ..Container::default()
                },
                Health::Critical,
                "crash loop, exit 1",
            ),
            (
                Container {
                    phase: Phase::Restarting,
                    restarts: 7,
                    oom_killed: true,
                    ..Container::default()
                },
                Health::Critical,
                "crash loop, OOM",
            ),
            (
                Container {
                    phase: Phase::Restarting,
                    restarts: 1,
                    exit_code: Some(1),
                    ..Container::default()
                },
                Health::Warning,
                "restarting, exit 1",
            ),
            (
                Container {
                    restarts: 4,
                    started: Some(at(990)),
                    ..running()
                },
                Health::Critical,
                "crash loop",
            ),
            (
                Container {
                    restarts: 4,
                    started: Some(at(900)),
                    ..running()
                },
                Health::Warning,
                "restarted",
            ),
            (
                Container {
                    restarts: 4,
                    ..running()
                },
                Health::Well,
                "",
            ),
            (
                Container {
                    probe: Probe::Unhealthy {
                        streak: 3,
                        output: SafeText::EMPTY,
                    },
                    ..running()
                },
                Health::Critical,
                "unhealthy",
            ),
            (
                Container {
                    probe: Probe::Starting,
                    ..running()
                },
                Health::Unknown,
                "starting",
            ),
            (
                Container {
                    probe: Probe::Starting,
                    start_failing: SafeText::from_static("connection refused"),
                    ..running()
                },
                Health::Unknown,
                "starting, check failing: connection refused",
            ),
            (
                Container {
                    phase: Phase::Restarting,
                    restarts: 7,
                    exit_code: Some(1),
                    last_words: SafeText::from_static("OOM command not allowed"),
                    ..Container::default()
                },
                Health::Critical,
                "crash loop, exit 1: OOM command not allowed",
            ),
            (
                Container {
                    last_words: SafeText::from_static("no such table"),
                    ..exited(1)
                },
                Health::Critical,
                "exited 1: no such table",
            ),
            (
                Container {
                    usage: Usage {
                        memory_bytes: Some(81),
                        memory_limit_bytes: Some(100),
                        ..Usage::default()
                    },
                    ..running()
                },
                Health::Warning,
                "memory 81 %",
            ),
            (
                Container {
                    oom_killed: true,
                    ..exited(137)
                },
                Health::Critical,
                "exited 137, OOM",
            ),
            (exited(137), Health::Warning, "exited 137, killed"),
            (exited(1), Health::Critical, "exited 1"),
            (exited(0), Health::Off, ""),
            (exited(143), Health::Off, ""),
            (
                Container {
                    kept_up: true,
                    ..exited(1)
                },
                Health::Off,
                "",
            ),
            (
                Container {
                    phase: Phase::Created,
                    created: Some(at(0)),
                    ..Container::default()
                },
                Health::Warning,
                "made, never started",
            ),
            (
                Container {
                    phase: Phase::Paused,
                    ..Container::default()
                },
                Health::Warning,
                "paused",
            ),
        ];
        for (container, health, why) in cases {
            assert_eq!(said(&container), (health, why.to_owned()), "{container:?}");
        }
    }

    #[test]
    fn a_loop_that_began_before_we_looked_has_no_beginning() {
        let mut c = Container {
            phase: Phase::Restarting,
            restarts: 7,
            ..Container::default()
        };
        c.seen.loop_since = Some(at(0));
        c.seen.loop_deaths = 3;
        assert_eq!(judge(&c, at(10)).since, None);
        c.seen.loop_deaths = 8;
        assert_eq!(judge(&c, at(10)).since, Some(at(0)));
    }

    #[test]
    fn what_was_so_before_we_looked_is_as_old_as_the_daemon_tells() {
        let seen = |state: &str, restarts: u32| {
            let mut c = Container::default();
            c.inspect(
                &serde_json::from_str(&format!(
                    r#"{{"Id":"a","Name":"/a","Created":"2027-01-15T08:00:00Z","RestartCount":{restarts},"State":{state}}}"#
                ))
                .unwrap(),
            );
            judge(&c, at(86_400)).since
        };
        let looping = |second: &str| {
            format!(
                r#"{{"Status":"restarting","ExitCode":1,"StartedAt":"2027-01-15T{second}.1Z","FinishedAt":"2027-01-15T{second}.6Z"}}"#
            )
        };
        // Waits of 0.1, 0.2, … 1.6 s, and six runs of half a second: it has done nothing else.
        assert_eq!(seen(&looping("08:00:05"), 5), Some(at(0)));
        assert_eq!(seen(&looping("09:00:00"), 5), None);
        let run = |minute: u32| {
            format!(r#"{{"End":"2027-01-15T08:{minute}:01Z","ExitCode":1,"Output":""}}"#)
        };
        let runs: Vec<String> = (50..55).map(run).collect();
        let failing = |started: &str| {
            let log = runs.join(",");
            format!(
                r#"{{"Status":"running","StartedAt":"2027-01-15T{started}Z","Health":{{"Status":"unhealthy","FailingStreak":20,"Log":[{log}]}}}}"#
            )
        };
        // A check a minute, and the last of twenty that failed at 8:54.
        assert_eq!(seen(&failing("08:00:00"), 0), Some(at(35 * 60 + 1)));
        assert_eq!(seen(&failing("08:40:00"), 0), Some(at(40 * 60)));
    }
}
