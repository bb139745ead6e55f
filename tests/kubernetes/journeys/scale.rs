//! More copies, by keys.

use super::{deployment, on};
use crate::support::cluster_or_skip;

#[test]
fn more_copies_by_three_keys_and_the_header_counts_them() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("scale");
    deployment(&namespace, "api", "", 2);
    let console = on(&cluster, &namespace);
    console.expect("2/2");
    console.keys("s");
    console.expect("how many replicas");
    console.keys("4\r");
    console.agree(
        "scale",
        &["2 of 2 copies serving", "4 copies", "dry run accepted"],
    );
    console.expect("verified");
    console.expect("4/4");
    let there = namespace.kubectl(&[
        "get",
        "deployment/api",
        "--output=jsonpath={.status.readyReplicas}",
    ]);
    assert_eq!(there, "4");
}
