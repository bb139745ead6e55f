//! A node made empty, by keys, as its pods' budget allows, and opened again.

use super::on;
use crate::{
    nodes::{OwnNode, three},
    support::{
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
