//! Credentials that end, that come back, and programs that bring them.

use std::fs;

use quarterdeck::{domain::source::SourceHealth, platform::Request};

use super::{Reading, deployment};
use crate::support::cluster_or_skip;

#[test]
fn a_token_that_no_longer_works_is_said_and_a_new_one_in_the_file_is_taken() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("expired");
    deployment(&namespace, "api", 1);
    let server = cluster.server();
    let kubeconfig = cluster.kubeconfig_of("no-such-token", &server);
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    let expired = reading.until("expired", |s| s.health == SourceHealth::LoginExpired);
    assert!(
        expired.problem.contains("kubeconfig"),
        "{}",
        expired.problem
    );
    assert!(!expired.problem.contains("no-such-token"));
    let token = namespace.token(None);
    fs::write(kubeconfig.path(), cluster.with_token(&token, &server)).expect("it is written");
    reading.live();
    reading.serves("api", 1);

    // A context that leads elsewhere by now is not followed.
    let elsewhere = "https://127.0.0.1:1";
    fs::write(kubeconfig.path(), cluster.with_token("ended", elsewhere)).expect("it is written");
    reading.ask(Request::Refresh);
    assert_eq!(reading.live().health, SourceHealth::Live);
}

#[test]
fn a_plugin_logs_in_and_one_that_fails_is_asked_again_only_on_request() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("plugin");
    deployment(&namespace, "api", 1);
    let folder = tempfile::tempdir().expect("a folder");
    let (script, runs) = (folder.path().join("log-in"), folder.path().join("runs"));
    let user = format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [{}]}}}}",
        script.display()
    );
    let fails = format!(
        "echo run >>{}; echo 'token=hunter2hunter2 session over' >&2; exit 1",
        runs.display()
    );
    fs::write(&script, fails).expect("it is written");
    let kubeconfig = folder.path().join("config");
    fs::write(&kubeconfig, cluster.with_user(&user, &cluster.server())).expect("it is written");
    let reading = Reading::of(&kubeconfig, &[&namespace]);
    let expired = reading.until("expired", |s| s.health == SourceHealth::LoginExpired);
    assert!(
        expired.problem.contains("session over"),
        "{}",
        expired.problem
    );

    assert!(!expired.problem.contains("hunter2"), "{}", expired.problem);

    let token = namespace.token(None);
    let works = format!("echo '{{\"status\":{{\"token\":\"{token}\"}}}}'");
    fs::write(&script, works).expect("it is written");
    let count = fs::read_to_string(&runs).expect("it ran").lines().count();
    assert_eq!(count, 1, "nobody asked for another one");
    reading.ask(Request::Refresh);
    reading.live();
    reading.serves("api", 1);
}
