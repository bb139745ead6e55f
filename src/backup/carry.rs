//! Makes the copies that were agreed on, one after another.

use std::{fmt::Write as _, io, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot},
    time::{MissedTickBehavior, interval},
};

use crate::{
    backup::{
        BackupPolicy,
        container::Container,
        draft::{self, Draft},
        jobs::{self, Database, Job, What},
        manifest::{self, Manifest},
        names,
        postgres::{self, Facts},
        preview::{source, steps},
        reach::{Reach, last_words},
        retention,
        verify::{self, Bad},
        words::{long, size},
    },
    clock,
    domain::instance::InstanceId,
    plan::{
        Carry, Outcome, Progress, StepState,
        exec::{ArchiveStream, ExecEnd, ExecSpec, ExecStream, Input},
        record::{
            About, Facts as Recorded, Failure, Label, OperationResult, OperationStart,
            OperationWriter, StepResult, blocking,
        },
    },
    safe,
    text::SafeText,
};

/// Hears of each copy that is verified, published and described by its manifest. Blocks.
pub type Noted = Arc<dyn Fn(&Manifest, &std::path::Path) + Send + Sync>;

/// How often it is said how far a dump is.
const TELLING: Duration = Duration::from_millis(500);

/// Pieces that wait for the disk; then the program that writes them is slowed.
const WAITING: usize = 16;

/// A copy that shrank by more than so many percent is pointed at.
const SHRUNK: u64 = 30;

/// Does it. Ends with [`Progress::Ended`], whatever happens.
pub async fn carry(
    reach: &dyn Reach,
    carry: Carry,
    manner: &BackupPolicy,
    noted: &Noted,
) -> Outcome {
    let progress = carry.progress.clone();
    let outcome = run(reach, carry, manner, noted).await;
    // Nobody listens any more: the journal holds it.
    let _ = progress.send(Progress::Ended(outcome.clone())).await;
    outcome
}

async fn run(reach: &dyn Reach, carry: Carry, manner: &BackupPolicy, noted: &Noted) -> Outcome {
    let superseded = |why| Outcome::Superseded { applied: 0, why };
    let ask = &carry.plan.preview().ask;
    let (seen, container) = match source(reach, ask).await {
        Ok(found) => found,
        Err(refusal) => return superseded(refusal.why),
    };
    if container.started != seen.started && seen.started.is_some() {
        return superseded(safe!("{} was started again since", seen.name));
    }
    let jobs = match jobs::of(&ask.target.service, &container, manner) {
        Ok(jobs) if steps(&jobs) == carry.plan.preview().steps => jobs,
        Ok(_) => return superseded(safe!("what there is to copy is no longer the same")),
        Err(refusal) => return superseded(refusal.why),
    };
    let writer = match OperationWriter::begin(&carry, OperationStart::of(&carry.plan)).await {
        Ok(writer) => writer,
        Err(error) => return superseded(safe!("{error}")),
    };
    let id = SafeText::name(writer.operation().as_str());
    let mut run = BackupRun {
        instance: seen.id,
        container,
        at: 0,
        reach,
        carry: &carry,
        writer: &writer,
    };
    run.tell(Progress::Begun(id)).await;
    let mut said = Vec::new();
    let mut ended = None;
    for job in &jobs {
        match run.copy(job, noted).await {
            Ok(words) => said.push(words),
            Err(trouble) => {
                ended = Some(trouble);
                break;
            }
        }
    }
    let (outcome, why) = match ended {
        None => (
            Outcome::Verified(safe!("{}", said.join("; "))),
            Failure::Platform,
        ),
        Some(Trouble::Stopped) => (Outcome::Cancelled { applied: run.at }, Failure::Platform),
        Some(Trouble::Failed(why, words)) => {
            let (step, applied) = (run.at, run.at);
            let now = SafeText::from_static("no file was kept; earlier backups are untouched");
            let why_words = words;
            (
                Outcome::Failed {
                    step,
                    applied,
                    why: why_words,
                    now,
                },
                why,
            )
        }
    };
    // A backup that failed has left nothing to go on with, or to put back.
    let result = OperationResult::of(&outcome, why);
    writer.end(result, Recorded::default()).await;
    outcome
}

