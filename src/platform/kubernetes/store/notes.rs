//! What was asked about objects, or told of them in events: it is no part of their own state, and stays with their rows.

use std::{collections::HashMap, sync::Arc};

use super::{Store, Uid};
use crate::{
    domain::{
        details::Happening,
        health::Health,
        instance::{Phase, Probe},
    },
    platform::kubernetes::{
        events,
        rows::{Condition, Pod, time},
        wire::core,
    },
    safe,
    text::SafeText,
};

/// What is known of objects beyond their rows, by their uid.
#[derive(Debug, Default)]
pub(in super::super) struct Notes {
    /// What a pod's log said last before its process ended.
    words: HashMap<Uid, SafeText>,
    /// Who changed a workload last, at which generation.
    managers: HashMap<Uid, (i64, SafeText)>,
    /// What a pod's probe said when it failed.
    probes: HashMap<Uid, SafeText>,
    /// The claim that a pod waits for, and why.
    claims: HashMap<Uid, SafeText>,
    /// Why a set could make no pods, where only an event says so.
    refusals: HashMap<Uid, Condition>,
    /// How often an event had happened when it was told last; of those that happened again.
    told: HashMap<Uid, i32>,
    /// What happened and is still to be told.
    happenings: Vec<Happening>,
}

impl Notes {
    /// Adds to a pod what is known beyond its row.
    pub(super) fn add_to(&self, pod: &mut Pod) {
        let down = pod.instance.phase != Phase::Running || !pod.instance.ready();
        if let Some(words) = self.words.get(&pod.uid).filter(|_| down) {
            Arc::make_mut(&mut pod.instance).last_words = words.clone();
        }
        if let Some(said) = self.probes.get(&pod.uid)
            && let Probe::Unhealthy { output, .. } = &mut Arc::make_mut(&mut pod.instance).probe
        {
            *output = said.clone();
        }
        let homeless = pod.instance.phase == Phase::Created && pod.instance.node.is_empty();
        if let Some(claim) = self.claims.get(&pod.uid).filter(|_| homeless) {
            let instance = Arc::make_mut(&mut pod.instance);
            instance.health = Health::Critical;
            instance.why = safe!("unschedulable: {claim}");
        }
    }

    /// A pod is gone.
    pub(super) fn forget(&mut self, uid: &str) {
        self.claims.remove(uid);
        self.words.remove(uid);
        self.probes.remove(uid);
    }

    /// A workload has all its pods: nothing keeps them from being made any more.
    pub(super) fn settle(&mut self, uid: &str) {
        self.refusals.remove(uid);
    }

    /// Why a set can make no pods, as far as events tell.
    pub(super) fn refusal(&self, uid: &str) -> Option<&Condition> {
        self.refusals.get(uid)
    }

    /// Who changed a workload last; empty where nobody knows.
    pub(in super::super) fn manager(&self, uid: &str, generation: i64) -> SafeText {
        let known = self.managers.get(uid).filter(|(of, _)| *of == generation);
        known.map_or(SafeText::EMPTY, |(_, name)| name.clone())
    }
}

impl Store {
    /// Something happened, or happened again. What repeats is told at the first time, the second, the fourth …
    pub(in super::super) fn put_event(&mut self, event: &core::Event) {
        let uid = event.metadata.as_ref().map(|m| SafeText::name(&m.uid));
        let uid = uid.unwrap_or_default();
        let times = events::count(event);
        if times > 1 {
            let told = self.notes.told.entry(uid).or_default();
            if times < *told * 2 {
                return;
            }
            *told = times;
        }
        self.learn(event);
        if let Some(happening) = events::happening(event, self) {
            self.notes.happenings.push(happening);
        }
    }

    /// An event is too old to be kept.
    pub(in super::super) fn remove_event(&mut self, uid: &str) {
        self.notes.told.remove(uid);
    }

    /// What happened since this was asked last, in the order in which it did.
    pub(in super::super) fn take_happenings(&mut self) -> Vec<Happening> {
        let mut all = std::mem::take(&mut self.notes.happenings);
        all.sort_by_key(|happening| happening.at);
        all
    }

    /// What only events say of objects.
    fn learn(&mut self, event: &core::Event) {
        let Some(object) = &event.object else { return };
        let uid: Uid = SafeText::name(&object.uid);
        match &*event.reason {
            b"Unhealthy" => {
                // The pod itself may be told a moment later, by a watch of its own.
                let said = SafeText::line(&event.message);
                self.notes.probes.insert(uid.clone(), said);
                if let Some(pod) = self.pods.get_mut(&uid) {
                    self.notes.add_to(pod);
                    let key = pod.key().clone();
                    self.touch(&key);
                }
            }
            b"FailedCreate" if *object.kind != *b"ReplicaSet" => {
                let refusal = Condition {
                    kind: SafeText::from_static("ReplicaFailure"),
                    reason: SafeText::from_static("FailedCreate"),
                    message: events::created(&SafeText::line(&event.message)),
                    since: time(event.first.as_ref()),
                };
                self.notes.refusals.insert(uid.clone(), refusal);
                self.touched.insert(uid);
            }
            _ => {}
        }
    }

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

    /// It is known which claim a pod waits for, or that it waits for none.
    pub(in super::super) fn note_claim(&mut self, uid: &Uid, claim: Option<SafeText>) {
        let Some(pod) = self.pods.get_mut(uid) else {
            return;
        };
        match claim {
            Some(claim) => self.notes.claims.insert(uid.clone(), claim),
            None => self.notes.claims.remove(uid),
        };
        self.notes.add_to(pod);
        let key = pod.key().clone();
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
