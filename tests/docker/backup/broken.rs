//! Backups that are cut short, by whatever: no bad file has a final name, the last good one is there, the outcome is honest.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use quarterdeck::{
    backup::{self, BackupPolicy, Of, Reach, Wanted},
    domain::instance::InstanceId,
    plan::{
        Outcome,
        exec::{ArchiveStream, ExecEnd, ExecSpec, ExecStream},
    },
    platform::Request,
    text::SafeText,
};
use tokio::sync::{mpsc, oneshot};

use super::rig::{CANARY, Rig, database, files, grow, on, on_database, orders, run, sql};
use crate::support::{
    docker_or_skip,
    proxy::{Fault, Proxy, Rule},
    wait::{SOON, wait_until},
};

/// Far more than any answer: a rule that only counts.
const WHOLE: usize = 1 << 40;

/// Programs that a backup starts before `pg_dump`: its version, and psql.
const BEFORE: usize = 2;

#[test]
fn a_pg_dump_that_is_killed_in_the_middle_leaves_nothing() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "killed");
    let proxy = Proxy::unix(&daemon.host);
    let rig = on_database(&proxy.host, &db);
    rig.back_up().verified();
    let good = rig.files();
    grow(&db, 8);
    let preview = rig.preview().unwrap();
    proxy.delay(Duration::from_millis(40));
    let told = rig.carry(preview, |_| {
        rig.draft(64 * 1024);
        let kill = "for p in /proc/[0-9]*; do \
            case \"$(tr '\\0' ' ' <$p/cmdline)\" in pg_dump*) kill -9 ${p#/proc/};; esac; done";
        db.run(&["exec", "-T", "db", "sh", "-c", kill]);
        proxy.delay(Duration::ZERO);
    });
    let (step, why) = told.failed();
    assert_eq!(step, 0, "{told:?}");
    assert!(why.contains("pg_dump ended with 137"), "{why}");
    assert_eq!(rig.files(), good);
}

#[test]
fn a_container_that_is_removed_in_the_middle_leaves_nothing() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "removed");
    grow(&db, 8);
    let proxy = Proxy::unix(&daemon.host);
    let rig = on_database(&proxy.host, &db);
    let preview = rig.preview().unwrap();
    proxy.delay(Duration::from_millis(40));
    let told = rig.carry(preview, |_| {
        rig.draft(64 * 1024);
        db.run(&["rm", "--force", "--stop", "--volumes", "db"]);
        proxy.delay(Duration::ZERO);
    });
    assert_eq!(told.failed().0, 0, "{told:?}");
    assert!(rig.files().is_empty(), "{:?}", rig.files());
    assert_eq!(rig.newest().unwrap(), None);
}

#[test]
fn one_that_is_stopped_leaves_nothing() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "stopped");
    grow(&db, 8);
    let proxy = Proxy::unix(&daemon.host);
    let rig = on_database(&proxy.host, &db);
    let preview = rig.preview().unwrap();
    proxy.delay(Duration::from_millis(40));
    let told = rig.carry(preview, |stop| {
        rig.draft(64 * 1024);
        stop.now();
    });
    proxy.delay(Duration::ZERO);
    assert_eq!(told.outcome, Outcome::Cancelled { applied: 0 });
    wait_until("the draft is gone", SOON, || rig.files().is_empty());
}

#[test]
fn one_that_is_stopped_while_it_waits_for_a_lock_ends_its_program_too() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "waits");
    let rig = on_database(&daemon.host, &db);
    let dumps = || {
        let list = "for p in /proc/[0-9]*; do case \"$(tr '\\0' ' ' <$p/cmdline)\" in \
            pg_dump*) echo ${p#/proc/};; esac; done";
        let pids = db.run(&["exec", "-T", "db", "sh", "-c", list]);
        pids.split_whitespace().count()
    };
    // As somebody's migration would have it: what is dumped waits for it, and says nothing.
    let lock = "begin; lock table item in access exclusive mode; select pg_sleep(600)";
    let holds = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted";
    db.run(&[
        "exec", "-T", "--detach", "db", "psql", "-U", "shop", "-d", "orders", "-c", lock,
    ]);
    wait_until("the table is locked", SOON, || {
        sql(&db, "postgres", holds).trim() != "0"
    });
    let preview = rig.preview().unwrap();
    let told = rig.carry(preview, |stop| {
        wait_until("pg_dump runs", SOON, || dumps() == 1);
        stop.now();
    });
    assert_eq!(told.outcome, Outcome::Cancelled { applied: 0 });
    wait_until("pg_dump has ended", SOON, || dumps() == 0);
}

