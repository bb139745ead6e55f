//! Reading a daemon: what runs, how well, what it logs, and what of it can be believed while the connection is bad.

mod details;
mod exec;
mod link;
mod logs;
mod rows;
mod ways;

use quarterdeck::{
    domain::service::ServiceId,
    platform::docker::{self, DockerOptions},
    text::SafeText,
};

use crate::support::reading::Reading;

impl Reading {
    /// Reads what answers at `host`, of these Compose projects (of all, when there are none).
    fn of(host: &str, projects: &[&str]) -> Self {
        Self::with(DockerOptions {
            host: Some(host.to_owned()),
            projects: projects.iter().map(|p| (*p).to_owned()).collect(),
            ..DockerOptions::default()
        })
    }

    fn with(options: DockerOptions) -> Self {
        Self {
            handle: docker::start(options),
        }
    }
}

/// A service of a Compose project; of none, when the project's name is empty.
fn id(project: &str, service: &str) -> ServiceId {
    ServiceId {
        group: SafeText::name(project),
        name: SafeText::name(service),
    }
}
