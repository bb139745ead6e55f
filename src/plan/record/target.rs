//! What an operation works on, and what is worth remembering of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::label::Label;
use crate::domain::host::SIMULATED;
use crate::domain::service::ServiceId;
use crate::plan;
use crate::text::SafeText;

/// What an operation works on, as it was frozen when its dialog opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The connection's name: a Docker context, a Kubernetes context.
    pub context: Label,
    /// Who answers there: the daemon's or the cluster's own id.
    pub cluster: Label,
    /// The Compose project, the namespace, or nothing.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub project: Label,
    /// The service's name.
    pub service: Label,
    /// The identities of the objects seen: container ids, or a UID.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Label>,
}

impl Target {
    /// A service of the daemon or cluster of that identity, whatever it is made of.
    pub fn of_service(identity: &str, service: &ServiceId) -> Self {
        Self {
            cluster: Label::from(identity),
            project: Label::from(&service.group),
            service: Label::from(&service.name),
            ..Self::default()
        }
    }

    /// Whether both name one service of one daemon. The context does not count: two names may lead to one daemon.
    pub fn is_same_service(&self, other: &Self) -> bool {
        (&self.cluster, &self.project, &self.service)
            == (&other.cluster, &other.project, &other.service)
    }

    /// Whether it is of a simulated world: each console has one of its own, though they are called the same.
    pub fn is_simulated(&self) -> bool {
        self.cluster.as_str().starts_with(SIMULATED)
    }

    /// The service as the console names it.
    pub fn service_id(&self) -> ServiceId {
        ServiceId {
            group: SafeText::name(self.project.as_str()),
            name: SafeText::name(self.service.as_str()),
        }
    }
}

impl From<&plan::Target> for Target {
    fn from(target: &plan::Target) -> Self {
        let id = |seen: &plan::SeenInstance| Label::from(seen.id.0.as_str());
        Self {
            context: Label::from(&target.environment),
            cluster: Label::from(&target.identity),
            project: Label::from(&target.service.group),
            service: Label::from(&target.service.name),
            objects: std::iter::once(Label::from(&target.uid))
                .filter(|uid| !uid.is_empty())
                .chain(target.seen.iter().map(id))
                .collect(),
        }
    }
}

/// What is worth remembering of a service or a replica, before or after. Absent: not touched, or not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How many replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// The image as it was asked for: `shop/api:v4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Label>,
    /// The image's own id: `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_id: Option<Label>,
    /// The object's name, where a step renames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
    /// A word for its state: `running`, `exited`, `healthy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Label>,
    /// When its process had started; of a workload that is restarted, from when on its pods are new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
}
