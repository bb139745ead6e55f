//! A workload as an action sees it: its JSON, whole, with names for the parts that matter.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::order::MANAGER;
pub(super) use crate::platform::kubernetes::json::{list, number, text};
use crate::{
    domain::service::{ServiceId, ServiceKind},
    platform::kubernetes::{
        argo::{self, Stage},
        rows::{Progress, home, prefix},
        wire::argo::{RolloutSpec, RolloutStatus},
    },
    text::SafeText,
};

/// Where a workload is: its kind, and its path at the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// What it is.
    pub(super) kind: ServiceKind,
    /// Its namespace.
    pub(super) namespace: String,
    /// Its own name.
    pub(super) name: String,
}

impl Place {
    /// Where the workload of a service is; `None` for what has no workload of its own, or a name that no object has.
    pub(super) fn of(service: &ServiceId) -> Option<Self> {
        let kinds = [
            ServiceKind::StatefulSet,
            ServiceKind::DaemonSet,
            ServiceKind::CronJob,
            ServiceKind::Job,
            ServiceKind::Rollout,
            ServiceKind::Pod,
            ServiceKind::Node,
        ];
        let whole = service.name.as_str();
        let (kind, name) = kinds
            .into_iter()
            .find_map(|kind| Some((kind, whole.strip_prefix(prefix(kind))?)))
            .unwrap_or((ServiceKind::Deployment, whole));
        let named = |text: &str| {
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
            !text.is_empty() && text.bytes().all(fits)
        };
        let workload = !matches!(kind, ServiceKind::Pod | ServiceKind::Node);
        (workload && named(name) && named(&service.group)).then(|| Self {
            kind,
            namespace: service.group.to_string(),
            name: name.to_owned(),
        })
    }

    /// The kind as Kubernetes writes it: `StatefulSet`.
    pub(super) const fn kind_name(&self) -> &'static str {
        match self.kind {
            ServiceKind::StatefulSet => "StatefulSet",
            ServiceKind::DaemonSet => "DaemonSet",
            ServiceKind::CronJob => "CronJob",
            ServiceKind::Job => "Job",
            ServiceKind::Rollout => "Rollout",
            _ => "Deployment",
        }
    }

    /// Its path.
    pub(super) fn path(&self) -> String {
        let (api, plural) = home(self.kind);
        format!("{api}/namespaces/{}/{plural}/{}", self.namespace, self.name)
    }

    /// As a step names it: `deployment api`.
    pub(super) fn words(&self) -> String {
        format!("{} {}", self.kind_name().to_lowercase(), self.name)
    }
}

/// A workload.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object(pub(super) Value);

impl Object {
    /// Its identity for ever.
    pub(super) fn uid(&self) -> &str {
        text(&self.0, "/metadata/uid")
    }

    /// Counts changes of its spec.
    pub(super) fn generation(&self) -> i64 {
        number(&self.0, "/metadata/generation")
    }

    /// Whether it is on its way out.
    pub(super) fn is_deleted(&self) -> bool {
        self.0.pointer("/metadata/deletionTimestamp").is_some()
    }

    /// How many pods it should have.
    pub(super) fn replicas(&self) -> u32 {
        let replicas = self.0.pointer("/spec/replicas").and_then(Value::as_u64);
        u32::try_from(replicas.unwrap_or(1)).unwrap_or(u32::MAX)
    }

    /// Whether changes of its template wait.
    pub(super) fn is_paused(&self) -> bool {
        self.0.pointer("/spec/paused") == Some(&Value::Bool(true))
    }

    /// Whether a CronJob begins no more Jobs.
    pub(super) fn is_suspended(&self) -> bool {
        self.0.pointer("/spec/suspend") == Some(&Value::Bool(true))
    }

    /// What its pods are made from.
    pub(super) fn template(&self) -> &Value {
        self.0.pointer("/spec/template").unwrap_or(&Value::Null)
    }

    /// The containers of its template that run for as long as a pod does.
    pub(super) fn containers(&self) -> &[Value] {
        list(&self.0, "/spec/template/spec/containers")
    }

    /// The first container's image.
    pub(super) fn image(&self) -> &str {
        text(&self.0, "/spec/template/spec/containers/0/image")
    }

