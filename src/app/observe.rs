//! Watches what runs and for how long it is well, and notes it in the journal: a rollback goes to what was seen to work.
//! What was not watched is not claimed: time counts only between two looks at a live platform.

mod notebook;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{interval, timeout},
};

use self::notebook::Notebook;
use super::ledger::Ledger;
use crate::{
    clock,
    domain::{
        health::Health,
        instance::{Instance, InstanceId},
        service::{Service, ServiceId, ServiceKind},
        source::{SourceHealth, SourceState},
    },
    journal::record::Sighting,
    platform::Request,
    text::SafeText,
};

/// How often it looks when nothing happens.
const LOOKS: Duration = Duration::from_secs(10);

/// Between two looks, however much happens.
const APART: Duration = Duration::from_secs(1);

/// Between two looks further apart nobody watched: the console was stopped, the machine slept.
const BLINK: Duration = Duration::from_secs(30);

/// Less than this is not worth an entry.
const WORTH: Duration = Duration::from_mins(1);

/// After that long an entry is due, and then whenever the time has grown by a half: a crash may lose a third of it, and the
/// journal does not grow by the hour.
const DUE: Duration = Duration::from_hours(1);

/// A watch that goes on until it is told to end, or is dropped.
pub(super) struct Observer {
    shown: watch::Sender<SourceState>,
    task: JoinHandle<()>,
}

impl Observer {
    /// This is shown now.
    pub(super) fn show(&self, state: SourceState) {
        self.shown.send_replace(state);
    }

    /// Ends it, once the last that was seen is written down.
    pub(super) async fn end(self) {
        drop(self.shown);
        // One that panicked has been reported by the hook.
        let _ = self.task.await;
    }
}

/// Begins to watch a platform.
pub(super) fn start(
    work: &Handle,
    ledger: Arc<Ledger>,
    requests: mpsc::Sender<Request>,
    environment: SafeText,
    known_good_after: Duration,
) -> Observer {
    let (shown, seen) = watch::channel(SourceState::default());
    let notebook = Notebook {
        ledger,
        requests,
        environment,
    };
    let task = work.spawn(observe(seen, notebook, Sight::new(known_good_after)));
    Observer { shown, task }
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
        if !notes.is_empty() {
            let known = notebook.write(&state.snapshot.host.identity, notes).await;
            for revision in known {
                sight.was_good(&revision);
            }
        }
        if over {
            return;
        }
        // Many services change all the time, and one look goes over all of them.
        let looked_at = state.generation;
        let _ = timeout(APART, seen.wait_for(|_| false)).await;
        if seen.borrow().generation != looked_at {
            seen.mark_changed();
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
    /// One of its instances.
    instance: InstanceId,
    /// Whether that one is to be described: what keeps revisions by itself needs no description.
    describe: bool,
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
        let shown: HashMap<Revision, Run<'_>> = shown.collect();
        self.watched.retain(|revision, watched| {
            let stays = shown.contains_key(revision);
            if !stays {
                notes.extend(watched.written(revision, WORTH));
            }
            stays
        });
        for (revision, run) in shown {
            let Run {
                instance,
                describe,
                well,
            } = run;
            let watched = self.watched.entry(revision.clone()).or_insert_with(|| {
                let watched = Watched {
                    image: instance.image.clone(),
                    instance: instance.id.clone(),
                    well: false,
                    stretch: Duration::ZERO,
                    unwritten: Duration::ZERO,
                    good: false,
                };
                notes.push(Note {
                    describe,
                    ..watched.note(&revision, Sighting::Running)
                });
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
            let due = DUE.max(watched.stretch / 3);
            notes.extend(watched.written(&revision, due));
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
            describe: false,
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

/// A revision as it is shown.
struct Run<'a> {
    /// One of its instances.
    instance: &'a Instance,
    describe: bool,
    /// Whether all of its instances are well.
    well: bool,
}

/// The images that a service runs: mostly one, of many instances. A node runs those of others.
fn revisions(service: &Service) -> Vec<(Revision, Run<'_>)> {
    let mut found: Vec<(Revision, Run<'_>)> = Vec::new();
    if service.kind == ServiceKind::Node {
        return found;
    }
    for instance in &service.instances {
        let image_id = instance.made_from();
        if image_id.is_empty() || instance.started.is_none() {
            continue;
        }
        let well = instance.ready() && instance.health != Health::Critical;
        if let Some((_, run)) = found.iter_mut().find(|(of, _)| of.image_id == *image_id) {
            run.well &= well;
            continue;
        }
        let revision = Revision {
            service: service.id.clone(),
            image_id: image_id.clone(),
        };
        let run = Run {
            instance,
            describe: matches!(service.kind, ServiceKind::Compose | ServiceKind::Container),
            well,
        };
        found.push((revision, run));
    }
    found
}

#[cfg(test)]
#[path = "observe/tests.rs"]
mod tests;
