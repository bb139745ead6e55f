//! Where clusters are: the kubeconfig that `kubectl` would use from here, or the account of the pod that this runs in.
//!
//! Which context is meant is settled once, at start: a `kubectl config use-context` elsewhere changes nothing here.

use std::path::{Path, PathBuf};

use hyper_util::client::proxy::matcher::Intercept;
use kube::{
    Config,
    config::{
        AuthInfo, Cluster, Context, KubeConfigOptions, Kubeconfig, KubeconfigError, NamedAuthInfo,
        NamedCluster, NamedContext,
    },
};

use super::{KubernetesOptions, connect, proxy};
use crate::{safe, text::SafeText};

/// The one context there is for a pod's own account.
const IN_CLUSTER: &str = "in-cluster";

/// Where the kubelet puts the account of a pod.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The contexts that can be reached, by the names that `kubectl` has for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contexts {
    /// All of them, in the order of the files.
    pub all: Vec<Named>,
    /// The one that `kubectl` would use, where it names one that there is.
    pub current: Option<String>,
}

/// A context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// The namespace that it sets.
    pub namespace: Option<String>,
    /// The address of its API server.
    pub server: Option<String>,
}

impl Contexts {
    /// The context of that name.
    pub fn get(&self, name: &str) -> Option<&Named> {
        self.all.iter().find(|context| context.name == name)
    }
}

/// The contexts of a kubeconfig; `None` looks where `kubectl` looks. None at all where there is no kubeconfig.
///
/// # Errors
/// In words: which file does not read, and where in it.
pub fn contexts(file: Option<&Path>) -> Result<Contexts, SafeText> {
    let read = read(file, &|name| std::env::var(name).ok(), Path::new(ACCOUNT))?;
    let server = |cluster: &str| {
        let named = read.clusters.iter().find(|c| c.name == cluster)?;
        named.cluster.as_ref()?.server.clone()
    };
    let named = |context: &NamedContext| {
        let inner = context.context.as_ref()?;
        Some(Named {
            name: context.name.clone(),
            namespace: inner.namespace.clone().filter(|name| !name.is_empty()),
            server: server(&inner.cluster),
        })
    };
    let all: Vec<Named> = read.contexts.iter().filter_map(named).collect();
    let current = read.current_context.clone();
    Ok(Contexts {
        current: current.filter(|name| all.iter().any(|context| context.name == *name)),
        all,
    })
}

/// A context that is meant, and how it is reached.
pub(super) struct Meant {
    /// Its name.
    pub(super) context: String,
    /// Server, credentials, certificates.
    pub(super) config: Config,
    /// What stands between.
    pub(super) proxy: Option<Intercept>,
}

/// How the context that is meant is reached.
///
/// # Errors
/// In words, and in a second sentence what mends it.
pub(super) async fn config(options: &KubernetesOptions) -> Result<Meant, SafeText> {
    let file = options.kubeconfig.as_deref();
    let read = read(file, &|name| std::env::var(name).ok(), Path::new(ACCOUNT))?;
    let current = read.current_context.clone();
    let Some(meant) = options.context.clone().or(current) else {
        return Err(SafeText::from_static(
            "no context is chosen. Name one with --context; kubectl config get-contexts shows those there are",
        ));
    };
    let Some(there) = read.contexts.iter().find(|context| context.name == meant) else {
        return Err(safe!(
            "the kubeconfig has no context {meant}. kubectl config get-contexts shows those it has"
        ));
    };
    let cluster = there.context.as_ref().map(|context| &context.cluster);
    let cluster = read.clusters.iter().find(|c| Some(&c.name) == cluster);
    let own_proxy = cluster.and_then(|c| c.cluster.as_ref()?.proxy_url.clone());
    let pinned = KubeConfigOptions {
        context: Some(meant.clone()),
        ..KubeConfigOptions::default()
    };
    let words = safe!("context {meant}");
    let config = Config::from_custom_kubeconfig(read, &pinned).await;
    let config = config.map_err(|error| safe!("{words}: {}", connect::words(&error)))?;
    let variable = |name: &str| std::env::var(name).ok();
    let proxy = proxy::find(own_proxy.as_deref(), &config.cluster_url, &variable);
    Ok(Meant {
        context: meant,
        proxy: proxy.map_err(|why| safe!("{words}: {why}"))?,
        config,
    })
}

/// All files as one, as `kubectl` merges them; an empty one where there is none.
fn read(
    file: Option<&Path>,
    variable: &dyn Fn(&str) -> Option<String>,
    account: &Path,
) -> Result<Kubeconfig, SafeText> {
    if let Some(file) = file {
        return one(file);
    }
    let named = variable("KUBECONFIG").filter(|value| !value.is_empty());
    let files: Vec<PathBuf> = match (named, variable("HOME")) {
        (Some(named), _) => std::env::split_paths(&named)
            .filter(|path| !path.as_os_str().is_empty())
            .collect(),
        (None, Some(home)) => vec![Path::new(&home).join(".kube/config")],
        (None, None) => Vec::new(),
    };
    // As kubectl has it: of several, those that are not there are left out.
    let found: Vec<&PathBuf> = files.iter().filter(|file| file.exists()).collect();
    if found.is_empty() {
        return Ok(in_cluster(variable, account).unwrap_or_default());
    }
    found
        .into_iter()
        .try_fold(Kubeconfig::default(), |all, file| {
            all.merge(one(file)?)
                .map_err(|error| safe!("kubeconfig {}: {error}", file.display()))
        })
}

