//! Lists that ask beside the platform, walked by the binary: proved where somebody answers, and unknown where nobody does.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use crate::support::{
    bare::{Ran, bare, ran},
    cluster::{Cluster, Namespace},
    cluster_or_skip,
    postgres::Postgres,
    proxy::Proxy,
    web::{Tls, answering, free_port, page},
};

/// A password that nobody is to see.
const CANARY: &str = "c4n4ry-0f-7he-1i575";

/// An operator's home, and a namespace to look at.
struct Desk<'c> {
    home: tempfile::TempDir,
    kubeconfig: PathBuf,
    namespace: Namespace<'c>,
}

impl<'c> Desk<'c> {
    fn new(cluster: &'c Cluster, settings: &str) -> Self {
        let desk = Self {
            home: tempfile::tempdir().expect("a temporary folder"),
            kubeconfig: cluster.kubeconfig("admin"),
            namespace: cluster.namespace("lists"),
        };
        desk.write("quarterdeck.toml", settings);
        desk
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    #[track_caller]
    fn run(&self, code: i32, arguments: &[&str]) -> Ran {
        let mut command = bare(self.home.path(), arguments);
        command.args(["--namespace", &self.namespace.name, "--operator=ana"]);
        command.env("PATH", "/usr/bin:/bin");
        let ran = ran(command.env("KUBECONFIG", &self.kubeconfig)).ends(code);
        assert!(!format!("{ran:?}").contains(CANARY), "{ran:?}");
        ran
    }

    /// Walks a list of one check, with little patience; what was said of it.
    #[track_caller]
    fn check(&self, code: i32, check: &str) -> String {
        let list = self.write("list.md", &format!("# A\n- [ ] a `check: {check}`\n"));
        self.run(code, &["checklist", "run", &list, "--wait=5s"])
            .out
    }
}

#[test]
fn what_a_list_asks_is_proved_by_who_answers_and_unknown_once_they_are_cut() {
    let cluster = cluster_or_skip!();
    let port = free_port();
    let Some(postgres) = Postgres::listening(CANARY, port, 10) else {
        return;
    };
    let desk = Desk::new(
        &cluster,
        &format!(
            "[service.db]\ncheck = [{{ postgres = 'postgres://shop:{CANARY}@127.0.0.1:{port}/postgres' }}]\n\
             [checklist]\ncommands = ['./smoke first']\n"
        ),
    );
    let smoke = desk.write("smoke", "#!/bin/sh\necho all is well\n");
    fs::set_permissions(&smoke, fs::Permissions::from_mode(0o755)).expect("a script");
    let (web, _) = answering(&page("200 OK", "ok"));
    let web = Proxy::passing(&format!("tcp://127.0.0.1:{web}"));
    let url = web.host.replace("tcp://", "http://");
    let tls = Tls::start(40);
    let http = format!("http({url}/health).status == 200 and http({url}/health).latency < 10s");
    let days = format!("cert_days(127.0.0.1:{}) > 30", tls.port);
    let list = desk.write(
        "up.md",
        &format!(
            "# Up\n- [ ] a page `check: {http}`\n- [ ] a certificate `check: {days}`\n\
             - [ ] room `check: connections(db) < 80%`\n- [ ] smoke `check: command('./smoke first')`\n"
        ),
    );
    let told = desk.run(0, &["checklist", "run", &list]).out;
    for words in [
        "200 in ",
        "good for ",
        " of 10 connections of db",
        "ended with 0: all is well",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let unknown = |check: &str, why: &str| {
        let told = desk.check(1, check);
        assert!(told.contains(why) && !told.contains("passed"), "{told}");
    };
    web.refuse();
    unknown(&http, "connection");
    drop(postgres);
    unknown("connections(db) < 80%", "refused: nothing listens there");
    drop(tls);
    unknown(&days, "refused: nothing listens there");
    // What cannot be known is not the opposite of what is asked either.
    unknown(&format!("not {days}"), "refused: nothing listens there");
}

#[test]
fn a_service_of_the_cluster_is_asked_through_its_api_server() {
    let cluster = cluster_or_skip!();
    let desk = Desk::new(&cluster, "");
    desk.namespace.apply(
        "apiVersion: v1\nkind: Service\nmetadata: {name: idle}\nspec: {selector: {app: nobody}, ports: [{port: 80}]}\n",
    );
    let page = format!("kubernetes://{}/idle:80/health", desk.namespace.name);
    // What the API server answers instead of it, a 503, is no answer of its.
    let told = desk.check(1, &format!("http({page}).status == 503"));
    let why = "the API server does not reach it: no endpoints available";
    assert!(told.contains(why), "{told}");
}

#[test]
fn a_list_alone_has_nothing_run() {
    let cluster = cluster_or_skip!();
    let desk = Desk::new(&cluster, "[checklist]\ncommands = ['true']\n");
    let touched = desk.home.path().join("touched");
    let command = format!("command(\"touch {}\")", touched.display());
    let told = desk.check(1, &command);
    assert!(told.contains("the settings do not allow it"), "{told}");
    assert!(!touched.exists());
    let list = desk.home.path().join("list.md").display().to_string();
    let told = desk.run(0, &["checklist", "lint", &list]).out;
    assert!(
        told.contains("the settings do not allow this command") && told.contains("list.md:2:17"),
        "{told}"
    );
    desk.check(0, "command('true')");
}

#[test]
fn what_is_told_waits_for_the_first_word_of_those_who_are_asked() {
    let cluster = cluster_or_skip!();
    let (web, _) = answering(&page("503 Service Unavailable", ""));
    let desk = Desk::new(
        &cluster,
        &format!("[service.api]\ncheck = [{{ http = 'http://127.0.0.1:{web}/health' }}]\n"),
    );
    let told = desk.run(1, &["alerts", "--exit-code"]).out;
    assert!(told.contains("http /health: 503"), "{told}");
}
