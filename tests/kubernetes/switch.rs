//! Blue and green behind one Service: the traffic is switched by its selector.

use quarterdeck::{
    domain::action::{Action, ClusterAction},
    plan::{Outcome, Progress, record::Recorder},
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use crate::{
    actions::rig::{Rig, part, refused, verified},
    support::{
        cluster::Namespace,
        cluster_or_skip,
        proxy::{Fault, Rule},
        wait::{SOON, wait_until},
    },
};

pub(crate) const SWITCH: Action = Action::Cluster(ClusterAction::Switch);

/// Two colours of an app, two pods each, and a Service that selects blue.
pub(crate) fn colours(namespace: &Namespace<'_>) {
    for colour in ["blue", "green"] {
        namespace.apply(&format!(
            r#"
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{colour}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web, example.org/color: {colour}}}}}
  template:
    metadata: {{labels: {{app: web, example.org/color: {colour}}}}}
    spec: {{containers: [{{name: web, image: "web:{colour}"}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: web-{colour}}}
spec: {{selector: {{app: web, example.org/color: {colour}}}, ports: [{{port: 80}}]}}
"#
        ));
    }
    namespace.apply(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web, example.org/color: blue}, ports: [{port: 80}]}\n",
    );
    wait_until("blue is behind it", SOON, || {
        behind(namespace) == ["web-blue", "web-blue"]
    });
}

/// The Deployments whose pods are behind the Service.
fn behind(namespace: &Namespace<'_>) -> Vec<String> {
    let slices = namespace.kubectl(&[
        "get",
        "endpointslices",
        "--selector=kubernetes.io/service-name=web",
        "--output=jsonpath={.items[*].endpoints[*].targetRef.name}",
    ]);
    let mut pods: Vec<String> = slices
        .split_whitespace()
        .map(|pod| pod.splitn(3, '-').take(2).collect::<Vec<_>>().join("-"))
        .collect();
    pods.sort();
    pods
}

fn selects(namespace: &Namespace<'_>) -> serde_json::Value {
    part(
        namespace,
        "service/web",
        "/spec/selector/example.org~1color",
    )
}

#[tokio::test]
async fn the_other_colour_alone_serves_and_the_first_stays_up_for_a_while() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("colours");
    colours(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    rig.service("web-green", |green| green.ready() == 2).await;
    let preview = rig.preview("web-green", SWITCH).await.expect("it can be");
    let steps: Vec<_> = preview
        .steps
        .iter()
        .map(|step| step.object.as_str())
        .collect();
    assert_eq!(
        steps,
        [
            "service web",
            "service web",
            "deployment web-blue, still up"
        ]
    );
    let recorder = Arc::clone(&rig.journal) as Arc<dyn Recorder>;
    let carrying = rig
        .carrying(preview, CancellationToken::new(), recorder)
        .await;
    let (outcome, told) = carrying.ended().await;
    let Outcome::Verified(words) = &outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        &**words,
        "2 of green serve, and nothing else does; web-blue is still up"
    );
    assert_eq!(behind(&namespace), ["web-green", "web-green"]);
    let counted = |left| {
        told.contains(&Progress::Waiting(quarterdeck::text::SafeText::line(
            format!("web-blue stays up beside it, {left} s more"),
        )))
    };
    assert!(counted(2) && counted(1), "{told:#?}");
    assert_eq!(
        part(&namespace, "deployment/web-blue", "/status/readyReplicas"),
        2
    );
    // The Services of one colour alone stay what they are.
    let blue = part(
        &namespace,
        "service/web-blue",
        "/spec/selector/example.org~1color",
    );
    assert_eq!(blue, "blue");

    let already = refused(rig.preview("web-green", SWITCH).await);
    assert!(already.contains("sends to web-green already"), "{already}");
    verified(&rig.act("web-blue", SWITCH).await);
    assert_eq!(behind(&namespace), ["web-blue", "web-blue"]);
}

#[tokio::test]
async fn a_colour_that_is_not_ready_gets_no_traffic() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("colours");
    colours(&namespace);
    let rig = Rig::new(&cluster, &namespace);
    namespace.kubectl(&["scale", "deployment/web-green", "--replicas=1"]);
    namespace.kubectl(&["rollout", "status", "deployment/web-green", "--timeout=30s"]);
    wait_until("one is left", SOON, || {
        part(&namespace, "deployment/web-green", "/status/replicas") == 1
    });
    rig.service("web-green", |green| green.instances.len() == 1)
        .await;
    let why = refused(rig.preview("web-green", SWITCH).await);
    assert!(
        why.contains("1 of web-green are ready, and 2 of web-blue serve"),
        "{why}"
    );

    namespace.kubectl(&[
        "annotate",
        "service/web",
        "argo-rollouts.argoproj.io/managed-by-rollouts=web",
    ]);
    let why = refused(rig.preview("web-green", SWITCH).await);
    assert!(why.contains("Argo Rollouts switches service web"), "{why}");
    assert_eq!(selects(&namespace), "blue");
}

#[tokio::test]
async fn a_switch_that_somebody_else_made_meanwhile_is_not_made_again() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("colours");
    colours(&namespace);
    let token = namespace.token(None);
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&token, &proxy.host);
    let options = namespace.options_by(kubeconfig.path());
    let rig = Rig::with(options, &namespace);
    rig.service("web-green", |green| green.ready() == 2).await;
    let preview = rig.preview("web-green", SWITCH).await.expect("it can be");
    // The answer is lost: it is found by reading, and sent once.
    proxy.on(Rule::once("/services/web?", Fault::LoseAnswer).method("PATCH"));
    verified(&rig.carry(preview.clone()).await);
    assert_eq!(
        proxy
            .mutating()
            .iter()
            .filter(|r| r.path.contains("/services/web?") && !r.path.contains("dryRun"))
            .count(),
        1
    );
    let again = rig.carry(preview).await;
    assert!(
        matches!(again, Outcome::Superseded { applied: 0, .. }),
        "{again:?}"
    );
    assert_eq!(selects(&namespace), "green");
}