fn one(file: &Path) -> Result<Kubeconfig, SafeText> {
    let mend = "Mend it, or name another with --kubeconfig";
    let mut read = Kubeconfig::read_from(file).map_err(|error| {
        let file = file.display();
        match error {
            KubeconfigError::ReadConfig(error, _) => {
                safe!("kubeconfig {file} can't be read: {error}. {mend}")
            }
            // What the parser says may repeat a token: where it is, is enough.
            KubeconfigError::Parse(error) => match error.location() {
                Some(at) => safe!(
                    "kubeconfig {file} does not parse, line {}, column {}. {mend}",
                    at.line(),
                    at.column()
                ),
                None => safe!("kubeconfig {file} does not parse. {mend}"),
            },
            other => safe!("kubeconfig {file}: {other}. {mend}"),
        }
    })?;
    // kubectl writes an empty one when the current context is unset: another file may name one.
    read.current_context = read.current_context.filter(|name| !name.is_empty());
    Ok(read)
}

/// A kubeconfig for the account of the pod that this runs in; `None` outside of one.
fn in_cluster(variable: &dyn Fn(&str) -> Option<String>, account: &Path) -> Option<Kubeconfig> {
    let host = variable("KUBERNETES_SERVICE_HOST").filter(|host| !host.is_empty())?;
    let port = variable("KUBERNETES_SERVICE_PORT").filter(|port| !port.is_empty())?;
    let token = account.join("token");
    if !token.exists() {
        return None;
    }
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    let namespace = std::fs::read_to_string(account.join("namespace")).ok();
    let path = |path: PathBuf| Some(path.to_string_lossy().into_owned());
    let cluster = Cluster {
        server: Some(format!("https://{host}:{port}")),
        certificate_authority: path(account.join("ca.crt")),
        ..Cluster::default()
    };
    let user = AuthInfo {
        token_file: path(token),
        ..AuthInfo::default()
    };
    let context = Context {
        cluster: IN_CLUSTER.to_owned(),
        user: Some(IN_CLUSTER.to_owned()),
        namespace: namespace.map(|name| name.trim().to_owned()),
        ..Context::default()
    };
    Some(Kubeconfig {
        clusters: vec![NamedCluster {
            name: IN_CLUSTER.to_owned(),
            cluster: Some(cluster),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: IN_CLUSTER.to_owned(),
            auth_info: Some(user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: IN_CLUSTER.to_owned(),
            context: Some(context),
            ..NamedContext::default()
        }],
        current_context: Some(IN_CLUSTER.to_owned()),
        ..Kubeconfig::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "
current-context: eks-1
clusters: [{name: one, cluster: {server: 'https://one:6443'}}]
users: [{name: me, user: {token: hunter2}}]
contexts:
- {name: eks-1, context: {cluster: one, user: me, namespace: shop}}
- {name: eks-2, context: {cluster: two, user: me}}
";

    fn at(variables: &[(&str, &Path)], account: &Path) -> Result<Kubeconfig, SafeText> {
        let find = |name: &str| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| value.to_string_lossy().into_owned())
        };
        read(None, &find, account)
    }

    #[test]
    fn contexts_are_those_of_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config");
        std::fs::write(&file, TWO).expect("it is written");
        let found = contexts(Some(&file)).expect("it reads");
        assert_eq!(found.current.as_deref(), Some("eks-1"));
        let first = found.get("eks-1").expect("it is there");
        assert_eq!(first.namespace.as_deref(), Some("shop"));
        assert_eq!(first.server.as_deref(), Some("https://one:6443"));
        assert_eq!(found.all.len(), 2);
    }

    #[test]
    fn a_file_that_does_not_parse_is_told_with_its_place_and_nothing_of_what_is_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config");
        std::fs::write(&file, "users:\n- name: me\n  user: hunter2\n").expect("it is written");
        let words = contexts(Some(&file)).expect_err("it is no kubeconfig");
        assert!(words.contains("line 3"), "{words}");
        assert!(words.contains("--kubeconfig"), "{words}");
        assert!(!words.contains("hunter2"), "{words}");
    }

    #[test]
    fn of_several_files_those_that_are_not_there_are_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config");
        std::fs::write(&file, TWO).expect("it is written");
        let both = std::env::join_paths([folder.path().join("no"), file]).expect("no colon");
        let read = at(&[("KUBECONFIG", Path::new(&both))], folder.path()).expect("it reads");
        assert_eq!(read.contexts.len(), 2);
        let none = at(&[("HOME", folder.path())], folder.path()).expect("none is no error");
        assert!(none.contexts.is_empty());
    }

    #[test]
    fn in_a_pod_its_own_account_is_taken_unless_there_is_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("token"), "hunter2").expect("it is written");
        std::fs::write(folder.path().join("namespace"), "ops\n").expect("it is written");
        let pod = [
            ("KUBERNETES_SERVICE_HOST", Path::new("fd00::1")),
            ("KUBERNETES_SERVICE_PORT", Path::new("443")),
        ];
        let read = at(&pod, folder.path()).expect("it reads");
        let cluster = read.clusters[0].cluster.as_ref().expect("a cluster");
        assert_eq!(cluster.server.as_deref(), Some("https://[fd00::1]:443"));
        let context = read.contexts[0].context.as_ref().expect("a context");
        assert_eq!(context.namespace.as_deref(), Some("ops"));
        assert_eq!(read.current_context.as_deref(), Some("in-cluster"));
    }
}
