//! Where the requests about one pod go.

use super::cluster::Cluster;
use crate::{domain::instance::InstanceId, text::SafeText};

/// A pod, as a path names it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its namespace.
    pub(super) namespace: SafeText,
    /// Its name.
    pub(super) name: SafeText,
    /// Its first container.
    main: SafeText,
}

impl Place {
    /// Its path.
    pub(super) fn path(&self) -> String {
        format!("/api/v1/namespaces/{}/pods/{}", self.namespace, self.name)
    }

    /// A container of that name; the first one where it is empty.
    pub(super) fn container(&self, name: &SafeText) -> SafeText {
        if name.is_empty() {
            self.main.clone()
        } else {
            name.clone()
        }
    }
}

/// The pod of that uid; `None` when it is gone.
pub(super) fn place(cluster: &Cluster, instance: &InstanceId) -> Option<Place> {
    let store = cluster.store();
    let pod = store.pods.get(&instance.0)?;
    Some(Place {
        namespace: pod.namespace.clone(),
        name: pod.instance.name.clone(),
        main: pod.containers.first().cloned().unwrap_or_default(),
    })
}
