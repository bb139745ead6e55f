//! The watches, as the console judges them: which one has told everything, which one lives, which one may not look.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    api::ApiError,
    watching::{Change, Resource},
};
use crate::{domain::host::Unseen, safe, text::SafeText};

/// Bookmarks come each minute: a watch that has said nothing for so long may be dead.
pub(super) const SILENT: Duration = Duration::from_secs(70);

/// A watch whose time is over may take so long to be opened again. On a slow link one of them always is being opened; what
/// happens meanwhile is told then.
const RENEWAL: Duration = Duration::from_secs(3);

/// What services are made of.
const SERVICES: [&str; 6] = [
    "pods",
    "deployments",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
];

/// A watch: a kind in one namespace, or in all. An index, and so small that each row holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeedId(u16);

/// Where a row was told: by which watch, in which of its beginnings. Rows of an older one are swept away at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    feed: FeedId,
    round: u32,
}

impl Mark {
    /// Whether a row marked so is gone, now that all of `self`'s beginning has been told.
    pub(super) fn sweeps(self, row: Self) -> bool {
        row.feed == self.feed && row.round != self.round
    }
}

/// Why a watch tells nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Whoever the console is there may not look.
    Forbidden,
    /// The cluster has no such kind.
    Unknown,
    /// Something else, in words; it is begun anew.
    Broken(SafeText),
}

/// A watch.
#[derive(Debug)]
pub(super) struct Feed {
    /// What it tells of: `pods`.
    pub(super) plural: &'static str,
    /// Of which namespace; `None` is all.
    pub(super) namespace: Option<String>,
    round: u32,
    /// It has told everything since the console last began with this cluster.
    told: bool,
    /// All of its present beginning has been told.
    whole: bool,
    /// It is open: what changes is told.
    open: bool,
    /// Since when it is being opened again, its time being over.
    renewing: Option<Instant>,
    /// When it last proved that it lives.
    heard: Option<Instant>,
    /// Since when what happened is not known: it began anew, and tells only what happens from now on.
    missed: Option<Instant>,
    trouble: Option<Trouble>,
}

impl Feed {
    /// It has told everything once, or never will.
    fn settled(&self) -> bool {
        self.told || self.useless()
    }

    /// All has been told, and what changes is.
    fn current(&self, now: Instant) -> bool {
        match self.renewing {
            Some(since) => now - since < RENEWAL,
            None => self.whole && self.open,
        }
    }

    /// There is nothing to wait for.
    fn useless(&self) -> bool {
        matches!(self.trouble, Some(Trouble::Forbidden | Trouble::Unknown))
    }

    /// What is wrong with it, after its name.
    fn words(&self, what: &SafeText) -> SafeText {
        match &self.namespace {
            Some(namespace) => safe!("{} of {namespace}: {what}", self.plural),
            None => safe!("{}: {what}", self.plural),
        }
    }
}

/// All watches.
#[derive(Debug, Default)]
pub(super) struct Feeds(Vec<Feed>);

/// What all watches together come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Everything is told and all live.
    Current,
    /// Some of it is still to come, and why, where something is wrong.
    Behind(SafeText),
    /// One has been silent for too long, though others live.
    Silent(SafeText),
}

impl Feeds {
    /// One more watch, that has told nothing yet.
    pub(super) fn add(&mut self, plural: &'static str, namespace: Option<String>) -> FeedId {
        let id = FeedId(u16::try_from(self.0.len()).expect("a few kinds in a few namespaces"));
        self.0.push(Feed {
            plural,
            namespace,
            round: 0,
            told: false,
            whole: false,
            open: false,
            renewing: None,
            heard: None,
            missed: None,
            trouble: None,
        });
        id
    }

    /// The same watches, none of which has told anything.
    pub(super) fn anew(mut self) -> Self {
        for feed in &mut self.0 {
            (feed.told, feed.whole, feed.open) = (false, false, false);
            feed.missed = None;
        }
        self
    }

    /// Where what a watch tells now belongs.
    pub(super) fn mark(&self, feed: FeedId) -> Mark {
        Mark {
            feed,
            round: self.0[usize::from(feed.0)].round,
        }
    }

    /// Notes what a change says of its watch itself. Since when what happened may have been missed, where it tells what
    /// happens and goes on without what it did not see.
    pub(super) fn note<W: Resource>(
        &mut self,
        feed: FeedId,
        change: &Change<W>,
        now: Instant,
    ) -> Option<Instant> {
        let feed = &mut self.0[usize::from(feed.0)];
        match change {
            Change::Opening => (feed.open, feed.renewing) = (false, None),
            Change::Renewing => feed.renewing = Some(now),
            Change::Begin => {
                feed.round += 1;
                feed.whole = false;
                if W::PASSING && feed.told {
                    feed.missed = feed.missed.or(feed.heard);
                }
            }
            Change::Complete => {
                feed.told = true;
                feed.whole = true;
                feed.heard = Some(now);
                return feed.missed.take();
            }
            Change::Alive => {
                feed.open = true;
                feed.renewing = None;
                feed.heard = Some(now);
                feed.trouble = None;
            }
            Change::Broken(error) => {
                feed.open = false;
                feed.trouble = Some(Trouble::of(error));
            }
            Change::There(_) | Change::Gone(_) => {}
        }
        None
    }

