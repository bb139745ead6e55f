//! What pods use, where something measures it.

use super::{Reading, deployment};
use crate::support::{
    cluster_or_skip,
    proxy::{Fault, Rule},
};

#[test]
fn what_pods_use_is_shown_where_something_measures_it_and_unknown_else() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("usage");
    deployment(&namespace, "api", 1);
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&namespace.token(None), &proxy.host);
    let known = Reading::of(kubeconfig.path(), &[&namespace]);
    let pod = known.serves("api", 1).snapshot.named("api")[0].instances[0].clone();
    assert_eq!(pod.usage.cpu_percent, None, "nothing measures here");
    drop(known);

    let list = format!(
        r#"{{"items":[{{"metadata":{{"name":"{}","namespace":"{}"}},"containers":[{{"usage":{{"cpu":"250m","memory":"64Mi"}}}}]}}]}}"#,
        pod.name, namespace.name
    );
    proxy.on(Rule::once(
        "/apis/metrics.k8s.io/",
        Fault::Answer(200, list),
    ));
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    let fits = |usage: &quarterdeck::domain::instance::Usage| {
        usage.cpu_percent == Some(25.0) && usage.memory_bytes == Some(64 << 20)
    };
    reading.until("what it uses is shown", |s| {
        let api = s.snapshot.named("api");
        api.first().is_some_and(|api| fits(&api.usage))
    });
    // A change of the pod does not hide it until it is measured again.
    namespace.kubectl(&["annotate", "pod", &pod.name, "test=changed"]);
    namespace.kubectl(&["label", "pod", &pod.name, "test=changed"]);
    deployment(&namespace, "later", 1);
    let later = reading.serves("later", 1);
    assert!(fits(&later.snapshot.named("api")[0].usage));
}
