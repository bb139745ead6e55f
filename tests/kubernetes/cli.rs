//! The command line against the real API server: what there is in clusters alone.

mod services;

use std::path::PathBuf;

use serde_json::Value;

use crate::{
    nodes::{OwnNode, three},
    pods::cron,
    support::{
        account::Account,
        bare::{bare, ran},
        cluster::{Cluster, Namespace},
        cluster_or_skip,
    },
};

/// An operator's home, and a namespace to work in.
struct Desk<'c> {
    home: tempfile::TempDir,
    kubeconfig: PathBuf,
    namespace: Namespace<'c>,
}

impl<'c> Desk<'c> {
    fn new(cluster: &'c Cluster) -> Self {
        Self {
            home: tempfile::tempdir().expect("a temporary folder"),
            kubeconfig: cluster.kubeconfig("admin"),
            namespace: cluster.namespace("cli"),
        }
    }

    /// What a command wrote, once it has ended with `code`.
    #[track_caller]
    fn run(&self, code: i32, arguments: &[&str]) -> String {
        let (ended, told) = self.ran(arguments);
        assert_eq!(ended, Some(code), "{arguments:?}\n{told}");
        told
    }

    /// How a command ended, and what it wrote.
    fn ran(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = bare(self.home.path(), arguments);
        command.args(["--namespace", &self.namespace.name]);
        command.env("QUARTERDECK_OPERATOR", "ana");
        let done = ran(command.env("KUBECONFIG", &self.kubeconfig));
        (done.code, done.out + &done.err)
    }

    /// Does it, agreed to beforehand by the name; what came of it.
    #[track_caller]
    fn act(&self, arguments: &[&str], typed: &str) -> Value {
        let yes = format!("--yes={typed}");
        let told = self.run(0, &[arguments, &[&yes, "--json"]].concat());
        let outcome = told.lines().find(|line| line.starts_with('{'));
        let outcome: Value =
            serde_json::from_str(outcome.unwrap_or_else(|| panic!("{told}"))).expect("JSON");
        assert_eq!(outcome["outcome"], "verified", "{outcome}");
        outcome
    }

    fn pods(&self) -> Vec<String> {
        let names = self.namespace.kubectl(&["get", "pods", "--output=name"]);
        let names = names.lines().filter_map(|line| line.strip_prefix("pod/"));
        names.map(str::to_owned).collect()
    }
}

#[test]
fn a_node_is_cordoned_drained_and_opened_by_its_bare_name() {
    let cluster = cluster_or_skip!();
    let desk = Desk::new(&cluster);
    let node = OwnNode::new(&cluster, &desk.namespace);
    three(&desk.namespace, &node);
    let environment = desk.run(0, &["status", "--json"]);
    let status: Value = serde_json::from_str(&environment).expect("JSON");
    let nodes = status["nodes"].as_array().expect("a list");
    assert!(
        nodes.iter().any(|one| one["name"] == node.name.as_str()),
        "{status}"
    );
    let services = status["services"].as_array().expect("a list");
    assert_eq!(services.len(), 1, "{status}");
    let typed = format!(
        "{}/node/{}",
        status["environment"].as_str().expect("a name"),
        node.name
    );

    let told = desk.run(4, &["drain", &node.name]);
    assert!(told.contains("patch node"), "the plan is shown: {told}");
    assert!(told.contains("to agree beforehand"), "{told}");
    desk.act(&["cordon", &node.name], &typed);
    assert!(node.cordoned());
    let again = desk.run(4, &["cordon", &node.name]);
    assert!(again.contains("takes no new pods already"), "{again}");
    let drained = desk.act(&["drain", &format!("node/{}", node.name)], &typed);
    assert_eq!(drained["steps"], 5, "{drained}");
    assert_eq!(drained["action"], "drain");
    desk.act(&["uncordon", &node.name], &typed);
    assert!(!node.cordoned());
}

