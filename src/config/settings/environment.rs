//! `[environment.NAME]`: a place where services run.

use std::path::PathBuf;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    address::{self, Web},
    prometheus::{self, Prometheus},
};
use crate::{
    config::reader::{Keys, Reader},
    domain::{action::EnvironmentKind, namespace},
};

const ENVIRONMENT: Keys<'_> = Keys {
    known: &[
        "kind",
        "docker",
        "kubernetes",
        "read_only",
        "prometheus",
        "alertmanager",
    ],
    later: &["swarm"],
};
const DOCKER: Keys<'_> = Keys {
    known: &["host", "context", "tls", "projects"],
    later: &[],
};
const KUBERNETES: Keys<'_> = Keys {
    known: &["kubeconfig", "context", "namespaces"],
    later: &[],
};
const TLS: Keys<'_> = Keys {
    known: &["ca", "cert", "key"],
    later: &[],
};
const KINDS: [(&str, EnvironmentKind); 3] = [
    ("production", EnvironmentKind::Production),
    ("staging", EnvironmentKind::Staging),
    ("development", EnvironmentKind::Development),
];
/// How an address of a daemon can begin.
const SCHEMES: [&str; 4] = ["unix://", "tcp://", "ssh://", "https://"];

/// A place where services run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// How careful to be; `Unknown` where nobody said.
    pub kind: EnvironmentKind,
    /// The daemon; where nothing is set, the one that the `docker` command would use.
    pub docker: Docker,
    /// The cluster that it is instead of a daemon.
    pub kubernetes: Option<Kubernetes>,
    /// Nothing is changed here.
    pub read_only: bool,
    /// Who measures what runs here.
    pub prometheus: Option<Prometheus>,
    /// Who tells of alerts: peers of one cluster.
    pub alertmanager: Vec<Web>,
}

/// How to reach a Docker daemon, and what of it to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Docker {
    /// `unix://…`, `tcp://…`, `ssh://…`.
    pub host: Option<String>,
    /// A context of the `docker` command.
    pub context: Option<String>,
    /// PEM files, where the daemon asks for TLS.
    pub tls: Option<Tls>,
    /// Only these Compose projects; empty means all.
    pub projects: Vec<String>,
}

/// How to reach a cluster, and what of it to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kubernetes {
    /// A kubeconfig; `None` looks where `kubectl` looks.
    pub kubeconfig: Option<PathBuf>,
    /// A context of it; `None` takes its current one.
    pub context: Option<String>,
    /// Only these namespaces; empty means all that may be seen.
    pub namespaces: Vec<String>,
}

/// PEM files for TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Who signed the daemon's certificate.
    pub ca: Option<PathBuf>,
    /// Our certificate.
    pub cert: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

pub(super) fn read(reader: &mut Reader<'_>, name: &str, table: &DeTable<'_>) -> Environment {
    reader.keys(table, &format!("environment.{name}"), &ENVIRONMENT);
    let kind = reader.choice(table, "kind", &KINDS).unwrap_or_default();
    let docker = docker(reader, table);
    let kubernetes = kubernetes(reader, table, docker.is_some());
    let is_cluster = kubernetes.is_some();
    Environment {
        kind,
        docker: docker.unwrap_or_default(),
        kubernetes,
        read_only: reader.boolean(table, "read_only").unwrap_or(false),
        prometheus: prometheus::read(reader, table, is_cluster),
        alertmanager: alertmanager(reader, table, is_cluster),
    }
}

/// `alertmanager = "URL"`, or all of its peers.
fn alertmanager(reader: &mut Reader<'_>, environment: &DeTable<'_>, is_cluster: bool) -> Vec<Web> {
    let peers = match environment.get("alertmanager").map(Spanned::get_ref) {
        None => return Vec::new(),
        Some(DeValue::Array(_)) => reader.strings(environment, "alertmanager"),
        Some(_) => reader
            .string(environment, "alertmanager")
            .map(|one| vec![one]),
    };
    let peers = peers.unwrap_or_default();
    let addresses = peers
        .iter()
        .filter_map(|text| address::web_of(reader, text, is_cluster));
    addresses.collect()
}

fn docker(reader: &mut Reader<'_>, environment: &DeTable<'_>) -> Option<Docker> {
    let table = reader.table(environment, "docker")?;
    reader.keys(table.value, "docker", &DOCKER);
    let host = reader.string(table.value, "host");
    let context = reader.string(table.value, "context");
    if let Some(host) = &host {
        if !SCHEMES
            .iter()
            .any(|scheme| host.value.starts_with(scheme) && host.value.len() > scheme.len())
        {
            // An address may hold a password: it is not repeated.
            reader
                .problem(host.span.clone(), "this is not the address of a daemon")
                .help("write unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST");
        }
        if let Some(context) = &context {
            reader
                .problem(context.span.clone(), "a context brings a host of its own")
                .also(host.span.clone(), "already given here")
                .help("keep one of the two");
        }
    }
    let tls = reader.table(table.value, "tls").map(|found| {
        reader.keys(found.value, "tls", &TLS);
        let mut file = |key| {
            let text = reader.string(found.value, key)?;
            Some(reader.beside_file(&text.value))
        };
        let tls = Tls {
            ca: file("ca"),
            cert: file("cert"),
            key: file("key"),
        };
        if tls.cert.is_some() != tls.key.is_some() {
            reader
                .problem(found.span, "a certificate goes with its key")
                .help("set both cert and key, or neither");
        }
        tls
    });
    let projects = reader.strings(table.value, "projects").unwrap_or_default();
    Some(Docker {
        host: host.map(|text| text.value),
        context: context.map(|text| text.value),
        tls,
        projects: projects.into_iter().map(|text| text.value).collect(),
    })
}

fn kubernetes(
    reader: &mut Reader<'_>,
    environment: &DeTable<'_>,
    has_docker: bool,
) -> Option<Kubernetes> {
    let table = reader.table(environment, "kubernetes")?;
    if has_docker {
        reader
            .problem(table.span, "an environment is a daemon or a cluster")
            .help("keep docker or kubernetes, and make two environments of it where you want both");
    }
    reader.keys(table.value, "kubernetes", &KUBERNETES);
    let kubeconfig = reader.string(table.value, "kubeconfig");
    let context = reader.string(table.value, "context");
    let namespaces = reader
        .strings(table.value, "namespaces")
        .unwrap_or_default();
    for name in namespaces
        .iter()
        .filter(|name| !namespace::is_name(&name.value))
    {
        reader
            .problem(name.span.clone(), "this cannot be the name of a namespace")
            .help(namespace::RULE);
    }
    Some(Kubernetes {
        kubeconfig: kubeconfig.map(|path| reader.beside_file(&path.value)),
        context: context.map(|text| text.value),
        namespaces: namespaces.into_iter().map(|text| text.value).collect(),
    })
}
