//! A canary of Argo's that waits at a step: let go on by a key, and given up by another.

use super::on;
use crate::{argo, support::cluster_or_skip};

#[test]
fn a_canary_goes_on_by_one_key_and_is_given_up_by_another() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("canary");
    argo::installed(&namespace);
    argo::running(&namespace);
    argo::waiting(&namespace);
    let console = on(&cluster, &namespace);
    console.expect("paused at a step of its canary");
    console.keys(">");
    console.agree("promote", &["step 2 of 4", "step 3 of 4"]);
    console.expect("about to go on");
    argo::status(&namespace, argo::paused(3));
    console.expect("verified: revision 2 (v2)");
    console.keys("A");
    let stays = "its spec still wants revision 2 (v2)";
    console.agree("abort", &["revision 1 (v1) serves", stays]);
    console.expect("has not given it up yet");
    argo::back(&namespace);
    console.expect("given up; revision 1 (v1): 2 of 2");
    console.expect("ABORTED, revision 1 serving");
}
