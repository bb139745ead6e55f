//! When a replica counts as serving, and how long to wait for it.

use std::time::Duration;

use super::{
    container::{Check, Container, number},
    work::{Act, Work},
    world::World,
};
use crate::{plan::record::Failure, safe, text::SafeText};

/// What Docker takes for an interval or a timeout that nobody chose, in nanoseconds.
const DEFAULT: u64 = 30_000_000_000;

/// What a process that heeds its signal takes to end, roughly.
const STOPPING: Duration = Duration::from_secs(2);

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long a replica without a health check must run to count as serving.
    pub steady: Duration,
    /// Between two looks at it.
    pub poll: Duration,
    /// What a health check may take beyond what its own figures say.
    pub slack: Duration,
    /// How long to look for the effect of a send whose answer was lost.
    pub settle: Duration,
    /// How long to wait for a daemon that went away.
    pub back: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            steady: Duration::from_secs(5),
            poll: Duration::from_millis(250),
            slack: Duration::from_secs(30),
            settle: Duration::from_secs(20),
            back: Duration::from_mins(2),
        }
    }
}

impl Patience {
    /// How long a replica may take to serve.
    pub(super) fn limit(&self, container: &Container) -> Duration {
        let nanos = |field: &str, default: u64| {
            let set = number(&container.0, &format!("/Config/Healthcheck/{field}"));
            Duration::from_nanos(
                u64::try_from(set)
                    .ok()
                    .filter(|&n| n > 0)
                    .unwrap_or(default),
            )
        };
        let tries = number(&container.0, "/Config/Healthcheck/Retries").clamp(0, 100) as u32;
        let tries = if tries == 0 { 3 } else { tries };
        let each = nanos("Interval", DEFAULT) + nanos("Timeout", DEFAULT);
        (nanos("StartPeriod", 0) + each * (tries + 1)).max(self.steady) + self.slack
    }

    /// How long nobody is served while the only replica is replaced or restarted, as things usually go.
    pub(super) fn gap(&self, world: &World) -> Duration {
        STOPPING + self.serving(world)
    }

    /// How long a replica usually takes to count as serving.
    fn serving(&self, world: &World) -> Duration {
        let first = world.containers.first();
        let interval = first.map_or(0, |c| number(&c.0, "/Config/Healthcheck/Interval"));
        match u64::try_from(interval) {
            Ok(nanos) if nanos > 0 => Duration::from_nanos(nanos),
            _ => self.steady,
        }
    }

    /// How long a plan may take, by what is known of each step.
    pub(super) fn estimate<'a>(
        &self,
        works: impl Iterator<Item = &'a Work>,
        world: &World,
    ) -> Duration {
        works
            .map(|work| match work.act {
                Act::Await(_) => self.serving(world),
                Act::Stop(_) | Act::Restart(_) => STOPPING,
                _ => Duration::from_millis(200),
            })
            .sum()
    }
}

/// What one look at a waited-for replica tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Readiness {
    /// It serves.
    Serves,
    /// It runs; `true` while its steadiness is being measured.
    Waits(SafeText, bool),
    /// It will not.
    Broken(Failure, SafeText),
}

/// Judges a replica. `restarts` is its count after our start: a higher one is a crash, whatever it looks like now.
/// `steady` says whether it has been watched running for long enough.
pub(super) fn readiness(container: &Container, restarts: i64, steady: bool) -> Readiness {
    let name = super::names::parse(container.name()).0;
    let exit = container.exit_code();
    if container.restarts() > restarts || container.status() == "restarting" {
        return Readiness::Broken(
            Failure::Exited,
            safe!("{name} crashes and is started again, exit {exit}"),
        );
    }
    match container.status() {
        "running" => {}
        "created" => return Readiness::Broken(Failure::Exited, safe!("{name} was not started")),
        "exited" | "dead" => {
            let words = super::container::text(&container.0, "/State/Error");
            let more = if words.is_empty() {
                String::new()
            } else {
                format!(": {words}")
            };
            return Readiness::Broken(Failure::Exited, safe!("{name} ended, exit {exit}{more}"));
        }
        other => return Readiness::Waits(safe!("{name}: {other}"), false),
    }
    match container.check() {
        Check::Healthy => Readiness::Serves,
        Check::Starting => Readiness::Waits(safe!("{name}: health check"), false),
        Check::Unhealthy(output) if output.is_empty() => {
            Readiness::Broken(Failure::Unhealthy, safe!("{name} is unhealthy"))
        }
        Check::Unhealthy(output) => {
            Readiness::Broken(Failure::Unhealthy, safe!("{name} is unhealthy: {output}"))
        }
        Check::None if steady => Readiness::Serves,
        Check::None => Readiness::Waits(safe!("{name} runs; it has no health check"), true),
    }
}
