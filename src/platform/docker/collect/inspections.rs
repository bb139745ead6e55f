//! Which containers are to be looked at, so many at a time and each once, however often it is asked for.

use std::collections::{HashMap, VecDeque};

/// Under way at a time.
const AT_ONCE: usize = 8;

/// What is to be inspected, and what is being inspected.
#[derive(Debug, Default)]
pub(super) struct Inspections {
    waiting: VecDeque<String>,
    /// With whether it changed meanwhile, so that the answer may already be old.
    flying: HashMap<String, bool>,
    /// Tried again with the next look at everything.
    failed: Vec<String>,
}

impl Inspections {
    /// Asks for one.
    pub(super) fn want(&mut self, id: String) {
        if let Some(again) = self.flying.get_mut(&id) {
            *again = true;
        } else if !self.waiting.contains(&id) {
            self.waiting.push_back(id);
        }
    }

    /// The next to begin now, if there is one and there is room.
    pub(super) fn begin(&mut self) -> Option<String> {
        if self.flying.len() >= AT_ONCE {
            return None;
        }
        let id = self.waiting.pop_front()?;
        self.flying.insert(id.clone(), false);
        Some(id)
    }

    /// It is no more: what is still said of it is of the past.
    pub(super) fn forget(&mut self, id: &str) {
        self.flying.remove(id);
        self.waiting.retain(|waiting| waiting != id);
    }

    /// Whether an answer about it counts.
    pub(super) fn awaits(&self, id: &str) -> bool {
        self.flying.contains_key(id)
    }

    /// One has its answer, or (without `answered`) has none.
    pub(super) fn end(&mut self, id: String, answered: bool) {
        if self.flying.remove(&id) == Some(true) {
            self.waiting.push_back(id);
        } else if !answered {
            self.failed.push(id);
        }
    }

    /// Those that failed are asked for again.
    pub(super) fn retry(&mut self) {
        for id in std::mem::take(&mut self.failed) {
            self.want(id);
        }
    }

    /// Answers to what flies will not come.
    pub(super) fn abandon(&mut self) {
        let flying = std::mem::take(&mut self.flying);
        self.waiting.extend(flying.into_keys());
    }

    /// Whether everything asked for has been looked at.
    pub(super) fn idle(&self) -> bool {
        self.flying.is_empty() && self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_during_an_inspect_is_looked_at_once_more() {
        let mut inspections = Inspections::default();
        for _ in 0..3 {
            inspections.want("a".into());
        }
        assert_eq!(inspections.begin().as_deref(), Some("a"));
        assert_eq!(inspections.begin(), None);
        inspections.want("a".into());
        inspections.want("a".into());
        inspections.end("a".into(), true);
        assert_eq!(inspections.begin().as_deref(), Some("a"));
        inspections.end("a".into(), true);
        assert!(inspections.idle());
    }

    #[test]
    fn an_answer_about_what_was_removed_meanwhile_does_not_count() {
        let mut inspections = Inspections::default();
        for id in ["a", "b"] {
            inspections.want(id.into());
        }
        assert_eq!(inspections.begin().as_deref(), Some("a"));
        assert!(inspections.awaits("a"));
        inspections.forget("a");
        inspections.forget("b");
        assert!(!inspections.awaits("a") && inspections.idle());
    }

    #[test]
    fn so_many_at_a_time_and_failures_only_when_asked_again() {
        let mut inspections = Inspections::default();
        for id in 0..20 {
            inspections.want(id.to_string());
        }
        let begun: Vec<String> = std::iter::from_fn(|| inspections.begin()).collect();
        assert_eq!(begun.len(), AT_ONCE);
        inspections.end(begun[0].clone(), false);
        inspections.abandon();
        assert_eq!(std::iter::from_fn(|| inspections.begin()).count(), AT_ONCE);
        inspections.abandon();
        inspections.retry();
        assert_eq!(inspections.waiting.len(), 20);
    }
}