/// Why a step did not come to its end.
#[derive(Debug)]
enum Trouble {
    /// Somebody stopped it.
    Stopped,
    /// Why, for the journal and for the screen.
    Failed(Failure, SafeText),
}

/// A copy on its way.
struct Copy {
    at: Timestamp,
    began: std::time::Instant,
    data: Draft,
    globals: Option<Draft>,
    facts: Facts,
    last: Option<Manifest>,
}

struct BackupRun<'a> {
    instance: InstanceId,
    container: Container,
    /// The step under way; those before it are done.
    at: usize,
    reach: &'a dyn Reach,
    carry: &'a Carry,
    writer: &'a OperationWriter,
}

impl BackupRun<'_> {
    /// All three steps of one job. Returns what to say of it.
    async fn copy(&mut self, job: &Job, noted: &Noted) -> Result<String, Trouble> {
        let copy = self.step(self.dump(job)).await?;
        self.at += 1;
        let count = self.step(self.verify(job, &copy)).await?;
        self.at += 1;
        let words = self.step(self.publish(job, copy, count, noted)).await?;
        self.at += 1;
        Ok(words)
    }

    /// One step: its intent is durable before anything is done, its outcome after.
    async fn step<T>(&self, work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
        if self.carry.stop.is_cancelled() {
            return Err(Trouble::Stopped);
        }
        let step = &self.carry.plan.preview().steps[self.at];
        let about = About {
            id: Label::from(&self.instance.0),
            ..About::default()
        };
        let intent = self.writer.intent(self.at, step, about).await;
        let receipt =
            intent.map_err(|error| Trouble::Failed(Failure::Platform, safe!("{error}")))?;
        self.tell(Progress::Step(self.at, StepState::Running)).await;
        let went = work.await;
        let (result, state) = match &went {
            Ok(_) => (StepResult::Done, Some(StepState::Done)),
            Err(Trouble::Stopped) => (StepResult::NotSent, None),
            Err(Trouble::Failed(why, words)) => (
                StepResult::Failed { why: *why },
                Some(StepState::Failed(words.clone())),
            ),
        };
        let made = Label::default();
        self.writer.outcome(receipt, result, made).await;
        if let Some(state) = state {
            self.tell(Progress::Step(self.at, state)).await;
        }
        went
    }

    async fn tell(&self, progress: Progress) {
        // It goes on when nobody listens.
        let _ = self.carry.progress.send(progress).await;
    }

    async fn dump(&self, job: &Job) -> Result<Copy, Trouble> {
        let service = &self.carry.plan.target().service;
        let (at, began) = (clock::now(), clock::instant());
        let (folder, wanted, owner) = (job.to.clone(), job.clone(), service.clone());
        let stem = names::stem(&service.name, job.name());
        let last = blocking(move || {
            draft::sweep(&folder, &stem)?;
            manifest::of(&folder, &owner, &wanted)
        })
        .await
        .map_err(on_disk)?
        .into_iter()
        .next();
        let name = names::copy(&service.name, job.name(), at);
        let expected = last.as_ref().map(|last| last.data.bytes);
        let (data, globals, facts) = match &job.what {
            What::Database(database) => {
                let facts = self.facts(database).await?;
                let dump = self.exec(postgres::dump(database), Input::Held).await?;
                let file = format!("{name}.dump");
                let data = self.take(dump, "pg_dump", job, &file, expected).await?;
                let globals = self.exec(postgres::globals(database), Input::Held);
                let file = format!("{name}.globals.sql");
                let globals = self
                    .take(globals.await?, "pg_dumpall", job, &file, None)
                    .await?;
                (data, Some(globals), facts)
            }
            What::Volume { path, .. } => {
                let archive = self.reach.archive(&self.instance, path).await;
                let archive = archive.map_err(|why| Trouble::Failed(Failure::Gone, why))?;
                let file = format!("{name}.tar");
                let data = self.take_archive(archive, job, &file, expected).await?;
                (data, None, Facts::default())
            }
        };
        Ok(Copy {
            at,
            began,
            data,
            globals,
            facts,
            last,
        })
    }

    async fn facts(&self, database: &Database) -> Result<Facts, Trouble> {
        let facts = tokio::select! {
            facts = postgres::facts(self.reach, &self.instance, database) => facts,
            () = self.carry.stop.cancelled() => return Err(Trouble::Stopped),
        };
        let facts = facts.map_err(|why| {
            let words = self.container.without_secrets(why.as_bytes());
            Trouble::Failed(Failure::CommandFailed, SafeText::line(words))
        })?;
        if facts.agree() {
            return Ok(facts);
        }
        let Facts { server, client, .. } = facts;
        let why = safe!("pg_dump is {client} and the server is {server}");
        Err(Trouble::Failed(Failure::Changed, why))
    }

    async fn exec(&self, argv: Vec<String>, input: Input) -> Result<ExecStream, Trouble> {
        let spec = ExecSpec {
            instance: self.instance.clone(),
            argv,
            user: None,
            input,
        };
        let started = self.reach.exec(spec).await;
        started.map_err(|why| Trouble::Failed(Failure::Gone, why))
    }

    /// Writes what comes into a draft. It is whole only when the program says that it succeeded, and all of what it wrote
    /// has come.
    async fn take(
        &self,
        stream: ExecStream,
        program: &str,
        job: &Job,
        file: &str,
        expected: Option<u64>,
    ) -> Result<Draft, Trouble> {
        let draft = self.fill(stream.output, job, file, expected).await?;
        let end = self.unless_stopped(stream.ended).await?;
        self.judge(program, end)?;
        Ok(draft)
    }

    /// Writes an archive into a draft. It is whole only when the platform says that all of it has come.
    async fn take_archive(
        &self,
        archive: ArchiveStream,
        job: &Job,
        file: &str,
        expected: Option<u64>,
    ) -> Result<Draft, Trouble> {
        let draft = self.fill(archive.output, job, file, expected).await?;
        match self.unless_stopped(archive.whole).await? {
            Some(()) => Ok(draft),
            None => Err(Trouble::Failed(
                Failure::Offline,
                last_words("the archive", None, &[]),
            )),
        }
    }

    /// What is told in the end; `None` where nothing is.
    async fn unless_stopped<T>(&self, told: oneshot::Receiver<T>) -> Result<Option<T>, Trouble> {
        tokio::select! {
            told = told => Ok(told.ok()),
            () = self.carry.stop.cancelled() => Err(Trouble::Stopped),
        }
    }

    async fn fill(
        &self,
        mut output: mpsc::Receiver<Bytes>,
        job: &Job,
        file: &str,
        expected: Option<u64>,
    ) -> Result<Draft, Trouble> {
        let (folder, file) = (job.to.clone(), file.to_owned());
        let draft = blocking(move || Draft::new(&folder, &file)).await;
        let draft = draft.map_err(on_disk)?;
        let (to_disk, pieces) = mpsc::channel(WAITING);
        let filling = tokio::spawn(blocking(move || draft.fill(pieces)));
        let mut ticks = interval(TELLING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut bytes = 0;
        loop {
            tokio::select! {
                piece = output.recv() => match piece {
                    Some(piece) => {
                        bytes += piece.len() as u64;
                        if to_disk.send(piece).await.is_err() {
                            break; // The disk refused; it says why.
                        }
                    }
                    None => break,
                },
                _ = ticks.tick() => self.tell_how_far(job, bytes, expected).await,
                () = self.carry.stop.cancelled() => return Err(Trouble::Stopped),
            }
        }
        drop(to_disk);
        drop(output);
        let filled = filling
            .await
            .unwrap_or_else(|died| std::panic::resume_unwind(died.into_panic()));
        filled.map_err(on_disk)
    }

    async fn tell_how_far(&self, job: &Job, bytes: u64, expected: Option<u64>) {
        let name = job.name();
        let so_far = match expected {
            Some(expected) => safe!("{name}: {} of about {}", size(bytes), size(expected)),
            None => safe!("{name}: {}", size(bytes)),
        };
        self.tell(Progress::Waiting(so_far)).await;
    }

    /// Whether a program succeeded.
    fn judge(&self, program: &str, end: Option<ExecEnd>) -> Result<(), Trouble> {
        let (code, stderr) = end.map_or((None, Vec::new()), |end| (end.code, end.stderr));
        let why = match code {
            Some(0) => return Ok(()),
            Some(_) => Failure::CommandFailed,
            None => Failure::Offline,
        };
        let words = self.container.without_secrets(&stderr);
        Err(Trouble::Failed(why, last_words(program, code, &words)))
    }

    /// Returns how many tables or entries there are.
    async fn verify(&self, job: &Job, copy: &Copy) -> Result<u64, Trouble> {
        let reading = safe!("{}: reading it again", job.name());
        self.tell(Progress::Waiting(reading)).await;
        let stop = self.carry.stop.clone();
        let Some(globals) = &copy.globals else {
            let reader = copy.data.reader(stop).map_err(on_disk)?;
            let part = copy.data.part.clone();
            return judged(blocking(move || verify::tar(reader, &part)).await);
        };
        let reader = globals.reader(stop).map_err(on_disk)?;
        let part = globals.part.clone();
        judged(blocking(move || verify::globals(reader, &part)).await)?;
        self.read_by_pg_restore(copy).await?;
        self.count_tables(copy).await
    }

    async fn read_by_pg_restore(&self, copy: &Copy) -> Result<(), Trouble> {
        let (_, end, same) = self
            .feed(postgres::restore_into_nothing(), &copy.data, true)
            .await?;
        match self.judge("pg_restore", end) {
            Err(Trouble::Failed(Failure::CommandFailed, why)) => {
                return Err(Trouble::Failed(Failure::CheckFailed, why));
            }
            other => other?,
        }
        if same {
            Ok(())
        } else {
            Err(Trouble::Failed(Failure::CheckFailed, verify::differs()))
        }
    }

    async fn count_tables(&self, copy: &Copy) -> Result<u64, Trouble> {
        let (printed, end, _) = self.feed(postgres::contents(), &copy.data, false).await?;
        self.judge("pg_restore", end)?;
        Ok(postgres::tables(&String::from_utf8_lossy(&printed)))
    }

    /// Runs a program with a draft on its input. Returns what it printed, how it ended, and whether the draft is still
    /// what was written.
    async fn feed(
        &self,
        argv: Vec<String>,
        draft: &Draft,
        to_the_end: bool,
    ) -> Result<(Vec<u8>, Option<ExecEnd>, bool), Trouble> {
        let (to_program, pieces) = mpsc::channel::<Bytes>(WAITING);
        let mut stream = self.exec(argv, Input::Stream(pieces)).await?;
        let reader = draft.reader(self.carry.stop.clone()).map_err(on_disk)?;
        let reading = tokio::spawn(blocking(move || reader.hand_on(to_program, to_the_end)));
        let mut printed = Vec::new();
        let printing = async {
            while let Some(piece) = stream.output.recv().await {
                printed.extend_from_slice(&piece);
            }
            stream.ended.await.ok()
        };
        let end = tokio::select! {
            end = printing => end,
            () = self.carry.stop.cancelled() => return Err(Trouble::Stopped),
        };
        let read = reading
            .await
            .unwrap_or_else(|died| std::panic::resume_unwind(died.into_panic()));
        let same = read.map_err(on_disk)?.read_all_of(&draft.part);
        Ok((printed, end, same))
    }

    async fn publish(
        &self,
        job: &Job,
        copy: Copy,
        count: u64,
        noted: &Noted,
    ) -> Result<String, Trouble> {
        let target = self.carry.plan.target();
        let manifest = Manifest {
            kind: job.kind().to_owned(),
            cluster: target.identity.to_string(),
            project: target.service.group.to_string(),
            service: target.service.name.to_string(),
            what: job.name().to_owned(),
            at: copy.at,
            took_ms: clock::instant().duration_since(copy.began).as_millis() as u64,
            data: copy.data.part.clone(),
            globals: copy.globals.as_ref().map(|draft| draft.part.clone()),
            server_version: copy.facts.server,
            client_version: copy.facts.client,
            count,
            verified: if copy.globals.is_some() {
                "pg_restore"
            } else {
                "tar read"
            }
            .to_owned(),
            operation: Some(self.writer.operation().clone()),
        };
        let words = words(&manifest, copy.last.as_ref());
        let (job, service, noted) = (job.clone(), target.service.clone(), Arc::clone(noted));
        let pruned = blocking(move || {
            let json = serde_json::to_vec_pretty(&manifest)?;
            if let Some(globals) = copy.globals {
                globals.publish()?;
            }
            copy.data.publish()?;
            Draft::new(&job.to, &manifest.file())?
                .whole(&json)?
                .publish()?;
            noted(&manifest, &job.to);
            Ok::<_, io::Error>(prune(&job, &service))
        })
        .await
        .map_err(on_disk)?;
        Ok(match pruned {
            Ok(0) => words,
            Ok(gone) => format!("{words}; {gone} old removed"),
            Err(error) => format!("{words}; old ones could not be removed: {error}"),
        })
    }
}

