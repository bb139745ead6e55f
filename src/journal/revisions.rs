//! What ran: the revisions of each service, from notes in the journal, and the inspect documents kept beside it.

mod kept;

use std::path::Path;
use std::time::Duration;

pub use self::kept::{Kept, KeptRevision};
use super::audit::entries;
use super::record::{Record, Sighting};
use crate::domain::revision::Revision;
use crate::domain::service::ServiceId;
use crate::plan::record::{RecordError, Target};
use crate::text::SafeText;

/// The revisions of a service, the one seen last first.
pub(super) fn of_service(
    journal: &Path,
    identity: &str,
    service: &ServiceId,
) -> Result<Vec<Revision>, RecordError> {
    let wanted = Target::of_service(identity, service);
    let mut revisions: Vec<Revision> = Vec::new();
    entries(journal, |entry| {
        let Record::Revision(note) = entry.record else {
            return;
        };
        if !note.target.is_same_service(&wanted) {
            return;
        }
        let id = SafeText::name(note.image_id.as_str());
        let at = revisions
            .iter()
            .position(|known| known.id == id)
            .unwrap_or_else(|| {
                revisions.push(Revision {
                    id,
                    image: SafeText::EMPTY,
                    version: SafeText::EMPTY,
                    first_seen: entry.time,
                    last_seen: entry.time,
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
        revision.last_seen = entry.time;
        match note.seen {
            Sighting::Running => {}
            Sighting::Healthy { seconds } => {
                revision.healthy = revision
                    .healthy
                    .saturating_add(Duration::from_secs(seconds));
            }
            Sighting::KnownGood => revision.known_good = Some(entry.time),
        }
    })?;
    revisions.sort_by_key(|revision| std::cmp::Reverse(revision.last_seen));
    Ok(revisions)
}
