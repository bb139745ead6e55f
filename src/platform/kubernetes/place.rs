//! Where the requests about one pod go.

use bytes::Bytes;

use super::{
    cluster::Cluster,
    rows::value,
    wire::{core, meta},
};
use crate::{domain::instance::InstanceId, safe, text::SafeText};

/// Which container is meant where nobody names one, as kubectl has it.
const DEFAULT: &str = "kubectl.kubernetes.io/default-container";

/// A pod, as a path names it.
#[derive(Clone, Debug, Default)]
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

/// A pod as it is now, and the container that is meant.
pub(super) struct Found {
    /// Where it is.
    pub(super) place: Place,
    /// The container.
    pub(super) container: SafeText,
}

/// Finds a pod that was shown; another one under its name is another pod.
///
/// # Errors
/// In words, when it is gone, or the server does not tell.
pub(super) async fn find(cluster: &Cluster, instance: &InstanceId) -> Result<Found, SafeText> {
    let place = place(cluster, instance).ok_or_else(gone)?;
    let pod: core::Pod = match cluster.api.protobuf(&place.path()).await {
        Ok(pod) => pod,
        Err(error) if error.code() == Some(404) => return Err(gone()),
        Err(error) => return Err(safe!("{error}")),
    };
    let meta = pod.metadata.unwrap_or_default();
    if *meta.uid != *instance.0.as_bytes() {
        return Err(gone());
    }
    let container = container(&meta, &pod.spec.unwrap_or_default());
    Ok(Found { place, container })
}

/// Its description, whole.
///
/// # Errors
/// In words, when it is gone, or the server does not tell.
pub(super) async fn describe(cluster: &Cluster, instance: &InstanceId) -> Result<Bytes, SafeText> {
    let found = find(cluster, instance).await?;
    let described = cluster.api.get(&found.place.path(), super::api::JSON).await;
    described.map_err(|error| safe!("{error}"))
}

fn gone() -> SafeText {
    SafeText::from_static("the pod is gone")
}

/// The container that the annotation names, or the first.
fn container(meta: &meta::ObjectMeta, spec: &core::PodSpec) -> SafeText {
    let wanted = value(&meta.annotations, DEFAULT);
    let mut all = spec.containers.iter();
    let named = all
        .clone()
        .find(|c| !wanted.is_empty() && *c.name == *wanted);
    let name = named.or(all.next()).map_or(&b""[..], |c| &c.name);
    SafeText::name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_annotation_names_the_container_and_the_first_is_meant_else() {
        let spec = core::PodSpec {
            containers: ["proxy", "main"]
                .map(|name| core::Container {
                    name: name.into(),
                    ..core::Container::default()
                })
                .into(),
            ..core::PodSpec::default()
        };
        let meta = |container: &'static str| meta::ObjectMeta {
            annotations: vec![meta::Pair {
                key: DEFAULT.into(),
                value: container.into(),
            }],
            ..meta::ObjectMeta::default()
        };
        assert_eq!(&*container(&meta::ObjectMeta::default(), &spec), "proxy");
        assert_eq!(&*container(&meta("main"), &spec), "main");
        assert_eq!(&*container(&meta("gone"), &spec), "proxy");
    }
}