#[test]
fn a_connection_that_is_cut_anywhere_is_no_backup() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "cut");
    let proxy = Proxy::unix(&daemon.host);
    let rig = on_database(&proxy.host, &db);
    rig.back_up().verified();
    let good = rig.files();
    let bytes = rig.manifests()[0].data.bytes as usize;
    // Of pg_dump, of pg_dumpall, and of pg_restore.
    let cuts = [
        0,
        40,
        200,
        230,
        1_000,
        bytes / 3,
        bytes / 2,
        bytes - 1_000,
        bytes,
    ];
    let cuts = cuts.map(|cut| (BEFORE, cut));
    for (skipped, cut) in cuts
        .into_iter()
        .chain([(BEFORE + 1, 300), (BEFORE + 2, 60)])
    {
        let preview = rig.preview().unwrap();
        if skipped > 0 {
            proxy.on(Rule::once("/start", Fault::Truncate(WHOLE)).times(skipped));
        }
        proxy.on(Rule::once("/start", Fault::Truncate(cut)));
        let told = rig.carry(preview, |_| {});
        let (step, why) = told.failed();
        assert_eq!(
            step,
            usize::from(skipped > BEFORE + 1),
            "cut at {cut}: {told:?}"
        );
        assert!(!why.is_empty());
        assert_eq!(rig.files(), good, "cut at {cut}");
    }
    wait_until("another second", SOON, || {
        rig.back_up().outcome.word() == "verified"
    });
}

#[test]
fn a_volume_whose_connection_is_cut_is_no_backup() {
    let daemon = docker_or_skip!();
    let file = "services: {files: {image: \"qd-busybox:v1\", volumes: [\"data:/srv/data\"]}}\nvolumes: {data: {}}";
    let compose = crate::support::compose::Compose::up(&daemon, "cutvol", file);
    compose.run(&[
        "exec",
        "-T",
        "files",
        "sh",
        "-c",
        "seq 1 100000 > /srv/data/numbers",
    ]);
    let proxy = Proxy::unix(&daemon.host);
    // No setting: what is found is what is copied.
    let mut rig = on(&proxy.host, &compose.project, "files");
    let to = rig.copies.path().to_owned();
    let volume = quarterdeck::config::settings::backup::What::Volume("data".to_owned());
    rig.wanting_in(volume, None, &to);
    for cut in [10, 400, 100_000, 500_000] {
        proxy.on(Rule::once("/archive", Fault::Truncate(cut)));
        let told = rig.back_up();
        assert_eq!(told.failed().0, 0, "cut at {cut}: {told:?}");
        assert!(rig.files().is_empty(), "cut at {cut}: {:?}", rig.files());
    }
}

/// A file system of its own, of one MiB.
struct SmallDisk {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("small");
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(mounted.success());
        Self {
            path,
            _folder: folder,
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(&self.path)
            .status();
    }
}

#[test]
fn a_disk_that_fills_up_leaves_the_last_one_whole() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "full");
    let disk = SmallDisk::mount();
    let mut rig = on_database(&daemon.host, &db);
    rig.wanting_in(orders(), None, &disk.path);
    rig.back_up().verified();
    let good = files(&disk.path);
    assert_eq!(good.len(), 3);
    grow(&db, 4);
    let told = rig.back_up();
    let (step, why) = told.failed();
    assert_eq!(step, 0);
    assert!(why.contains("No space left"), "{why}");
    assert_eq!(files(&disk.path), good);
    // Less is free than the last one took: said before anything is sent.
    let room = 1024 * 1024 - good.values().sum::<u64>();
    fs::write(disk.path.join("else"), vec![1; (room * 9 / 10) as usize]).unwrap();
    let refused = rig.preview().unwrap_err();
    assert!(refused.why.contains("needed"), "{refused:?}");
}

#[test]
fn wrong_credentials_are_said_without_saying_them() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "wrong");
    let rig = on_database(&daemon.host, &db);
    let preview = rig.preview().unwrap();
    let strict = "sed -i 's/^local.*trust$/local all all scram-sha-256/' \"$PGDATA/pg_hba.conf\"";
    db.run(&["exec", "-T", "db", "sh", "-c", strict]);
    sql(
        &db,
        "orders",
        "alter role shop password 'another'; select pg_reload_conf()",
    );
    let told = rig.carry(preview, |_| {});
    let (step, why) = told.failed();
    assert_eq!(step, 0);
    assert!(why.contains("password authentication failed"), "{why}");
    assert!(!format!("{told:?}").contains(CANARY));
    let refused = rig.preview().unwrap_err();
    assert!(
        refused.why.contains("password authentication failed"),
        "{refused:?}"
    );
    assert!(rig.files().is_empty());
}

/// Passes on to the platform, and spoils what it is told to.
struct Spoiling {
    requests: mpsc::Sender<Request>,
    folder: PathBuf,
    how: How,
}

#[derive(Clone)]
enum How {
    /// The draft is cut to so many percent after it was written.
    Draft(u64),
    /// `pg_dump` says that it succeeded after so many percent of what it wrote.
    Lie(Arc<AtomicUsize>),
}

