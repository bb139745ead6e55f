//! What the command line names by hand, instead of an environment of the settings.

use std::path::PathBuf;

use crate::{
    cli::{arguments::Global, exit::Fault},
    platform::{
        docker::{self, DockerOptions},
        kubernetes,
    },
    text::SafeText,
};

/// What runs services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Platform {
    Docker,
    Kubernetes,
}

/// What was named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ByHand {
    pub(super) docker_host: Option<String>,
    pub(super) docker_context: Option<String>,
    pub(super) kubeconfig: Option<PathBuf>,
    pub(super) kube_context: Option<String>,
    pub(super) namespaces: Vec<String>,
}

impl ByHand {
    /// What these options name. A context is the one of that name, kubectl's or docker's.
    ///
    /// # Errors
    /// Both have one of that name, or neither has.
    pub(super) fn new(global: &Global) -> Result<Self, Fault> {
        let mut named = Self {
            docker_host: global.docker_host.clone(),
            kubeconfig: global.kubeconfig.clone(),
            namespaces: global.namespace.clone(),
            ..Self::default()
        };
        let Some(context) = &global.context else {
            return Ok(named);
        };
        match whose(context, named.platform())? {
            (Platform::Docker, name) => named.docker_context = Some(name.to_owned()),
            (Platform::Kubernetes, name) => named.kube_context = Some(name.to_owned()),
        }
        Ok(named)
    }

    /// Which platform that makes it; `None` where nothing was named.
    pub(super) const fn platform(&self) -> Option<Platform> {
        if self.docker_host.is_some() || self.docker_context.is_some() {
            Some(Platform::Docker)
        } else if self.kubeconfig.is_some()
            || self.kube_context.is_some()
            || !self.namespaces.is_empty()
        {
            Some(Platform::Kubernetes)
        } else {
            None
        }
    }

    /// Whether namespaces are all that was named: of the cluster that is meant anyway.
    pub(super) const fn only_namespaces(&self) -> bool {
        self.docker_host.is_none()
            && self.docker_context.is_none()
            && self.kubeconfig.is_none()
            && self.kube_context.is_none()
    }
}

/// Whose context it is, and its name.
fn whose(written: &str, platform: Option<Platform>) -> Result<(Platform, &str), Fault> {
    if let Some(name) = written.strip_prefix("docker:") {
        return Ok((Platform::Docker, name));
    }
    if let Some(name) = written.strip_prefix("kubernetes:") {
        return Ok((Platform::Kubernetes, name));
    }
    if let Some(platform) = platform {
        return Ok((platform, written));
    }
    let shown = SafeText::name(written);
    let read = kubernetes::contexts(None);
    let kubectl_has = read
        .as_ref()
        .is_ok_and(|found| found.get(written).is_some());
    let docker = docker::locate(&DockerOptions {
        context: Some(written.to_owned()),
        ..DockerOptions::default()
    });
    match (kubectl_has, docker) {
        (true, Ok(_)) => Err(Fault::usage(format!(
            "kubectl and docker both have a context {shown}; write kubernetes:{shown} or docker:{shown}"
        ))),
        (true, Err(_)) => Ok((Platform::Kubernetes, written)),
        (false, Ok(_)) => Ok((Platform::Docker, written)),
        (false, Err(why)) => Err(Fault::usage(match read {
            Err(broken) => format!("{why}\n{broken}"),
            Ok(_) => format!(
                "{why}; kubectl has none of that name either, kubectl config get-contexts shows those it has"
            ),
        })),
    }
}
