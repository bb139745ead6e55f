//! Reading a cluster: what runs, and what of it can be believed while the connection, the login or the permissions are bad.

mod faults;
mod link;
mod login;
mod permissions;
mod rows;
mod usage;
mod way;

use std::{path::Path, time::Duration};

use quarterdeck::{
    domain::source::{SourceHealth, SourceState},
    platform::{
        PlatformHandle, Request,
        kubernetes::{self, KubernetesOptions},
    },
};

use crate::support::{
    cluster::Namespace,
    wait::{SOON, deadline, left},
};

/// A console's end of a cluster, and what a test asks of it.
struct Reading {
    handle: PlatformHandle,
}

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

    fn state(&self) -> SourceState {
        self.handle.state.borrow().clone()
    }

    /// Waits until what is shown fits, and returns it.
    #[track_caller]
    fn until(&self, what: &str, fits: impl Fn(&SourceState) -> bool) -> SourceState {
        self.within(SOON, what, fits)
    }

    #[track_caller]
    fn within(
        &self,
        time: Duration,
        what: &str,
        fits: impl Fn(&SourceState) -> bool,
    ) -> SourceState {
        let end = deadline(time);
        loop {
            let state = self.state();
            if fits(&state) {
                return state;
            }
            assert!(
                !left(end).is_zero(),
                "waited {time:?} in vain: {what}; there is {state:#?}"
            );
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    #[track_caller]
    fn live(&self) -> SourceState {
        self.until("live", |state| state.health == SourceHealth::Live)
    }

    /// Waits until a service of that name has so many pods that serve.
    #[track_caller]
    fn serves(&self, name: &str, pods: u32) -> SourceState {
        self.until(&format!("{name} has {pods} pods that serve"), |state| {
            let named = state.snapshot.named(name);
            named.first().is_some_and(|service| service.ready() == pods)
        })
    }

    fn ask(&self, request: Request) {
        let sent = self.handle.requests.blocking_send(request);
        sent.expect("the platform listens");
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
