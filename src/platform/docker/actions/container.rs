//! A container as an action sees it: the inspect JSON, whole, with names for the parts that matter.

use jiff::Timestamp;
use serde_json::Value;

pub(crate) use crate::domain::json::{number, text};

/// Docker's way to write "never".
const NEVER: &str = "0001-01-01T00:00:00Z";

/// The label that names a container's Compose project.
pub(crate) const PROJECT: &str = "com.docker.compose.project";
/// The label that names its service.
pub(crate) const SERVICE: &str = "com.docker.compose.service";
/// The label that counts it within the service.
pub(crate) const NUMBER: &str = "com.docker.compose.container-number";
/// The label by which Compose knows what image it made the container from.
pub(crate) const IMAGE: &str = "com.docker.compose.image";
/// The label by which Compose finds what it was replacing; never copied.
pub(crate) const REPLACE: &str = "com.docker.compose.replace";

/// One container's inspect JSON. Nothing of it is dropped, since a replica is made anew from it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Container(pub(crate) Value);

/// What a container's own health check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// There is none.
    None,
    /// It has not decided yet.
    Starting,
    /// It passes.
    Healthy,
    /// It fails; with what the last run printed.
    Unhealthy(String),
}

impl Container {
    /// The full id.
    pub(crate) fn id(&self) -> &str {
        text(&self.0, "/Id")
    }

    /// The name, without Docker's leading slash.
    pub(crate) fn name(&self) -> &str {
        text(&self.0, "/Name").trim_start_matches('/')
    }

    /// A label's value, or nothing.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.0
            .pointer("/Config/Labels")
            .and_then(|labels| labels.get(name))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether Compose made it.
    pub(crate) fn compose(&self) -> bool {
        !self.label(PROJECT).is_empty() && !self.label(SERVICE).is_empty()
    }

    /// Its number within the service, as its name tells; 0 outside Compose.
    pub(crate) fn number(&self) -> u32 {
        super::names::number(self.name(), self.label(PROJECT), self.label(SERVICE))
            .unwrap_or_else(|| self.compose_number())
    }

    /// The number by which Compose tells it from the others of its service; 0 outside Compose. Two that have the same
    /// one and are made anew by Compose in one go end under the same name, which fails and leaves nothing running; so
    /// each container that is made gets one that no other has. A label cannot be changed, so it may differ from the
    /// number in the name.
    pub(crate) fn compose_number(&self) -> u32 {
        self.label(NUMBER).parse().unwrap_or_default()
    }

    /// The image's id: what really runs.
    pub(crate) fn image_id(&self) -> &str {
        text(&self.0, "/Image")
    }

    /// The image as it was asked for.
    pub(crate) fn image(&self) -> &str {
        text(&self.0, "/Config/Image")
    }

    /// When it was made.
    pub(crate) fn created(&self) -> Option<Timestamp> {
        text(&self.0, "/Created").parse().ok()
    }

    /// When its process last started.
    pub(crate) fn started(&self) -> Option<Timestamp> {
        let at = text(&self.0, "/State/StartedAt");
        (at != NEVER).then(|| at.parse().ok()).flatten()
    }

    /// Docker's word for its state.
    pub(crate) fn status(&self) -> &str {
        text(&self.0, "/State/Status")
    }

    /// Whether its process runs now (it does not while the restart policy waits).
    pub(crate) fn running(&self) -> bool {
        self.status() == "running"
    }

    /// Whether it runs or will by itself: stopping it is a change.
    pub(crate) fn alive(&self) -> bool {
        matches!(self.status(), "running" | "restarting" | "paused")
    }

    /// Whether someone froze it.
    pub(crate) fn paused(&self) -> bool {
        self.status() == "paused"
    }

    /// Starts by the restart policy since someone last started it.
    pub(crate) fn restarts(&self) -> i64 {
        number(&self.0, "/RestartCount")
    }

    /// How its process last ended.
    pub(crate) fn exit_code(&self) -> i64 {
        number(&self.0, "/State/ExitCode")
    }

    /// What its health check says.
    pub(crate) fn check(&self) -> Check {
        match text(&self.0, "/State/Health/Status") {
            "healthy" => Check::Healthy,
            "starting" => Check::Starting,
            "unhealthy" => {
                let last = self
                    .0
                    .pointer("/State/Health/Log")
                    .and_then(|log| log.as_array()?.last()?.get("Output")?.as_str());
                Check::Unhealthy(last.unwrap_or_default().trim().to_owned())
            }
            _ => Check::None,
        }
    }

    /// Whether it serves: running, and healthy where there is a check.
    pub(crate) fn serves(&self) -> bool {
        self.running() && matches!(self.check(), Check::None | Check::Healthy)
    }

    /// What is mounted, as Docker resolved it.
    pub(crate) fn mounts(&self) -> &[Value] {
        self.0
            .get("Mounts")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The network it was made in: a name, an id, `default`, `host`, `none` or `container:…`.
    pub(crate) fn network_mode(&self) -> &str {
        text(&self.0, "/HostConfig/NetworkMode")
    }

    /// The networks it is connected to, by name.
    pub(crate) fn networks(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .pointer("/NetworkSettings/Networks")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, endpoint)| (name.as_str(), endpoint))
    }
}
