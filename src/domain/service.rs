//! A service: what an operator names, scales and rolls out.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        health::Health,
        instance::{Instance, Usage},
    },
    text::SafeText,
};

/// What a service is named by: its group (a Compose project, later a namespace) and its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServiceId {
    /// The Compose project; empty for a container outside Compose.
    pub group: SafeText,
    /// The service within it; the container's name outside Compose.
    pub name: SafeText,
}

impl ServiceId {
    /// Whether that is what it is called, with its group before it or without.
    pub fn is_called(&self, name: &str) -> bool {
        let Some(before) = name.strip_suffix(self.name.as_str()) else {
            return false;
        };
        before.is_empty()
            || !self.group.is_empty() && before.strip_suffix('/') == Some(self.group.as_str())
    }

    /// The name that a node gives itself; `None` of all else.
    pub fn node(&self) -> Option<&str> {
        self.name.strip_prefix(ServiceKind::Node.prefix())
    }

    /// The name where its kind need not be told: of a node its own, else the whole.
    pub fn bare(&self) -> &str {
        self.node().unwrap_or(&self.name)
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() {
            write!(f, "{}", self.name)
        } else {
            write!(f, "{}/{}", self.group, self.name)
        }
    }
}

/// What kind of thing the platform makes a service of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ServiceKind {
    /// A service of a Compose project.
    #[default]
    Compose,
    /// A container that nobody groups.
    Container,
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
    /// A Job that no CronJob made.
    Job,
    /// A CronJob, with its Jobs.
    CronJob,
    /// A pod that nobody manages.
    Pod,
    /// An Argo Rollout.
    Rollout,
    /// What somebody else's controller manages: an operator's database.
    Custom,
    /// A node of the cluster: not a service, and yet a row with replicas, figures and alerts.
    Node,
}

impl ServiceKind {
    /// How it is written before a name, as kubectl abbreviates it; what most services are needs none.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::StatefulSet => "sts/",
            Self::DaemonSet => "ds/",
            Self::Job => "job/",
            Self::CronJob => "cj/",
            Self::Pod => "pod/",
            Self::Rollout => "rollout/",
            Self::Node => "node/",
            Self::Deployment | Self::Custom | Self::Compose | Self::Container => "",
        }
    }

    /// Whether ReplicaSets stand between it and its pods, and keep what it ran.
    pub const fn has_sets(self) -> bool {
        matches!(self, Self::Deployment | Self::Rollout)
    }
}

/// Requests as seen by the service itself or by what stands before it. `None` is "no source", never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Requests per second.
    pub rate: Option<f32>,
    /// Failed requests, in percent of all.
    pub error_percent: Option<f32>,
    /// 95th percentile of the time to answer, in milliseconds.
    pub p95_ms: Option<f32>,
}

/// A published or exposed port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Inside the container.
    pub container: u16,
    /// On the host, when published; with `fixed` when the number was chosen by hand.
    pub host: Option<u16>,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: SafeText,
}

/// What kind of thing is wrong with a service as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TroubleKind {
    /// An image cannot be had.
    Pull,
    /// Copies find no node that takes them.
    Unschedulable,
    /// Copies cannot be made: a quota, or somebody who checks what is made.
    NotMade,
    /// An autoscaler wants more copies than it may have, or cannot tell how many it wants.
    Autoscaler,
    /// A disruption budget lets no copy go, so that no node of its can be drained.
    DisruptionBudget,
    /// A node does not answer.
    Node,
    /// A node runs out of something.
    Pressure,
    /// A task has failed.
    Job,
    /// A task that was due has not begun.
    Overdue,
}

impl TroubleKind {
    /// What an alert about it is known by.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pull => "image-pull",
            Self::Unschedulable => "unschedulable",
            Self::NotMade => "not-made",
            Self::Autoscaler => "autoscaler",
            Self::DisruptionBudget => "disruption-budget",
            Self::Node => "node",
            Self::Pressure => "pressure",
            Self::Job => "job-failed",
            Self::Overdue => "overdue",
        }
    }
}

/// Something that the platform says is wrong with a service as a whole. What its copies are in they say themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What kind of thing.
    pub kind: TroubleKind,
    /// How bad.
    pub health: Health,
    /// In an operator's words, without the service: `at its autoscaler's maximum of 10`.
    pub text: SafeText,
    /// Since when, where the platform says so.
    pub since: Option<Timestamp>,
}

/// A row of the services pane. By default nothing is known of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its identity.
    pub id: ServiceId,
    /// What it is made of.
    pub kind: ServiceKind,
    /// How many copies there should be; `None` where the platform has no such number.
    pub desired: Option<u32>,
    /// Its copies, by number.
    pub instances: Vec<Arc<Instance>>,
    /// The worst of the instances, weighed: one of three crashed is critical, since it was asked for.
    pub health: Health,
    /// The one thing to know, in an operator's words; empty when well.
    pub why: SafeText,
    /// When `why` became true, where the platform says so.
    pub why_since: Option<Timestamp>,
    /// The image most copies serve with, or are to run where none serves, as named (`shop/api:v1.8.2`).
    pub image: SafeText,
    /// The part of it that tells releases apart: tag, or short digest.
    pub version: SafeText,
    /// When this version began to run here: the oldest start among its copies.
    pub since: Option<Timestamp>,
    /// The sum over the copies.
    pub usage: Usage,
    /// What it serves, where something measures it.
    pub traffic: Traffic,
    /// Rate of errors or processor use over the last minutes, oldest first, for a sparkline; may be empty.
    pub trend: Vec<f32>,
    /// Ports, published ones first.
    pub ports: Vec<Port>,
    /// Services it says it needs (`depends_on`).
    pub depends_on: Vec<ServiceId>,
    /// Whether it holds data worth a backup: a database, or a volume of its own.
    pub stateful: bool,
    /// What is wrong with it as a whole, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<Trouble>,
    /// The zone that a node is in; empty where none is named.
    #[serde(default)]
    pub zone: SafeText,
    /// The platform's own identity of it, where it has one: another object under the same name has another one.
    #[serde(default)]
    pub uid: SafeText,
}

impl Service {
    /// Copies that serve.
    pub fn ready(&self) -> u32 {
        self.instances.iter().filter(|i| i.ready()).count() as u32
    }

    /// How many there should be, or, where nobody says, how many there are.
    pub fn wanted(&self) -> u32 {
        self.desired.unwrap_or(self.instances.len() as u32)
    }
}
