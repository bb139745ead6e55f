//! A release whose image is not there: rolled out by keys, seen to be stuck, and rolled back while it is.

use super::{deployment, on};
use crate::support::cluster_or_skip;

#[test]
fn a_bad_release_says_why_it_is_stuck_and_is_rolled_back_meanwhile() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("release");
    deployment(&namespace, "api", "", 3);
    let console = on(&cluster, &namespace);
    console.expect("3/3");
    console.keys("R");
    console.expect("which image or tag");
    console.keys("\x15missing\r");
    console.agree("roll out", &["shop/api:v1", "shop/api:missing"]);
    // Under way, its reason stands on the screen long before its deadline of ten minutes.
    console.expect("rollout to missing stuck: image");
    console.expect("3/3");
    // One key gives it up and opens the way back.
    console.keys("u");
    console.agree("roll back", &["missing", "v1"]);
    console.expect("verified");
    let image = "--output=jsonpath={.spec.template.spec.containers[0].image}";
    assert_eq!(
        namespace.kubectl(&["get", "deployment/api", image]),
        "shop/api:v1"
    );
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
}
