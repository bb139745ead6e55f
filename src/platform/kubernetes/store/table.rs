//! Rows of one kind.

use std::collections::HashMap;

use super::Uid;
use crate::platform::kubernetes::feeds::Mark;

/// Rows of one kind by their uid, each with where it was told.
#[derive(Debug)]
pub(in super::super) struct Table<R>(HashMap<Uid, (Mark, R)>);

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<R> Table<R> {
    /// A row is there; the one before it, if it was.
    pub(super) fn put(&mut self, uid: Uid, mark: Mark, row: R) -> Option<R> {
        self.0.insert(uid, (mark, row)).map(|(_, row)| row)
    }

    /// A row is there, as it was.
    pub(super) fn stays(&mut self, uid: &str, mark: Mark) {
        if let Some((told, _)) = self.0.get_mut(uid) {
            *told = mark;
        }
    }

    /// A row is gone.
    pub(super) fn remove(&mut self, uid: &str) -> Option<R> {
        self.0.remove(uid).map(|(_, row)| row)
    }

    /// All rows of this beginning have been told: those of an earlier one of the same watch are gone.
    pub(super) fn sweep(&mut self, mark: Mark) -> Vec<R> {
        let gone = self.0.extract_if(|_, (of, _)| mark.sweeps(*of));
        gone.map(|(_, (_, row))| row).collect()
    }

    /// The row with that uid.
    pub(in super::super) fn get(&self, uid: &str) -> Option<&R> {
        self.0.get(uid).map(|(_, row)| row)
    }

    /// The row with that uid, to be changed by time alone.
    pub(super) fn get_mut(&mut self, uid: &str) -> Option<&mut R> {
        self.0.get_mut(uid).map(|(_, row)| row)
    }

    /// Whether there is no row.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All rows, in no order, to be changed by what is measured alone.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut R> {
        self.0.values_mut().map(|(_, row)| row)
    }

    /// All rows, in no order.
    pub(in super::super) fn values(&self) -> impl Iterator<Item = &R> {
        self.0.values().map(|(_, row)| row)
    }
}
