//! What is said before anything is done: refusals, and who will undo it.

use std::fs;

use quarterdeck::{
    domain::{action::Action, alert::Severity},
    plan::{ChangeKind, Preview},
    platform::kubernetes::KubernetesOptions,
};

use super::rig::{Rig, back, back_to, part, refused, rollout, scale, verified};
use crate::support::{
    cluster::Namespace,
    cluster_or_skip,
    proxy::{Fault, Rule},
    wait::{SOON, deadline, wait_until},
};

fn api(namespace: &Namespace<'_>) {
    let create = ["create", "deployment", "api", "--image=shop/api:v1"];
    namespace.kubectl(&[&create[..], &["--replicas=2"]].concat());
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_what_can() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("refused");
    api(&namespace);
    namespace.apply(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec:\n  selector: {matchLabels: {app: agent}}\n  \
         template:\n    metadata: {labels: {app: agent}}\n    spec: {containers: [{name: main, image: 'agent:v1'}]}\n",
    );
    namespace.kubectl(&[
        "create",
        "cronjob",
        "report",
        "--image=report:v1",
        "--schedule=0 0 1 1 *",
    ]);
    namespace.kubectl(&["run", "debug", "--image=debug:v1"]);
    let rig = Rig::new(&cluster, &namespace);
    for (service, action, said) in [
        ("api", scale(2), "there is nothing to do"),
        ("api", rollout("v1"), "there is nothing to do"),
        (
            "api",
            back(),
            "keeps nothing of api but v1 | roll out an image",
        ),
        ("api", back_to("7"), "keeps no revision 7"),
        (
            "api",
            rollout("no such tag"),
            "is no tag that shop/api:v1 could have",
        ),
        (
            "api",
            rollout("other=v2"),
            "has no container other | it has api",
        ),
        (
            "api",
            Action::Stop,
            "not started or stopped by hand here | scale api",
        ),
        ("api", Action::Unpause, "there is nothing to do"),
        ("ds/agent", scale(2), "one copy on each node"),
        ("ds/agent", Action::Pause, "a DaemonSet cannot be paused"),
        ("cj/report", Action::Restart, "is a CronJob"),
        ("pod/debug", Action::Restart, "has no workload"),
    ] {
        let words = refused(rig.preview(service, action.clone()).await);
        assert!(words.contains(said), "{service}, {action:?}: {words}");
    }
    namespace.kubectl(&["rollout", "pause", "deployment/api"]);
    for action in [Action::Restart, rollout("v2"), back()] {
        let words = refused(rig.preview("api", action).await);
        assert!(words.contains("api is paused"), "{words}");
        assert!(words.contains("| resume it first"), "{words}");
    }
    verified(&rig.act("api", scale(3)).await);
}

#[tokio::test]
async fn a_deployment_is_paused_and_goes_on() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("pause");
    api(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    verified(&rig.act("api", Action::Pause).await);
    assert_eq!(part(&namespace, "deployment/api", "/spec/paused"), true);
    namespace.kubectl(&["set", "image", "deployment/api", "api=shop/api:v2"]);
    verified(&rig.act("api", Action::Unpause).await);
    assert_eq!(
        part(&namespace, "deployment/api", "/status/updatedReplicas"),
        2
    );
    namespace.kubectl(&[
        "create",
        "cronjob",
        "report",
        "--image=report:v1",
        "--schedule=0 0 1 1 *",
    ]);
    verified(&rig.act("cj/report", Action::Pause).await);
    assert_eq!(part(&namespace, "cronjob/report", "/spec/suspend"), true);
    verified(&rig.act("cj/report", Action::Unpause).await);
    assert_eq!(part(&namespace, "cronjob/report", "/spec/suspend"), false);
}

/// The notes of a preview, a line each.
async fn notes(rig: &Rig, action: Action) -> String {
    noted(&rig.preview("api", action).await.expect("it can be done"))
}

fn noted(preview: &Preview) -> String {
    let lines: Vec<&str> = preview.notes.iter().map(|n| n.text.as_str()).collect();
    lines.join("\n")
}

