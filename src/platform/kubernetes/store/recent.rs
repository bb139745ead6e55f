//! Notes of which only the newest are kept: nobody says for certain when one is no longer needed.

use std::collections::{HashMap, VecDeque};

use super::Uid;

/// So many are kept; of a cluster that does well there are few.
const KEPT: usize = 4096;

/// Notes by uid.
#[derive(Debug)]
pub(super) struct Recent<T> {
    notes: HashMap<Uid, T>,
    /// The oldest first. One that was taken out stays here until it is the oldest.
    order: VecDeque<Uid>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            notes: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<T> Recent<T> {
    /// The note of that uid.
    pub(super) fn get(&self, uid: &str) -> Option<&T> {
        self.notes.get(uid)
    }

    /// Notes it in place of what was noted before; the oldest make room.
    pub(super) fn put(&mut self, uid: Uid, note: T) {
        if self.notes.insert(uid.clone(), note).is_some() {
            return;
        }
        self.order.push_back(uid);
        while self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.notes.remove(&oldest);
        }
    }

    /// Takes it out.
    pub(super) fn remove(&mut self, uid: &str) -> Option<T> {
        self.notes.remove(uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safe;

    #[test]
    fn only_the_newest_are_kept() {
        let mut notes = Recent::default();
        for n in 0..KEPT + 10 {
            notes.put(safe!("{n}"), n);
            notes.put(safe!("{n}"), n);
        }
        assert_eq!((notes.notes.len(), notes.order.len()), (KEPT, KEPT));
        assert_eq!(notes.get("9"), None);
        assert_eq!(notes.get("10"), Some(&10));
        assert_eq!(notes.remove("10"), Some(10));
        assert_eq!(notes.get("10"), None);
    }
}
