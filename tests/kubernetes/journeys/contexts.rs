//! Contexts: pinned at the start, and another one is another place in everything.

use std::fs;

use super::{console, deployment};
use crate::support::{
    account::{terminating, write_kubeconfig},
    cluster_or_skip,
    proxy::{Fault, Rule},
};

#[test]
fn a_context_is_pinned_and_another_one_is_another_place_until_one_comes_back() {
    let cluster = cluster_or_skip!();
    let (one, other) = (cluster.namespace("first"), cluster.namespace("second"));
    deployment(&one, "api", "", 1);
    deployment(&other, "web", "", 2);
    // The second one's server does not say who it is, so that it is another cluster.
    let proxy = terminating(&cluster, Some("admin"));
    let hidden = Fault::Answer(404, String::new());
    proxy.on(Rule::once("/namespaces/kube-system", hidden).times(1_000));
    let folder = tempfile::tempdir().expect("a folder");
    let second = folder.path().join("second");
    write_kubeconfig(&cluster, &proxy, "", &second);
    let kubeconfig = folder.path().join("both");
    let own = cluster.kubeconfig("admin");
    let merged = cluster.kubectl_of(&[&own, &second], &["config", "view", "--flatten"]);
    fs::write(&kubeconfig, merged).expect("it is written");
    let kubectl = |arguments: &[&str]| cluster.kubectl_of(&[&kubeconfig], arguments);
    let within = format!("--namespace={}", other.name);
    kubectl(&["config", "set-context", "test", &within]);
    let first = kubectl(&["config", "current-context"]);
    let first = first.trim();

    let console = console(&kubeconfig, &[&one.name, &other.name]).start();
    console.expect("/web");
    console.expect(&format!("shop@{first}"));
    console.keys("/api\r");
    console.expect("Services 1 of 2");
    console.keys("s");
    console.expect("how many replicas");
    console.keys("2\r");
    console.agree("scale", &["2 copies"]);
    console.expect("scale api: verified");

    kubectl(&["config", "use-context", "test"]);
    console.keys("\x12");
    console.expect("settings read anew");
    console.expect(&format!("shop@{first}"));

    console.keys(":ctx\r");
    console.expect("╔ Context ");
    console.keys("test\r");
    // A cluster that the settings do not name: nobody knows how careful to be there.
    console.expect(&format!(" test  {}", other.name));
    assert!(
        !console.screen().contains("PRODUCTION"),
        "{}",
        console.screen()
    );
    console.expect("web ");
    console.expect("2/2");
    console.expect_gone(" api-");
    console.expect("Services 1 ");

    console.keys(":ctx\r");
    console.expect("┌ Context ");
    console.keys(&format!("{first}\r"));
    console.expect("PRODUCTION");
    console.expect("Services 2 ");
    // What this console did stays told, wherever it is.
    console.expect("scale");
}

#[test]
fn another_real_cluster_is_gone_to_and_come_back_from() {
    let cluster = cluster_or_skip!();
    let second = cluster.private();
    let (one, other) = (cluster.namespace("first"), second.namespace("second"));
    deployment(&one, "api", "", 1);
    deployment(&other, "web", "", 2);
    let papers = ["admin.pem", "admin-key.pem"].map(|file| second.folder.join(file));
    let [certificate, key] = papers.each_ref().map(|path| path.display());
    let user = format!("{{client-certificate: {certificate}, client-key: {key}}}");
    let folder = tempfile::tempdir().expect("a folder");
    let (there, kubeconfig) = (folder.path().join("there"), folder.path().join("both"));
    fs::write(&there, second.with_user(&user, &second.server())).expect("it is written");
    let own = cluster.kubeconfig("admin");
    let merged = cluster.kubectl_of(&[&own, &there], &["config", "view", "--flatten"]);
    fs::write(&kubeconfig, merged).expect("it is written");
    let kubectl = |arguments: &[&str]| cluster.kubectl_of(&[&kubeconfig], arguments);
    kubectl(&[
        "config",
        "set-context",
        "test",
        &format!("--namespace={}", other.name),
    ]);
    let first = kubectl(&["config", "current-context"]);
    let first = first.trim();

    let console = console(&kubeconfig, &[&one.name]).start();
    console.expect(&format!("shop@{first}"));
    console.expect("1/1");
    console.keys(":ctx\r");
    console.expect("╔ Context ");
    console.keys("test\r");
    console.expect(&format!(" test  {}", other.name));
    console.expect("web ");
    console.expect("2/2");
    console.expect_gone("api");

    // What happens meanwhile where nobody looks is there when somebody does again.
    one.kubectl(&["scale", "deployment/api", "--replicas=3"]);
    console.keys(":ctx\r");
    console.expect("┌ Context ");
    console.keys(&format!("{first}\r"));
    console.expect("PRODUCTION");
    console.expect("3/3");
    console.expect_gone("web");
}
