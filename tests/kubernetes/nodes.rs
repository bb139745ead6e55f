//! Nodes: cordoned, drained as budgets allow, and open again.

use std::sync::Arc;

use quarterdeck::{
    domain::{
        action::{Action, ClusterAction, EnvironmentKind},
        alert::Severity,
        health::Health,
        service::ServiceId,
    },
    plan::{Ask, Note, Outcome, Progress, Target, record::Recorder},
    platform::kubernetes,
    text::SafeText,
};
use tokio_util::sync::CancellationToken;

use crate::{
    actions::rig::{Rig, verified},
    shown::service,
    support::{
        cluster::{Cluster, Namespace},
        cluster_or_skip,
        wait::SOON,
    },
    why::alerts,
};

/// A node of the test's own: nothing else is put there.
pub(crate) struct OwnNode<'a> {
    cluster: &'a Cluster,
    pub(crate) name: String,
}

impl<'a> OwnNode<'a> {
    pub(crate) fn new(cluster: &'a Cluster, namespace: &Namespace<'_>) -> Self {
        // Short enough for its column.
        let (_, number) = namespace.name.split_once('-').expect("it has a number");
        let name = format!("own-{number}");
        namespace.apply(&format!(
            "apiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{kubernetes.io/hostname: {name}}}}}\nspec:\n  \
             taints: [{{key: quarterdeck.test/own, effect: NoSchedule}}]\n"
        ));
        cluster.kubectl(&[
            "wait",
            &format!("node/{name}"),
            "--for=condition=Ready",
            "--timeout=30s",
        ]);
        Self { cluster, name }
    }

    /// Its kubelet says this of it from now on.
    fn says(&self, conditions: &str) {
        let patch = format!("{{\"status\": {{\"conditions\": [{conditions}]}}}}");
        let label = "quarterdeck.test/stage=told";
        self.cluster.kubectl(&["label", "node", &self.name, label]);
        let to = ["--subresource=status", "--type=merge", "--patch", &patch];
        self.cluster
            .kubectl(&[&["patch", "node", &self.name][..], &to].concat());
    }

    pub(crate) fn cordoned(&self) -> bool {
        let path = "--output=jsonpath={.spec.unschedulable}";
        self.cluster.kubectl(&["get", "node", &self.name, path]) == "true"
    }

    /// The question, about the node as it is shown.
    pub(crate) async fn ask(&self, rig: &Rig, action: ClusterAction) -> Ask {
        let id = ServiceId {
            group: SafeText::EMPTY,
            name: SafeText::name(format!("node/{}", self.name)),
        };
        let mut state = rig.platform.state.clone();
        let shown = state.wait_for(|state| state.snapshot.service(&id).is_some());
        let shown = tokio::time::timeout(SOON, shown).await;
        let snapshot = Arc::clone(&shown.expect("soon").expect("it lives").snapshot);
        let node = snapshot.service(&id).expect("it is shown");
        let identity = snapshot.host.identity.clone();
        let environment = SafeText::from_static("test");
        Ask {
            action: Action::Cluster(action),
            target: Target::freeze(environment, EnvironmentKind::default(), identity, node),
            history: Vec::new(),
            resumes: None,
        }
    }
}

impl Drop for OwnNode<'_> {
    fn drop(&mut self) {
        self.cluster
            .kubectl(&["delete", "node", &self.name, "--wait=false"]);
    }
}

/// Three copies that go to that node and to no other one.
pub(crate) fn three(namespace: &Namespace<'_>, node: &OwnNode<'_>) {
    namespace.apply(&format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec:\n  replicas: 3\n  selector: {{matchLabels: {{app: api}}}}\n  \
         template:\n    metadata: {{labels: {{app: api}}}}\n    spec:\n      nodeName: {}\n      \
         tolerations: [{{key: quarterdeck.test/own, operator: Exists}}]\n      containers: [{{name: main, image: shop/api:1}}]\n",
        node.name
    ));
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
}

#[tokio::test]
async fn a_node_takes_no_new_pods_and_takes_them_again() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("nodes");
    let node = OwnNode::new(&cluster, &namespace);
    let rig = Rig::new(&cluster, &namespace);
    for (action, cordoned) in [
        (ClusterAction::Cordon, true),
        (ClusterAction::Uncordon, false),
    ] {
        let ask = node.ask(&rig, action.clone()).await;
        let preview = rig.previewed(ask.clone()).await.expect("it can be");
        verified(&rig.carry(preview).await);
        assert_eq!(node.cordoned(), cordoned);
        let again = rig.previewed(ask).await.expect_err("it is so already");
        assert!(again.why.contains("nothing to do"), "{again:?}");
    }
}

