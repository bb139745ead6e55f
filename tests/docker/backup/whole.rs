//! Backups that succeed.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
};

use quarterdeck::{
    config::settings::backup::What,
    domain::capabilities::Capabilities,
    journal::{Filter, record::Record},
    plan::{Progress, StepState, Verb},
};

use super::rig::{CANARY, database, grow, on, on_database, orders, run, sql};
use crate::support::{compose::Compose, docker_or_skip, proxy::Proxy};

const SUMS: &str = "select count(*), md5(string_agg(i::text, ',' order by id)) from item i";

#[test]
fn a_dump_restores_into_another_database_with_the_same_rows() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "restore");
    let rig = on_database(&daemon.host, &db);
    let preview = rig.preview().expect("it can be backed up");
    let verbs: Vec<Verb> = preview.steps.iter().map(|step| step.verb).collect();
    assert_eq!(verbs, [Verb::Dump, Verb::Verify, Verb::Rename]);
    assert!(
        preview.now.what.starts_with("database orders, "),
        "{preview:?}"
    );
    assert_eq!(&*preview.now.facts, "no backup yet");
    let told = rig.carry(preview, |_| {});
    assert!(
        told.verified().starts_with("orders dumped and verified: "),
        "{told:?}"
    );

    for step in 0..3 {
        assert!(
            told.all.contains(&Progress::Step(step, StepState::Done)),
            "{told:?}"
        );
    }

    let manifest = rig.manifests().remove(0);
    assert_eq!((manifest.count, &*manifest.verified), (2, "pg_restore"));
    assert_eq!(rig.files()[&manifest.data.file], manifest.data.bytes);
    assert_eq!(
        rig.files().len(),
        3,
        "data, roles, manifest: {:?}",
        rig.files()
    );
    for name in rig.files().into_keys() {
        let mode = fs::metadata(rig.copies.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let dump = rig.copies.path().join(&manifest.data.file);
    let sum = Command::new("sha256sum").arg(&dump).output().unwrap();
    assert!(String::from_utf8_lossy(&sum.stdout).starts_with(&manifest.data.sha256));
    let roles = manifest.globals.unwrap().file;
    let roles = fs::read_to_string(rig.copies.path().join(roles)).unwrap();
    assert!(roles.contains("CREATE ROLE reader"), "{roles}");

    sql(&db, "orders", "create database scratch");
    let restored = Command::new("docker")
        .args([
            "--host",
            &daemon.host,
            "exec",
            "--interactive",
            &db.replicas("db")[0].id,
        ])
        .args([
            "pg_restore",
            "-U",
            "shop",
            "-d",
            "scratch",
            "--exit-on-error",
        ])
        .stdin(Stdio::from(fs::File::open(&dump).unwrap()))
        .status()
        .unwrap();
    assert!(restored.success());
    assert_eq!(sql(&db, "scratch", SUMS), sql(&db, "orders", SUMS));

    let entries = rig.journal.search(&Filter::default()).unwrap();
    let kinds: Vec<&str> = entries
        .iter()
        .map(|entry| match &entry.record {
            Record::OperationBegin(_) => "begin",
            Record::Intent(_) => "intent",
            Record::Outcome(_) => "outcome",
            Record::Backup(_) => "backup",
            Record::OperationEnd(_) => "end",
            _ => "other",
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "begin", "intent", "outcome", "intent", "outcome", "intent", "backup", "outcome", "end"
        ]
    );
    assert!(rig.newest().unwrap().is_some());
    let again = rig.preview().expect("it can be backed up again");
    assert!(
        again.now.facts.starts_with("last backup "),
        "{}",
        again.now.facts
    );
    assert!(again.estimate.is_some());
}

#[test]
fn a_password_is_used_where_one_is_needed_and_seen_nowhere() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "canary");
    grow(&db, 8);
    let strict = "sed -i 's/^local.*trust$/local all all scram-sha-256/' \"$PGDATA/pg_hba.conf\"";
    db.run(&["exec", "-T", "db", "sh", "-c", strict]);
    sql(&db, "orders", "select pg_reload_conf()");
    let proxy = Proxy::unix(&daemon.host);
    let rig = on_database(&proxy.host, &db);
    let (over, seen) = (AtomicBool::new(false), AtomicBool::new(false));
    let (preview, told, watched) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut dumps = 0;
            while !over.load(Ordering::Relaxed) {
                for process in fs::read_dir("/proc").unwrap().flatten() {
                    let Ok(argv) = fs::read(process.path().join("cmdline")) else {
                        continue;
                    };
                    let argv = String::from_utf8_lossy(&argv).into_owned();
                    dumps += usize::from(argv.contains("pg_dump"));
                    if argv.contains(CANARY) {
                        seen.store(true, Ordering::Relaxed);
                    }
                }
            }
            dumps
        });
        let preview = rig.preview().expect("the password is found inside");
        let told = rig.carry(preview.clone(), |_| {});
        over.store(true, Ordering::Relaxed);
        (preview, told, watching.join().unwrap())
    });
    told.verified();
    assert!(watched > 0, "no dump was seen among the processes");
    assert!(
        !seen.load(Ordering::Relaxed),
        "the password is in an argument"
    );
    for text in [
        format!("{preview:?}"),
        format!("{told:?}"),
        format!("{:?}", rig.manifests()),
        format!("{:?}", proxy.requests()),
        format!("{:?}", rig.journal.search(&Filter::default()).unwrap()),
    ] {
        assert!(!text.contains(CANARY), "{text}");
    }
}

