//! A service from the first look to the record of what was done to it, and the exit codes that scripts go by.

use serde_json::Value;

use super::Desk;
use crate::{
    actions::rig::part,
    argo,
    logs::Written,
    pods::cron,
    support::{
        cluster_or_skip,
        wait::{SOON, wait_until},
    },
    switch::colours,
};

/// In the environment and the arguments of what runs; it must never be printed or kept in the journal.
const CANARY: &str = "canary-2c9e41";

const API: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 2
  progressDeadlineSeconds: 4
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: main
        image: shop/api:v1
        args: [--token=canary-2c9e41]
        env: [{name: API_TOKEN, value: canary-2c9e41}]
";

impl Desk<'_> {
    /// A Deployment of two that serve.
    fn serving(self) -> Self {
        self.namespace.apply(API);
        self.namespace
            .kubectl(&["rollout", "status", "deployment/api", "--timeout=60s"]);
        self
    }

    /// What a command wrote of JSON, a value a line, once it has ended with `code`.
    #[track_caller]
    fn json(&self, code: i32, arguments: &[&str]) -> Vec<Value> {
        let told = self.run(code, &[arguments, &["--json"]].concat());
        assert!(!told.contains(CANARY), "{told}");
        let lines = told.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| serde_json::from_str(line).expect("each line is a JSON object"))
            .collect()
    }

    /// What `status --json` says of it.
    #[track_caller]
    fn status_of(&self, service: &str) -> Value {
        self.json(0, &["status", service])[0]["services"][0].clone()
    }
}

#[tokio::test]
async fn a_service_is_looked_at_changed_and_all_of_it_is_on_record() {
    let cluster = cluster_or_skip!();
    let desk = Desk::new(&cluster).serving();
    let _written = Written::of(
        &cluster,
        "2026-11-21T12:00:00.1Z stdout F listening on 8080\n",
    )
    .await;
    let before = desk.status_of("api");
    assert_eq!(
        (&before["ready"], &before["version"]),
        (&2.into(), &"v1".into())
    );
    let lines = desk.json(0, &["logs", "api"]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines
            .iter()
            .all(|line| line.to_string().contains("listening on 8080"))
    );
    assert_eq!(desk.json(0, &["alerts"]), Vec::<Value>::new());

    for arguments in [
        &["scale", "api", "3", "--reason=OPS-7"][..],
        &["restart", "api"],
        &["rollout", "api", "v2"],
    ] {
        let outcome = &desk.json(0, &[arguments, &["--yes"]].concat())[0];
        assert_eq!(
            (&outcome["outcome"], &outcome["exit_code"]),
            (&"verified".into(), &0.into())
        );
    }
    let after = desk.status_of("api");
    assert_eq!(
        (&after["ready"], &after["version"]),
        (&3.into(), &"v2".into())
    );
    desk.json(0, &["rollback", "api", "--yes"]);
    let image = "--output=jsonpath={.spec.template.spec.containers[0].image}";
    assert_eq!(
        desk.namespace.kubectl(&["get", "deployment/api", image]),
        "shop/api:v1"
    );

    let told = desk.run(0, &["audit", "--service", "api"]);
    for part in [
        "scale ",
        "2 -> 3",
        "OPS-7",
        "restart ",
        "rollout ",
        "v1 -> v2",
        "rollback ",
        "v2 -> v1",
        "ana",
    ] {
        assert!(told.contains(part), "{part}:\n{told}");
    }
    assert!(!told.contains(CANARY), "{told}");
    assert!(desk.json(0, &["audit", "--service", "api"]).len() > 4);
    desk.run(0, &["audit", "verify"]);
}

#[test]
fn a_bad_release_fails_is_an_alert_and_goes_back() {
    let cluster = cluster_or_skip!();
    let desk = Desk::new(&cluster).serving();
    let failed = &desk.json(1, &["rollout", "api", "missing", "--yes"])[0];
    assert_eq!(
        (&failed["outcome"], &failed["exit_code"]),
        (&"failed".into(), &1.into())
    );
    let why = failed.to_string();
    assert!(why.contains("image cannot be pulled"), "{why}");
    let status = desk.status_of("api");
    assert_eq!(
        (&status["ready"], &status["health"]),
        (&2.into(), &"critical".into())
    );
    let alerts = desk.json(0, &["alerts"]);
    assert!(
        alerts
            .iter()
            .any(|one| one.to_string().contains("image cannot be pulled")),
        "{alerts:?}"
    );
    desk.run(1, &["alerts", "--exit-code"]);
    desk.run(1, &["status", "--exit-code"]);
    desk.json(0, &["rollback", "api", "--yes"]);
    desk.run(0, &["status", "--exit-code"]);
}

