//! What ran: the revisions of each service, from notes in the journal, and the inspect documents kept beside it.

mod kept;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

pub use self::kept::{Kept, KeptRevision};
use super::audit::entries;
use super::record::{Record, RevisionNote, Sighting};
use crate::domain::revision::Revision;
use crate::domain::service::ServiceId;
use crate::plan::record::{RecordError, Target};
use crate::text::SafeText;

/// The revisions of several services; of each the one seen last first.
pub type RevisionsByService = HashMap<ServiceId, Vec<Revision>>;

/// The revisions of a service, the one seen last first.
pub(super) fn of_service(
    journal: &Path,
    identity: &str,
    service: &ServiceId,
) -> Result<Vec<Revision>, RecordError> {
    let wanted = Target::of_service(identity, service);
    let found = of_all(journal, |target| target.is_same_service(&wanted))?;
    Ok(found.into_values().next().unwrap_or_default())
}

/// The revisions of all services that are `wanted`.
pub(super) fn of_all(
    journal: &Path,
    wanted: impl Fn(&Target) -> bool,
) -> Result<RevisionsByService, RecordError> {
    let mut found = RevisionsByService::new();
    entries(journal, |entry| match entry.record {
        Record::Revision(note) if wanted(&note.target) => {
            let revisions = found.entry(note.target.service_id()).or_default();
            add(revisions, &note, entry.time);
        }
        _ => {}
    })?;
    for revisions in found.values_mut() {
        revisions.sort_by_key(|revision| std::cmp::Reverse(revision.last_seen));
    }
    Ok(found)
}

fn add(revisions: &mut Vec<Revision>, note: &RevisionNote, time: Timestamp) {
    let id = SafeText::name(note.image_id.as_str());
    let at = revisions
        .iter()
        .position(|known| known.id == id)
        .unwrap_or_else(|| {
            revisions.push(Revision {
                id,
                image: SafeText::EMPTY,
                version: SafeText::EMPTY,
                first_seen: time,
                last_seen: time,
                healthy: Duration::ZERO,
                known_good: None,
                current: false,
                available: false,
            });
            revisions.len() - 1
        });
    let revision = &mut revisions[at];
    revision.image = SafeText::name(note.image.as_str());
    revision.version = SafeText::name(note.version.as_str());
    revision.last_seen = time;
    match note.seen {
        Sighting::Running => {}
        Sighting::Healthy { seconds } => {
            revision.healthy = revision
                .healthy
                .saturating_add(Duration::from_secs(seconds));
        }
        Sighting::KnownGood => revision.known_good = Some(time),
    }
}
