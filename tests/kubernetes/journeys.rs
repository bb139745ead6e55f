//! The built console in a real terminal on a real cluster: what is pressed, what the screen says, and what kubectl then
//! sees. A story a file.

mod bad_release;
mod canary;
mod contexts;
mod cron;
mod incident;
mod list;
mod logs;
mod node;
mod places;
mod pod;
mod rehearsal;
mod scale;
mod shell;

use std::{fmt::Write as _, path::Path};

use crate::support::{
    cluster::{Cluster, Namespace},
    console::{Console, Start, quarterdeck},
};

/// A console of 120 columns on a kubeconfig's namespaces, which shows all where none is named; in production.
pub(crate) fn console(kubeconfig: &Path, namespaces: &[&str]) -> Start {
    let start = quarterdeck(&[]).size(120, 40);
    let mut settings = format!(
        "[environment.shop]\nkind = 'production'\nkubernetes.kubeconfig = '{}'\n",
        kubeconfig.display()
    );
    let _ = writeln!(settings, "kubernetes.namespaces = {namespaces:?}");
    std::fs::write(start.home().join("quarterdeck.toml"), settings).expect("the home is writable");
    start.env("QUARTERDECK_OPERATOR", "sre-1")
}

/// The administrator's on one namespace, started.
fn on(cluster: &Cluster, namespace: &Namespace<'_>) -> Console {
    console(&cluster.kubeconfig("admin"), &[&namespace.name]).start()
}

/// `replicas` copies of a container, by a Deployment.
pub(crate) fn deployment(namespace: &Namespace<'_>, name: &str, stage: &str, replicas: u32) {
    namespace.apply(&format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: {replicas}\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}{stage}}}}}\n    \
         spec: {{containers: [{{name: main, image: 'shop/{name}:v1'}}]}}\n"
    ));
}