#[tokio::test]
async fn what_a_node_suffers_from_is_said_in_words_and_is_an_alert() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("nodes");
    let condition = |kind: &str, status: &str| {
        format!(
            r#"{{"type": "{kind}", "status": "{status}", "reason": "Test", "message": "as told",
                "lastHeartbeatTime": "2026-03-01T10:00:00Z", "lastTransitionTime": "2026-03-01T10:00:00Z"}}"#
        )
    };
    let (down, full) = (
        OwnNode::new(&cluster, &namespace),
        cluster.namespace("nodes"),
    );
    let full = OwnNode::new(&cluster, &full);
    down.says(&condition("Ready", "False"));
    let pressed = [
        condition("Ready", "True"),
        condition("DiskPressure", "True"),
        condition("MemoryPressure", "True"),
    ];
    full.says(&pressed.join(", "));
    let mut platform = kubernetes::start(cluster.options(&namespace));
    let since = "2026-03-01T10:00:00Z".parse().expect("a time");
    for (node, health, why, rule) in [
        (&down, Health::Critical, "not ready", "node"),
        (&full, Health::Warning, "runs out of disk", "pressure"),
    ] {
        let name = format!("node/{}", node.name);
        let shown = service(&mut platform, &name, "says why", |s| s.health == health).await;
        assert!(shown.why.starts_with(why), "{}", shown.why);
        assert_eq!(shown.why_since, Some(since));
        let alerts = alerts(&platform);
        let stands = alerts.iter().any(|a| a.contains(&name) && a.contains(rule));
        assert!(stands, "no alert of {name} in {alerts:?}");
    }
}

/// A budget that lets none of the three pods of `api` go.
pub(crate) fn strict_budget(namespace: &Namespace<'_>) {
    let (of, least) = ("--selector=app=api", "--min-available=3");
    namespace.kubectl(&["create", "pdb", "strict", of, least]);
    let healthy = "--for=jsonpath={.status.currentHealthy}=3";
    namespace.kubectl(&["wait", "pdb/strict", healthy, "--timeout=60s"]);
}

#[tokio::test]
async fn a_drain_waits_for_a_budget_and_goes_on_when_it_allows() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("nodes");
    let node = OwnNode::new(&cluster, &namespace);
    three(&namespace, &node);
    strict_budget(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    let ask = node.ask(&rig, ClusterAction::Drain).await;
    let preview = rig.previewed(ask).await.expect("it can be");
    assert_eq!(preview.steps.len(), 5, "one patch, three pods, one wait");
    let recorder = Arc::clone(&rig.journal) as Arc<dyn Recorder>;
    let mut carrying = rig
        .carrying(preview, CancellationToken::new(), recorder)
        .await;
    let blocked = |told: &Progress| matches!(told, Progress::Waiting(words) if words.contains("disruption budget"));
    carrying.until("the budget blocks", blocked).await;
    assert!(node.cordoned());
    namespace.kubectl(&["delete", "pdb", "strict"]);
    let (outcome, _) = carrying.ended().await;
    verified(&outcome);
}

#[tokio::test]
async fn a_drain_can_be_stopped_and_names_the_budget_before() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("nodes");
    let node = OwnNode::new(&cluster, &namespace);
    three(&namespace, &node);
    strict_budget(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    let ask = node.ask(&rig, ClusterAction::Drain).await;
    let preview = rig.previewed(ask).await.expect("it can be");
    let names = format!("PDB {}/strict lets none", namespace.name);
    let named = preview.notes.iter().any(|note| note.text.contains(&*names));
    assert!(named, "{:?}", preview.notes);
    let stop = CancellationToken::new();
    let recorder = Arc::clone(&rig.journal) as Arc<dyn Recorder>;
    let mut carrying = rig.carrying(preview, stop.clone(), recorder).await;
    carrying
        .until("it waits", |told| matches!(told, Progress::Waiting(_)))
        .await;
    stop.cancel();
    let (outcome, _) = carrying.ended().await;
    assert_eq!(outcome, Outcome::Cancelled { applied: 1 });
    let left = namespace.kubectl(&["get", "pods", "--output=name"]);
    assert_eq!(left.lines().count(), 3, "no pod went: {left}");
}

