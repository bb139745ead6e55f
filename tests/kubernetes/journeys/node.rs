//! A node made empty, by keys, as its pods' budget allows, and opened again.

use super::on;
use crate::{
    nodes::{OwnNode, strict_budget, three},
    support::{
        cluster::Namespace,
        cluster_or_skip,
        wait::{SOON, wait_until},
    },
};

#[test]
fn a_node_is_cordoned_drained_and_opened_again() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("node");
    let node = OwnNode::new(&cluster, &namespace);
    three(&namespace, &node);
    let console = on(&cluster, &namespace);
    console.expect("3/3");
    console.keys("\x0e");
    console.expect(&node.name);
    console.expect("NODE ");
    console.expect("t cordon  T uncordon  W drain");
    console.keys(&format!("/{}\r", node.name));
    console.expect("Nodes 1 of ");
    console.keys("t");
    console.agree("cordon", &[]);
    console.expect("cordoned: no new pods go");
    console.expect("verified: it takes no new pods");
    wait_until("it is cordoned", SOON, || node.cordoned());
    console.keys("W");
    // In production its name is typed.
    console.expect("to go on");
    console.keys(&format!("shop/node/{}", node.name));
    console.agree("drain", &["3 pods go"]);
    console.expect("drained: 3 pods are gone");
    console.keys("T");
    console.agree("uncordon", &[]);
    console.expect_gone("cordoned: no new pods go");
    wait_until("it is open", SOON, || !node.cordoned());
}

#[test]
fn a_drain_that_a_budget_never_lets_through_is_left_and_gone_on_with() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("node");
    let node = OwnNode::new(&cluster, &namespace);
    three(&namespace, &node);
    strict_budget(&namespace);
    let console = on(&cluster, &namespace);
    console.expect("3/3");
    console.keys("\x0e");
    console.expect(&node.name);
    console.keys(&format!("/{}\r", node.name));
    console.expect("Nodes 1 of ");
    console.keys("W");
    console.expect("to go on");
    console.keys(&format!("shop/node/{}", node.name));
    console.agree("drain", &["strict lets none of its pods go now"]);
    console.expect("Cannot evict pod");
    // It waits for as long as that takes; whoever has seen enough ends it, and what is left is offered.
    console.keys("h");
    console.expect("L unfinished");
    assert!(node.cordoned());
    assert_eq!(running(&namespace), 3, "no pod went");
    namespace.kubectl(&["delete", "pdb", "strict"]);
    console.keys("L");
    console.expect("Unfinished  node/");
    console.keys("\r");
    console.expect("to go on");
    console.keys(&format!("shop/node/{}", node.name));
    console.agree("drain", &["3 pods go"]);
    console.expect("drained: 3 pods are gone");
    console.expect_gone("L unfinished");
}

fn running(namespace: &Namespace<'_>) -> usize {
    let pods = namespace.kubectl(&["get", "pods", "--output=name"]);
    pods.lines().count()
}
