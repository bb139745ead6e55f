//! A list on the cluster, walked by keys; its console is killed in the middle of it, and the next one goes on.

use std::{fs, time::Duration};

use rustix::process::Signal;
use tempfile::TempDir;

use super::{console, deployment};
use crate::support::{
    cluster::{Cluster, Namespace},
    cluster_or_skip,
    console::Console,
    picture,
    walker::Walker,
};

const LIST: &str = "---
name: More of it
abort-when: ready(api) < 1
---
## Before
- [ ] Support is there
- [ ] All are ready `check: ready(api) >= 3`
- [ ] Go / no-go `gate`
## Work
- [ ] One more copy `do: scale api 4` `check: ready(api) >= 4`
- [ ] Roll out api `do: rollout api v2` `check: rolled_out(api)`
- [ ] It stays well `soak: ready(api) >= 4 for 3s`
- [ ] Users are told
";

/// A console on that namespace, whose records are kept there.
fn opened(cluster: &Cluster, namespace: &Namespace<'_>, state: &TempDir) -> Console {
    let start = console(&cluster.kubeconfig("admin"), &[&namespace.name]);
    fs::write(start.home().join("more.md"), LIST).expect("the list is written");
    let console = start.env("QUARTERDECK_STATE_DIR", state.path()).start();
    console.expect(" api ");
    console.keys("c");
    console.expect("More of it");
    console
}

#[test]
fn a_list_is_walked_and_gone_on_with_after_its_console_was_killed() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("list");
    deployment(&namespace, "api", "", 3);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let state = tempfile::tempdir().expect("a folder");
    let mut first = opened(&cluster, &namespace, &state);
    let looks = |console: &Console, name: &str| {
        // What proved a step before the console was killed is looked at once more, at some moment of the rollout.
        let own = [
            (namespace.name.as_str(), "shop"),
            ("on v1 and others", "on it"),
            ("on v2 and others", "on it"),
            ("on v2", "on it"),
            ("on v1", "on it"),
        ];
        picture::compare(console, name, &own);
    };
    Walker(&first).begins();
    looks(&first, "list_first");
    Walker(&first).says("Support is there");
    Walker(&first).sees("All are ready", "");
    Walker(&first).goes("Go / no-go");
    Walker(&first).shows_the_plan("One more copy", "scale");
    looks(&first, "list_scale_plan");
    first.agree("scale", &["4"]);
    Walker(&first).sees("One more copy", "");
    first.signal(Signal::KILL);
    let _ = first.wait_exit(Duration::from_secs(5));

    let second = opened(&cluster, &namespace, &state);
    second.expect("Not ended");
    // What is not ended may be known after the lists, and a cursor stays where it is.
    second.keys("g");
    let walker = Walker(&second);
    walker.begins();
    // It opens where it was: what was done is not done again.
    walker.shows_the_plan("Roll out api", "roll out");
    looks(&second, "list_rollout_plan");
    second.agree("roll out", &["v2"]);
    walker.sees("Roll out api", "");
    walker.sees("It stays well", "");
    walker.says("Users are told");
    looks(&second, "list_through");
    walker.ends(7);
    looks(&second, "list_summary");
    let image = "--output=jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image}";
    assert_eq!(
        namespace.kubectl(&["get", "deployment/api", image]),
        "4 shop/api:v2"
    );
}
