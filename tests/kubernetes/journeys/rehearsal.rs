//! A list is rehearsed on a copy of what the cluster runs, and nothing of it reaches the API server.

use std::fs;

use super::{console, deployment};
use crate::support::{cluster_or_skip, walker::Walker};

const LIST: &str = "---
name: More of it
---
- [ ] Support is there
- [ ] All are ready `check: ready(api) >= 3`
- [ ] One more copy `do: scale api 4` `check: ready(api) >= 4`
- [ ] Roll out api `do: rollout api v9` `check: version(api) == \"v9\" and rolled_out(api)`
- [ ] It is well `check: healthy(*)`
";

#[test]
fn a_list_is_rehearsed_on_a_copy_of_the_cluster() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("copy");
    deployment(&namespace, "api", "", 3);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let proxy = cluster.passing_proxy();
    let kubeconfig = cluster.kubeconfig_by("admin", &proxy.host);
    let start = console(kubeconfig.path(), &[&namespace.name]);
    fs::write(start.home().join("more.md"), LIST).expect("the list is written");
    let console = start.start();
    console.expect("3/3");
    console.keys("c");
    console.expect("r rehearse");
    console.keys("r");
    let walker = Walker(&console);
    walker.comes_to("Support is there", "space it is done");
    // Whoever still asked it anything would be told no, and ask again.
    proxy.refuse();
    let accepted = proxy.accepted();
    walker.says("Support is there");
    walker.sees("All are ready", "");
    walker.does("One more copy", "scale", &["4"]);
    walker.sees("One more copy", "");
    walker.does("Roll out api", "roll out", &["v1", "v9"]);
    walker.sees("Roll out api", "");
    walker.sees("It is well", "");
    let screen = console.screen();
    assert!(screen.starts_with(" REHEARSAL  PRODUCTION"), "{screen}");
    walker.ends(5);
    assert_eq!(proxy.accepted(), accepted);

    proxy.heal();
    console.keys("B");
    console.expect("the rehearsal is over");
    console.expect("3/3");
    console.expect_gone("REHEARSAL");
    let image = "--output=jsonpath={.metadata.generation} {.spec.replicas} {.spec.template.spec.containers[0].image}";
    let is = namespace.kubectl(&["get", "deployment/api", image]);
    assert_eq!(is, "1 3 shop/api:v1");
}
