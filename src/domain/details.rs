//! One service, looked at closely.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{health::Health, revision::Revision, service::ServiceId},
    text::SafeText,
};

/// A reason why a service is not well, most likely cause first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How bad.
    pub health: Health,
    /// In words: `exit 1 three times in 40 s`.
    pub text: SafeText,
    /// Since when, where known.
    pub since: Option<Timestamp>,
}

/// Something that happened, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// By the platform's clock.
    pub at: Timestamp,
    /// Whose; `None` for the host.
    pub service: Option<ServiceId>,
    /// `api-2 died, exit 137`.
    pub text: SafeText,
    /// How bad.
    pub health: Health,
}

/// A labelled fact: `restart policy`, `unless-stopped`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What.
    pub name: SafeText,
    /// Its value.
    pub value: SafeText,
}

/// What is known of a service beyond its row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Why it is not well; empty when it is.
    pub evidence: Vec<Evidence>,
    /// Command, restart policy, networks, mounts, limits, stop grace period, owner …
    pub facts: Vec<Fact>,
    /// Its health check: command, interval, last runs.
    pub checks: Vec<Fact>,
    /// What happened to it, newest first.
    pub happenings: Vec<Happening>,
    /// What ran before, newest first; the journal adds to what the platform knows.
    pub revisions: Vec<Revision>,
    /// What each revision changed, the newest first: `3 → 4`, `image v1 → v2`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Fact>,
    /// What Helm deployed of the release that it is of, the newest first: `3 deployed`, `shop 1.2.0 (app v1.9)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<Fact>,
    /// Names of its environment variables; never their values.
    pub environment: Vec<SafeText>,
    /// Who needs it, by their own word (`depends_on`).
    pub needed_by: Vec<ServiceId>,
}

impl Details {
    /// Adds what a journal remembers: of what runs now since when and how well, and what ran before it. Whether an older
    /// revision can still be run is found out when it is asked for.
    pub fn remember(&mut self, kept: Vec<Revision>) {
        for revision in kept {
            match self.revisions.iter_mut().find(|r| r.id == revision.id) {
                Some(known) => {
                    known.first_seen = known.first_seen.min(revision.first_seen);
                    known.healthy = known.healthy.max(revision.healthy);
                    known.known_good = known.known_good.or(revision.known_good);
                }
                None => self.revisions.push(Revision {
                    available: true,
                    current: false,
                    ..revision
                }),
            }
        }
    }
}

/// Something that happened on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlatformEvent {
    /// In words, for the events view.
    Happened(Happening),
    /// Events between the two moments may have been missed.
    Gap {
        /// The last one seen before.
        from: Timestamp,
        /// The first one seen after.
        to: Timestamp,
    },
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn revision(id: &str, first_seen: i64, healthy: u64, current: bool) -> Revision {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        Revision {
            id: SafeText::name(id),
            image: SafeText::name(id),
            version: SafeText::name(id),
            first_seen: at(first_seen),
            last_seen: at(100),
            healthy: Duration::from_secs(healthy),
            known_good: None,
            current,
            available: current,
        }
    }

    #[test]
    fn a_journal_adds_what_ran_before_and_since_when_it_runs() {
        let mut details = Details {
            revisions: vec![revision("v2", 50, 0, true)],
            ..Details::default()
        };
        details.remember(vec![
            revision("v2", 20, 600, false),
            revision("v1", 1, 900, false),
        ]);
        let told: Vec<_> = details
            .revisions
            .iter()
            .map(|r| {
                (
                    &*r.id,
                    r.first_seen.as_second(),
                    r.healthy.as_secs(),
                    r.current,
                    r.available,
                )
            })
            .collect();
        assert_eq!(
            told,
            [("v2", 20, 600, true, true), ("v1", 1, 900, false, true)]
        );
    }
}
