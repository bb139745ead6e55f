//! Where objects of each kind are, and where what every object has is found in them.

use super::{apps, argo, autoscaling, batch, core, meta::ObjectMeta};
use crate::platform::kubernetes::watching::Resource;

macro_rules! resources {
    ($($kind:path: $api:literal $plural:literal $($namespaced:literal)?;)*) => {$(
        impl Resource for $kind {
            const API: &'static str = $api;
            const PLURAL: &'static str = $plural;
            $(const NAMESPACED: bool = $namespaced;)?

            fn metadata(&self) -> Option<&ObjectMeta> {
                self.metadata.as_ref()
            }
        }
    )*};
}

resources! {
    core::Pod: "/api/v1" "pods";
    core::Node: "/api/v1" "nodes" false;
    core::Namespace: "/api/v1" "namespaces" false;
    core::ResourceQuota: "/api/v1" "resourcequotas";
    apps::Deployment: "/apis/apps/v1" "deployments";
    apps::ReplicaSet: "/apis/apps/v1" "replicasets";
    apps::StatefulSet: "/apis/apps/v1" "statefulsets";
    apps::DaemonSet: "/apis/apps/v1" "daemonsets";
    apps::ControllerRevision: "/apis/apps/v1" "controllerrevisions";
    batch::Job: "/apis/batch/v1" "jobs";
    batch::CronJob: "/apis/batch/v1" "cronjobs";
    autoscaling::Autoscaler: "/apis/autoscaling/v2" "horizontalpodautoscalers";
    autoscaling::DisruptionBudget: "/apis/policy/v1" "poddisruptionbudgets";
}

impl Resource for core::Event {
    const API: &'static str = "/api/v1";
    const PLURAL: &'static str = "events";
    const PASSING: bool = true;

    fn metadata(&self) -> Option<&ObjectMeta> {
        self.metadata.as_ref()
    }
}

impl Resource for argo::Rollout {
    const API: &'static str = "/apis/argoproj.io/v1alpha1";
    const PLURAL: &'static str = "rollouts";
    const ADDED: bool = true;

    fn metadata(&self) -> Option<&ObjectMeta> {
        Some(&self.metadata)
    }
}
