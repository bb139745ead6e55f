//! What a daemon answers, with the fields that are shown and no others.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::text::SafeText;

/// An entry of `GET /containers/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Listed {
    pub(super) id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) names: Vec<String>,
    pub(super) image: String,
    #[serde(rename = "ImageID")]
    pub(super) image_id: String,
    /// Seconds since 1970.
    pub(super) created: i64,
    pub(super) state: String,
    /// In words: `Exited (137) 3 minutes ago`, `Up 5 minutes (unhealthy)`.
    pub(super) status: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) ports: Vec<ListedPort>,
    #[serde(deserialize_with = "or_default")]
    pub(super) labels: Labels,
    #[serde(deserialize_with = "or_default")]
    pub(super) mounts: Vec<Mount>,
}

/// A port of a listed container.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListedPort {
    pub(super) private_port: u16,
    pub(super) public_port: Option<u16>,
    #[serde(rename = "Type")]
    pub(super) protocol: String,
}

/// A mount of a container.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Mount {
    /// `volume`, `bind`, `tmpfs`.
    #[serde(rename = "Type")]
    pub(super) kind: String,
    /// A volume's name.
    pub(super) name: String,
    /// On the host.
    pub(super) source: String,
    /// In the container.
    pub(super) destination: String,
    #[serde(rename = "RW")]
    pub(super) writable: bool,
}

/// The labels that Compose puts on its containers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Labels {
    #[serde(rename = "com.docker.compose.project")]
    pub(super) project: Option<String>,
    #[serde(rename = "com.docker.compose.service")]
    pub(super) service: Option<String>,
    #[serde(rename = "com.docker.compose.container-number")]
    pub(super) number: Option<String>,
    #[serde(rename = "com.docker.compose.oneoff")]
    pub(super) oneoff: Option<String>,
    /// `db:service_healthy:false,cache:service_started:true`
    #[serde(rename = "com.docker.compose.depends_on")]
    pub(super) depends_on: Option<String>,
    /// Only on a container that Compose made in place of another: that one's id.
    #[serde(rename = "com.docker.compose.replace")]
    pub(super) replace: Option<String>,
}

/// The parts of `GET /containers/{id}/json` that the rows need.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Inspected {
    pub(super) id: String,
    #[serde(deserialize_with = "moment")]
    pub(super) created: Option<Timestamp>,
    pub(super) name: String,
    /// The image's id.
    pub(super) image: String,
    pub(super) restart_count: u32,
    pub(super) state: State,
    pub(super) host_config: HostConfig,
    pub(super) config: Config,
    #[serde(deserialize_with = "or_default")]
    pub(super) mounts: Vec<Mount>,
    pub(super) network_settings: NetworkSettings,
}

/// Where its ports are.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct NetworkSettings {
    /// `8080/tcp` to the places on the host where it is published, if it is.
    #[serde(deserialize_with = "or_default")]
    pub(super) ports: HashMap<String, Option<Vec<Binding>>>,
}

/// A published port.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Binding {
    pub(super) host_port: String,
}

/// How a container's process is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct State {
    pub(super) status: String,
    #[serde(rename = "OOMKilled")]
    pub(super) oom_killed: bool,
    pub(super) exit_code: i64,
    /// Why it could not be started.
    pub(super) error: String,
    #[serde(deserialize_with = "moment")]
    pub(super) started_at: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) finished_at: Option<Timestamp>,
    pub(super) health: Option<HealthState>,
}

/// What its health check found.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HealthState {
    pub(super) status: String,
    pub(super) failing_streak: u32,
    #[serde(deserialize_with = "or_default")]
    pub(super) log: Vec<HealthRun>,
}

/// One run of a health check.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HealthRun {
    #[serde(deserialize_with = "moment")]
    pub(super) start: Option<Timestamp>,
    #[serde(deserialize_with = "moment")]
    pub(super) end: Option<Timestamp>,
    pub(super) exit_code: i64,
    pub(super) output: String,
}

/// What a container is held to.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct HostConfig {
    /// Bytes; 0 is no limit.
    pub(super) memory: u64,
    pub(super) restart_policy: RestartPolicy,
    pub(super) log_config: LogConfig,
}

/// When it is started again.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RestartPolicy {
    pub(super) name: String,
    pub(super) maximum_retry_count: u32,
}

/// Where its log goes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct LogConfig {
    #[serde(rename = "Type")]
    pub(super) driver: String,
}

/// What it was made with.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Config {
    /// The image as named then.
    pub(super) image: String,
    pub(super) tty: bool,
    #[serde(deserialize_with = "or_default")]
    pub(super) labels: Labels,
}

/// An event of `GET /events`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    #[serde(rename = "Type")]
    pub(super) kind: String,
    #[serde(rename = "Action")]
    pub(super) action: String,
    #[serde(rename = "Actor")]
    pub(super) actor: Actor,
    #[serde(rename = "timeNano")]
    pub(super) nanoseconds: i64,
    pub(super) time: i64,
}

