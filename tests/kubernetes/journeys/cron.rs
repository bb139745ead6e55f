//! A CronJob run now, by a key: its Job is followed to its end, with what it said.

use super::on;
use crate::{pods::cron, support::cluster_or_skip};

#[test]
fn a_cron_job_runs_now_and_its_end_is_told() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("cron");
    namespace.apply(&cron("report", "ends", "Forbid"));
    let console = on(&cluster, &namespace);
    console.expect("cj/report");
    console.expect("n run now");
    console.keys("n");
    console.agree("run now", &["0 3 1 1 *", "job report-manual-"]);
    console.expect("run cj/report: verified");
    let marked = namespace.kubectl(&[
        "get",
        "jobs",
        "--output=jsonpath={.items[*].metadata.annotations}",
    ]);
    assert!(marked.contains("instantiate\":\"manual"), "{marked}");
}

#[test]
fn one_that_fails_is_told_to_have_failed() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("cron");
    namespace.apply(&cron("report", "fails", "Forbid"));
    let console = on(&cluster, &namespace);
    console.expect("cj/report");
    console.keys("n");
    console.agree("run now", &[]);
    console.expect("run cj/report: failed");
}

#[test]
fn a_cron_job_is_a_backup_by_its_own_job_and_fails_as_that_does() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("cron");
    for (name, stage, end) in [
        (
            "nightly",
            "ends",
            "backup cj/nightly: verified: nightly-manual-",
        ),
        (
            "broken",
            "fails",
            "backup cj/broken: failed at step 2: broken-manual-",
        ),
    ] {
        namespace.apply(&cron(name, stage, "Forbid"));
        let console = on(&cluster, &namespace);
        console.expect(name);
        console.keys(&format!("/{name}\r"));
        console.expect("Services 1");
        console.keys("b");
        console.agree("back up", &["permitted", "dry run accepted"]);
        console.expect(end);
        // Its Job's pod is followed in the pane of the logs.
        console.expect(" joined ");
    }
}