#[test]
fn a_backup_ends_as_the_job_of_its_cron_job_does() {
    let cluster = cluster_or_skip!();
    let desk = Desk::new(&cluster);
    desk.namespace.apply(&cron("nightly", "ends", "Forbid"));
    desk.namespace.apply(&cron("broken", "fails", "Forbid"));
    let well = &desk.json(0, &["backup", "cj/nightly", "--yes"])[0];
    assert_eq!(
        (&well["action"], &well["outcome"]),
        (&"backup".into(), &"verified".into())
    );
    let badly = &desk.json(1, &["backup", "cj/broken", "--yes"])[0];
    assert_eq!(badly["outcome"], "failed", "{badly}");
    let told = desk.run(0, &["audit"]);
    assert!(
        told.contains("backup ") && told.contains("cj/broken"),
        "{told}"
    );
}

#[test]
fn each_kind_of_no_has_its_own_exit_code_and_nothing_was_sent() {
    let cluster = cluster_or_skip!();
    let mut desk = Desk::new(&cluster).serving();
    let generation = "--output=jsonpath={.metadata.generation}";
    let before = desk
        .namespace
        .kubectl(&["get", "deployment/api", generation]);
    for (code, arguments, words) in [
        (2, &["restart", "apy", "--yes"][..], "did you mean"),
        (
            4,
            &["rollback", "api", "--to=v9", "--yes"],
            "keeps nothing of api but v1",
        ),
        (4, &["scale", "api", "3"], "--yes"),
        (4, &["scale", "api", "2", "--yes"], "nothing to do"),
        (
            4,
            &["scale", "api", "3", "--yes", "--read-only"],
            "read-only",
        ),
        (4, &["scale", "api", "0", "--yes"], "/api"),
        (0, &["scale", "api", "3", "--dry-run"], "dry run accepted"),
    ] {
        let told = desk.run(code, arguments);
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    assert_eq!(
        desk.namespace
            .kubectl(&["get", "deployment/api", generation]),
        before
    );

    let checks = desk.json(0, &["doctor"]);
    let checks = format!("{checks:?}");
    for words in [
        "Kubernetes 1.",
        "credentials",
        "nothing is missing for any feature",
    ] {
        assert!(checks.contains(words), "{words}: {checks}");
    }
    let nowhere = cluster.kubeconfig_by("admin", "tcp://127.0.0.1:1");
    desk.kubeconfig = nowhere.path().to_owned();
    desk.run(3, &["status"]);
    desk.run(3, &["restart", "api", "--yes"]);
    let told = desk.run(1, &["doctor"]);
    assert!(told.contains("127.0.0.1:1"), "{told}");
}

#[test]
fn a_deployment_is_paused_and_goes_on_and_the_other_colour_serves() {
    let cluster = cluster_or_skip!();
    let desk = Desk::new(&cluster).serving();
    for (command, paused) in [("pause", true), ("unpause", false)] {
        let done = &desk.json(0, &[command, "api", "--yes"])[0];
        assert_eq!(done["outcome"], "verified", "{done}");
        let is = part(&desk.namespace, "deployment/api", "/spec/paused");
        assert_eq!(is.as_bool().unwrap_or_default(), paused, "{command}");
    }
    colours(&desk.namespace);
    let green = "deployment/web-green";
    desk.namespace
        .kubectl(&["rollout", "status", green, "--timeout=60s"]);
    let done = &desk.json(0, &["switch", "web-green", "--yes"])[0];
    assert_eq!(done["outcome"], "verified", "{done}");
    let selects = "/spec/selector/example.org~1color";
    assert_eq!(part(&desk.namespace, "service/web", selects), "green");
}

/// Argo itself is not here: the test does what its controller would.
#[test]
fn an_update_of_argos_is_let_go_on_given_up_and_begun_again() {
    let cluster = cluster_or_skip!();
    let desk = Desk::new(&cluster);
    let namespace = &desk.namespace;
    argo::installed(namespace);
    argo::running(namespace);
    argo::waiting(namespace);
    let at = |path: &str| part(namespace, "rollout.argoproj.io/api", path);
    let steers = |command: &str, written: &dyn Fn() -> bool, follows: &dyn Fn()| {
        std::thread::scope(|scope| {
            let done = scope.spawn(|| desk.json(0, &[command, "rollout/api", "--yes"]).remove(0));
            wait_until(&format!("{command} is written"), SOON, written);
            follows();
            let done = done.join().expect("it ends well");
            assert_eq!(done["outcome"], "verified", "{done}");
            assert_eq!(done["action"], command);
        });
    };
    steers(
        "promote",
        &|| at("/status/pauseConditions").is_null(),
        &|| argo::status(namespace, argo::paused(3)),
    );
    steers("abort", &|| at("/status/abort") == true, &|| {
        argo::back(namespace);
    });
    steers("retry", &|| at("/status/abort") != true, &|| {
        argo::status(namespace, argo::paused(1));
    });
}