    /// Whether all of a kind has been told, as far as it ever will be.
    pub(super) fn settled(&self, plural: &str) -> bool {
        let mut of_kind = self.0.iter().filter(|f| f.plural == plural);
        of_kind.all(Feed::settled)
    }

    /// Whether all of a kind in a namespace has been told.
    pub(super) fn told(&self, plural: &str, namespace: &str) -> bool {
        let mut there = self.0.iter().filter(|feed| {
            let feed_of = feed.namespace.as_deref();
            feed.plural == plural && feed_of.is_none_or(|of| of == namespace)
        });
        there.all(|feed| feed.told)
    }

    /// Whether all has been told, as far as it ever will be.
    pub(super) fn all_settled(&self) -> bool {
        self.0.iter().all(Feed::settled)
    }

    /// Whether anything has been told whole.
    pub(super) fn any_told(&self) -> bool {
        self.0.iter().any(|f| f.told)
    }

    /// What they come to.
    pub(super) fn standing(&self, now: Instant) -> Standing {
        let useful = || self.0.iter().filter(|f| !f.useless());
        let silence = |f: &&Feed| f.heard.is_some_and(|at| now - at >= SILENT);
        if let Some(feed) = useful().filter(|f| f.told).find(silence) {
            let what = match &feed.trouble {
                Some(Trouble::Broken(words)) => words.clone(),
                _ => safe!("nothing heard for {} s", SILENT.as_secs()),
            };
            return Standing::Silent(feed.words(&what));
        }
        let broken = useful().find_map(|f| match &f.trouble {
            Some(Trouble::Broken(words)) => Some(f.words(words)),
            _ => None,
        });
        match broken {
            Some(words) => Standing::Behind(words),
            None if useful().all(|f| f.current(now)) => Standing::Current,
            None => Standing::Behind(SafeText::EMPTY),
        }
    }

    /// Whether of a kind is known all that may be looked at, and that is something.
    pub(super) fn known(&self, plural: &str) -> bool {
        let mut of_kind = self.0.iter().filter(|f| f.plural == plural);
        self.settled(plural) && of_kind.any(|feed| feed.told)
    }

    /// Whether none of what services are made of may be looked at.
    pub(super) fn blind(&self) -> bool {
        let mut inside = self.0.iter().filter(|feed| SERVICES.contains(&feed.plural));
        inside.all(|feed| feed.trouble == Some(Trouble::Forbidden))
    }

    /// What may not be looked at, kind by kind.
    pub(super) fn unseen(&self) -> Vec<Unseen> {
        let mut kinds: Vec<(&'static str, Vec<&str>)> = Vec::new();
        let forbidden = self.0.iter();
        for feed in forbidden.filter(|f| f.trouble == Some(Trouble::Forbidden)) {
            let namespace = feed.namespace.as_deref();
            match kinds.iter_mut().find(|(kind, _)| *kind == feed.plural) {
                Some((_, namespaces)) => namespaces.extend(namespace),
                None => kinds.push((feed.plural, namespace.into_iter().collect())),
            }
        }
        let words = kinds.into_iter().map(|(kind, namespaces)| Unseen {
            what: SafeText::from_static(kind),
            why: match namespaces.as_slice() {
                [] => safe!("you may not list {kind}"),
                some => safe!("you may not list {kind} in {}", some.join(", ")),
            },
        });
        words.collect()
    }
}

impl Trouble {
    fn of(error: &ApiError) -> Self {
        match error.code() {
            Some(403) => Self::Forbidden,
            Some(404) => Self::Unknown,
            _ => Self::Broken(SafeText::line(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::kubernetes::wire::core::Pod;

    #[test]
    fn a_watch_that_is_opened_again_in_its_turn_is_current_unless_that_takes_long() {
        let mut feeds = Feeds::default();
        let feed = feeds.add("pods", None);
        let begun = Instant::now();
        let after = |millis| begun + Duration::from_millis(millis);
        let note = |feeds: &mut Feeds, change: Change<Pod>, at| feeds.note(feed, &change, at);
        for change in [
            Change::Opening,
            Change::Begin,
            Change::Complete,
            Change::Alive,
        ] {
            note(&mut feeds, change, after(0));
        }
        assert_eq!(feeds.standing(after(0)), Standing::Current);
        note(&mut feeds, Change::Renewing, after(100));
        // One that was silent for long tells everything again.
        note(&mut feeds, Change::Begin, after(200));
        assert_eq!(feeds.standing(after(3_000)), Standing::Current);
        let behind = Standing::Behind(SafeText::EMPTY);
        assert_eq!(feeds.standing(after(3_100)), behind);
        note(&mut feeds, Change::Complete, after(3_200));
        note(&mut feeds, Change::Alive, after(3_200));
        assert_eq!(feeds.standing(after(9_000)), Standing::Current);
        // One that broke is behind at once.
        note(&mut feeds, Change::Opening, after(9_100));
        assert_eq!(feeds.standing(after(9_100)), behind);
    }
}