#[test]
fn a_volume_becomes_a_tar_that_was_read_to_its_end() {
    let daemon = docker_or_skip!();
    let file = "services: {files: {image: \"qd-busybox:v1\", volumes: [\"data:/srv/data\"]}}\nvolumes: {data: {}}";
    let compose = Compose::up(&daemon, "volume", file);
    let fill = "cd /srv/data && mkdir sub && seq 1 100000 > sub/numbers && echo hello > greeting && ln -s greeting link";
    compose.run(&["exec", "-T", "files", "sh", "-c", fill]);
    let rig =
        on(&daemon.host, &compose.project, "files").wanting(What::Volume("data".to_owned()), None);
    let told = rig.back_up();
    assert!(told.verified().contains("dumped and verified"), "{told:?}");
    let manifest = rig.manifests().remove(0);
    assert_eq!(manifest.what, format!("{}_data", compose.project));
    let list = Command::new("tar")
        .arg("-tvf")
        .arg(rig.copies.path().join(&manifest.data.file))
        .output()
        .unwrap();
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert_eq!(list.lines().count() as u64, manifest.count, "{list}");
    for part in ["sub/numbers", "greeting", "link -> greeting", "588895"] {
        assert!(list.contains(part), "{part} is not in {list}");
    }
}

#[test]
fn a_console_that_only_looks_makes_none() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "looks");
    let proxy = Proxy::unix(&daemon.host);
    let rig = on_database(&proxy.host, &db);
    let looks = Capabilities {
        read_only: true,
        ..Capabilities::default()
    };
    let refused = run(rig.backups(&looks).preview(rig.ask())).unwrap_err();
    assert!(refused.why.starts_with("read-only"), "{refused:?}");
    assert!(proxy.mutating().is_empty());
}

#[test]
fn old_copies_go_only_after_a_new_one_is_there_and_two_stay() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "old");
    let rig = on_database(&daemon.host, &db).wanting(orders(), Some(1));
    rig.back_up().verified();
    let first = rig.manifests().remove(0);
    for day in 2..6 {
        // A copy of some days ago.
        let mut older = first.clone();
        older.at -= jiff::SignedDuration::from_hours(24 * day);
        older.globals = None;
        older.data.file = format!("db-orders-{day}.dump");
        let json = serde_json::to_vec(&older).unwrap();
        fs::write(
            rig.copies.path().join(format!("db-orders-{day}.json")),
            json,
        )
        .unwrap();
        let data = rig.copies.path().join(&first.data.file);
        fs::copy(data, rig.copies.path().join(&older.data.file)).unwrap();
    }
    sql(
        &db,
        "orders",
        "alter role shop password 'another'; drop table note",
    );
    let preview = rig.preview().unwrap();
    // A failed one removes nothing.
    let before = rig.files();
    let failed = rig.carry(preview.clone(), super::rig::Stop::now);
    assert_eq!(failed.outcome.word(), "stopped");
    assert_eq!(rig.files(), before);
    // Names have whole seconds.
    crate::support::wait::wait_until("the next second", crate::support::wait::SOON, || {
        rig.back_up().outcome.word() == "verified"
    });
    let mut left: Vec<String> = rig.manifests().into_iter().map(|m| m.data.file).collect();
    left.sort();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&first.data.file));
}
