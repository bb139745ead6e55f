//! The test cluster, and namespaces of it.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use quarterdeck::platform::kubernetes::KubernetesOptions;

/// The cluster that `tests/run` started.
pub(crate) struct Cluster {
    /// Its files: kubeconfigs, logs, certificates.
    pub(crate) folder: PathBuf,
    kubectl: PathBuf,
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
            });
        }
        assert!(
            env::var("CI").is_err(),
            "no test cluster: QUARTERDECK_TEST_KUBERNETES is not set"
        );
        eprintln!("SKIPPED: it needs a cluster; `tests/run kubernetes` starts one");
        None
    }

    /// A kubeconfig of one of its users: `admin`.
    pub(crate) fn kubeconfig(&self, user: &str) -> PathBuf {
        self.folder.join(format!("{user}.kubeconfig"))
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
        KubernetesOptions {
            kubeconfig: Some(self.kubeconfig("admin")),
            namespaces: vec![namespace.name.clone()],
            ..KubernetesOptions::default()
        }
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

/// A namespace of one test.
pub(crate) struct Namespace<'a> {
    cluster: &'a Cluster,
    /// Its name.
    pub(crate) name: String,
}

impl Namespace<'_> {
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
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(file.path(), manifest).expect("the manifest is written");
        self.kubectl(&["apply", "--filename", &file.path().to_string_lossy()]);
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
