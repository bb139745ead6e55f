//! The test cluster, and namespaces of it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use quarterdeck::platform::kubernetes::KubernetesOptions;
use tempfile::NamedTempFile;

use super::{
    daemon::output,
    proxy::{Papers, Proxy},
};

/// The cluster that `tests/run` started, or one of a test's own.
pub(crate) struct Cluster {
    /// Its files: kubeconfigs, logs, certificates.
    pub(crate) folder: PathBuf,
    kubectl: PathBuf,
    /// Its name, where it is a test's own.
    own: Option<String>,
}

impl Cluster {
    /// `None` without one; a failure in CI.
    pub(crate) fn shared() -> Option<Self> {
        let set = (
            env::var_os("QUARTERDECK_TEST_KUBERNETES"),
            env::var_os("QUARTERDECK_TEST_KUBECTL"),
        );
        if let (Some(folder), Some(kubectl)) = set {
            return Some(Self {
                folder: folder.into(),
                kubectl: kubectl.into(),
                own: None,
            });
        }
        assert!(
            env::var("CI").is_err(),
            "no test cluster: QUARTERDECK_TEST_KUBERNETES is not set"
        );
        eprintln!("SKIPPED: it needs a cluster; `tests/run kubernetes` starts one");
        None
    }

    /// One more, of a single node, for a test alone; it ends with this value.
    pub(crate) fn private(&self) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}{number}", std::process::id());
        let (folder, kubectl) = (self.folder.with_file_name(&name), self.kubectl.clone());
        // It is stopped also where it does not come up.
        let cluster = Self {
            folder,
            kubectl,
            own: Some(name),
        };
        cluster.control("start");
        cluster
    }

    /// Another cluster takes its place, under its address and with its certificates. Private ones alone.
    pub(crate) fn replace(&self) {
        self.control("replace");
    }

    /// SIGSTOP to its API server: connections stay open and say nothing. Private ones alone.
    pub(crate) fn pause(&self) {
        self.control("pause");
    }

    /// SIGCONT.
    pub(crate) fn resume(&self) {
        self.control("resume");
    }

    fn control(&self, action: &str) {
        let name = self.own.as_ref();
        let name = name.expect("other tests use the shared cluster: take `private`");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kubernetes/cluster");
        output(Command::new(script).args([action, name, "1"]));
    }

    /// A kubeconfig of one of its users: `admin`.
    pub(crate) fn kubeconfig(&self, user: &str) -> PathBuf {
        self.folder.join(format!("{user}.kubeconfig"))
    }

    /// Where its API server is: `https://127.0.0.1:26000`.
    pub(crate) fn server(&self) -> String {
        let admin = fs::read_to_string(self.kubeconfig("admin")).expect("it is there");
        let (_, rest) = admin.split_once("server: '").expect("it names a server");
        rest.split('\'').next().unwrap_or_default().to_owned()
    }

    /// A kubeconfig of one of its users that goes by a proxy's address (`tcp://…`) instead.
    pub(crate) fn kubeconfig_by(&self, user: &str, proxy: &str) -> NamedTempFile {
        let there = fs::read_to_string(self.kubeconfig(user)).expect("it is there");
        written(&there.replace(&self.server(), &proxy.replace("tcp://", "https://")))
    }

    /// A kubeconfig for whoever has that token, at a server or a proxy.
    pub(crate) fn kubeconfig_of(&self, token: &str, server: &str) -> NamedTempFile {
        written(&self.with_token(token, server))
    }

    /// The text of [`kubeconfig_of`](Self::kubeconfig_of).
    pub(crate) fn with_token(&self, token: &str, server: &str) -> String {
        self.with_user(&format!("{{token: {token}}}"), server)
    }

    /// A kubeconfig's text for a user as YAML has it.
    pub(crate) fn with_user(&self, user: &str, server: &str) -> String {
        let server = server.replace("tcp://", "https://");
        let ca = self.folder.join("ca.pem");
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
             clusters: [{{name: test, cluster: {{server: '{server}', certificate-authority: {}}}}}]\n\
             users: [{{name: test, user: {user}}}]\n\
             contexts: [{{name: test, context: {{cluster: test, user: test}}}}]\n",
            ca.display()
        )
    }

    /// A proxy before its API server that sees requests, for those who log in by a token.
    pub(crate) fn terminating_proxy(&self) -> Proxy {
        let (certificate, key) = (
            self.folder.join("server.pem"),
            self.folder.join("server-key.pem"),
        );
        Proxy::terminating(
            &self.server(),
            &Papers {
                ca: &self.folder.join("ca.pem"),
                server: (&certificate, &key),
                client: None,
            },
        )
    }

    /// A proxy before its API server that passes TLS on.
    pub(crate) fn passing_proxy(&self) -> Proxy {
        Proxy::passing(&self.server().replace("https://", "tcp://"))
    }

    /// A namespace of the test's own; it goes with the value.
    pub(crate) fn namespace(&self, stem: &str) -> Namespace<'_> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "{stem}-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        self.kubectl(&["create", "namespace", &name]);
        Namespace {
            cluster: self,
            name,
        }
    }

    /// What the console reads that namespace with, as the administrator.
    pub(crate) fn options(&self, namespace: &Namespace<'_>) -> KubernetesOptions {
        namespace.options_by(&self.kubeconfig("admin"))
    }

    /// What kubectl prints; it must succeed.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "kubectl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What kubectl prints by other kubeconfigs, merged.
    pub(crate) fn kubectl_of(&self, kubeconfigs: &[&Path], arguments: &[&str]) -> String {
        let all = env::join_paths(kubeconfigs).expect("no colon in them");
        let output = Command::new(&self.kubectl)
            .env("KUBECONFIG", all)
            .args(arguments)
            .output()
            .expect("kubectl runs");
        assert!(output.status.success(), "kubectl {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(&self.kubectl)
            .arg("--kubeconfig")
            .arg(self.kubeconfig("admin"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("kubectl runs")
    }

    /// What the kubelets answer for the log of every container from now on, in the CRI's format.
    pub(crate) fn write_log(&self, text: &str) {
        fs::write(self.folder.join("logs/current.log"), text).expect("the log is written");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.own.is_some() {
            self.control("stop");
        }
    }
}

/// A namespace of one test.
pub(crate) struct Namespace<'a> {
    cluster: &'a Cluster,
    /// Its name.
    pub(crate) name: String,
}

/// A temporary file with that text.
fn written(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), text).expect("it is written");
    file
}

