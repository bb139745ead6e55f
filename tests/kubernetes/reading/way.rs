//! The way to the server: through a proxy that the kubeconfig or the environment names, and as the account of a pod.

use std::{fs, path::Path, process::Command};

use quarterdeck::domain::source::SourceHealth;
use tempfile::NamedTempFile;

use super::{Reading, deployment};
use crate::support::{
    cluster::{Cluster, Namespace},
    cluster_or_skip,
    tunnels::Tunnels,
};

/// The administrator's kubeconfig with something replaced in it.
fn kubeconfig(cluster: &Cluster, what: &str, by: &str) -> NamedTempFile {
    let theirs = fs::read_to_string(cluster.kubeconfig("admin")).expect("it is there");
    assert!(theirs.contains(what), "{theirs}");
    let file = NamedTempFile::new().expect("a file");
    fs::write(file.path(), theirs.replace(what, by)).expect("it is written");
    file
}

fn by_proxy(cluster: &Cluster, url: &str) -> NamedTempFile {
    let own = format!("cluster: {{proxy-url: '{url}', ");
    kubeconfig(cluster, "cluster: {server", &format!("{own}server"))
}

/// `quarterdeck status --json`, in a home and an environment of nothing but that.
fn status(namespace: &Namespace<'_>, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quarterdeck"));
    command
        .args(["status", "--json", "--namespace", &namespace.name])
        .env_clear()
        .envs(environment.iter().copied())
        .env("HOME", "/nonexistent")
        .env("TZ", "UTC");
    command
}

#[track_caller]
fn ends(mut command: Command, code: i32) -> String {
    let done = command.output().expect("it starts");
    let told = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert_eq!(done.status.code(), Some(code), "{told}");
    told
}

#[test]
fn everything_goes_by_the_proxy_that_the_kubeconfig_names() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("tunnel");
    deployment(&namespace, "api", 1);
    // In base64: me:hunter2
    let tunnels = Tunnels::start(Some("bWU6aHVudGVyMg=="));
    let own = by_proxy(&cluster, &format!("http://me:hunter2@{}", tunnels.address));
    let reading = Reading::of(own.path(), &[&namespace]);
    reading.serves("api", 1);
    reading.live();
    let server = cluster.server().replace("https://", "");
    assert!(!tunnels.asked().is_empty(), "nothing went by it");
    assert!(tunnels.asked().iter().all(|to| *to == server));

    let wrong = by_proxy(&cluster, &format!("http://me:CANARY@{}", tunnels.address));
    let refused = Reading::of(wrong.path(), &[&namespace]);
    let told = refused.until("refused", |s| s.health == SourceHealth::Offline);
    assert!(
        told.problem.contains("proxy authorization required"),
        "{}",
        told.problem
    );
    assert!(!format!("{told:?} {:?}", refused.handle).contains("CANARY"));

    let unusable = by_proxy(&cluster, "ftp://me:CANARY@proxy");
    let refused = Reading::of(unusable.path(), &[&namespace]);
    let told = refused.until("refused", |s| !s.problem.is_empty());
    assert!(
        told.problem.contains("proxy-url is no proxy"),
        "{}",
        told.problem
    );
    assert!(!told.problem.contains("CANARY"), "{}", told.problem);
}

#[test]
fn the_environments_proxy_is_used_unless_it_says_not_for_that_server() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("tunnel");
    deployment(&namespace, "api", 1);
    let tunnels = Tunnels::start(None);
    let proxy = format!("http://{}", tunnels.address);
    // A name that nobody but the proxy knows; it is in the server's certificate.
    let named = kubeconfig(&cluster, "//127.0.0.1:", "//kubernetes.default.svc:");
    let path = named.path().to_string_lossy();
    let by = [("KUBECONFIG", &*path), ("HTTPS_PROXY", &*proxy)];
    let told = ends(status(&namespace, &by), 0);
    assert!(told.contains("\"api\""), "{told}");
    let asked = tunnels.asked();
    assert!(
        asked
            .iter()
            .any(|to| to.starts_with("kubernetes.default.svc:")),
        "{asked:?}"
    );
    let not = [("NO_PROXY", "kubernetes.default.svc")];
    ends(status(&namespace, &[&by[..], &not].concat()), 3);
    assert_eq!(tunnels.asked(), asked);
}

/// The files of a pod's account stand where a kubelet puts them, in a tree that only the program sees.
#[test]
fn in_a_pod_its_own_account_is_used_token_certificate_and_namespace() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("inside");
    deployment(&namespace, "api", 1);
    let rules = "[{apiGroups: ['', apps], resources: [pods, deployments, replicasets], verbs: [get, list, watch]}]";
    let account = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        fs::write(account.path().join(name), text).expect("it is written");
    };
    write("token", &namespace.token(Some(rules)));
    write("namespace", &namespace.name);
    fs::copy(cluster.folder.join("ca.pem"), account.path().join("ca.crt")).expect("copied");
    let server = cluster.server();
    let (host, port) = server
        .trim_start_matches("https://")
        .split_once(':')
        .expect("both");
    let run = |arguments: &str| {
        let folder = Path::new("/run/secrets/kubernetes.io/serviceaccount");
        let script = format!(
            "mount -t tmpfs none /run && mkdir -p {0} && cp {1}/* {0} && exec {2} {arguments}",
            folder.display(),
            account.path().display(),
            env!("CARGO_BIN_EXE_quarterdeck"),
        );
        let mut command = Command::new("unshare");
        command
            .args(["--map-root-user", "--mount", "sh", "-c", &script])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs([
                ("KUBERNETES_SERVICE_HOST", host),
                ("KUBERNETES_SERVICE_PORT", port),
            ])
            .env("HOME", "/nonexistent");
        command
    };
    // Nothing is named by hand: neither cluster nor namespace.
    let told = ends(run("status --json"), 0);
    assert!(
        told.contains("\"api\"") && told.contains(&namespace.name),
        "{told}"
    );
    assert!(told.contains("in-cluster"), "{told}");
    let told = ends(run("doctor --read-only"), 0);
    assert!(
        told.contains(&format!("system:serviceaccount:{}:console", namespace.name)),
        "{told}"
    );
}
