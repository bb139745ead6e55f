//! The journal: all that must outlast the process, in files that show when somebody changed them.
//!
//! Each entry is a line of JSON that names the hash of the entry before it. Several consoles append to one chain.
//! A step is written, and on the medium, before it is sent.

pub use self::audit::Filter;
pub use self::entry::{Entry, Hash, Link};
pub use self::fate::{Fate, Known};
pub use self::head::Head;
pub use self::operations::{Attempted, Unfinished};
pub use self::runs::{Following, KeptRun};
pub use self::storage::{Disk, Storage};
pub use self::unrecorded::{NothingKept, Unrecorded};
pub use self::verify::{Expected, Mismatch, Note, Report};
pub use self::who::Who;

mod audit;
mod chain;
mod entry;
mod fate;
mod files;
mod head;
mod lot;
mod operations;
mod past;
pub mod record;
mod reserve;
pub mod revisions;
mod runs;
mod sentence;
mod session;
mod storage;
mod syslog;
mod unrecorded;
mod verify;
mod who;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use etcetera::{AppStrategy, AppStrategyArgs, app_strategy::Xdg};
use jiff::Timestamp;

use self::chain::Chain;
use self::head::Lock;
use self::lot::lot;
use self::record::{Began, Outcome, Record, Walked};
use self::revisions::Kept;
pub use self::revisions::RevisionsByService;
use self::session::Session;
use self::syslog::Syslog;
use crate::checklist::{Event, Hold, RunId, What};
use crate::clock;
use crate::domain::alert::{Acknowledgement, Fingerprint};
use crate::domain::past::{Past, keep_newest};
use crate::domain::revision::Revision;
use crate::domain::service::ServiceId;
use crate::plan::record::{
    Facts, Label, OperationEnd, OperationId, OperationResult, OperationStart, Receipt, RecordError,
    Recorder, StepIntent, StepOutcome, Target,
};
use crate::text::SafeText;

/// A segment that would grow beyond this is followed by a new one.
const SEGMENT_BYTES: u64 = 8 << 20;

/// Where the console keeps its state: `QUARTERDECK_STATE_DIR`, or `quarterdeck` in the XDG state directory.
/// `None` when there is no home directory either.
pub fn state_dir() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("QUARTERDECK_STATE_DIR").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    let app = AppStrategyArgs {
        app_name: "quarterdeck".to_owned(),
        ..AppStrategyArgs::default()
    };
    Xdg::new(app).ok()?.state_dir()
}

/// Where what is done to simulated deployments is written down, apart from what is real in that directory.
pub fn rehearsals(state: &Path) -> PathBuf {
    state.join("demo")
}

/// The journal of one state directory.
pub struct Journal {
    root: PathBuf,
    folder: PathBuf,
    who: Mutex<Who>,
    writer: Mutex<Writer>,
    /// Kept outside the writer's lock: an entry names it.
    session: Label,
    syslog: Syslog,
    opened: Instant,
}

struct Writer {
    chain: Chain,
    session: Session,
}

/// What a test may replace.
pub struct Options {
    /// How changes reach the disk.
    pub storage: Arc<dyn Storage>,
    /// Where the system's log listens.
    pub syslog: PathBuf,
    /// When a segment is full, in bytes.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            storage: Arc::new(Disk),
            syslog: syslog::SOCKET.into(),
            segment_bytes: SEGMENT_BYTES,
        }
    }
}

/// Opens the journal under the state directory `root`, making what is missing. Nothing is read yet.
pub fn open(root: &Path, who: Who) -> Result<Journal, RecordError> {
    open_with(root, who, Options::default())
}

/// As [`open`], with parts replaced.
pub fn open_with(root: &Path, who: Who, options: Options) -> Result<Journal, RecordError> {
    let Options {
        storage,
        syslog,
        segment_bytes,
    } = options;
    let folder = root.join("journal");
    files::private_folder(&folder)?;
    reserve::make(&folder, &*storage);
    let session = Session::new(&folder, unix_millis(), lot());
    Ok(Journal {
        root: root.to_owned(),
        who: Mutex::new(who),
        session: session.id().clone(),
        writer: Mutex::new(Writer {
            chain: Chain::new(folder.clone(), storage, segment_bytes),
            session,
        }),
        syslog: Syslog::new(syslog),
        opened: clock::instant(),
        folder,
    })
}

impl Journal {
    /// Sets the name that the operator gives.
    pub fn set_operator(&self, name: &str) {
        unpoisoned(&self.who).operator = Label::from(name);
    }

