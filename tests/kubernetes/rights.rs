//! With the roles that we ship every feature works, and each verb in them is needed.

use std::{collections::BTreeSet, sync::Arc};

use quarterdeck::{
    domain::{
        action::{Action, ClusterAction},
        instance::InstanceId,
        log::Since,
        proxied::Proxied,
        service::{Service, ServiceKind},
    },
    plan::{
        Outcome,
        exec::{ExecSpec, Input},
    },
    platform::{FetchRequest, LogRequest, PlatformHandle, Request},
    text::SafeText,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    actions::rig::{Rig, back, refused, rollout, scale, verified},
    argo,
    nodes::{OwnNode, three},
    support::{
        account::Account,
        cluster::{Cluster, Namespace},
        cluster_or_skip,
        wait::{SOON, wait_until},
    },
    switch,
};

const SHOP: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: "shop/api:v1"
        envFrom: [{configMapRef: {name: flags}}, {secretRef: {name: token}}]
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: media}
spec:
  replicas: 0
  selector: {matchLabels: {app: media}}
  template:
    metadata: {labels: {app: media}}
    spec:
      containers: [{name: media, image: "shop/media:v1"}]
      volumes: [{name: files, persistentVolumeClaim: {claimName: files}}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "shop/db:v1"}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: "shop/agent:v1"}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: migrate, image: "shop/api:v1"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 1 1 *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {quarterdeck.test/stage: ends}}
        spec: {restartPolicy: Never, containers: [{name: nightly, image: "shop/api:v1"}]}
"#;

/// Each kind, as the console and as kubectl name it.
const KINDS: [(&str, &str); 7] = [
    ("api", "deployment/api"),
    ("media", "deployment/media"),
    ("sts/db", "statefulset/db"),
    ("ds/agent", "daemonset/agent"),
    ("job/migrate", "job/migrate"),
    ("cj/nightly", "cronjob/nightly"),
    ("rollout/api", "rollout.argoproj.io/api"),
];

/// A console that is logged in as an account.
fn rig(account: &Account, namespace: &Namespace<'_>) -> Rig {
    let options = namespace.options_by(&account.kubeconfig);
    Rig::with(options, namespace)
}

/// All that there is to see.
async fn look(rig: &Rig, account: &Account, shop: &Namespace<'_>) {
    for (name, copies) in [("api", 2), ("sts/db", 1), ("ds/agent", 1)] {
        rig.service(name, |service| service.ready() >= copies).await;
    }
    let api = rig.service("api", |_| true).await;
    ask(&rig.platform, Request::Visible(vec![api.id.clone()])).await;
    let (reply, answer) = oneshot::channel();
    ask(&rig.platform, Request::Namespaces(reply)).await;
    // Without the right to it, it says so.
    let _ = answer.await.expect("it answers");
    raw(rig, api.instances[0].id.clone()).await;
    raw(rig, uid(shop, "node/node-0")).await;
    for (name, object) in KINDS {
        let service = rig.service(name, |_| true).await;
        let (reply, answer) = oneshot::channel();
        ask(&rig.platform, Request::Details(service.id.clone(), reply)).await;
        let looked = answer.await.expect("it answers");
        assert!(looked.is_ok(), "{name}: {looked:?}");
        raw(rig, uid(shop, object)).await;
    }
    logs(rig, account).await;
    page(rig, account, shop).await;
}

/// The object itself; what may not be read, it says.
async fn raw(rig: &Rig, id: InstanceId) {
    let (reply, answer) = oneshot::channel();
    ask(&rig.platform, Request::Raw(id, reply)).await;
    let _ = answer.await.expect("it answers");
}

fn uid(shop: &Namespace<'_>, object: &str) -> InstanceId {
    let uid = shop.kubectl(&["get", object, "--output=jsonpath={.metadata.uid}"]);
    InstanceId(SafeText::name(uid))
}

async fn ask(platform: &PlatformHandle, request: Request) {
    let sent = platform.requests.send(request).await;
    sent.expect("the platform is there");
}

/// Asks a Service until it is asked for: its pods are simulated, and answer nothing.
async fn page(rig: &Rig, account: &Account, shop: &Namespace<'_>) {
    let (answer, _answered) = oneshot::channel();
    let page = Proxied::new(&shop.name, "api:80", "/metrics", "").expect("an address");
    let request = FetchRequest {
        page,
        text: true,
        answer,
    };
    ask(&rig.platform, Request::Fetch(request)).await;
    wait_until("a page is asked for", SOON, || {
        account.asked().contains("get /services/proxy")
    });
}