/// What else may stand on a node: a DaemonSet's pod, one that nobody manages, one that keeps something there.
fn others(namespace: &Namespace<'_>, node: &OwnNode<'_>) {
    let there = format!(
        "nodeName: {}\n      tolerations: [{{key: quarterdeck.test/own, operator: Exists}}]\n      \
         containers: [{{name: main, image: shop/main:1}}]",
        node.name
    );
    let workload = |kind: &str, name: &str, more: &str| {
        format!(
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n  \
             selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    \
             metadata: {{labels: {{app: {name}}}}}\n    spec:\n      {there}\n      {more}\n---\n"
        )
    };
    let files = "volumes: [{name: files, emptyDir: {}}]";
    let alone = there.replace("\n      ", "\n  ");
    namespace.apply(&format!(
        "{}{}apiVersion: v1\nkind: Pod\nmetadata: {{name: alone}}\nspec:\n  {alone}\n",
        workload("DaemonSet", "agent", ""),
        workload("Deployment", "cache", files),
    ));
    for workload in ["daemonset/agent", "deployment/cache"] {
        namespace.kubectl(&["rollout", "status", workload, "--timeout=60s"]);
    }
    namespace.kubectl(&[
        "wait",
        "pod/alone",
        "--for=condition=Ready",
        "--timeout=60s",
    ]);
}

/// The pods of an app, by their uids.
fn pods(namespace: &Namespace<'_>, app: &str) -> String {
    let (of, uids) = (
        format!("--selector=app={app}"),
        "--output=jsonpath={.items[*].metadata.uid}",
    );
    namespace.kubectl(&["get", "pods", &of, uids])
}

#[tokio::test]
async fn a_drain_leaves_daemons_and_says_what_does_not_come_back() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("nodes");
    let node = OwnNode::new(&cluster, &namespace);
    others(&namespace, &node);
    let (daemon, cache) = (pods(&namespace, "agent"), pods(&namespace, "cache"));
    let rig = Rig::new(&cluster, &namespace);
    let ask = node.ask(&rig, ClusterAction::Drain).await;
    let preview = rig.previewed(ask).await.expect("it can be");
    assert_eq!(preview.steps.len(), 4, "one patch, two pods, one wait");
    for (severity, words) in [
        (
            Severity::Critical,
            "nobody manages alone: it does not come back",
        ),
        (
            Severity::Warning,
            "what is in emptyDir volumes is lost: cache-",
        ),
    ] {
        let mut notes = preview.notes.iter();
        let said = notes.any(|n| n.severity == Some(severity) && n.text.starts_with(words));
        assert!(said, "{words}: {:?}", preview.notes);
    }
    verified(&rig.carry(preview).await);
    assert_eq!(pods(&namespace, "agent"), daemon, "it stays");
    assert!(!pods(&namespace, "cache").contains(&cache), "it went");
    let left = namespace.kubectl(&["get", "pods", "--output=name"]);
    assert!(!left.contains("pod/alone"), "{left}");
}

#[tokio::test]
async fn a_drain_that_a_pod_is_never_evicted_from_fails_there_and_said_so_before() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("nodes");
    let node = OwnNode::new(&cluster, &namespace);
    three(&namespace, &node);
    for (name, chooses) in [
        ("one", "matchLabels: {app: api}"),
        (
            "two",
            "matchExpressions: [{key: app, operator: In, values: [api, web]}]",
        ),
        (
            "none",
            "matchExpressions: [{key: app, operator: NotIn, values: [api]}]",
        ),
    ] {
        namespace.apply(&format!(
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}}}\n\
             spec: {{minAvailable: 1, selector: {{{chooses}}}}}\n"
        ));
    }
    for name in ["pdb/one", "pdb/two"] {
        let healthy = "--for=jsonpath={.status.currentHealthy}=3";
        namespace.kubectl(&["wait", name, healthy, "--timeout=60s"]);
    }
    let before = pods(&namespace, "api");
    let rig = Rig::new(&cluster, &namespace);
    let ask = node.ask(&rig, ClusterAction::Drain).await;
    let preview = rig.previewed(ask.clone()).await.expect("it can be");
    let never = |notes: &[Note]| {
        let says = |note: &&Note| note.text.contains("is never evicted");
        let all: Vec<_> = notes.iter().filter(says).cloned().collect();
        assert!(all.iter().all(|note| note.text.ends_with(": one and two")));
        all.len()
    };
    assert_eq!(never(&preview.notes), 3, "{:?}", preview.notes);
    let outcome = rig.carry(preview).await;
    let Outcome::Failed {
        step: 1,
        applied: 1,
        why,
        ..
    } = &outcome
    else {
        panic!("{outcome:?}")
    };
    assert!(why.contains("more than one PodDisruptionBudget"), "{why}");
    assert!(node.cordoned());
    assert_eq!(pods(&namespace, "api"), before, "no pod went");

    namespace.kubectl(&["delete", "pdb", "two"]);
    let preview = rig.previewed(ask).await.expect("it can be");
    assert_eq!(never(&preview.notes), 0, "{:?}", preview.notes);
    verified(&rig.carry(preview).await);
}
