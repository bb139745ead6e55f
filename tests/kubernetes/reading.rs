//! Reading a cluster: what runs, and what of it can be believed while the connection, the login or the permissions are bad.

mod faults;
mod link;
mod login;
mod permissions;
mod rows;
mod usage;
mod way;

use std::path::Path;

use quarterdeck::platform::kubernetes::{self, KubernetesOptions};

use crate::support::{cluster::Namespace, reading::Reading};

impl Reading {
    fn with(options: KubernetesOptions) -> Self {
        Self {
            handle: kubernetes::start(options),
        }
    }

    /// Reads these namespaces as a kubeconfig says.
    fn of(kubeconfig: &Path, namespaces: &[&Namespace<'_>]) -> Self {
        Self::with(KubernetesOptions {
            kubeconfig: Some(kubeconfig.to_owned()),
            namespaces: namespaces.iter().map(|n| n.name.clone()).collect(),
            ..KubernetesOptions::default()
        })
    }
}

/// Makes a Deployment with so many pods.
pub(crate) fn deployment(namespace: &Namespace<'_>, name: &str, pods: u32) {
    let replicas = format!("--replicas={pods}");
    namespace.kubectl(&[
        "create",
        "deployment",
        name,
        "--image=shop/api:v1.8.2",
        &replicas,
    ]);
}
