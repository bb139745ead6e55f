//! What Helm remembers of a release. Helm itself is not here, so the tests write its secrets as it does.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use quarterdeck::{
    domain::{action::Action, details::Details},
    platform::Request,
};
use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    actions::rig::Rig,
    support::{cluster::Namespace, cluster_or_skip},
};

const CANARY: &str = "canary-of-a-value";

/// The secret in which Helm keeps a revision, of which `api` runs its own version.
fn keep(namespace: &Namespace<'_>, release: &str, version: u32, status: &str, said: &str) {
    let manifest = format!(
        "---\n# Source: shop/templates/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: api\n\
         stringData: {{password: {CANARY}}}\n---\n# Source: shop/templates/api.yaml\napiVersion: apps/v1\n\
         kind: Deployment\nmetadata:\n  name: api\nspec:\n  template:\n    spec:\n      containers:\n      \
         - name: api\n        image: shop/api:v{version}\n"
    );
    let json = json!({
        "name": release, "version": version, "namespace": namespace.name,
        "info": {
            "first_deployed": "2026-11-01T08:00:00Z", "deleted": "", "notes": CANARY,
            "last_deployed": format!("2026-11-0{version}T09:30:00.123456789+01:00"),
            "status": status, "description": said,
        },
        "chart": {
            "metadata": { "name": "shop", "version": format!("1.{version}.0"), "appVersion": "v1.9" },
            "values": { "password": CANARY }, "templates": [{ "name": "t", "data": CANARY }],
        },
        "config": { "password": CANARY }, "manifest": manifest,
    });
    let packed = BASE64_STANDARD.encode(gzip(json.to_string().as_bytes()));
    let data = BASE64_STANDARD.encode(packed);
    namespace.apply(&format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: sh.helm.release.v1.{release}.v{version}\n  \
         labels: {{owner: helm, name: {release}, status: {status}, version: '{version}'}}\n\
         type: helm.sh/release.v1\ndata: {{release: {data}}}\n"
    ));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut command = Command::new("gzip");
    command.args(["--no-name", "--stdout"]);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().expect("gzip is everywhere");
    let mut input = child.stdin.take().expect("it has an input");
    input.write_all(bytes).expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends").stdout
}

/// A Deployment of the release `shop`.
fn deployed(namespace: &Namespace<'_>) {
    namespace.kubectl(&["create", "deployment", "api", "--image=shop/api:v1"]);
    namespace.kubectl(&[
        "annotate",
        "deployment/api",
        "meta.helm.sh/release-name=shop",
        &format!("meta.helm.sh/release-namespace={}", namespace.name),
    ]);
    keep(namespace, "shop", 1, "superseded", "Install complete");
    keep(namespace, "shop", 2, "deployed", "Upgrade complete");
    keep(namespace, "other", 9, "deployed", "Install complete");
}

async fn details(rig: &Rig) -> Details {
    let api = rig.service("api", |_| true).await;
    let (reply, answer) = oneshot::channel();
    let request = Request::Details(api.id.clone(), reply);
    let sent = rig.platform.requests.send(request).await;
    sent.expect("it takes requests");
    answer.await.expect("it answers").expect("it is there")
}

#[tokio::test]
async fn what_helm_deployed_is_told_and_no_value_of_it() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("helm");
    deployed(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    let details = details(&rig).await;
    let told: Vec<_> = details
        .releases
        .iter()
        .map(|fact| (fact.name.as_str(), fact.value.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                "2 deployed",
                "shop 1.2.0 (app v1.9), 2026-11-02 08:30 UTC: Upgrade complete"
            ),
            (
                "1 superseded",
                "shop 1.1.0 (app v1.9), 2026-11-01 08:30 UTC: Install complete"
            ),
        ]
    );
    assert!(!format!("{details:?}").contains(CANARY));
}

/// What is said of Helm before `api` goes back from its second version.
async fn said_before_a_rollback(rig: &Rig, namespace: &Namespace<'_>) -> String {
    namespace.kubectl(&["set", "image", "deployment/api", "api=shop/api:v2"]);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=30s"]);
    rig.service("api", |api| api.version == *"v2").await;
    let preview = rig.preview("api", Action::RollBack { to: None }).await;
    let preview = preview.expect("it can be");
    assert!(!format!("{preview:?}").contains(CANARY));
    let mut notes = preview.notes.iter().map(|note| note.text.to_string());
    notes
        .find(|note| note.contains("Helm"))
        .expect("it is said")
}

#[tokio::test]
async fn a_rollback_names_the_revision_of_helms_that_runs_the_same() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("helm");
    deployed(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    let said = said_before_a_rollback(&rig, &namespace).await;
    let command = format!(
        "helm rollback shop 1 -n {} keeps both in step",
        namespace.name
    );
    assert!(said.contains(&command), "{said}");
}

#[tokio::test]
async fn who_may_read_no_secrets_asks_for_none_and_is_told() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("helm");
    deployed(&namespace);
    let token = namespace.token(Some(
        "[{apiGroups: ['', apps], resources: [pods, deployments, replicasets], verbs: [get, list, watch, patch]}]",
    ));
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&token, &proxy.host);
    let options = namespace.options_by(kubeconfig.path());
    let rig = Rig::with(options, &namespace);
    let details = details(&rig).await;
    let [told] = details.releases.as_slice() else {
        panic!("one fact: {:?}", details.releases)
    };
    let why = format!("you may not list secrets in {}", namespace.name);
    assert!(told.value.contains(&why), "{told:?}");
    let said = said_before_a_rollback(&rig, &namespace).await;
    let command = format!("(helm history shop -n {} lists them)", namespace.name);
    assert!(said.contains(&command), "{said}");
    let asked = proxy.requests();
    assert!(
        asked
            .iter()
            .all(|request| !request.path.contains("secrets"))
    );
}