    /// Sets the account that the platform knows the operator by.
    pub fn set_platform_user(&self, name: &str) {
        unpoisoned(&self.who).platform_user = Label::from(name);
    }

    /// Appends an entry and returns the new head. Durable when it returns.
    pub fn write(&self, record: &Record) -> Result<Head, RecordError> {
        self.write_all(std::slice::from_ref(record))
    }

    /// Appends an entry for each record, by one sync, and returns the new head. Durable when it returns.
    pub fn write_all(&self, records: &[Record]) -> Result<Head, RecordError> {
        self.locked(|writer, lock| self.append(writer, lock, records))
    }

    /// The operations that were left in the middle by consoles that are gone, oldest first.
    pub fn unfinished(&self) -> Result<Vec<Unfinished>, RecordError> {
        operations::unfinished(&self.folder)
    }

    /// An operation that this console may take up, be it one of its own: it has not ended, and no other console that
    /// lives works on it.
    pub fn claimable(&self, id: &OperationId) -> Result<Unfinished, RecordError> {
        operations::claimable(&self.folder, id, &self.session)
    }

    /// Whether an action of that name may begin on a service.
    ///
    /// # Errors
    /// [`RecordError::UnderWay`]: another console acts on it; or the journal cannot be read.
    pub fn free(&self, action: &str, target: &Target) -> Result<(), RecordError> {
        operations::free(&self.folder, (action, target), &self.session)
    }

    /// Writes that this console does not work on an operation any more, which has no end: others may take it up.
    pub fn let_go(&self, operation: OperationId) -> Result<(), RecordError> {
        self.write(&Record::LetGo { operation }).map(drop)
    }

    /// The operations without an end that are about the same steps as that one, it among them, the first one first.
    pub fn same(&self, id: &OperationId) -> Result<Vec<Unfinished>, RecordError> {
        operations::same(&self.folder, id)
    }

    /// When a service on the daemon or cluster of that identity was rolled back; `None` where it was not, or where
    /// something was rolled out since.
    pub fn last_rollback(
        &self,
        identity: &str,
        service: &ServiceId,
    ) -> Result<Option<Timestamp>, RecordError> {
        operations::last_rollback(&self.folder, &Target::of_service(identity, service))
    }

    /// The entries that the filter lets through, oldest first.
    pub fn search(&self, filter: &Filter) -> Result<Vec<Entry>, RecordError> {
        audit::search(&self.folder, filter)
    }

    /// Writes that an interrupted operation is left as it is, so that nobody offers it any more.
    pub fn leave(&self, operation: OperationId) -> Result<(), RecordError> {
        self.locked(|writer, lock| {
            self.claimable(&operation)?;
            let end = OperationEnd {
                operation,
                result: OperationResult::LeftAsIs,
                after: Facts::default(),
            };
            self.append(writer, lock, &[Record::OperationEnd(end)])
        })
        .map(drop)
    }

    /// The revisions of a service that ran on the daemon or cluster of that identity, the one seen last first.
    /// Which of them runs now, and which can still be run, the journal does not know: it says neither.
    pub fn revisions(
        &self,
        identity: &str,
        service: &ServiceId,
    ) -> Result<Vec<Revision>, RecordError> {
        revisions::of_service(&self.folder, identity, service)
    }

    /// The same of all services there, read at once.
    pub fn all_revisions(&self, identity: &str) -> Result<RevisionsByService, RecordError> {
        revisions::of_all(&self.folder, |target| target.cluster.as_str() == identity)
    }

    /// The last changes on the daemon or cluster of that identity, newest first, so many at most.
    pub fn changes(&self, identity: &str, most: usize) -> Result<Vec<Past>, RecordError> {
        past::changes(&self.folder, identity, most)
    }

    /// The descriptions, beside the journal, of what ran on the daemon or cluster of that identity.
    pub fn kept(&self, identity: &str) -> Kept {
        Kept::under(&self.root, identity)
    }

    /// Writes that somebody has seen an alert of the daemon or cluster of that identity.
    pub fn acknowledge(&self, identity: &str, seen: &Acknowledgement) -> Result<(), RecordError> {
        let record = record::Acknowledgement {
            cluster: Label::from(identity),
            fingerprint: Label::from(&seen.fingerprint.0),
            by: Label::from(&seen.by),
            until: seen.until,
        };
        self.write(&Record::Acknowledgement(record)).map(drop)
    }

