//! Gate 14 on a cluster: what is secret in environments, arguments, errors and credentials comes nowhere.

use std::{fs, path::Path, time::Duration};

use quarterdeck::{
    domain::action::{Action, ClusterAction},
    platform::kubernetes,
};

use crate::{
    actions::rig::{Rig, back, refused, verified},
    journeys::console,
    support::{
        account::{terminating, write_kubeconfig},
        cluster_or_skip,
        console::Console,
        keys::settle,
        proxy::{Fault, Rule},
        wait::{SOON, wait_until},
    },
};

const CANARY: &str = "CANARY-7f3a";

const DEPLOYMENT: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: main
        image: shop/api:1
        args: [--token=CANARY-7f3a]
        env: [{name: API_TOKEN, value: CANARY-7f3a}, {name: DATABASE_URL, value: 'postgres://shop:CANARY-7f3a@db/shop'}]
";

/// Everything in the files below a folder.
fn files(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.push_str(&files(&path));
        } else {
            all.push_str(&String::from_utf8_lossy(&fs::read(path).expect("a file")));
        }
    }
    all
}

#[tokio::test]
async fn what_a_workload_holds_is_not_shown_told_or_recorded() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("secrets");
    namespace.apply(DEPLOYMENT);
    let rig = Rig::new(&cluster, &namespace);
    let service = rig.service("api", |api| api.ready() == 1).await;
    let pod = service.instances[0].id.clone();
    let delete = Action::Cluster(ClusterAction::DeletePod { pod });
    let mut told = String::new();
    for action in [delete, Action::Restart] {
        let preview = rig.preview("api", action).await.expect("it can be done");
        told.push_str(&format!("{preview:?}"));
        let outcome = rig.carry(preview).await;
        verified(&outcome);
        told.push_str(&format!("{outcome:?}"));
    }
    let shown = format!("{:?}", *rig.platform.state.borrow());
    assert!(shown.contains("shop/api:1"), "it looks at the right thing");
    let recorded = files(rig.state.path());
    assert!(recorded.contains("delete-pod"), "it looks at the journal");
    let argv = fs::read_to_string("/proc/self/cmdline").expect("our own");
    for (what, text) in [
        ("the preview", told),
        ("the state", shown),
        ("the journal", recorded),
        ("the arguments", argv),
    ] {
        assert!(!text.contains(CANARY), "{what} holds it");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_not_named() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("secrets");
    // As the administrator's, but with a token in the place of a certificate.
    let theirs = fs::read_to_string(cluster.kubeconfig("admin")).expect("a kubeconfig");
    let own = theirs.lines().map(|line| {
        if line.starts_with("users:") {
            "users: [{name: admin, user: {token: CANARY-7f3a}}]"
        } else {
            line
        }
    });
    let own = own.collect::<Vec<_>>().join("\n");
    assert!(own.contains(CANARY), "{own}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    fs::write(&path, own).expect("written");
    let mut options = cluster.options(&namespace);
    options.kubeconfig = Some(path);
    let mut platform = kubernetes::start(options.clone());
    let problem = platform.state.wait_for(|state| !state.problem.is_empty());
    let told = tokio::time::timeout(SOON, problem).await;
    let told = format!("{:?}", *told.expect("soon").expect("it says why"));
    assert!(!told.contains(CANARY), "{told}");
    assert!(!format!("{platform:?} {options:?}").contains(CANARY));
}

/// A server, or a webhook behind it, that says in its error what it was given.
#[tokio::test]
async fn an_error_that_repeats_what_was_sent() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("secrets");
    namespace.apply(DEPLOYMENT);
    namespace.kubectl(&["set", "image", "deployment/api", "main=shop/api:2"]);
    namespace.kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
    let proxy = terminating(&cluster, Some("admin"));
    let folder = tempfile::tempdir().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&cluster, &proxy, "", &kubeconfig);
    let mut options = cluster.options(&namespace);
    options.kubeconfig = Some(kubeconfig);
    let rig = Rig::with(options, &namespace);
    rig.service("api", |api| api.ready() == 1).await;
    let told = r#"{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 422, "reason": "Invalid",
        "message": "admission webhook denied it: env API_TOKEN=CANARY-7f3a, args [--token=CANARY-7f3a] postgres://shop:CANARY-7f3a@db/shop"}"#;
    let refuse = |path: &str| {
        let fault = Fault::Answer(422, told.to_owned());
        proxy.on(Rule::once(path, fault).method("PATCH").times(10));
    };
    refuse("dryRun=All");
    let words = refused(rig.preview("api", back()).await);
    assert!(
        words.contains("webhook denied it: env API_TOKEN=•••"),
        "{words}"
    );
    assert!(!words.contains(CANARY), "{words}");
    proxy.calm();
    let preview = rig.preview("api", back()).await.expect("it can be done");
    refuse("/deployments/api");
    let outcome = rig.carry(preview).await;
    assert!(
        outcome.sentence().contains("webhook denied it"),
        "{outcome:?}"
    );
    assert!(!format!("{outcome:?}").contains(CANARY), "{outcome:?}");
    let recorded = files(rig.state.path());
    assert!(recorded.contains("rollback"), "it looks at the journal");
    assert!(!recorded.contains(CANARY), "{recorded}");
}

/// The built console: every view, its own log at its most talkative, what a program in a pod says, and a panic's report.
#[test]
fn nothing_that_comes_to_the_terminal_or_into_a_file_holds_it() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("secrets");
    namespace.apply(DEPLOYMENT);
    let kubeconfig = cluster.kubeconfig("admin");
    let beside = |more: &[(&str, &str)]| {
        let mut start = console(&kubeconfig, &[&namespace.name]).env("SHOP_PASSWORD", CANARY);
        for (name, value) in more {
            start = start.env(name, value);
        }
        start.start()
    };
    let unseen = |console: &Console| {
        let raw = console.raw();
        assert!(
            !String::from_utf8_lossy(&raw).contains(CANARY),
            "{}",
            console.screen()
        );
        let argv = fs::read(format!("/proc/{}/cmdline", console.pid())).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&argv).contains(CANARY));
        let held = files(&console.home());
        assert!(!held.contains(CANARY), "{held}");
    };
    let mut whole = beside(&[]);
    whole.expect("1/1");
    for (view, shows) in [
        ("d", "API_TOKEN"),
        ("y", "metadata"),
        ("ywv", "metadata"),
        ("e", "Events"),
        ("D", "Diagnostics"),
    ] {
        whole.keys(view);
        whole.expect(shows);
        settle(&whole);
        unseen(&whole);
    }
    whole.keys("r");
    whole.agree("restart", &["permitted"]);
    whole.expect("restart api: verified");
    unseen(&whole);
    whole.keys("q");
    assert!(whole.wait_exit(Duration::from_secs(2)).success());
    unseen(&whole);
    let mut broken = beside(&[
        ("QUARTERDECK_PANIC_AT_TURN", "9"),
        ("RUST_BACKTRACE", "full"),
    ]);
    let ended = broken.wait_exit(SOON);
    assert!(!ended.success());
    // The words of a full report are above what the screen holds.
    wait_until("its report", SOON, || {
        String::from_utf8_lossy(&broken.raw()).contains("a fault of ours")
    });
    unseen(&broken);
}
