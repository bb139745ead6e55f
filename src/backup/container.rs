//! What a backup needs to know of a container.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    backup::{names, pod},
    safe,
    text::SafeText,
};

/// What a backup needs to know of a container. Of its environment no value is kept but the two that name a database and
/// a user, and, to be cut out of what programs print, those that look secret.
pub(super) struct Container {
    pub(super) running: bool,
    pub(super) started: Option<Timestamp>,
    pub(super) postgres: bool,
    pub(super) user: Option<String>,
    pub(super) database: Option<String>,
    pub(super) hidden: Vec<String>,
    /// Name, and where it is in the container.
    pub(super) volumes: Vec<(String, String)>,
    /// Of what names a database and a user, some come from where only the container itself sees them.
    pub(super) asks: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    state: State,
    config: Config,
    #[serde(default)]
    mounts: Option<Vec<Mount>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct State {
    running: bool,
    started_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    env: Option<Vec<String>>,
    #[serde(default)]
    image: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    destination: String,
}

impl Container {
    /// Reads a description: Docker's of a container, or Kubernetes' of a pod.
    ///
    /// # Errors
    /// In words.
    pub(super) fn read(description: &[u8]) -> Result<Self, SafeText> {
        let description: Value = serde_json::from_slice(description)
            .map_err(|error| safe!("its description can't be read: {error}"))?;
        if description["kind"] == "Pod" {
            return pod::read(&description);
        }
        let inspected: Inspected = serde_json::from_value(description)
            .map_err(|error| safe!("the container's description can't be read: {error}"))?;
        let env = inspected.config.env.unwrap_or_default();
        let pairs = env.iter().filter_map(|pair| pair.split_once('='));
        let volumes = inspected.mounts.unwrap_or_default().into_iter();
        Ok(Self {
            running: inspected.state.running,
            started: inspected.state.started_at.parse().ok(),
            volumes: volumes
                .filter(|mount| mount.r#type == "volume" && !mount.name.is_empty())
                .map(|mount| (mount.name, mount.destination))
                .collect(),
            ..Self::of(&inspected.config.image, pairs)
        })
    }

    /// What its image and its environment tell.
    pub(super) fn of<'a>(image: &str, env: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs: Vec<(&str, &str)> = env.collect();
        let value = |wanted: &str| {
            pairs
                .iter()
                .find(|(name, value)| *name == wanted && !value.is_empty())
                .map(|(_, value)| (*value).to_owned())
        };
        let secret = |name: &str| {
            ["PASS", "SECRET", "TOKEN", "KEY"]
                .iter()
                .any(|part| name.to_uppercase().contains(part))
        };
        Self {
            running: false,
            started: None,
            postgres: value("PGDATA").is_some() || names::is_postgres(image),
            user: value("POSTGRES_USER"),
            database: value("POSTGRES_DB"),
            hidden: pairs
                .iter()
                .filter(|(name, value)| secret(name) && value.len() > 3)
                .map(|(_, value)| (*value).to_owned())
                .collect(),
            volumes: Vec::new(),
            asks: false,
        }
    }

    /// Takes what the container itself says: the user's name and the database's, a line each, which may be empty.
    pub(super) fn learn(&mut self, printed: &str) {
        let mut lines = printed.lines().map(str::to_owned);
        let mut line = || lines.next().filter(|line| !line.is_empty());
        self.user = line().or_else(|| self.user.take());
        self.database = line().or_else(|| self.database.take());
    }

    /// What a program printed, without what the environment shows to be secret.
    pub(super) fn without_secrets(&self, words: &[u8]) -> Vec<u8> {
        let mut words = String::from_utf8_lossy(words).into_owned();
        for hidden in &self.hidden {
            words = words.replace(hidden, "•••");
        }
        words.into_bytes()
    }
}
