//! What was asked about objects, or told of them in events: it is no part of their own state, and stays with their rows.

use std::{collections::HashMap, sync::Arc};

use super::{Store, Uid};
use crate::{domain::instance::Phase, platform::kubernetes::rows::Pod, text::SafeText};

/// What is known of objects beyond their rows, by their uid.
#[derive(Debug, Default)]
pub(in super::super) struct Notes {
    /// What a pod's log said last before its process ended.
    words: HashMap<Uid, SafeText>,
    /// Who changed a workload last, at which generation.
    managers: HashMap<Uid, (i64, SafeText)>,
}

impl Notes {
    /// Adds to a pod what is known beyond its row.
    pub(super) fn add_to(&self, pod: &mut Pod) {
        let down = pod.instance.phase != Phase::Running || !pod.instance.ready();
        if let Some(words) = self.words.get(&pod.uid).filter(|_| down) {
            Arc::make_mut(&mut pod.instance).last_words = words.clone();
        }
    }

    /// A pod is gone.
    pub(super) fn forget(&mut self, uid: &str) {
        self.words.remove(uid);
    }

    /// Who changed a workload last; empty where nobody knows.
    pub(in super::super) fn manager(&self, uid: &str, generation: i64) -> SafeText {
        let known = self.managers.get(uid).filter(|(of, _)| *of == generation);
        known.map_or(SafeText::EMPTY, |(_, name)| name.clone())
    }
}

impl Store {
    /// It is known what a pod's log said last before its process ended.
    pub(in super::super) fn note_words(&mut self, uid: &Uid, words: SafeText) {
        let Some(pod) = self.pods.get_mut(uid) else {
            return;
        };
        Arc::make_mut(&mut pod.instance).last_words = words.clone();
        let key = pod.key().clone();
        self.notes.words.insert(uid.clone(), words);
        self.touch(&key);
    }

    /// It is known who changed a workload last.
    pub(in super::super) fn note_manager(&mut self, uid: &Uid, generation: i64, name: SafeText) {
        if self.workloads.get(uid).is_some() {
            let note = (generation, name);
            self.notes.managers.insert(uid.clone(), note);
            self.touched.insert(uid.clone());
        }
    }
}