/// Follows logs until one is asked for.
async fn logs(rig: &Rig, account: &Account) {
    let (sink, _events) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let request = LogRequest {
        services: Vec::new(),
        since: Since::Tail(10),
        previous: false,
        follow: true,
        sink,
        stop: stop.clone(),
    };
    ask(&rig.platform, Request::Logs(request)).await;
    wait_until("a log is asked for", SOON, || {
        account.asked().contains("get /pods/log")
    });
    stop.cancel();
}

/// Every action, each seen through.
async fn act(rig: &Rig, shop: &Namespace<'_>) {
    verified(&rig.act("api", scale(3)).await);
    verified(&rig.act("sts/db", scale(2)).await);
    for name in ["api", "sts/db", "ds/agent"] {
        verified(&rig.act(name, rollout("v2")).await);
        verified(&rig.act(name, back()).await);
    }
    // What is stuck on the bad revision is deleted, or it would be waited for.
    shop.kubectl(&["patch", "statefulset", "db", "--patch", STUCK]);
    rig.service("sts/db", |db| {
        db.instances.iter().any(|i| !i.ready() && !i.why.is_empty())
    })
    .await;
    let mut outcome = rig.act("sts/db", back()).await;
    if matches!(outcome, Outcome::Superseded { applied: 0, .. }) {
        // Its controller did something between the look and the send: who is told so looks again.
        outcome = rig.act("sts/db", back()).await;
    }
    verified(&outcome);
    for name in ["api", "cj/nightly"] {
        verified(&rig.act(name, Action::Pause).await);
        verified(&rig.act(name, Action::Unpause).await);
    }
    verified(&rig.act("cj/nightly", RUN).await);
    argo::restarted_and_scaled(rig, shop).await;
    verified(&argo::given_up(rig, shop).await);
    switch::colours(shop);
    rig.service("web-green", |green| green.ready() == 2).await;
    verified(&rig.act("web-green", switch::SWITCH).await);
    let agent = rig.service("ds/agent", |agent| agent.ready() > 0).await;
    verified(&rig.act("ds/agent", delete_pod(&agent)).await);
    let api = rig.service("api", |_| true).await;
    let (reply, answer) = oneshot::channel();
    let spec = ExecSpec {
        instance: api.instances[0].id.clone(),
        argv: vec!["true".to_owned()],
        user: None,
        input: Input::Nothing,
    };
    ask(&rig.platform, Request::Exec(spec, reply)).await;
    let ran = answer.await.expect("it answers");
    assert!(ran.is_ok(), "{ran:?}");
}

const RUN: Action = Action::Cluster(ClusterAction::RunNow);

/// Deletes the first pod of a service.
fn delete_pod(service: &Service) -> Action {
    let pod = service.instances[0].id.clone();
    Action::Cluster(ClusterAction::DeletePod { pod })
}

/// Every action on a node, each seen through.
async fn act_on_a_node(rig: &Rig, cluster: &Cluster, shop: &Namespace<'_>) {
    let node = OwnNode::new(cluster, shop);
    three(shop, &node);
    for action in [
        ClusterAction::Cordon,
        ClusterAction::Drain,
        ClusterAction::Uncordon,
    ] {
        let ask = node.ask(rig, action).await;
        let preview = rig.previewed(ask).await.expect("it can be");
        verified(&rig.carry(preview).await);
    }
}

/// A revision whose image is not there.
const STUCK: &str = r#"{"spec": {"template": {
    "metadata": {"labels": {"quarterdeck.test/stage": "image-pull"}},
    "spec": {"containers": [{"name": "db", "image": "shop/db:gone"}]}
}}}"#;

/// What is granted is what is asked for: no verb too many, and none that is asked for in vain.
fn needed(account: &Account, but: &[&str]) {
    let but: BTreeSet<String> = but.iter().map(|deed| (*deed).to_owned()).collect();
    let asked = account.asked();
    let unused: Vec<_> = account
        .granted
        .difference(&asked)
        .filter(|deed| !but.contains(*deed))
        .collect();
    let missing: Vec<_> = asked
        .difference(&account.granted)
        .filter(|deed| !but.contains(*deed))
        .collect();
    assert!(
        unused.is_empty() && missing.is_empty(),
        "granted and not needed: {unused:?}; asked for and not granted: {missing:?}"
    );
}

fn shop<'c>(cluster: &'c Cluster, stem: &str) -> Namespace<'c> {
    let namespace = cluster.namespace(stem);
    argo::installed(&namespace);
    namespace.apply(SHOP);
    argo::running(&namespace);
    namespace
}

