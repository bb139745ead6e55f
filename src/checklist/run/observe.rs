//! From what was seen to what happened: which event a look makes, if it makes one at all.

use std::time::Duration;

use jiff::Timestamp;

use super::{Event, Finding, Run, State, What, step::between};
use crate::{
    checklist::document::{Document, Item, ItemId, Kind},
    domain::figures::lasting,
    expr::Verdict,
    safe,
    text::SafeText,
};

/// What a platform that is live shows may be so old. What others tell, such as Prometheus, may be minutes old.
const FRESH: Duration = Duration::from_secs(10);

const AWAY: SafeText = SafeText::from_static("the console was away");

impl Run {
    /// The event that a look at an item makes; `None` where it tells nothing new, or cannot count now.
    pub fn observe(&self, item: ItemId, verdict: &Verdict, at: Timestamp) -> Option<Event> {
        let found = Finding::from(verdict.truth);
        let evidence = verdict.words();
        let step = self.step(item)?;
        let what = if let Kind::Soak(_, long) = self.document().item(item)?.kind {
            match (step.clock, found) {
                (None, Finding::True) => What::SoakBegun { item, evidence },
                // It held for so long as far as it was seen, not as far as nobody said otherwise.
                (Some(clock), Finding::True)
                    if between(clock, seen(verdict).unwrap_or(at)) >= long =>
                {
                    What::SoakHeld { item, evidence }
                }
                (None, _) | (Some(_), Finding::True) => return None,
                (Some(_), _) => What::SoakReset { item, evidence },
            }
        } else {
            // The words that say so may change with each second; nobody keeps them all. Who said last that it failed was
            // right, for all that is known.
            let told = match found {
                Finding::True => step.state == State::Passed,
                Finding::False => step.state == State::Failed,
                Finding::Unknown => match step.state {
                    State::Failed | State::Stale => true,
                    State::Running => !step.words.is_empty(),
                    _ => false,
                },
            };
            if told || (found == Finding::True && self.is_of_before(verdict)) {
                return None;
            }
            What::Checked {
                item,
                found,
                evidence,
            }
        };
        self.as_event(what, at)
    }

    /// Whether what it stands on was seen before the last action ended: it says nothing of what that brought.
    fn is_of_before(&self, verdict: &Verdict) -> bool {
        let (acted, seen) = (self.acted, seen(verdict));
        acted
            .zip(seen)
            .is_some_and(|(acted, seen)| seen < acted && between(seen, acted) > FRESH)
    }

    /// That nobody looked for so long at what has to hold for a time: whether it held meanwhile, nobody knows.
    pub fn unwatched(&self, item: ItemId, long: Duration, at: Timestamp) -> Option<Event> {
        let evidence = safe!("nobody looked for {}", lasting(long.as_secs()));
        self.as_event(What::SoakReset { item, evidence }, at)
    }

    /// The event that a look at the abort criterion makes. What is not known begins no breach, and ends none.
    pub fn observe_abort(&self, verdict: &Verdict, at: Timestamp) -> Option<Event> {
        let evidence = verdict.words();
        let what = match Finding::from(verdict.truth) {
            Finding::True => What::BreachBegun { evidence },
            Finding::False => What::BreachEnded { evidence },
            Finding::Unknown => return None,
        };
        self.as_event(what, at)
    }

    /// The items that have taken longer than they may.
    pub fn overdue(&self, at: Timestamp) -> Vec<Event> {
        let each = self
            .steps()
            .map(|(item, _)| What::TimedOut { item: item.id });
        each.filter_map(|what| self.as_event(what, at)).collect()
    }

    /// What has to be said first by whoever goes on with a run that was cut off: what acted is uncertain, what soaked
    /// begins again, and what proved itself is to be [looked at once more](Self::look_once_more).
    pub fn interrupted(&self, at: Timestamp) -> Vec<Event> {
        let each = self.steps().filter_map(|(item, step)| {
            let item = item.id;
            if step.is_acting() {
                Some(What::Uncertain { item, why: AWAY })
            } else if step.clock.is_some() {
                let evidence = AWAY;
                Some(What::SoakReset { item, evidence })
            } else {
                None
            }
        });
        let mut events: Vec<_> = each.filter_map(|what| self.as_event(what, at)).collect();
        events.extend(self.look_once_more(at));
        events
    }

    /// That all that proved itself since the last action is stale. What lies before it was proved of the world as it was
    /// then, and cannot be proved again.
    pub fn look_once_more(&self, at: Timestamp) -> Vec<Event> {
        let proves = |item: &Item| matches!(item.kind, Kind::Check(_) | Kind::Do(_, Some(_)));
        self.stale(proves, &AWAY, at)
    }

    /// That the list's file is another one now, of that hash, where that is not known: what is settled since the last
    /// action and is not written so any more is stale. What that file says is not walked.
    pub fn file_changed(
        &self,
        hash: &SafeText,
        file: Option<&Document>,
        at: Timestamp,
    ) -> Vec<Event> {
        const OTHERWISE: SafeText = SafeText::from_static("the list's file says it otherwise now");
        let hash = hash.clone();
        let Some(changed) = self.as_event(What::FileChanged { hash }, at) else {
            return Vec::new();
        };
        let mut events = vec![changed];
        if let Some(file) = file {
            let walked = self.document();
            let otherwise = |item: &Item| {
                let settles = matches!(item.kind, Kind::Check(_) | Kind::Attest | Kind::Soak(..));
                settles && !file.has(walked, item)
            };
            events.extend(self.stale(otherwise, &OTHERWISE, at));
        }
        events
    }

    /// That what was settled since the last action is stale, of the items that are meant.
    fn stale(&self, meant: impl Fn(&Item) -> bool, why: &SafeText, at: Timestamp) -> Vec<Event> {
        let steps: Vec<_> = self.steps().collect();
        let last = steps.iter().rposition(|(_, step)| step.has_acted());
        let since = steps.into_iter().skip(last.unwrap_or_default());
        let stale = since.filter(|(item, _)| meant(item)).map(|(item, _)| {
            let (item, why) = (item.id, why.clone());
            What::WentStale { item, why }
        });
        stale.filter_map(|what| self.as_event(what, at)).collect()
    }

    /// What the console found out by itself, where that can happen now.
    fn as_event(&self, what: What, at: Timestamp) -> Option<Event> {
        let by = self.pilot().clone();
        let event = Event::new(at, by, what);
        self.admit(&event).is_ok().then_some(event)
    }
}

/// When the oldest of what it stands on was observed.
fn seen(verdict: &Verdict) -> Option<Timestamp> {
    verdict.evidence.iter().filter_map(|e| e.at).min()
}