#[tokio::test]
async fn who_will_undo_it_is_said_before() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("owned");
    api(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    let plain = notes(&rig, scale(3)).await;
    assert_eq!(plain, "permitted\ndry run accepted");
    for (what, mark, said) in [
        (
            "annotate",
            "argocd.argoproj.io/tracking-id=shop:apps/Deployment:shop/api",
            "Argo CD owns this (app shop): with self-heal on it undoes this within seconds",
        ),
        (
            "label",
            "kustomize.toolkit.fluxcd.io/name=shop",
            "Flux owns this (Kustomization shop): it undoes this when it next reconciles",
        ),
        (
            "annotate",
            "meta.helm.sh/release-name=shop",
            "Helm deployed this (release shop)",
        ),
    ] {
        namespace.kubectl(&[what, "deployment/api", mark]);
        let words = notes(&rig, Action::Restart).await;
        assert!(words.contains(said), "{words}");
        let key = mark.split('=').next().unwrap_or_default();
        namespace.kubectl(&[what, "deployment/api", &format!("{key}-")]);
    }
    namespace.kubectl(&["create", "configmap", "owner"]);
    let uid = part(&namespace, "configmap/owner", "/metadata/uid");
    let owner = format!(
        r#"{{"metadata":{{"ownerReferences":[{{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":{uid},"controller":true}}]}}}}"#
    );
    namespace.kubectl(&["patch", "deployment/api", "--patch", &owner]);
    let words = notes(&rig, Action::Restart).await;
    assert!(words.contains("ConfigMap owner controls this"), "{words}");
}

#[tokio::test]
async fn what_to_change_in_git_is_told_by_its_path() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("owned");
    api(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    let nobody = rig.preview("api", scale(3)).await.expect("it can be done");
    assert_eq!(nobody.owner, None);
    namespace.kubectl(&[
        "annotate",
        "deployment/api",
        "argocd.argoproj.io/tracking-id=shop:apps/Deployment:shop/api",
    ]);
    // What it holds and what it is to hold, so that a change there is the same as the one here.
    let told = |preview: &Preview| {
        let owner = preview.owner.clone().expect("somebody decides");
        assert_eq!(&*owner.name, "Argo CD, application shop");
        assert!(owner.undoes.contains("self-heal"), "{}", owner.undoes);
        assert_eq!(&*owner.source, "the manifest of deployment api in Git");
        let edits = owner.edits.iter();
        edits
            .map(|edit| format!("{} {}", edit.field, edit.value))
            .collect::<Vec<_>>()
    };
    let scaled = rig.preview("api", scale(3)).await.expect("it can be done");
    assert_eq!(told(&scaled), ["spec.replicas 2", "spec.replicas 3"]);
    let rolled = rig.preview("api", rollout("v2")).await;
    let rolled = rolled.expect("it can be done");
    let path = "spec.template.spec.containers.[name=api].image";
    let (old, new) = (format!("{path} shop/api:v1"), format!("{path} shop/api:v2"));
    assert_eq!(told(&rolled), [old.clone(), new.clone()]);

    // Back again it is the other way round; a value that may be secret is only shown on request.
    let v2 = r#"{"spec": {"template": {"spec": {"containers": [
        {"name": "api", "image": "shop/api:v2", "env": [{"name": "KEY", "value": "canary"}]}]}}}}"#;
    namespace.kubectl(&["patch", "deployment/api", "--patch", v2]);
    rig.service("api", |api| &*api.version == "v2").await;
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=30s"]);
    let home = rig.preview("api", back()).await.expect("it can be done");
    let env = "spec.template.spec.containers.[name=api].env …".to_owned();
    assert_eq!(told(&home), [env, new, old]);

    // When it was restarted stands in no manifest.
    let restart = rig.preview("api", Action::Restart).await;
    assert_eq!(restart.expect("it can be done").owner, None);
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_number_is_said_before() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("numbers");
    api(&namespace);
    namespace.kubectl(&["autoscale", "deployment/api", "--min=2", "--max=4"]);
    namespace.kubectl(&[
        "create",
        "poddisruptionbudget",
        "api",
        "--selector=app=api",
        "--min-available=1",
    ]);
    namespace.kubectl(&["create", "quota", "team", "--hard=pods=4"]);
    let rig = Rig::new(&cluster, &namespace);
    let down = notes(&rig, scale(1)).await;
    assert!(
        down.contains("the autoscaler api sets the number of copies, 2 to 4"),
        "{down}"
    );
    assert!(down.contains("the budget api wants 1 serving"), "{down}");
    wait_until("the quota is counted", SOON, || {
        part(&namespace, "resourcequota/team", "/status/used/pods") == "2"
    });
    let up = notes(&rig, scale(9)).await;
    assert!(
        up.contains("the quota team has room for 2 more of 7"),
        "{up}"
    );
}