impl Event {
    /// When it happened, by the daemon's clock.
    pub(super) fn at(&self) -> Timestamp {
        let nanoseconds = match self.nanoseconds {
            0 => i128::from(self.time) * 1_000_000_000,
            n => i128::from(n),
        };
        Timestamp::from_nanosecond(nanoseconds).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether what it is about is no more.
    pub(super) fn is_end(&self) -> bool {
        self.action == "destroy"
    }
}

/// What an event is about.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Actor {
    #[serde(rename = "ID")]
    pub(super) id: String,
    pub(super) attributes: Attributes,
}

/// What an event says besides.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Attributes {
    pub(super) name: String,
    pub(super) image: String,
    pub(super) exit_code: Option<String>,
    pub(super) signal: Option<String>,
    #[serde(flatten)]
    pub(super) labels: Labels,
}

/// The parts of `GET /info`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Info {
    #[serde(rename = "ID")]
    pub(super) id: String,
    pub(super) name: String,
    pub(super) server_version: String,
    pub(super) docker_root_dir: String,
    /// Only Podman has one.
    buildah_version: String,
}

impl Info {
    /// What tells this daemon from another one under the same address. Podman makes up a new id for every answer; its
    /// host and folder are what it has of its own.
    pub(super) fn identity(&self) -> SafeText {
        if self.buildah_version.is_empty() {
            SafeText::name(&self.id)
        } else {
            SafeText::name(format!("podman:{}:{}", self.name, self.docker_root_dir))
        }
    }
}

/// The parts of `GET /containers/{id}/stats`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stats {
    #[serde(deserialize_with = "moment")]
    pub(super) read: Option<Timestamp>,
    #[serde(rename = "cpu_stats")]
    pub(super) cpu: CpuStats,
    #[serde(rename = "memory_stats")]
    pub(super) memory: MemoryStats,
    #[serde(deserialize_with = "or_default")]
    pub(super) networks: HashMap<String, Interface>,
}

/// Processor time.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CpuStats {
    pub(super) cpu_usage: CpuUsage,
}

/// Processor time since the container's start.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CpuUsage {
    /// Nanoseconds over all cores.
    pub(super) total_usage: Option<u64>,
}

/// Memory, in bytes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MemoryStats {
    pub(super) usage: Option<u64>,
    #[serde(deserialize_with = "or_default")]
    pub(super) stats: MemoryParts,
}

/// Page cache that could be given back, by the names of the two versions of control groups.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MemoryParts {
    /// Version 1.
    pub(super) total_inactive_file: Option<u64>,
    /// Version 2 (and in version 1, the group's own alone).
    pub(super) inactive_file: Option<u64>,
    /// Version 1, older kernels.
    pub(super) cache: Option<u64>,
}

/// One network interface.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Interface {
    pub(super) rx_bytes: u64,
    pub(super) tx_bytes: u64,
}

/// Go writes an empty list as `null`.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A moment, or `None` for what Go calls zero (the year 1) and what can't be read.
fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<std::borrow::Cow<'_, str>> = Option::deserialize(from)?;
    Ok(text
        .and_then(|text| text.parse::<Timestamp>().ok())
        .filter(|at| at.as_second() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_and_missing_fields_are_read_as_nothing() {
        let listed: Listed = serde_json::from_str(
            r#"{"Id":"a","Names":null,"Ports":null,"Labels":null,"Mounts":null}"#,
        )
        .unwrap();
        assert!(listed.names.is_empty());
        let inspected: Inspected = serde_json::from_str(
            r#"{"State":{"StartedAt":"0001-01-01T00:00:00Z","FinishedAt":"","Health":{"Log":null}}}"#,
        )
        .unwrap();
        assert_eq!(inspected.state.started_at, None);
        let stats: Stats =
            serde_json::from_str(r#"{"memory_stats":{"stats":null},"networks":null}"#).unwrap();
        assert_eq!(stats.cpu.cpu_usage.total_usage, None);
    }

    #[test]
    fn an_event_carries_its_compose_labels() {
        let event: Event = serde_json::from_str(
            r#"{"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":{"name":"x","exitCode":"137",
                "com.docker.compose.project":"shop","com.docker.compose.service":"api"}},"timeNano":1795263035555163514}"#,
        )
        .unwrap();
        assert_eq!(
            event.actor.attributes.labels.project.as_deref(),
            Some("shop")
        );
        assert_eq!(event.actor.attributes.exit_code.as_deref(), Some("137"));
        assert_eq!(event.at().as_second(), 1_795_263_035);
    }

    #[test]
    fn podman_is_known_by_what_stays_the_same_between_its_answers() {
        let identity = |text: &str| serde_json::from_str::<Info>(text).unwrap().identity();
        let docker = r#"{"ID":"AB:CD","Name":"box","DockerRootDir":"/var/lib/docker"}"#;
        assert_eq!(&*identity(docker), "AB:CD");
        let podman = ["1", "2"].map(|id| {
            identity(&format!(
                r#"{{"ID":"{id}","Name":"box","DockerRootDir":"/data","BuildahVersion":"1.33.7"}}"#
            ))
        });
        assert_eq!(podman[0], podman[1]);
    }
}
