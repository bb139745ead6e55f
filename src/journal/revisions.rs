//! What ran: the revisions of each service, from notes in the journal, and the inspect documents kept beside it.

mod kept;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

pub use self::kept::{Kept, KeptRevision};
use super::audit::entries;
use super::record::{Record, Sighting};
use crate::plan::record::{Label, RecordError, Target};

/// A revision of a service that ran here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The image's id: `sha256:…`.
    pub image_id: Label,
    /// The image as it was last asked for: `shop/api:v4`.
    pub image: Label,
    /// A digest over the rest of the configuration.
    pub config: Label,
    /// When it was first seen at work.
    pub first_seen: Timestamp,
    /// When it was last seen at work.
    pub last_seen: Timestamp,
    /// For how long it was watched being healthy. What was not watched does not count.
    pub healthy: Duration,
    /// When it had been healthy for long enough to go back to.
    pub known_good_at: Option<Timestamp>,
}

/// The revisions of the target's service, the one seen last first.
pub(super) fn of_service(journal: &Path, target: &Target) -> Result<Vec<Revision>, RecordError> {
    let mut revisions: Vec<Revision> = Vec::new();
    entries(journal, |entry| {
        let Record::Revision(note) = entry.record else {
            return;
        };
        if !is_same_service(&note.target, target) {
            return;
        }
        let known = revisions
            .iter()
            .position(|r| r.image_id == note.image_id && r.config == note.config);
        let at = known.unwrap_or_else(|| {
            revisions.push(Revision {
                image_id: note.image_id,
                image: Label::default(),
                config: note.config,
                first_seen: entry.time,
                last_seen: entry.time,
                healthy: Duration::ZERO,
                known_good_at: None,
            });
            revisions.len() - 1
        });
        let revision = &mut revisions[at];
        revision.image = note.image;
        revision.last_seen = entry.time;
        match note.seen {
            Sighting::Running => {}
            Sighting::Healthy { seconds } => {
                revision.healthy = revision
                    .healthy
                    .saturating_add(Duration::from_secs(seconds));
            }
            Sighting::KnownGood => revision.known_good_at = Some(entry.time),
        }
    })?;
    revisions.sort_by_key(|revision| std::cmp::Reverse(revision.last_seen));
    Ok(revisions)
}

/// The context's name does not count: two names may lead to one daemon.
fn is_same_service(one: &Target, other: &Target) -> bool {
    (&one.cluster, &one.project, &one.service) == (&other.cluster, &other.project, &other.service)
}
