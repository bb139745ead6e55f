//! Backups of a real PostgreSQL by its own programs, run inside a pod over exec: whole, or no file at all.

use std::{
    fs,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use quarterdeck::{
    config::settings::backup::What, domain::service::ServiceId, plan::Outcome,
    platform::kubernetes, text::SafeText,
};
use tempfile::TempDir;

use crate::support::{
    account::{terminating, write_kubeconfig},
    backups::Rig,
    cluster::{Cluster, Namespace},
    cluster_or_skip,
    postgres::Postgres,
    proxy::{Fault, Proxy, Rule},
    wait::{SOON, wait_until},
};

/// The password, as the pod's environment has it; it may appear nowhere.
const CANARY: &str = "c4n4ry-0f-7he-p0d";

const STATEFUL_SET: &str = r"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: postgres}
spec:
  serviceName: none
  selector: {matchLabels: {app: postgres}}
  template:
    metadata: {labels: {app: postgres}}
    spec:
      containers:
      - name: main
        image: postgres:15
        envFrom: [{secretRef: {name: postgres}}]
";

const SUMS: &str = "select count(*), md5(string_agg(i::text, ',' order by id)) from item i";

/// A pod whose programs reach a real server, and a console's way to it past a proxy.
struct Database<'a> {
    server: Postgres,
    proxy: Proxy,
    rig: Rig,
    _namespace: Namespace<'a>,
    _folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// All pods of that name have one server, so the tests take turns.
fn database(cluster: &Cluster) -> Option<Database<'_>> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Postgres::start(CANARY)?;
    let tables = "create table item (id int primary key, name text); \
         insert into item select i, md5(random()::text) from generate_series(1, 5000) i; \
         create table note (text text); insert into note values ('a'), ('b'); create role reader login";
    server.sql("orders", tables);
    let service = format!("[pod]\nhost={}\n", server.socket().display());
    fs::write(cluster.folder.join("pg_service.conf"), service).expect("it is written");

    let namespace = cluster.namespace("backups");
    namespace.apply(STATEFUL_SET);
    namespace.kubectl(&["rollout", "status", "statefulset/postgres", "--timeout=60s"]);
    let proxy = terminating(cluster, Some("admin"));
    let folder = tempfile::tempdir().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(cluster, &proxy, "", &kubeconfig);
    let handle = kubernetes::start(namespace.options_by(&kubeconfig));
    let service = ServiceId {
        group: SafeText::name(&namespace.name),
        name: SafeText::from_static("sts/postgres"),
    };
    let what = What::Postgres {
        service: "postgres".to_owned(),
        database: "orders".to_owned(),
        user: None,
    };
    Some(Database {
        rig: Rig::new(handle, service).wanting(what, None),
        server,
        proxy,
        _namespace: namespace,
        _folder: folder,
        _turn: turn,
    })
}

#[test]
fn a_dump_out_of_a_pod_restores_with_the_same_rows_and_no_request_holds_the_password() {
    let cluster = cluster_or_skip!();
    let Some(db) = database(&cluster) else {
        return;
    };
    let preview = db.rig.preview().expect("it can be backed up");
    assert!(
        preview.now.what.starts_with("database orders, "),
        "{preview:?}"
    );
    let told = db.rig.carry(preview, |_| {});
    assert!(
        told.verified().starts_with("orders dumped and verified: "),
        "{told:?}"
    );
    let manifest = db.rig.manifests().remove(0);
    assert_eq!((manifest.count, &*manifest.verified), (2, "pg_restore"));
    let roles = manifest.globals.expect("roles too").file;
    let roles = fs::read_to_string(db.rig.copies.path().join(roles)).expect("a file");
    assert!(roles.contains("CREATE ROLE reader"), "{roles}");

    db.server.sql("postgres", "create database scratch");
    db.server
        .restore(&db.rig.copies.path().join(&manifest.data.file), "scratch");
    assert_eq!(
        db.server.sql("scratch", SUMS),
        db.server.sql("orders", SUMS)
    );

    // The API server's audit would hold whatever is in the path.
    let asked = db.proxy.requests();
    assert!(
        asked.iter().any(|r| r.path.contains("pg_dump")),
        "it went by the proxy"
    );
    assert!(!format!("{asked:?} {told:?}").contains(CANARY));
}

#[test]
fn an_exec_that_is_cut_anywhere_is_no_backup_and_the_last_one_stays() {
    let cluster = cluster_or_skip!();
    let Some(db) = database(&cluster) else {
        return;
    };
    db.rig.back_up().verified();
    let good = db.rig.files();
    let bytes = db.rig.manifests()[0].data.bytes as usize;
    // Of what pg_dump writes, of the roles, and of what reads the draft; the first few hundred bytes are HTTP's.
    let dump = [0, 40, 300, 1_000, bytes / 2, bytes].map(|cut| ("command=-Fc", cut, 0));
    let others = [
        ("command=pg_dumpall", 400, 0),
        ("command=pg_restore", 100, 1),
    ];
    for (program, cut, step) in dump.into_iter().chain(others) {
        let preview = db.rig.preview().expect("it can be backed up");
        db.proxy.on(Rule::once(program, Fault::Reset(cut)));
        let told = db.rig.carry(preview, |_| {});
        assert_eq!(told.failed().0, step, "{program} cut after {cut}: {told:?}");
        assert_eq!(db.rig.files(), good, "{program} cut after {cut}");
        db.proxy.calm();
    }
    db.rig.back_up().verified();
}

#[test]
fn a_program_that_fails_in_a_pod_says_why_without_the_password() {
    let cluster = cluster_or_skip!();
    let Some(db) = database(&cluster) else {
        return;
    };
    let preview = db.rig.preview().expect("it can be backed up");
    db.server
        .sql("orders", "alter role shop password 'another'");
    let told = db.rig.carry(preview, |_| {});
    let (step, why) = told.failed();
    assert_eq!(step, 0);
    assert!(why.contains("password authentication failed"), "{why}");
    assert!(!format!("{told:?}").contains(CANARY));
    assert!(db.rig.files().is_empty(), "{:?}", db.rig.files());
    let refused = db.rig.preview().expect_err("it is refused");
    assert!(
        refused.why.contains("password authentication failed"),
        "{refused:?}"
    );
}

#[test]
fn one_that_is_stopped_leaves_nothing() {
    let cluster = cluster_or_skip!();
    let Some(db) = database(&cluster) else {
        return;
    };
    let fill = "create table bulk as select string_agg(md5(random()::text || j), '') as text \
         from generate_series(1, 512) i, generate_series(1, 1024) j group by i";
    db.server.sql("orders", fill);
    let preview = db.rig.preview().expect("it can be backed up");
    db.proxy.delay(Duration::from_millis(40));
    let told = db.rig.carry(preview, |stop| {
        db.rig.draft(64 * 1024);
        stop.now();
    });
    db.proxy.delay(Duration::ZERO);
    assert_eq!(told.outcome, Outcome::Cancelled { applied: 0 });
    wait_until("the draft is gone", SOON, || db.rig.files().is_empty());
}