#[tokio::test]
async fn what_the_cluster_would_refuse_is_refused_at_the_preview() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("policy");
    api(&namespace);
    let name = &namespace.name;
    namespace.apply(&format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: {name}}}\nspec:\n  \
         matchConstraints:\n    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}\n    \
         resourceRules: [{{apiGroups: [apps], apiVersions: [v1], operations: [UPDATE], resources: [deployments]}}]\n  \
         validations: [{{expression: \"!object.spec.template.spec.containers.exists(c, c.image.endsWith('latest'))\", message: 'no latest here'}}]\n\
         ---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {{name: {name}}}\n\
         spec: {{policyName: {name}, validationActions: [Deny]}}\n"
    ));
    let rig = Rig::new(&cluster, &namespace);
    // A policy takes effect a moment after it is there.
    let end = deadline(SOON);
    let refusal = loop {
        match rig.preview("api", rollout("latest")).await {
            Err(refusal) => break refusal,
            Ok(_) => assert!(!crate::support::wait::left(end).is_zero(), "never refused"),
        }
    };
    cluster.kubectl(&[
        "delete",
        "validatingadmissionpolicybinding,validatingadmissionpolicy",
        name,
    ]);
    assert!(
        refusal.why.contains("the cluster would refuse it")
            && refusal.why.contains("no latest here"),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn who_may_not_is_told_at_the_preview() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("viewer");
    api(&namespace);
    namespace.kubectl(&["create", "serviceaccount", "viewer"]);
    namespace.kubectl(&[
        "create",
        "rolebinding",
        "viewer",
        "--clusterrole=view",
        &format!("--serviceaccount={}:viewer", namespace.name),
    ]);
    let token = namespace.kubectl(&["create", "token", "viewer"]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let admin = fs::read_to_string(cluster.kubeconfig("admin")).expect("it is there");
    let user = admin
        .lines()
        .find(|line| line.starts_with("users:"))
        .expect("a line of users");
    let viewer = format!(
        "users: [{{name: admin, user: {{token: {}}}}}]",
        token.trim()
    );
    let path = folder.path().join("viewer.kubeconfig");
    fs::write(&path, admin.replace(user, &viewer)).expect("it is written");
    let rig = Rig::with(namespace.options_by(&path), &namespace);
    let words = refused(rig.preview("api", scale(3)).await);
    assert!(
        words.contains("you may not patch deployments/scale in"),
        "{words}"
    );
    let words = refused(rig.preview("api", Action::Restart).await);
    assert!(
        words.contains("you may not patch deployments in"),
        "{words}"
    );
}

#[tokio::test]
async fn what_changed_since_a_revision_and_does_not_come_back_with_it_is_said_before() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("configs");
    for (kind, name) in [
        ("configmap", "flags"),
        ("configmap", "files"),
        ("secret", "token"),
    ] {
        let generic: &[&str] = if kind == "secret" { &["generic"] } else { &[] };
        let create = [
            &["create", kind][..],
            generic,
            &[name, "--from-literal=a=0"],
        ]
        .concat();
        namespace.kubectl(&create);
    }
    namespace.apply(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec:\n  selector: {matchLabels: {app: api}}\n  \
         template:\n    metadata: {labels: {app: api}}\n    spec:\n      containers:\n      - name: main\n        image: 'shop/api:v1'\n        \
         envFrom: [{configMapRef: {name: flags}}, {configMapRef: {name: files}}, {secretRef: {name: token}}]\n",
    );
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    namespace.kubectl(&["set", "image", "deployment/api", "main=shop/api:v2"]);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let made = "jsonpath={.items[*].metadata.creationTimestamp}";
    let made = namespace.kubectl(&["get", "replicaset", "--output", made]);
    let newest = made.split_whitespace().max().unwrap_or_default().to_owned();
    let changed = |what: &str| {
        let mut number = 0;
        // The server counts whole seconds.
        wait_until("it is changed later than that", SOON, || {
            number += 1;
            let patch = match what {
                "secret/token" => format!(r#"{{"stringData":{{"a":"{number}"}}}}"#),
                _ => format!(r#"{{"data":{{"a":"{number}"}}}}"#),
            };
            namespace.kubectl(&["patch", what, "--patch", &patch]);
            let time = "jsonpath={.metadata.managedFields[*].time}";
            let get = ["get", what, "--show-managed-fields", "--output", time];
            let times = namespace.kubectl(&get);
            times.split_whitespace().any(|time| *time > *newest)
        });
    };
    changed("configmap/flags");
    changed("secret/token");
    let rig = Rig::new(&cluster, &namespace);
    let preview = rig.preview("api", back()).await.expect("it can be done");
    let remains: Vec<&str> = preview.remains.iter().map(|line| &**line).collect();
    for name in ["ConfigMap flags", "Secret token"] {
        let says = |line: &&&str| line.contains(name) && line.contains("it does not go back");
        assert!(
            remains.iter().any(|line| says(&line)),
            "{name}: {remains:?}"
        );
    }
    assert!(
        !remains.iter().any(|line| line.contains("files")),
        "{remains:?}"
    );
    verified(&rig.carry(preview).await);
}

#[tokio::test]
async fn what_a_way_back_changes_is_told_line_by_line() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("lines");
    api(&namespace);
    namespace.kubectl(&["set", "image", "deployment/api", "api=shop/api:v2"]);
    namespace.kubectl(&["set", "env", "deployment/api", "LEVEL=debug"]);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let rig = Rig::new(&cluster, &namespace);
    rig.service("api", |api| api.ready() == 2).await;
    let preview = rig.preview("api", back_to("1")).await.expect("it can be");
    let lines: Vec<(ChangeKind, &str, &str)> = preview
        .changes
        .iter()
        .map(|change| (change.kind, &*change.field, &*change.value))
        .collect();
    // As with `kubectl diff`, but that values of variables are shown on request alone.
    assert_eq!(
        lines,
        [
            (ChangeKind::Removed, "env", "LEVEL"),
            (ChangeKind::Removed, "image", "shop/api:v2"),
            (ChangeKind::Added, "image", "shop/api:v1"),
        ]
    );
    assert_eq!(preview.changes[0].secret.as_deref(), Some("debug"));
}

#[tokio::test]
async fn a_dry_run_that_says_nothing_is_told_to_have_said_nothing() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("trial");
    api(&namespace);
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&namespace.token(None), &proxy.host);
    let options = KubernetesOptions {
        kubeconfig: Some(kubeconfig.path().to_owned()),
        namespaces: vec![namespace.name.clone()],
        ..KubernetesOptions::default()
    };
    let rig = Rig::with(options, &namespace);
    rig.service("api", |api| api.ready() == 2).await;
    let answers = |code: u16, message: &str| {
        let status = serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code});
        proxy.on(Rule::once("dryRun=All", Fault::Answer(code, status.to_string())).method("PATCH"));
    };
    let webhook = "admission webhook \"checks.example.org\" does not support dry run";
    for (code, message) in [(400, webhook), (500, "etcdserver: request timed out")] {
        answers(code, message);
        let preview = rig.preview("api", scale(3)).await.expect("it can be tried");
        let says = format!("could not pre-check: {message}");
        let told = preview
            .notes
            .iter()
            .any(|note| note.severity == Some(Severity::Warning) && *note.text == *says);
        assert!(told, "{says}: {:#?}", preview.notes);
        assert!(!noted(&preview).contains("dry run accepted"), "{code}");
    }
    // A webhook that refuses is something else.
    answers(
        400,
        "admission webhook \"checks.example.org\" denied the request: no",
    );
    let words = refused(rig.preview("api", scale(3)).await);
    assert!(words.contains("the cluster would refuse it"), "{words}");
    let preview = rig.preview("api", scale(3)).await.expect("it can be");
    assert!(noted(&preview).contains("dry run accepted"));
    verified(&rig.carry(preview).await);
}
