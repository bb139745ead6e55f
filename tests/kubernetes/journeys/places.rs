//! Namespaces and contexts: gone to by a few letters.

use super::{console, deployment};
use crate::support::cluster_or_skip;

#[test]
fn namespaces_are_gone_to_by_letters_and_zero_shows_all_of_them() {
    let cluster = cluster_or_skip!();
    let (one, other) = (cluster.namespace("here"), cluster.namespace("there"));
    deployment(&one, "api", "", 1);
    deployment(&other, "web", "", 2);
    let console = console(&cluster.kubeconfig("admin"), &[&one.name, &other.name]).start();
    console.expect("api ");
    console.expect("web ");
    console.keys(":ns\r");
    console.keys(&other.name);
    console.expect(&format!("║   {}", other.name));
    console.keys("\r");
    console.expect("web ");
    console.expect_gone("api ");
    console.keys("0");
    console.expect("api ");
    console.expect("web ");
    // By its whole name it is one line, as in k9s.
    console.keys(&format!(":ns {}\r", one.name));
    console.expect("api ");
    console.expect_gone("web ");
}