impl Namespace<'_> {
    /// What the console reads it with, as that kubeconfig says.
    pub(crate) fn options_by(&self, kubeconfig: &Path) -> KubernetesOptions {
        KubernetesOptions {
            kubeconfig: Some(kubeconfig.to_owned()),
            namespaces: vec![self.name.clone()],
            ..KubernetesOptions::default()
        }
    }

    /// The token of a new account, that may do everything in the cluster, or only what the rules of a role in this namespace
    /// say (YAML).
    pub(crate) fn token(&self, rules: Option<&str>) -> String {
        let account = "console";
        self.kubectl(&["create", "serviceaccount", account]);
        let subject = format!("{}:{account}", self.name);
        match rules {
            None => {
                let binding = format!("{}-admin", self.name);
                let serviceaccount = format!("--serviceaccount={subject}");
                self.kubectl(&[
                    "create",
                    "clusterrolebinding",
                    &binding,
                    "--clusterrole=cluster-admin",
                    &serviceaccount,
                ]);
            }
            Some(rules) => {
                self.apply(&format!(
                    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: {account}}}\nrules: {rules}\n"
                ));
                let serviceaccount = format!("--serviceaccount={subject}");
                self.kubectl(&[
                    "create",
                    "rolebinding",
                    account,
                    &format!("--role={account}"),
                    &serviceaccount,
                ]);
            }
        }
        self.kubectl(&["create", "token", account])
            .trim()
            .to_owned()
    }

    /// What kubectl prints for this namespace; it must succeed.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        let whole: Vec<&str> = ["--namespace", &self.name]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        self.cluster.kubectl(&whole)
    }

    /// Whether kubectl succeeds for this namespace, and all that it prints.
    pub(crate) fn attempt(&self, arguments: &[&str]) -> (bool, String) {
        let whole: Vec<&str> = ["--namespace", &self.name]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        let output = self.cluster.run(&whole);
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        (output.status.success(), printed)
    }

    /// Applies a manifest.
    pub(crate) fn apply(&self, manifest: &str) {
        let file = written(manifest);
        self.kubectl(&["apply", "--filename", &file.path().to_string_lossy()]);
    }

    /// Whether a manifest can be applied.
    pub(crate) fn try_apply(&self, manifest: &str) -> bool {
        let file = written(manifest);
        let path = file.path().to_string_lossy();
        self.attempt(&["apply", "--filename", &path]).0
    }
}

impl Drop for Namespace<'_> {
    fn drop(&mut self) {
        drop(
            self.cluster
                .run(&["delete", "namespace", &self.name, "--wait=false"]),
        );
    }
}
