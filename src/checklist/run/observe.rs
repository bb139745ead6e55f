//! From what was seen to what happened: which event a look makes, if it makes one at all.

use jiff::Timestamp;

use super::{Event, Finding, Run, State, What, step::between};
use crate::{
    checklist::document::{ItemId, Kind},
    expr::Verdict,
    text::SafeText,
};

impl Run {
    /// The event that a look at an item makes; `None` where it tells nothing new, or cannot count now.
    pub fn observe(&self, item: ItemId, verdict: &Verdict, at: Timestamp) -> Option<Event> {
        let found = Finding::from(verdict.truth);
        let evidence = evidence(verdict);
        let step = self.step(item)?;
        let what = if let Kind::Soak(_, long) = self.document().item(item)?.kind {
            match (step.clock, found) {
                (None, Finding::True) => What::SoakBegun { item, evidence },
                (Some(clock), Finding::True) if between(clock, at) >= long => {
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
            if told {
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

    /// The event that a look at the abort criterion makes. What is not known begins no breach, and ends none.
    pub fn observe_abort(&self, verdict: &Verdict, at: Timestamp) -> Option<Event> {
        let evidence = evidence(verdict);
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
    /// begins again, and what proved itself is to be looked at once more.
    pub fn interrupted(&self, at: Timestamp) -> Vec<Event> {
        const AWAY: SafeText = SafeText::from_static("the console was away");
        let each = self.steps().filter_map(|(item, step)| {
            let item_id = item.id;
            if step.is_acting() {
                Some(What::Uncertain {
                    item: item_id,
                    why: AWAY,
                })
            } else if step.clock.is_some() {
                Some(What::SoakReset {
                    item: item_id,
                    evidence: AWAY,
                })
            } else if step.state == State::Passed
                && matches!(item.kind, Kind::Check(_) | Kind::Do(_, Some(_)))
            {
                Some(What::WentStale {
                    item: item_id,
                    why: AWAY,
                })
            } else {
                None
            }
        });
        each.filter_map(|what| self.as_event(what, at)).collect()
    }

    /// What the console found out by itself, where that can happen now.
    fn as_event(&self, what: What, at: Timestamp) -> Option<Event> {
        let by = self.pilot().clone();
        let event = Event { at, by, what };
        self.admit(&event).is_ok().then_some(event)
    }
}

fn evidence(verdict: &Verdict) -> SafeText {
    let words: Vec<&str> = verdict.evidence.iter().map(|e| e.words.as_str()).collect();
    SafeText::line(words.join("; "))
}
