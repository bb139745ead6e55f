//! A gate of checklists: nothing is proved by absence.

use std::fs;

use crate::support::{
    cluster_or_skip,
    cut::{LIST, Witnesses},
    walked::Walked,
};

#[test]
fn who_is_cut_in_the_middle_of_a_list_proves_nothing_of_it() {
    let shared = cluster_or_skip!();
    let Some(witnesses) = Witnesses::start() else {
        return;
    };
    let cluster = shared.private();
    let shop = cluster.namespace("cut");
    shop.kubectl(&["create", "deployment", "api", "--image=shop/api:v1"]);
    shop.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let kubeconfig = cluster.kubeconfig("admin").display().to_string();
    let options = ["--wait=5m", "--namespace", &shop.name];
    let walked = Walked::new(LIST, &options, &[("KUBECONFIG", kubeconfig)]);
    let settings = witnesses.settings("kubernetes = {}");
    fs::write(walked.home().join("quarterdeck.toml"), settings).expect("it is written");
    witnesses.each_cut(&walked, || cluster.pause(), || cluster.resume());
}