    /// The last acknowledgement of each alert that has not run out, oldest first.
    pub fn acknowledgements(&self, identity: &str) -> Result<Vec<Acknowledgement>, RecordError> {
        let mut last: Vec<Acknowledgement> = Vec::new();
        audit::entries(&self.folder, |entry| match entry.record {
            Record::Acknowledgement(new) if new.cluster.as_str() == identity => {
                let fingerprint = Fingerprint(SafeText::name(new.fingerprint.as_str()));
                last.retain(|old| old.fingerprint != fingerprint);
                let (by, at, until) = (SafeText::line(new.by.as_str()), entry.time, new.until);
                last.push(Acknowledgement {
                    fingerprint,
                    by,
                    at,
                    until,
                });
            }
            _ => {}
        })?;
        let now = clock::now();
        last.retain(|acknowledgement| acknowledgement.until > now);
        Ok(last)
    }

    /// Of which moment the newest verified backup on the daemon or cluster of that identity is.
    pub fn newest_backup(&self, identity: &str) -> Result<Option<Timestamp>, RecordError> {
        Ok(self.newest_backups(identity)?.into_values().max())
    }

    /// The same of each service. What a backup holds is of when it began, however long it took.
    pub fn newest_backups(
        &self,
        identity: &str,
    ) -> Result<BTreeMap<ServiceId, Timestamp>, RecordError> {
        let (mut began, mut newest) = (HashMap::new(), BTreeMap::new());
        audit::entries(&self.folder, |entry| match entry.record {
            Record::OperationBegin(operation) => {
                began.insert(operation.operation, entry.time);
            }
            Record::OperationEnd(end) => {
                began.remove(&end.operation);
            }
            Record::Backup(made)
                if made.target.cluster.as_str() == identity && !made.checked.is_empty() =>
            {
                let began = made.operation.and_then(|id| began.get(&id).copied());
                let of = began.unwrap_or(entry.time);
                keep_newest(&mut newest, made.target.service_id(), of);
            }
            _ => {}
        })?;
        Ok(newest)
    }

    /// Begins a run of a list on the daemon or cluster of that identity: its file is kept, and its start written. This
    /// console has control of it.
    pub fn begin_run(
        &self,
        identity: &str,
        (path, text): (&Path, &str),
        started: Event,
    ) -> Result<RunId, RecordError> {
        let What::Started(start) = &started.what else {
            unreachable!("a run begins with its start")
        };
        runs::keep(&self.root, &start.hash, text)?;
        let run = RunId(SafeText::name(Self::new_id().as_str()));
        let walked = Walked {
            run: run.clone(),
            list: Label::from(&start.name),
            cluster: Label::from(identity),
            path: Label::from(&*path.to_string_lossy()),
            event: started,
        };
        self.locked(|writer, lock| {
            writer.session.hold(lock)?;
            self.append_walked(writer, lock, vec![walked])
        })?;
        Ok(run)
    }

    /// The runs of lists on the daemon or cluster of that identity, or everywhere, oldest first; each with the console that
    /// has control.
    pub fn runs(&self, identity: Option<&str>) -> Result<Vec<(KeptRun, Hold)>, RecordError> {
        let mut runs = runs::all(&self.folder, &self.session)?;
        runs.retain(|(run, _)| identity.is_none_or(|identity| run.cluster.as_str() == identity));
        Ok(runs)
    }

    /// The file that was walked, by its hash.
    pub fn list_file(&self, hash: &str) -> Result<String, RecordError> {
        runs::read(&self.root, hash)
    }

    /// The newest verified backups where that run is walked, if one was made since this was asked, be it by another console.
    pub fn new_backups(
        &self,
        kept: &KeptRun,
        run: &mut Following,
    ) -> Result<BTreeMap<ServiceId, Timestamp>, RecordError> {
        if !run.backed_up {
            return Ok(BTreeMap::new());
        }
        let newest = self.newest_backups(kept.cluster.as_str())?;
        run.backed_up = false;
        Ok(newest)
    }

    /// Reads a run from its start, and on.
    pub fn follow(&self, run: &RunId) -> Following {
        Following::new(&self.folder, run.clone())
    }

    /// Which console has control of a run, as far as it was read.
    pub fn hold(&self, run: &Following) -> Hold {
        run.hold(&self.session)
    }

