//! Where notes of what runs go: the journal, and the descriptions beside it.

use std::sync::Arc;

use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};

use super::{Note, Revision};
use crate::{
    app::ledger::Ledger,
    domain::{image, instance::InstanceId},
    journal::{
        Journal, RevisionsByService,
        record::{Record, RevisionNote, Sighting},
    },
    plan::{
        Keeper,
        record::{Label, RecordError, Target},
    },
    platform::Request,
    text::SafeText,
};

/// Writes notes of one environment.
pub(super) struct Notebook {
    pub(super) ledger: Arc<Ledger>,
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) environment: SafeText,
}

/// A note, and what its instance was made from.
type Described = (Note, Option<Vec<u8>>);

impl Notebook {
    /// Writes the notes of one look. Returns what of that has just begun to run the journal knew as good before.
    pub(super) async fn write(&self, identity: &SafeText, notes: Vec<Note>) -> Vec<Revision> {
        let mut described = Vec::with_capacity(notes.len());
        for note in notes {
            let description = if note.describe {
                self.describe(&note.instance).await
            } else {
                None
            };
            described.push((note, description));
        }
        let (ledger, identity) = (Arc::clone(&self.ledger), identity.clone());
        let environment = self.environment.clone();
        let written = spawn_blocking(move || {
            let journal = ledger.journal().ok()?;
            record(journal, &environment, &identity, described)
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
    notes: Vec<Described>,
) -> Result<Vec<Revision>, RecordError> {
    let begins = notes.iter().any(|(note, _)| note.seen == Sighting::Running);
    let known = if begins {
        journal.all_revisions(identity)?
    } else {
        RevisionsByService::new()
    };
    let (mut good, mut records) = (Vec::new(), Vec::new());
    for (note, description) in notes {
        let Revision { service, image_id } = &note.revision;
        if let Some(description) = description {
            keep(journal, identity, &note.revision, &description);
        }
        if note.seen == Sighting::Running {
            let known = known.get(service).map_or(&[][..], Vec::as_slice);
            let same = known.iter().find(|revision| revision.id == *image_id);
            if same.is_some_and(|revision| revision.known_good.is_some()) {
                good.push(note.revision.clone());
            }
            // It is what was seen last: another console, or an earlier one, has written so.
            if known.first().is_some_and(|newest| newest.id == *image_id) {
                continue;
            }
        }
        records.push(Record::Revision(RevisionNote {
            target: Target {
                context: Label::from(environment),
                objects: vec![Label::from(&note.instance.0)],
                ..Target::of_service(identity, service)
            },
            image_id: Label::from(image_id),
            image: Label::from(&note.image),
            version: Label::from(&image::version(&note.image)),
            seen: note.seen,
        }));
    }
    if !records.is_empty() {
        journal.write_all(&records)?;
    }
    Ok(good)
}

/// Keeps what a revision is made from, unless that is kept already.
fn keep(journal: &Journal, identity: &SafeText, revision: &Revision, description: &[u8]) {
    let Revision { service, image_id } = revision;
    let kept = journal.kept(identity);
    if matches!(kept.recall(service, image_id), Ok(None))
        && let Err(error) = kept.keep(service, image_id, description)
    {
        log::warn!("the description of {service} is not kept: {error}");
    }
}