#[test]
fn a_pod_is_deleted_and_a_cron_job_run_by_name() {
    let cluster = cluster_or_skip!();
    let desk = Desk::new(&cluster);
    desk.namespace
        .kubectl(&["create", "deployment", "api", "--image=shop/api:1"]);
    desk.namespace.apply(&cron("backup", "ends", "Forbid"));
    desk.namespace
        .kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let status: Value = serde_json::from_str(&desk.run(0, &["status", "--json"])).expect("JSON");
    let typed = |service: &str| {
        let environment = status["environment"].as_str().expect("a name");
        format!("{environment}/{service}")
    };
    let table = desk.run(0, &["status"]);
    assert!(
        table.contains(" api ") && !table.contains("/api "),
        "{table}"
    );
    let pod = desk.pods().pop().expect("a pod");
    let deleted = desk.act(&["delete", "pod", &pod], &typed("api"));
    assert_eq!(deleted["action"], "delete-pod");
    assert!(!desk.pods().contains(&pod));

    let ran = desk.act(&["run", "cronjob/backup"], &typed("cj/backup"));
    let sentence = ran["sentence"].as_str().expect("words");
    assert!(sentence.contains("ended well"), "{ran}");
    let told = desk.run(2, &["run", "api"]);
    assert!(told.contains("there is no cronjob api"), "{told}");
}

#[test]
fn what_may_not_be_seen_is_said_beside_what_is() {
    let cluster = cluster_or_skip!();
    let mut desk = Desk::new(&cluster);
    let role = "[{apiGroups: ['', apps], resources: [pods, deployments, replicasets], verbs: [list, watch]}]";
    let token = desk.namespace.token(Some(role));
    let kubeconfig = cluster.kubeconfig_of(&token, &cluster.server());
    desk.kubeconfig = kubeconfig.path().to_owned();
    let told = desk.run(0, &["alerts"]);
    assert!(
        told.contains("there may be more: you may not list"),
        "{told}"
    );
    assert!(!told.contains("nothing wants an eye"), "{told}");
    let told = desk.run(0, &["status"]);
    assert!(
        told.contains("not all is shown: you may not list statefulsets"),
        "{told}"
    );
}

#[test]
fn doctor_names_what_each_feature_lacks() {
    let cluster = cluster_or_skip!();
    let mut desk = Desk::new(&cluster);
    let viewer = Account::new(&cluster, "viewer", None);
    desk.kubeconfig.clone_from(&viewer.kubeconfig);
    let (_, told) = desk.ran(&["doctor"]);
    let within = |what: &str| format!("you may not {what} in {}", desk.namespace.name);
    for (feature, lacks) in [
        ("deleting a pod", within("delete pods")),
        ("running a CronJob now", within("create jobs")),
        ("cordon, uncordon", "you may not patch nodes".to_owned()),
        (
            "drain",
            "you may not patch nodes, create pods/eviction".to_owned(),
        ),
    ] {
        let words = format!("{feature}: {lacks}");
        assert!(told.contains(&words), "{words}\n{told}");
    }
    assert!(told.contains("patch cronjobs"), "{told}");
    assert!(!told.contains("services/proxy"), "{told}");
    let operator = Account::new(&cluster, "operator", None);
    desk.kubeconfig.clone_from(&operator.kubeconfig);
    let (_, told) = desk.ran(&["doctor"]);
    assert!(
        told.contains("nothing is missing for any feature"),
        "{told}"
    );
}

#[test]
fn doctor_names_what_the_settings_may_not_ask_through_the_api_server() {
    let cluster = cluster_or_skip!();
    let mut desk = Desk::new(&cluster);
    let namespace = &desk.namespace.name;
    let prometheus = format!("{{ url = 'kubernetes://{namespace}/prometheus:9090' }}");
    let settings = format!("[environment.live]\nkubernetes = {{}}\nprometheus = {prometheus}\n");
    std::fs::write(desk.home.path().join("quarterdeck.toml"), settings).expect("written");
    let lacks = format!(
        "checks, metrics and alerts through the API server: you may not get services/proxy in {namespace}"
    );
    let role = |name: &str| {
        format!(
            "[{{apiGroups: ['', apps], resources: [pods, deployments], verbs: [list, watch]}}, \
             {{apiGroups: [''], resources: [services/proxy], resourceNames: ['{name}'], verbs: [get]}}]"
        )
    };
    let token = desk.namespace.token(Some(&role("grafana:3000")));
    let kubeconfig = cluster.kubeconfig_of(&token, &cluster.server());
    desk.kubeconfig = kubeconfig.path().to_owned();
    let (_, told) = desk.ran(&["doctor"]);
    assert!(told.contains(&lacks), "{told}");
    // One that may be asked by name is enough.
    desk.namespace.apply(&format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: console}}\nrules: {}\n",
        role("prometheus:9090")
    ));
    let (_, told) = desk.ran(&["doctor"]);
    assert!(!told.contains("services/proxy"), "{told}");
}