/// Removes what is past its days; returns how many copies went.
fn prune(job: &Job, service: &crate::domain::service::ServiceId) -> io::Result<usize> {
    let Some(days) = job.keep_days else {
        return Ok(0);
    };
    let copies = manifest::of(&job.to, service, job)?;
    let mut gone = 0;
    for copy in retention::old(&copies, days, clock::now()) {
        retention::remove(&job.to, copy)?;
        gone += 1;
    }
    Ok(gone)
}

/// `orders dumped and verified: 12 MiB in 3 s, 14 tables`.
fn words(manifest: &Manifest, last: Option<&Manifest>) -> String {
    let counted = if manifest.kind == "postgres" {
        "tables"
    } else {
        "entries"
    };
    let mut words = format!(
        "{} dumped and verified: {} in {}, {} {counted}",
        manifest.what,
        size(manifest.data.bytes),
        long(Duration::from_millis(manifest.took_ms)),
        manifest.count,
    );
    if let Some(last) = last {
        // Writing to a String cannot fail.
        let (now, then) = (manifest.data.bytes, last.data.bytes);
        if now * 100 < then * (100 - SHRUNK) {
            let _ = write!(
                words,
                "; look: {} % smaller than the last, which was {}",
                100 - now * 100 / then,
                size(then)
            );
        }
        if manifest.count < last.count && manifest.kind == "postgres" {
            let _ = write!(words, "; look: the last one had {} tables", last.count);
        }
    }
    words
}

fn judged<T>(found: Result<T, Bad>) -> Result<T, Trouble> {
    found.map_err(|bad| match bad {
        Bad::Stopped => Trouble::Stopped,
        Bad::Because(why) => Trouble::Failed(Failure::CheckFailed, why),
    })
}

fn on_disk(error: io::Error) -> Trouble {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let why = safe!("the file can't be written or read: {error}");
    match error.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => Trouble::Failed(
            Failure::NoSpace,
            safe!("{why}; free some space there, or set another folder in the backup's `to`"),
        ),
        _ => Trouble::Failed(Failure::Platform, why),
    }
}

#[cfg(test)]
mod tests;