impl Spoiling {
    fn ask<T: Send + 'static>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, SafeText>>) -> Request,
    ) -> BoxFuture<'_, Result<T, SafeText>> {
        let (to, answer) = oneshot::channel();
        let request = request(to);
        Box::pin(async move {
            assert!(self.requests.send(request).await.is_ok());
            answer.await.unwrap()
        })
    }
}

/// What comes of a stream that ends after `left` bytes and calls that success.
fn lie(mut stream: ExecStream, left: usize) -> ExecStream {
    let (to, output) = mpsc::channel(16);
    let (end, ended) = oneshot::channel();
    tokio::spawn(async move {
        let mut left = left;
        while let Some(piece) = stream.output.recv().await {
            let take = piece.len().min(left);
            left -= take;
            let _ = to.send(piece.slice(..take)).await;
        }
        drop(to);
        let _ = end.send(ExecEnd {
            code: Some(0),
            stderr: Vec::new(),
        });
    });
    ExecStream { output, ended }
}

impl Reach for Spoiling {
    fn describe(&self, instance: &InstanceId) -> BoxFuture<'_, Result<Bytes, SafeText>> {
        let instance = instance.clone();
        self.ask(|to| Request::Describe(instance, to))
    }

    fn exec(&self, spec: ExecSpec) -> BoxFuture<'_, Result<ExecStream, SafeText>> {
        let (dumps, reads) = (
            spec.argv.iter().any(|word| word == "-Fc"),
            spec.argv.iter().any(|word| word == "pg_restore"),
        );
        let asked = self.ask(|to| Request::Exec(spec, to));
        Box::pin(async move {
            let stream = asked.await?;
            match &self.how {
                How::Draft(percent) if reads => cut_draft(&self.folder, *percent),
                How::Lie(left) if dumps => return Ok(lie(stream, left.load(Ordering::Relaxed))),
                _ => {}
            }
            Ok(stream)
        })
    }

    fn archive(&self, _: &InstanceId, _: &str) -> BoxFuture<'_, Result<ArchiveStream, SafeText>> {
        Box::pin(async { Err(SafeText::from_static("there is no volume here")) })
    }
}

fn cut_draft(folder: &Path, percent: u64) {
    let name = files(folder)
        .into_keys()
        .find(|name| name.ends_with(".dump.partial"))
        .expect("there is a draft");
    let file = fs::OpenOptions::new()
        .write(true)
        .open(folder.join(name))
        .unwrap();
    let whole = file.metadata().unwrap().len();
    file.set_len(whole * percent / 100).unwrap();
}

fn spoiled(rig: &Rig, how: How) -> Outcome {
    let reach = Spoiling {
        requests: rig.handle.requests.clone(),
        folder: rig.copies.path().to_owned(),
        how,
    };
    let wanted = Wanted {
        of: Of::Postgres {
            service: "db".to_owned(),
            database: "orders".to_owned(),
            user: None,
        },
        to: rig.copies.path().to_owned(),
        keep_days: Some(1),
    };
    let manner = BackupPolicy {
        wanted: vec![wanted],
        home: PathBuf::new(),
    };
    let heard = Arc::new(Mutex::new(0));
    let hears = Arc::clone(&heard);
    let noted: backup::Noted = Arc::new(move |_, _| *hears.lock().unwrap() += 1);
    let outcome = run(async {
        let preview = backup::preview(&reach, rig.ask(), &manner).await.unwrap();
        let (carry, _told) = rig.confirmed(preview);
        backup::carry(&reach, carry, &manner, &noted).await
    });
    let good = usize::from(outcome.word() == "verified");
    assert_eq!(
        *heard.lock().unwrap(),
        good,
        "the journal hears of what is good alone"
    );
    outcome
}

#[test]
fn a_dump_that_is_cut_after_it_was_written_is_found() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "after");
    let rig = on_database(&daemon.host, &db);
    for percent in [0, 1, 50, 99] {
        let outcome = spoiled(&rig, How::Draft(percent));
        let Outcome::Failed { step, .. } = &outcome else {
            panic!("{percent} %: {outcome:?}");
        };
        assert_eq!(*step, 1, "{percent} %: {outcome:?}");
        assert!(rig.files().is_empty(), "{percent} %: {:?}", rig.files());
    }
}

#[test]
fn a_pg_dump_that_calls_half_a_dump_a_success_is_found() {
    let daemon = docker_or_skip!();
    let db = database(&daemon, "lies");
    let rig = on_database(&daemon.host, &db);
    rig.back_up().verified();
    let (good, bytes) = (rig.files(), rig.manifests()[0].data.bytes as usize);
    for left in [0, bytes / 100, bytes / 2, bytes - 64, bytes - 1] {
        let outcome = spoiled(&rig, How::Lie(Arc::new(AtomicUsize::new(left))));
        let Outcome::Failed { step: 1, why, .. } = &outcome else {
            panic!("{left} of {bytes}: {outcome:?}");
        };
        assert!(why.contains("pg_restore ended with"), "{why}");
        assert_eq!(rig.files(), good);
    }
}
