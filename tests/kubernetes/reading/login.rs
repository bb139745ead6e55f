//! Credentials that end, that come back, and programs that bring them.

use std::{fs, path::PathBuf, time::Duration};

use quarterdeck::{domain::source::SourceHealth, platform::Request};
use tempfile::TempDir;

use super::{Reading, deployment};
use crate::support::{
    cluster::Cluster,
    cluster_or_skip,
    proxy::{Fault, Rule},
};

/// A credential plugin: a script that notes each time it is asked.
struct Plugin {
    folder: TempDir,
}

impl Plugin {
    /// What it does when it is asked, in the shell's words.
    fn doing(what: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let plugin = Self { folder };
        plugin.does(what);
        plugin
    }

    fn does(&self, what: &str) {
        let runs = self.file("runs");
        let script = format!("echo run >>{}; {what}", runs.display());
        fs::write(self.file("log-in"), script).expect("it is written");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A kubeconfig that logs in by it.
    fn kubeconfig(&self, cluster: &Cluster, server: &str) -> PathBuf {
        let user = format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [{}]}}}}",
            self.file("log-in").display()
        );
        let kubeconfig = self.file("config");
        fs::write(&kubeconfig, cluster.with_user(&user, server)).expect("it is written");
        kubeconfig
    }

    /// How often it was asked.
    fn runs(&self) -> usize {
        let runs = fs::read_to_string(self.file("runs")).unwrap_or_default();
        runs.lines().count()
    }
}

/// What a plugin prints that has this token.
fn prints(token: &str) -> String {
    format!("echo '{{\"status\":{{\"token\":\"{token}\"}}}}'")
}

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
    let plugin = Plugin::doing("echo 'token=hunter2hunter2 session over' >&2; exit 1");
    let kubeconfig = plugin.kubeconfig(&cluster, &cluster.server());
    let reading = Reading::of(&kubeconfig, &[&namespace]);
    let expired = reading.until("expired", |s| s.health == SourceHealth::LoginExpired);
    assert!(
        expired.problem.contains("session over"),
        "{}",
        expired.problem
    );

    assert!(!expired.problem.contains("hunter2"), "{}", expired.problem);

    assert_eq!(plugin.runs(), 1, "nobody asked for another one");
    plugin.does(&prints(&namespace.token(None)));
    reading.ask(Request::Refresh);
    reading.live();
    reading.serves("api", 1);
}

#[test]
fn a_token_that_ends_while_all_is_live_leaves_the_rows_and_the_next_one_is_taken() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("ended");
    deployment(&namespace, "api", 1);
    let server = cluster.server();
    let kubeconfig = cluster.kubeconfig_of(&namespace.token(None), &server);
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    reading.serves("api", 1);
    reading.live();
    namespace.kubectl(&["delete", "serviceaccount", "console"]);
    let expired = reading.until("expired", |s| s.health == SourceHealth::LoginExpired);
    let remedy = "get a new token or certificate into the kubeconfig";
    assert!(expired.problem.contains(remedy), "{}", expired.problem);
    assert_eq!(
        expired.snapshot.named("api")[0].ready(),
        1,
        "old rows stand"
    );

    namespace.kubectl(&["create", "serviceaccount", "console"]);
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=2"]);
    let token = namespace.kubectl(&["create", "token", "console"]);
    let text = cluster.with_token(token.trim(), &server);
    fs::write(kubeconfig.path(), text).expect("it is written");
    reading.live();
    reading.serves("api", 2);
}

#[test]
fn a_plugin_is_asked_once_for_a_login_that_ended_and_what_is_good_again_is_used() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("asked");
    deployment(&namespace, "api", 1);
    let proxy = cluster.terminating_proxy();
    let plugin = Plugin::doing(&prints(&namespace.token(None)));
    let reading = Reading::of(&plugin.kubeconfig(&cluster, &proxy.host), &[&namespace]);
    reading.serves("api", 1);
    reading.live();
    let status =
        r#"{"kind": "Status", "apiVersion": "v1", "message": "Unauthorized", "code": 401}"#;
    let over = Fault::Answer(401, status.to_owned());
    proxy.on(Rule::once("", over).times(usize::MAX));
    let expired = reading.until("expired", |s| s.health == SourceHealth::LoginExpired);
    assert!(
        expired.problem.contains("Unauthorized"),
        "{}",
        expired.problem
    );
    // It may open a browser: not within half a minute of the last time, and then once.
    let stands = |enough: &dyn Fn() -> bool| {
        reading.within(Duration::from_mins(1), "it is tried", |s| {
            assert_eq!(s.health, SourceHealth::LoginExpired);
            assert_eq!(s.snapshot.named("api")[0].ready(), 1, "old rows stand");
            enough()
        });
    };
    stands(&|| plugin.runs() == 2);
    let felt = || {
        let all = proxy.requests();
        all.iter().filter(|sent| sent.path == "/readyz").count()
    };
    // Eight times of at least four and a half seconds: half a minute is over again.
    let before = felt();
    stands(&|| felt() >= before + 8);
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=2"]);
    proxy.calm();
    reading.live();
    reading.serves("api", 2);
    assert_eq!(plugin.runs(), 2, "what it gave is good again");
}

#[test]
fn a_plugin_is_asked_again_before_what_it_gave_ends() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("renewed");
    deployment(&namespace, "api", 1);
    let token = namespace.token(None);
    let plugin = Plugin::doing(&format!(
        "ends=$(date -u -d '+80 seconds' +%FT%TZ)\n\
         echo \"{{\\\"status\\\":{{\\\"token\\\":\\\"{token}\\\",\\\"expirationTimestamp\\\":\\\"$ends\\\"}}}}\""
    ));
    let reading = Reading::of(
        &plugin.kubeconfig(&cluster, &cluster.server()),
        &[&namespace],
    );
    reading.live();
    assert_eq!(plugin.runs(), 1);
    // Nobody notices.
    reading.within(Duration::from_mins(1), "it is asked again", |s| {
        assert_eq!(s.health, SourceHealth::Live, "{}", s.problem);
        plugin.runs() == 2
    });
}
