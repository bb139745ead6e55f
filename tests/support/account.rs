//! Service accounts of the test cluster with the roles that we ship, and what they ask of its API server.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{
    cluster::Cluster,
    proxy::{Papers, Proxy, Request},
};

/// Something that somebody may do, or did: `list apps/deployments`.
pub(crate) type Deed = String;

/// An account, by way of a proxy that notes what it asks.
pub(crate) struct Account {
    /// Between it and the API server.
    pub(crate) proxy: Proxy,
    /// How it logs in.
    pub(crate) kubeconfig: PathBuf,
    /// What its role gives it.
    pub(crate) granted: BTreeSet<Deed>,
    _folder: TempDir,
}

impl Account {
    /// The account of a manifest in `assets/kubernetes`, its namespace in the place of `shop` where it is for one.
    pub(crate) fn new(cluster: &Cluster, name: &str, namespace: Option<&str>) -> Self {
        let variant = if namespace.is_some() {
            "-namespaced"
        } else {
            ""
        };
        let file = format!(
            "{}/assets/kubernetes/{name}{variant}.yaml",
            env!("CARGO_MANIFEST_DIR")
        );
        let home = namespace.unwrap_or("quarterdeck");
        let manifest = fs::read_to_string(file).expect("it is shipped");
        let manifest = manifest.replace("namespace: shop\n", &format!("namespace: {home}\n"));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let written = folder.path().join("manifest.yaml");
        fs::write(&written, manifest).expect("it is written");
        let path = written.to_string_lossy();
        cluster.kubectl(&["apply", "--filename", &path]);
        let user = format!("quarterdeck-{name}");
        let token = cluster.kubectl(&["create", "token", &user, "--namespace", home]);
        let proxy = terminating(cluster, None);
        let kubeconfig = folder.path().join("kubeconfig");
        write_kubeconfig(
            cluster,
            &proxy,
            &format!("token: {}", token.trim()),
            &kubeconfig,
        );
        let kind = if namespace.is_some() {
            "role"
        } else {
            "clusterrole"
        };
        let role = cluster.kubectl(&["get", kind, &user, "--namespace", home, "--output=json"]);
        Self {
            proxy,
            kubeconfig,
            granted: granted(&serde_json::from_str(&role).expect("JSON")),
            _folder: folder,
        }
    }

    /// What it asked for so far.
    pub(crate) fn asked(&self) -> BTreeSet<Deed> {
        let requests = self.proxy.requests();
        let mut asked: BTreeSet<Deed> = requests.iter().filter_map(deed).collect();
        // Since 1.35 a server asks for this too where a WebSocket begins with a GET.
        if asked.contains("get /pods/exec") {
            asked.insert("create /pods/exec".to_owned());
        }
        asked
    }
}

/// A proxy before the API server that sees each request; to the server, who has no token is that user.
pub(crate) fn terminating(cluster: &Cluster, user: Option<&str>) -> Proxy {
    let file = |name: &str| cluster.folder.join(name);
    let (ca, certificate, key) = (file("ca.pem"), file("server.pem"), file("server-key.pem"));
    let admin = fs::read_to_string(cluster.kubeconfig("admin")).expect("it is there");
    let (_, rest) = admin.split_once("server: '").expect("it names a server");
    let (server, _) = rest.split_once('\'').expect("it ends");
    let own = user.map(|user| {
        (
            file(&format!("{user}.pem")),
            file(&format!("{user}-key.pem")),
        )
    });
    let papers = Papers {
        ca: &ca,
        server: (&certificate, &key),
        client: own
            .as_ref()
            .map(|(certificate, key)| (certificate.as_path(), key.as_path())),
    };
    Proxy::terminating(server, &papers)
}

/// A kubeconfig that leads to the proxy, by those credentials: `token: …`, or none.
pub(crate) fn write_kubeconfig(cluster: &Cluster, proxy: &Proxy, user: &str, to: &Path) {
    let server = proxy.host.replace("tcp://", "https://");
    let ca = cluster.folder.join("ca.pem");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
         clusters: [{{name: test, cluster: {{server: '{server}', certificate-authority: {}}}}}]\n\
         users: [{{name: test, user: {{{user}}}}}]\n\
         contexts: [{{name: test, context: {{cluster: test, user: test}}}}]\n",
        ca.display()
    );
    fs::write(to, text).expect("it is written");
}

/// What the rules of a role give.
fn granted(role: &Value) -> BTreeSet<Deed> {
    let words = |rule: &Value, key: &str| -> Vec<String> {
        let all = rule[key].as_array().expect("a list");
        all.iter()
            .map(|one| one.as_str().expect("a word").to_owned())
            .collect()
    };
    let mut all = BTreeSet::new();
    for rule in role["rules"].as_array().expect("rules") {
        for group in words(rule, "apiGroups") {
            for resource in words(rule, "resources") {
                all.extend(
                    words(rule, "verbs")
                        .iter()
                        .map(|verb| format!("{verb} {group}/{resource}")),
                );
            }
        }
    }
    all
}

/// What a request needs; `None` for what everybody may do: health, versions, reviews of oneself.
fn deed(request: &Request) -> Option<Deed> {
    let path = request.path.split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip(1);
    let group = match parts.next()? {
        "api" => "",
        "apis" => parts.next()?,
        _ => return None,
    };
    let version = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    if version.is_empty() || rest.is_empty() || group == "authorization.k8s.io" {
        return None;
    }
    // A namespace is an object of its own, or where another one is.
    let rest = match rest.as_slice() {
        ["namespaces", _, inner @ ..] if !inner.is_empty() => inner,
        all => all,
    };
    let watches = request.watched().is_some();
    let verb = match (request.method.as_str(), rest.len()) {
        ("GET", 1) if watches => "watch",
        ("GET", 1) => "list",
        ("GET", _) => "get",
        ("POST", _) => "create",
        ("PATCH", _) => "patch",
        ("PUT", _) => "update",
        ("DELETE", _) => "delete",
        (other, _) => panic!("nobody knows what {other} takes"),
    };
    let resource = match rest {
        [resource, _, part, ..] => format!("{resource}/{part}"),
        [resource, ..] => (*resource).to_owned(),
        [] => return None,
    };
    Some(format!("{verb} {group}/{resource}"))
}
