//! A console's way to one service with data, and a folder for copies.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    app::backups::Backups,
    backup::Manifest,
    config::settings::{
        Settings,
        backup::{Backup, What},
    },
    domain::{
        action::{Action, EnvironmentKind},
        capabilities::Capabilities,
        service::ServiceId,
        source::SourceHealth,
    },
    journal::{self, Journal, Who},
    plan::{
        Ask, Carry, Confirmed, Outcome, Plan, PlanId, Preview, Progress, Refusal, Target,
        record::RecordError,
    },
    platform::PlatformHandle,
    text::SafeText,
};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::wait::{SOON, wait_for, wait_until};

/// A console's way to one service.
pub(crate) struct Rig {
    pub(crate) handle: PlatformHandle,
    pub(crate) service: ServiceId,
    pub(crate) journal: Arc<Journal>,
    _state: TempDir,
    pub(crate) copies: TempDir,
    pub(crate) settings: Settings,
}

impl Rig {
    /// On a service that the platform is about to show.
    pub(crate) fn new(handle: PlatformHandle, service: ServiceId) -> Self {
        let (state, copies) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let rig = Self {
            handle,
            service,
            journal: Arc::new(journal::open(state.path(), Who::here("tester")).expect("it opens")),
            settings: Settings::default(),
            _state: state,
            copies,
        };
        wait_until("the service is shown", SOON, || {
            let state = rig.handle.state.borrow();
            state.health == SourceHealth::Live
                && !state.snapshot.host.identity.is_empty()
                && state.snapshot.service(&rig.service).is_some()
        });
        rig
    }

    pub(crate) fn wanting(mut self, what: What, keep_days: Option<u32>) -> Self {
        let to = self.copies.path().to_owned();
        self.wanting_in(what, keep_days, &to);
        self
    }

    pub(crate) fn wanting_in(&mut self, what: What, keep_days: Option<u32>, to: &Path) {
        let backup = Backup {
            what,
            to: to.to_owned(),
            keep_days,
        };
        self.settings.backups = BTreeMap::from([("it".to_owned(), backup)]);
    }

    pub(crate) fn backups(&self, capabilities: &Capabilities) -> Backups {
        Backups::of(&self.handle.requests, capabilities, &self.settings)
            .expect("it makes no backups by itself")
    }

    pub(crate) fn ask(&self) -> Ask {
        let state = self.handle.state.borrow();
        let row = state.snapshot.service(&self.service).expect("it is shown");
        Ask {
            action: Action::BackUp,
            target: Target::freeze(
                SafeText::from_static("test"),
                EnvironmentKind::Development,
                state.snapshot.host.identity.clone(),
                row,
            ),
            history: Vec::new(),
            resumes: None,
        }
    }

    pub(crate) fn preview(&self) -> Result<Preview, Refusal> {
        run(self.backups(&Capabilities::default()).preview(self.ask()))
    }

    /// Carries out a plan; `meanwhile` runs beside it, once it is told that data comes.
    pub(crate) fn carry(&self, preview: Preview, meanwhile: impl FnOnce(&Stop)) -> Told {
        let (carry, mut told) = self.confirmed(preview);
        let stop = Stop(carry.stop.clone());
        let backups = self.backups(&Capabilities::default());
        let journal = Arc::clone(&self.journal);
        let carrying = std::thread::spawn(move || run(backups.carry(carry, Some(journal))));
        meanwhile(&stop);
        let outcome = carrying.join().expect("carrying out does not panic");
        let mut all = Vec::new();
        run(told.recv_many(&mut all, 10_000));
        assert_eq!(all.last(), Some(&Progress::Ended(outcome.clone())));
        Told { outcome, all }
    }

    /// What carrying out takes, and where it tells how it goes.
    pub(crate) fn confirmed(&self, preview: Preview) -> (Carry, mpsc::Receiver<Progress>) {
        let (progress, told) = mpsc::channel(10_000);
        let carry = Carry {
            plan: confirmed(preview),
            recorder: Arc::clone(&self.journal) as _,
            keeper: Arc::new(self.journal.kept("a platform")),
            progress,
            stop: CancellationToken::new(),
        };
        (carry, told)
    }

    /// Previews and carries out.
    pub(crate) fn back_up(&self) -> Told {
        let preview = self.preview().expect("it can be backed up");
        self.carry(preview, |_| {})
    }

    /// Every file among the copies, with its size.
    pub(crate) fn files(&self) -> BTreeMap<String, u64> {
        files(self.copies.path())
    }

    pub(crate) fn manifests(&self) -> Vec<Manifest> {
        let all = self
            .files()
            .into_keys()
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "json"));
        all.map(|name| {
            let json = std::fs::read(self.copies.path().join(name)).expect("it is there");
            serde_json::from_slice(&json).expect("it is JSON")
        })
        .collect()
    }

    pub(crate) fn newest(&self) -> Result<Option<Timestamp>, RecordError> {
        let identity = self.handle.state.borrow().snapshot.host.identity.clone();
        self.journal.newest_backup(&identity)
    }

    /// Waits until a draft of at least so many bytes is there.
    #[track_caller]
    pub(crate) fn draft(&self, bytes: u64) -> PathBuf {
        let name = wait_for("a draft that grows", SOON, || {
            self.files()
                .into_iter()
                .find(|(name, size)| name.ends_with(".partial") && *size >= bytes)
        });
        self.copies.path().join(name.0)
    }
}

/// What came of a backup, and what it told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) outcome: Outcome,
    pub(crate) all: Vec<Progress>,
}

impl Told {
    #[track_caller]
    pub(crate) fn verified(&self) -> &str {
        match &self.outcome {
            Outcome::Verified(words) => words,
            other => panic!("{other:?}"),
        }
    }

    /// The step that failed, and why.
    #[track_caller]
    pub(crate) fn failed(&self) -> (usize, &str) {
        match &self.outcome {
            Outcome::Failed { step, why, .. } => (*step, why),
            other => panic!("{other:?}"),
        }
    }
}

/// Stops what is under way.
pub(crate) struct Stop(CancellationToken);

impl Stop {
    pub(crate) fn now(&self) {
        self.0.cancel();
    }
}

pub(crate) fn orders() -> What {
    What::Postgres {
        service: "db".to_owned(),
        database: "orders".to_owned(),
        user: None,
    }
}

pub(crate) fn files(folder: &Path) -> BTreeMap<String, u64> {
    let entries = std::fs::read_dir(folder).expect("it is there");
    let all = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        // One that is being given up may be gone by now.
        let size = entry.metadata().ok()?.len();
        Some((entry.file_name().into_string().ok()?, size))
    });
    all.collect()
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

fn confirmed(preview: Preview) -> Plan<Confirmed> {
    let agreed = Confirmed {
        by: SafeText::from_static("tester"),
        at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1),
        reason: SafeText::from_static("a test"),
        unrecorded: false,
    };
    Plan::new(PlanId(1), preview, Timestamp::UNIX_EPOCH)
        .confirm("", agreed)
        .expect("it stood for long enough")
}
