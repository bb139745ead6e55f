//! Opened after a page: what is wrong stands first, with its reason; one key further is the evidence.

use super::{deployment, on};
use crate::support::cluster_or_skip;

const CRASHER: &str = r"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: crasher}
spec:
  serviceName: none
  selector: {matchLabels: {app: crasher}}
  template:
    metadata: {labels: {app: crasher, quarterdeck.test/stage: crash-loop}}
    spec: {containers: [{name: main, image: 'shop/crasher:v1'}]}
";

#[test]
fn what_is_wrong_and_why_is_seen_without_a_key_and_the_evidence_by_one() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("page");
    deployment(&namespace, "api", "", 3);
    namespace.apply(CRASHER);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let console = on(&cluster, &namespace);
    console.expect("crash loop, exit 1");
    console.expect("no such table: orders");
    let first = |screen: &vt100::Screen| {
        let rows: Vec<String> = screen.rows(0, 70).collect();
        let at = |name: &str| rows.iter().position(|row| row.contains(name));
        at("sts/crasher")
            .zip(at(" api "))
            .is_some_and(|(bad, good)| bad < good)
    };
    console.expect_within(
        crate::support::wait::SOON,
        "the one that is unwell first",
        first,
    );
    console.expect("2 critical");
    // The cursor stands on it: whoever opens this in the middle of the night acts on what is wrong.
    console.keys("d");
    console.expect("sts/crasher ═");
    console.expect("Why, the most likely cause first");
    console.expect("crasher-0: crash loop, exit 1: no such table: orders");
}
