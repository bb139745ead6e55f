//! One running copy of a service: a container, later a pod or a task.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{domain::health::Health, text::SafeText};

/// What the platform names an instance by: a container's full id. It identifies for ever; names do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstanceId(pub SafeText);

impl InstanceId {
    /// The first 12 characters, as `docker ps` prints them.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

/// Where an instance is in its life, in Docker's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// Made, never started.
    Created,
    /// Its process runs.
    Running,
    /// Frozen by someone.
    Paused,
    /// Between two runs: the restart policy waits to start it again.
    Restarting,
    /// Being stopped or removed.
    Stopping,
    /// Its process has ended.
    Exited,
    /// The platform failed to remove it.
    Dead,
    /// The platform has not said yet.
    #[default]
    Unknown,
}

/// What the platform's own health check says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// There is no health check.
    #[default]
    None,
    /// Within its start period.
    Starting,
    /// The last run passed.
    Healthy,
    /// It has failed often enough to count.
    Unhealthy {
        /// Runs failed in a row.
        streak: u32,
        /// What the last run printed, shortened.
        output: SafeText,
    },
}

/// Figures of use. `None` is "not known", never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Processor time, in percent of one core (150.0 is one and a half cores).
    pub cpu_percent: Option<f32>,
    /// Memory in bytes, without the page cache that can be given back.
    pub memory_bytes: Option<u64>,
    /// The memory limit in bytes; `None` where there is none.
    pub memory_limit_bytes: Option<u64>,
    /// Bytes received per second over all interfaces.
    pub rx_bytes_per_s: Option<f32>,
    /// Bytes sent per second over all interfaces.
    pub tx_bytes_per_s: Option<f32>,
}

impl Usage {
    /// Memory in percent of its limit; `None` without a limit or a figure.
    pub fn memory_percent(&self) -> Option<f32> {
        let limit = self.memory_limit_bytes.filter(|&l| l > 0)?;
        Some(self.memory_bytes? as f32 * 100.0 / limit as f32)
    }

    /// The sum of two instances' use; unknown plus known is known.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        fn add<T>(a: Option<T>, b: Option<T>, sum: impl Fn(T, T) -> T) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(sum(a, b)),
                (a, b) => a.or(b),
            }
        }
        let bytes = |a, b| add(a, b, u64::saturating_add);
        let figure = |a, b| add(a, b, |a: f32, b: f32| a + b);
        Self {
            cpu_percent: figure(self.cpu_percent, other.cpu_percent),
            memory_bytes: bytes(self.memory_bytes, other.memory_bytes),
            memory_limit_bytes: bytes(self.memory_limit_bytes, other.memory_limit_bytes),
            rx_bytes_per_s: figure(self.rx_bytes_per_s, other.rx_bytes_per_s),
            tx_bytes_per_s: figure(self.tx_bytes_per_s, other.tx_bytes_per_s),
        }
    }
}

/// One copy of a service. By default nothing is known of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// The platform's id.
    pub id: InstanceId,
    /// Its name, for example `shop-api-2`.
    pub name: SafeText,
    /// Its number within the service, from 1; 0 where the platform has none.
    pub number: u32,
    /// Where it is in its life.
    pub phase: Phase,
    /// What its health check says.
    pub probe: Probe,
    /// Our judgement over phase, probe, restarts and exit.
    pub health: Health,
    /// The one thing to know about it, in an operator's words ("crash loop, exit 1"); empty when well.
    pub why: SafeText,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When its process last started.
    pub started: Option<Timestamp>,
    /// When its process last ended.
    pub finished: Option<Timestamp>,
    /// Starts by the restart policy since someone last started it.
    pub restarts: u32,
    /// How its process last ended.
    pub exit_code: Option<i64>,
    /// What its log said last before its process ended by itself, shortened; empty where it did not, or nobody knows.
    pub last_words: SafeText,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// The image it was made from, as named then (`shop/api:v1.8.2`).
    pub image: SafeText,
    /// The image's id (`sha256:…`): what really runs.
    pub image_id: SafeText,
    /// What it was made from, where the platform names that: the ReplicaSet or the ControllerRevision; empty where the image
    /// is all there is.
    #[serde(default)]
    pub revision: SafeText,
    /// What it uses now.
    pub usage: Usage,
    /// The node it is on; empty where there is but one.
    pub node: SafeText,
}

impl Instance {
    /// Whether it counts as serving: running, and healthy where there is a check.
    pub fn ready(&self) -> bool {
        self.phase == Phase::Running && matches!(self.probe, Probe::None | Probe::Healthy)
    }

    /// What tells versions of its service apart: what it was made from, else the image's id.
    pub fn made_from(&self) -> &SafeText {
        if self.revision.is_empty() {
            &self.image_id
        } else {
            &self.revision
        }
    }

    /// Where it is in its life, in a word.
    pub const fn word(&self) -> &'static str {
        match (self.phase, &self.probe) {
            // A check that passes is not all that there is: no "healthy" beside the reason why it is not well.
            (Phase::Running, Probe::None | Probe::Starting | Probe::Healthy)
                if matches!(self.health, Health::Critical) =>
            {
                "failing"
            }
            (Phase::Running, Probe::Healthy) if matches!(self.health, Health::Warning) => "running",
            (Phase::Running, Probe::None) => "running",
            (Phase::Running, Probe::Starting) => "starting",
            (Phase::Running, Probe::Healthy) => "healthy",
            (Phase::Running, Probe::Unhealthy { .. }) => "unhealthy",
            (Phase::Created, _) => "created",
            (Phase::Paused, _) => "paused",
            (Phase::Restarting, _) => "restarting",
            (Phase::Stopping, _) => "stopping",
            (Phase::Exited, _) => "exited",
            (Phase::Dead, _) => "dead",
            (Phase::Unknown, _) => "unknown",
        }
    }

    /// How long its process has run at `now`; `None` when it does not.
    pub fn uptime(&self, now: Timestamp) -> Option<Duration> {
        let started = self.started.filter(|_| self.phase == Phase::Running)?;
        Duration::try_from(now.duration_since(started)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_called_neither_healthy_nor_starting() {
        let word = |probe, health| {
            let instance = Instance {
                phase: Phase::Running,
                probe,
                health,
                ..Instance::default()
            };
            instance.word()
        };
        assert_eq!(word(Probe::Healthy, Health::Well), "healthy");
        assert_eq!(word(Probe::Healthy, Health::Warning), "running");
        assert_eq!(word(Probe::Healthy, Health::Critical), "failing");
        assert_eq!(word(Probe::Starting, Health::Unknown), "starting");
        assert_eq!(word(Probe::Starting, Health::Critical), "failing");
    }
}
