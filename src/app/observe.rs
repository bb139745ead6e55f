//! Watches what runs and for how long it is well, and notes it in the journal: a rollback goes to what was seen to work.
//! What was not watched is not claimed: time counts only between two looks at a live platform.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    task::spawn_blocking,
    time::interval,
};

use super::ledger::Ledger;
use crate::{
    clock,
    domain::{
        health::Health,
        image,
        instance::{Instance, InstanceId},
        service::{Service, ServiceId},
        source::{SourceHealth, SourceState},
    },
    journal::{
        Journal,
        record::{Record, RevisionNote, Sighting},
    },
    plan::{
        Keeper,
        record::{Label, RecordError, Target},
    },
    platform::Request,
    text::SafeText,
};

/// How often it looks when nothing happens.
const LOOKS: Duration = Duration::from_secs(10);

/// Between two looks further apart nobody watched: the console was stopped, the machine slept.
const BLINK: Duration = Duration::from_secs(30);

/// Less than this is not worth an entry, and after that long one is due.
const WORTH: Duration = Duration::from_mins(1);
const DUE: Duration = Duration::from_hours(1);

/// Where it is told what is shown. Dropping it ends the watch.
pub(super) type Shown = watch::Sender<SourceState>;

/// Begins to watch a platform.
pub(super) fn start(
    work: &Handle,
    ledger: Arc<Ledger>,
    requests: mpsc::Sender<Request>,
    environment: SafeText,
    known_good_after: Duration,
) -> Shown {
    let (shown, seen) = watch::channel(SourceState::default());
    let notebook = Notebook {
        ledger,
        requests,
        environment,
    };
    work.spawn(observe(seen, notebook, Sight::new(known_good_after)));
    shown
}

async fn observe(mut seen: watch::Receiver<SourceState>, notebook: Notebook, mut sight: Sight) {
    let mut looks = interval(LOOKS);
    loop {
        let over = tokio::select! {
            changed = seen.changed() => changed.is_err(),
            _ = looks.tick() => false,
        };
        let state = seen.borrow_and_update().clone();
        let notes = if over {
            sight.leave()
        } else {
            sight.look(&state, clock::instant())
        };
        for note in notes {
            let was_good = notebook.write(&state.snapshot.host.identity, &note).await;
            if was_good {
                sight.was_good(&note.revision);
            }
        }
        if over {
            return;
        }
    }
}

/// What a service runs: an image, or the platform's own revision.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Revision {
    service: ServiceId,
    image_id: SafeText,
}

/// Something to write down.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Note {
    revision: Revision,
    image: SafeText,
    /// One of its instances, to be described.
    instance: InstanceId,
    seen: Sighting,
}

/// What is known of a revision that runs.
#[derive(Debug)]
struct Watched {
    image: SafeText,
    instance: InstanceId,
    /// Whether it was well at the last look.
    well: bool,
    /// For how long it was seen well, since it last was not.
    stretch: Duration,
    /// What of that is not written down yet.
    unwritten: Duration,
    good: bool,
}

/// What was seen so far.
#[derive(Debug)]
struct Sight {
    known_good_after: Duration,
    identity: SafeText,
    /// The last look, when it was at a live platform.
    last: Option<Instant>,
    watched: HashMap<Revision, Watched>,
}

impl Sight {
    fn new(known_good_after: Duration) -> Self {
        Self {
            known_good_after,
            identity: SafeText::EMPTY,
            last: None,
            watched: HashMap::new(),
        }
    }

    /// A look at what is shown. Returns what is to be written down.
    fn look(&mut self, state: &SourceState, now: Instant) -> Vec<Note> {
        if state.health != SourceHealth::Live || state.snapshot.host.identity.is_empty() {
            self.last = None;
            return Vec::new();
        }
        let identity = &state.snapshot.host.identity;
        if *identity != self.identity {
            self.identity = identity.clone();
            self.watched.clear();
            self.last = None;
        }
        let passed = self.last.map(|last| now.saturating_duration_since(last));
        let passed = passed.filter(|passed| *passed <= BLINK).unwrap_or_default();
        self.last = Some(now);
        let mut notes = Vec::new();
        let shown = state.snapshot.services.iter().flat_map(|s| revisions(s));
        let shown: HashMap<Revision, (&Instance, bool)> = shown.collect();
        self.watched.retain(|revision, watched| {
            let stays = shown.contains_key(revision);
            if !stays {
                notes.extend(watched.written(revision, WORTH));
            }
            stays
        });
        for (revision, (instance, well)) in shown {
            let watched = self.watched.entry(revision.clone()).or_insert_with(|| {
                let watched = Watched {
                    image: instance.image.clone(),
                    instance: instance.id.clone(),
                    well: false,
                    stretch: Duration::ZERO,
                    unwritten: Duration::ZERO,
                    good: false,
                };
                notes.push(watched.note(&revision, Sighting::Running));
                watched
            });
            if watched.well && well {
                watched.stretch += passed;
                watched.unwritten += passed;
            }
            if !well {
                notes.extend(watched.written(&revision, WORTH));
                watched.stretch = Duration::ZERO;
            }
            watched.well = well;
            if watched.stretch >= self.known_good_after && !watched.good {
                watched.good = true;
                notes.extend(watched.written(&revision, Duration::from_secs(1)));
                notes.push(watched.note(&revision, Sighting::KnownGood));
            }
            notes.extend(watched.written(&revision, DUE));
        }
        notes
    }

