//! What is known, for the length of one look.

use std::{cell::RefCell, collections::BTreeMap};

use super::{Answer, Facts, Query};

/// Facts that are found out once: whoever asks the same again, for another check, is told the same. A figure of all services
/// is the work of thousands, and every check of a list may ask for it.
pub struct Once<'a, F> {
    facts: &'a F,
    told: RefCell<BTreeMap<Query, Answer>>,
}

impl<'a, F: Facts> Once<'a, F> {
    /// Nothing of them was asked so far.
    pub const fn of(facts: &'a F) -> Self {
        let told = RefCell::new(BTreeMap::new());
        Self { facts, told }
    }
}

impl<F: Facts> Facts for Once<'_, F> {
    fn answer(&self, query: &Query) -> Answer {
        if let Some(told) = self.told.borrow().get(query) {
            return told.clone();
        }
        let answer = self.facts.answer(query);
        let mut told = self.told.borrow_mut();
        told.insert(query.clone(), answer.clone());
        answer
    }
}
