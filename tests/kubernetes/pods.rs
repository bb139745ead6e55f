//! A pod deleted, and a CronJob run, by hand.

use quarterdeck::domain::action::{Action, ClusterAction};

use crate::{
    actions::rig::{Rig, object, refused, verified},
    support::cluster_or_skip,
};

#[tokio::test]
async fn exactly_the_pod_that_was_shown_is_deleted_and_another_comes() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("pods");
    namespace.kubectl(&["create", "deployment", "api", "--image=shop/api:1"]);
    let rig = Rig::new(&cluster, &namespace);
    let service = rig.service("api", |api| api.ready() == 1).await;
    let pod = service.instances[0].id.clone();
    let delete = Action::Cluster(ClusterAction::DeletePod { pod: pod.clone() });
    let preview = rig.preview("api", delete.clone()).await.expect("it can be");
    assert!(preview.to.what.contains("ReplicaSet"), "{:?}", preview.to);
    verified(&rig.carry(preview.clone()).await);
    let another = |api: &quarterdeck::domain::service::Service| {
        api.ready() == 1 && api.instances[0].id != pod
    };
    rig.service("api", another).await;
    // The same once more: it is gone, and nothing else goes in its place.
    let again = rig.carry(preview).await;
    assert!(again.sentence().contains("nothing was sent"), "{again:?}");
    let gone = refused(rig.preview("api", delete).await);
    assert!(gone.contains("gone"), "{gone}");
}

#[tokio::test]
async fn nobody_makes_a_pod_of_its_own_again() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("pods");
    namespace.kubectl(&["run", "debug", "--image=shop/debug:1"]);
    let rig = Rig::new(&cluster, &namespace);
    let service = rig.service("pod/debug", |debug| debug.ready() == 1).await;
    let pod = service.instances[0].id.clone();
    let delete = Action::Cluster(ClusterAction::DeletePod { pod });
    let preview = rig.preview("pod/debug", delete).await.expect("it can be");
    let warned = preview
        .notes
        .iter()
        .any(|n| n.text.contains("does not come back"));
    assert!(warned, "{:?}", preview.notes);
}

pub(crate) fn cron(name: &str, stage: &str, beside: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {name}}}\nspec:\n  schedule: '0 3 1 1 *'\n  concurrencyPolicy: {beside}\n  \
         jobTemplate:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      backoffLimit: 0\n      template:\n        \
         metadata: {{labels: {{quarterdeck.test/stage: {stage}}}}}\n        spec:\n          restartPolicy: Never\n          \
         containers: [{{name: main, image: shop/backup:1}}]\n"
    )
}

#[tokio::test]
async fn a_cron_job_is_run_now_and_followed_to_its_end() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("pods");
    namespace.apply(&cron("backup", "ends", "Forbid"));
    namespace.apply(&cron("broken", "fails", "Allow"));
    let rig = Rig::new(&cluster, &namespace);
    rig.service("cj/backup", |_| true).await;
    let run = Action::Cluster(ClusterAction::RunNow);
    let outcome = rig.act("cj/backup", run.clone()).await;
    verified(&outcome);
    let jobs = object(&namespace, "jobs");
    let job = &jobs["items"][0]["metadata"];
    assert_eq!(
        job["annotations"]["cronjob.kubernetes.io/instantiate"],
        "manual"
    );
    assert_eq!(job["labels"]["app"], "backup");
    assert_eq!(job["ownerReferences"][0]["name"], "backup");

    rig.service("cj/broken", |_| true).await;
    let failed = rig.act("cj/broken", run).await;
    assert!(failed.sentence().contains("failed"), "{failed:?}");
}

#[tokio::test]
async fn a_job_that_runs_is_looked_for_first() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("pods");
    namespace.apply(&cron("backup", "runs", "Forbid"));
    let rig = Rig::new(&cluster, &namespace);
    rig.service("cj/backup", |_| true).await;
    namespace.kubectl(&["create", "job", "first", "--from=cronjob/backup"]);
    let run = Action::Cluster(ClusterAction::RunNow);
    let why = refused(rig.preview("cj/backup", run).await);
    assert!(why.contains("first of it runs"), "{why}");
}