    /// The journal knows already that this one is good.
    fn was_good(&mut self, revision: &Revision) {
        if let Some(watched) = self.watched.get_mut(revision) {
            watched.good = true;
        }
    }

    /// Nobody watches any more.
    fn leave(&mut self) -> Vec<Note> {
        let all = self.watched.iter_mut();
        all.filter_map(|(revision, watched)| watched.written(revision, WORTH))
            .collect()
    }
}

impl Watched {
    fn note(&self, revision: &Revision, seen: Sighting) -> Note {
        Note {
            revision: revision.clone(),
            image: self.image.clone(),
            instance: self.instance.clone(),
            seen,
        }
    }

    /// The note of what is not written down yet, when it is at least so much.
    fn written(&mut self, revision: &Revision, least: Duration) -> Option<Note> {
        let seconds = self.unwritten.as_secs();
        if self.unwritten < least || seconds == 0 {
            return None;
        }
        self.unwritten -= Duration::from_secs(seconds);
        Some(self.note(revision, Sighting::Healthy { seconds }))
    }
}

/// The images that a service runs, one of the instances of each, and whether all of them are well.
fn revisions(service: &Service) -> HashMap<Revision, (&Instance, bool)> {
    let mut found: HashMap<Revision, (&Instance, bool)> = HashMap::new();
    for instance in &service.instances {
        if instance.made_from().is_empty() || instance.started.is_none() {
            continue;
        }
        let well = instance.ready() && instance.health != Health::Critical;
        let revision = Revision {
            service: service.id.clone(),
            image_id: instance.made_from().clone(),
        };
        let (_, all) = found.entry(revision).or_insert((instance, true));
        *all &= well;
    }
    found
}

/// Where notes go.
struct Notebook {
    ledger: Arc<Ledger>,
    requests: mpsc::Sender<Request>,
    environment: SafeText,
}

impl Notebook {
    /// Writes a note; of a revision that has just begun to run the description too. Returns whether the journal knew it
    /// as good before.
    async fn write(&self, identity: &SafeText, note: &Note) -> bool {
        let description = match note.seen {
            Sighting::Running => self.describe(&note.instance).await,
            _ => None,
        };
        let (ledger, identity, note) = (Arc::clone(&self.ledger), identity.clone(), note.clone());
        let environment = self.environment.clone();
        let written = spawn_blocking(move || {
            let journal = ledger.journal().ok()?;
            record(
                journal,
                &environment,
                &identity,
                &note,
                description.as_deref(),
            )
            .inspect_err(|error| log::warn!("what runs is not noted: {error}"))
            .ok()
        });
        written.await.ok().flatten().unwrap_or_default()
    }

    async fn describe(&self, instance: &InstanceId) -> Option<Vec<u8>> {
        let (to, answer) = oneshot::channel();
        let request = Request::Describe(instance.clone(), to);
        self.requests.send(request).await.ok()?;
        let description = answer.await.ok()?;
        description.ok().map(|bytes| bytes.to_vec())
    }
}

/// Blocks.
fn record(
    journal: &Journal,
    environment: &SafeText,
    identity: &SafeText,
    note: &Note,
    description: Option<&[u8]>,
) -> Result<bool, RecordError> {
    let Revision { service, image_id } = &note.revision;
    let mut was_good = false;
    if note.seen == Sighting::Running {
        let known = journal.revisions(identity, service)?;
        let same = known.iter().find(|revision| revision.id == *image_id);
        was_good = same.is_some_and(|revision| revision.known_good.is_some());
        let kept = journal.kept(identity);
        let missing = matches!(kept.recall(service, image_id), Ok(None));
        if let Some(description) = description.filter(|_| missing)
            && let Err(error) = kept.keep(service, image_id, description)
        {
            log::warn!("the description of {service} is not kept: {error}");
        }
        // It is what was seen last: another console, or an earlier one, has written so.
        if known.first().is_some_and(|newest| newest.id == *image_id) {
            return Ok(was_good);
        }
    }
    let note = RevisionNote {
        target: Target {
            context: Label::from(environment),
            cluster: Label::from(identity),
            project: Label::from(&service.group),
            service: Label::from(&service.name),
            objects: vec![Label::from(&note.instance.0)],
        },
        image_id: Label::from(image_id),
        image: Label::from(&note.image),
        version: Label::from(&image::version(&note.image)),
        seen: note.seen,
    };
    journal.write(&Record::Revision(note))?;
    Ok(was_good)
}

#[cfg(test)]
#[path = "observe/tests.rs"]
mod tests;