/// What lies outside of a namespace, and is asked for all the same.
const OUTSIDE: [&str; 5] = [
    "get /namespaces",
    "list /namespaces",
    "get /nodes",
    "list /nodes",
    "watch /nodes",
];

#[tokio::test]
async fn a_viewer_sees_everything_with_the_verbs_of_its_role() {
    let cluster = cluster_or_skip!();
    let shop = shop(&cluster, "viewer");
    let account = Account::new(&cluster, "viewer", None);
    look(&rig(&account, &shop), &account, &shop).await;
    needed(&account, &[]);
}

#[tokio::test]
async fn a_viewer_of_one_namespace_sees_it_with_the_verbs_of_its_role() {
    let cluster = cluster_or_skip!();
    let shop = shop(&cluster, "viewer");
    let account = Account::new(&cluster, "viewer", Some(&shop.name));
    look(&rig(&account, &shop), &account, &shop).await;
    needed(&account, &OUTSIDE);
}

#[tokio::test]
async fn an_operator_does_everything_with_the_verbs_of_its_role() {
    let cluster = cluster_or_skip!();
    let shop = shop(&cluster, "operator");
    let account = Account::new(&cluster, "operator", None);
    let rig = rig(&account, &shop);
    look(&rig, &account, &shop).await;
    act(&rig, &shop).await;
    act_on_a_node(&rig, &cluster, &shop).await;
    needed(&account, &[]);
}

#[tokio::test]
async fn an_operator_of_one_namespace_does_everything_with_the_verbs_of_its_role() {
    let cluster = cluster_or_skip!();
    let shop = shop(&cluster, "operator");
    let account = Account::new(&cluster, "operator", Some(&shop.name));
    let rig = rig(&account, &shop);
    look(&rig, &account, &shop).await;
    act(&rig, &shop).await;
    needed(&account, &OUTSIDE);
}

#[tokio::test]
async fn what_a_viewer_may_not_do_is_told_with_the_reason_before_it_is_tried() {
    let cluster = cluster_or_skip!();
    let shop = shop(&cluster, "grey");
    let account = Account::new(&cluster, "viewer", None);
    let rig = rig(&account, &shop);
    let api = rig.service("api", |api| api.ready() > 0).await;
    let cron = rig.service("cj/nightly", |_| true).await;
    let mut state = rig.platform.state.clone();
    let is_node = |service: &&Arc<Service>| service.kind == ServiceKind::Node;
    let shown = state.wait_for(|state| state.snapshot.services.iter().any(|s| is_node(&s)));
    let shown = timeout(SOON, shown).await;
    let shown = Arc::clone(&shown.expect("soon").expect("it lives").snapshot);
    let node = shown.services.iter().find(is_node).expect("a node");
    let visible = [&api, &cron, node].map(|service| service.id.clone());
    ask(&rig.platform, Request::Visible(visible.into())).await;
    let inside = |what: &str| format!("you may not {what} in {}", shop.name);
    let expected = [
        (&api, "scale", inside("patch deployments/scale")),
        (&api, "restart", inside("patch deployments")),
        (&api, "pause", inside("patch deployments")),
        (&api, "shell", inside("create pods/exec")),
        (&api, "delete-pod", inside("delete pods")),
        (&cron, "unpause", inside("patch cronjobs")),
        (&cron, "run", inside("create jobs")),
        (node, "cordon", "you may not patch nodes".to_owned()),
        (node, "drain", "you may not patch nodes".to_owned()),
    ];
    let told = state.wait_for(|state| {
        let rights = &state.snapshot.host.rights;
        let told = |(service, word, why): &(&Arc<Service>, &str, String)| {
            rights
                .refuses(service, word)
                .is_some_and(|is| **is == **why)
        };
        expected.iter().all(told)
    });
    // What it gives back must not be held on to: the platform could publish nothing.
    let told = timeout(SOON, told).await.is_ok();
    assert!(told, "{:#?}", rig.platform.state.borrow().snapshot.host);
    // Who tries nevertheless is told the same, and nothing is sent.
    let refusal = refused(rig.preview("cj/nightly", RUN).await);
    assert!(refusal.contains("you may not create jobs"), "{refusal}");
    let refusal = refused(rig.preview("api", delete_pod(&api)).await);
    assert!(refusal.contains("you may not delete pods"), "{refusal}");
    assert_eq!(changes(&account), Vec::<String>::new());
}

/// What was sent that changes something.
fn changes(account: &Account) -> Vec<String> {
    let reads = |deed: &String| {
        ["get ", "list ", "watch "]
            .iter()
            .any(|verb| deed.starts_with(verb))
    };
    account
        .asked()
        .into_iter()
        .filter(|deed| !reads(deed))
        .collect()
}
