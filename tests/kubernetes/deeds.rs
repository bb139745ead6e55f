//! Lists that act: each verb of `do:` that a cluster knows is carried out, and told with what shows it.

use std::fs;

use serde_json::Value;

use crate::{
    argo,
    journeys::deployment,
    nodes::{OwnNode, three},
    pods::cron,
    support::{
        cluster::{Cluster, Namespace},
        cluster_or_skip,
        walked::{Walked, kind_of},
    },
    switch::colours,
};

/// A walk of that list on a namespace.
fn walk(cluster: &Cluster, namespace: &Namespace<'_>, list: &str) -> Walked {
    let walked = Walked::new(list, &["--yes"], &[]);
    let settings = format!(
        "[environment.here]\nkind = 'development'\nkubernetes.kubeconfig = '{}'\nkubernetes.namespaces = ['{}']\n",
        cluster.kubeconfig("admin").display(),
        namespace.name
    );
    fs::write(walked.home().join("quarterdeck.toml"), settings).expect("it is written");
    walked
}

/// Whether an operation was begun, and its change was made.
fn is_sent(entries: &[Value]) -> bool {
    let mut kinds = entries.iter().map(kind_of);
    kinds.any(|kind| kind == "operation-begin") && kinds.any(|kind| kind == "outcome")
}

const WORKLOADS: &str = "\
# Deeds
- [ ] Scaled `do: scale api 3`
- [ ] Restarted `do: restart api`
- [ ] Rolled out `do: rollout api v2` `check: version(api) == \"v2\" and rolled_out(api)`
- [ ] Rolled back `do: rollback api` `check: version(api) == \"v1\" and rolled_out(api)`
- [ ] Paused `do: pause api`
- [ ] Going on `do: resume api`
- [ ] Switched `do: switch web-green`
- [ ] Copied `do: backup cj/nightly`
- [ ] Reported `do: cronjob report`
";

#[test]
fn every_verb_for_workloads_is_carried_out_and_told_with_its_evidence() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("deeds");
    deployment(&namespace, "api", "", 2);
    colours(&namespace);
    for deployment in ["deployment/api", "deployment/web-green"] {
        namespace.kubectl(&["rollout", "status", deployment, "--timeout=60s"]);
    }
    namespace.apply(&cron("nightly", "ends", "Forbid"));
    namespace.apply(&cron("report", "ends", "Forbid"));
    let walked = walk(&cluster, &namespace, WORKLOADS);
    walked.with(&[]);
    walked.assert_whole(9);
    walked.assert_told(&[
        ("scale", "verified: 3/3"),
        ("restart", "verified: 3/3 on v1"),
        ("rollout", "v2 on v2; 3/3 ready on v2"),
        ("rollback", "v1 on v1; 3/3 ready on v1"),
        ("pause", "verified: paused"),
        ("unpause", "verified: 3/3"),
        (
            "switch",
            "verified: 2 of green serve, and nothing else does",
        ),
        ("backup", "verified: nightly-manual-"),
        ("run", "verified: report-manual-"),
    ]);
}

#[test]
fn every_verb_for_nodes_is_carried_out_and_told_with_its_evidence() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("deeds");
    let node = OwnNode::new(&cluster, &namespace);
    three(&namespace, &node);
    let name = &node.name;
    let list = format!(
        "# Node\n- [ ] Cordoned `do: cordon {name}`\n- [ ] Drained `do: drain {name}`\n- [ ] Open `do: uncordon {name}`\n"
    );
    let walked = walk(&cluster, &namespace, &list);
    walked.with(&[]);
    walked.assert_whole(3);
    walked.assert_told(&[
        ("cordon", "verified: it takes no new pods"),
        ("drain", "verified: drained: 3 pods are gone"),
        ("uncordon", "verified: it takes new pods again"),
    ]);
    assert!(!node.cordoned());
}

const CANARY: &str = "\
# Canary
- [ ] Promoted `do: promote api`
- [ ] Aborted `do: abort api`
- [ ] Retried `do: retry api`
- [ ] Promoted to its end `do: promote api --full`
";

/// Argo itself is not here: the test does what its controller would.
#[test]
fn every_verb_for_a_canary_is_carried_out_and_told_with_its_evidence() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("deeds");
    argo::installed(&namespace);
    argo::running(&namespace);
    argo::waiting(&namespace);
    let walked = walk(&cluster, &namespace, CANARY);
    walked.with(&[
        (&is_sent, &|| argo::status(&namespace, argo::paused(3))),
        (&is_sent, &|| argo::back(&namespace)),
        (&is_sent, &|| argo::status(&namespace, argo::paused(1))),
        (&is_sent, &|| argo::through(&namespace)),
    ]);
    walked.assert_whole(4);
    walked.assert_told(&[
        ("promote", "verified: revision 2 (v2): paused at a step"),
        ("abort", "verified: given up; revision 1 (v1): 2 of 2 there"),
        ("retry", "verified: revision 2 (v2): paused at a step"),
        ("promote-full", "verified: revision 2 (v2) serves"),
    ]);
}

#[test]
fn a_list_ends_where_somebody_else_overtakes_what_it_does() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("deeds");
    deployment(&namespace, "web", "", 2);
    namespace.kubectl(&["rollout", "status", "deployment/web", "--timeout=60s"]);
    let never =
        r#"{"spec":{"template":{"metadata":{"labels":{"quarterdeck.test/stage":"never-ready"}}}}}"#;
    namespace.kubectl(&["patch", "deployment/web", "--patch", never]);
    let list = "- [ ] Rolled out `do: rollout web v2`\n- [ ] Restarted `do: restart web`\n";
    let walked = walk(&cluster, &namespace, list);
    let theirs = || {
        namespace.kubectl(&["set", "image", "deployment/web", "main=shop/web:v3"]);
    };
    let told = walked.ends(6, &[(&is_sent, &theirs)]);
    let why = "kubectl-set changed";
    assert!(told.contains(why), "{told}");
    let (record, ticked) = walked.record();
    assert_eq!(record["steps"][0]["state"], "failed", "{record}");
    assert_eq!(record["steps"][1]["state"], "pending", "{record}");
    assert!(ticked.contains(why), "{ticked}");
    let image = "--output=jsonpath={.spec.template.spec.containers[0].image}";
    let image = namespace.kubectl(&["get", "deployment/web", image]);
    assert_eq!(image, "shop/web:v3", "theirs stays");
}