    /// Writes down what happened in a run, under the journal's lock: `decide` is told first what others wrote of it, and
    /// who has control, and says then what there is to write. Durable when it returns; it is read with the next news.
    pub fn write_run(
        &self,
        kept: &KeptRun,
        run: &mut Following,
        decide: &mut dyn FnMut(Vec<Event>, Hold) -> Vec<Event>,
    ) -> Result<(), RecordError> {
        self.locked(|writer, lock| {
            let news = run.news()?;
            let events = decide(news, run.hold(&self.session));
            if events.iter().any(|event| runs::takes(&event.what)) {
                writer.session.hold(lock)?;
            }
            let walked = events.into_iter().map(|event| Walked {
                run: kept.run.clone(),
                list: Label::from(&kept.name().0),
                cluster: kept.cluster.clone(),
                path: Label::default(),
                event,
            });
            self.append_walked(writer, lock, walked.collect())
        })
    }

    /// Each entry names who did it: at one console there may be several.
    fn append_walked(
        &self,
        writer: &mut Writer,
        lock: &Lock,
        walked: Vec<Walked>,
    ) -> Result<(), RecordError> {
        let same = |a: &Walked, b: &Walked| a.event.by == b.event.by;
        for walked in walked.chunk_by(same) {
            let who = unpoisoned(&self.who).clone();
            self.set_operator(&walked[0].event.by);
            let records = walked.iter().cloned().map(Box::new);
            let records: Vec<_> = records.map(Record::Checklist).collect();
            let written = self.append(writer, lock, &records);
            self.set_operator(who.operator.as_str());
            written?;
        }
        Ok(())
    }

    /// What the journal knows of an operation.
    pub fn known(&self, id: &OperationId) -> Result<Known, RecordError> {
        fate::of(&self.folder, id, &self.session)
    }

    /// Whether every entry still fits the one before it.
    pub fn verify(&self) -> Result<Report, RecordError> {
        verify::verify(&self.folder)
    }

    fn new_id() -> OperationId {
        OperationId::new(unix_millis(), lot())
    }

    fn locked<T>(
        &self,
        work: impl FnOnce(&mut Writer, &Lock) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        let mut writer = unpoisoned(&self.writer);
        let lock = Lock::take(&self.folder)?;
        work(&mut writer, &lock)
    }

    fn append(
        &self,
        writer: &mut Writer,
        lock: &Lock,
        records: &[Record],
    ) -> Result<Head, RecordError> {
        let who = unpoisoned(&self.who).clone();
        let compose = move |seq, prev, record| Entry {
            seq,
            prev,
            time: clock::now(),
            who: who.clone(),
            session: self.session.clone(),
            version: Label::from(env!("CARGO_PKG_VERSION")),
            record,
        };
        let head = writer.chain.append(lock, &compose, records)?;
        self.syslog.head(&head);
        Ok(head)
    }
}

impl Recorder for Journal {
    fn begin(&self, start: &OperationStart) -> Result<OperationId, RecordError> {
        if !start.by.is_empty() {
            self.set_operator(start.by.as_str());
        }
        let operation = Self::new_id();
        self.locked(|writer, lock| {
            // Under the lock: of two who were offered the same, the second finds the first.
            if let Some(resumed) = &start.resumes {
                self.claimable(resumed)?;
            }
            self.free(start.action.as_str(), &start.target)?;
            writer.session.hold(lock)?;
            let began = Began {
                operation: operation.clone(),
                start: start.clone(),
            };
            self.append(writer, lock, &[Record::OperationBegin(began)])
        })?;
        Ok(operation)
    }

    fn intent(&self, intent: &StepIntent) -> Result<Receipt, RecordError> {
        let head = self.write(&Record::Intent(intent.clone()))?;
        Ok(Receipt {
            operation: intent.operation.clone(),
            step: intent.step,
            seq: head.seq,
            at: clock::instant().duration_since(self.opened),
        })
    }

    fn outcome(&self, receipt: &Receipt, outcome: &StepOutcome) -> Result<(), RecordError> {
        let latency = clock::instant()
            .duration_since(self.opened)
            .saturating_sub(receipt.at);
        let outcome = Outcome {
            operation: receipt.operation.clone(),
            step: receipt.step,
            intent: receipt.seq,
            outcome: outcome.clone(),
            latency_ms: latency.as_millis() as u64,
        };
        self.write(&Record::Outcome(outcome)).map(drop)
    }

    fn end(&self, end: &OperationEnd) -> Result<(), RecordError> {
        self.write(&Record::OperationEnd(end.clone())).map(drop)
    }
}

fn unix_millis() -> u64 {
    Timestamp::as_millisecond(clock::now())
        .try_into()
        .unwrap_or_default()
}

/// What a panic in another thread left is checked against the disk before it is used.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