    /// An annotation's value, or nothing.
    pub(super) fn annotation(&self, key: &str) -> &str {
        entry(&self.0, "/metadata/annotations", key)
    }

    /// A label's value, or nothing.
    pub(super) fn label(&self, key: &str) -> &str {
        entry(&self.0, "/metadata/labels", key)
    }

    /// What an Argo Rollout's controller says of it.
    pub(super) fn stage(&self) -> Stage {
        Stage::of(&self.part("status"))
    }

    fn part<T: DeserializeOwned + Default>(&self, name: &str) -> T {
        let part = self.0.get(name).cloned().unwrap_or_default();
        serde_json::from_value(part).unwrap_or_default()
    }

    /// The figures by which its rollout is judged.
    pub(super) fn progress(&self, kind: ServiceKind) -> Progress {
        let count = |field: &str| {
            u32::try_from(number(&self.0, &format!("/status/{field}"))).unwrap_or_default()
        };
        if kind == ServiceKind::Rollout {
            let (spec, status): (RolloutSpec, RolloutStatus) =
                (self.part("spec"), self.part("status"));
            return argo::progress(self.generation(), &spec, &status);
        }
        let strategy = text(&self.0, "/spec/updateStrategy/type");
        let common = Progress {
            generation: self.generation(),
            observed: number(&self.0, "/status/observedGeneration"),
            on_delete: strategy == "OnDelete",
            paused: self.is_paused(),
            ..Progress::default()
        };
        if kind == ServiceKind::DaemonSet {
            return Progress {
                desired: count("desiredNumberScheduled"),
                replicas: count("currentNumberScheduled"),
                updated: count("updatedNumberScheduled"),
                ready: count("numberReady"),
                available: count("numberAvailable"),
                ..common
            };
        }
        let partition = number(&self.0, "/spec/updateStrategy/rollingUpdate/partition");
        Progress {
            desired: self.replicas(),
            replicas: count("replicas"),
            updated: count("updatedReplicas"),
            ready: count("readyReplicas"),
            available: count("availableReplicas"),
            partition: u32::try_from(partition).unwrap_or_default(),
            ..common
        }
    }

    /// Who wrote a field last, as they call themselves; where nobody has it, who changed anything but the status last.
    pub(super) fn written_by(&self, field: &[&str]) -> SafeText {
        let changes = list(&self.0, "/metadata/managedFields");
        let has = |change: &&Value| {
            let mut owned = change.get("fieldsV1");
            for part in field {
                owned = owned.and_then(|fields| fields.get(part));
            }
            owned.is_some()
        };
        // Times are whole seconds; of two in one the other one is who is asked for, since we know of ours.
        let newest = |change: &&Value| {
            let ours = text(change, "/manager") == MANAGER;
            (text(change, "/time").to_owned(), !ours)
        };
        let spec = |change: &&Value| text(change, "/subresource") != "status";
        let last = changes.iter().filter(has).max_by_key(newest);
        let last = last.or_else(|| changes.iter().filter(spec).max_by_key(newest));
        last.map_or(SafeText::from_static("somebody"), |change| {
            SafeText::name(text(change, "/manager"))
        })
    }
}

/// The value of a key that may hold slashes, below a JSON pointer.
pub(super) fn entry<'v>(value: &'v Value, pointer: &str, key: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(|map| map.get(key))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_says_where_its_workload_is() {
        let place = |name: &str| {
            Place::of(&ServiceId {
                group: SafeText::from_static("shop"),
                name: SafeText::name(name),
            })
        };
        let path = |name| place(name).map(|p| p.path()).unwrap_or_default();
        assert_eq!(path("api"), "/apis/apps/v1/namespaces/shop/deployments/api");
        assert_eq!(
            path("sts/postgres"),
            "/apis/apps/v1/namespaces/shop/statefulsets/postgres"
        );
        assert_eq!(
            path("cj/backup"),
            "/apis/batch/v1/namespaces/shop/cronjobs/backup"
        );
        assert_eq!(place("pod/debug"), None, "nothing makes it anew");
        assert_eq!(place("api?x"), None, "no object has such a name");
    }
}
