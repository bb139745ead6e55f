//! What was asked about objects, or told of them in events: it is no part of their own state, and stays with their rows.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::{Store, Uid, recent::Recent};
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

/// Before a question that failed is put again.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// A question that was put.
#[derive(Debug)]
struct Asked {
    /// About which run of a pod, or which generation of a workload.
    number: i64,
    /// It failed; when it is to be put again.
    again: Option<Timestamp>,
}

/// What is known of objects beyond their rows, by their uid.
#[derive(Debug, Default)]
pub(in super::super) struct Notes {
    /// The last question about a pod or a workload.
    asked: HashMap<Uid, Asked>,
    /// What a pod's log said last before its process ended.
    words: HashMap<Uid, SafeText>,
    /// Who changed a workload last, at which generation.
    managers: HashMap<Uid, (i64, SafeText)>,
    /// What a pod's probe said when it failed.
    probes: HashMap<Uid, SafeText>,
    /// The same of pods that are told a moment later, by a watch of their own, or never.
    early: Recent<SafeText>,
    /// The claim that a pod waits for, and why.
    claims: HashMap<Uid, SafeText>,
    /// Why a set could make no pods, where only an event says so.
    refusals: HashMap<Uid, Condition>,
    /// When a pod was first made to wait before its next restart: nearly as long as it has been in a crash loop. `None` of
    /// one that has served for long since: its event goes on counting, from the loop before.
    loops: Recent<Option<Timestamp>>,
    /// How often an event had happened when it was told last; of those that happened again.
    told: Recent<i32>,
    /// What happened and is still to be told.
    happenings: Vec<Happening>,
}

impl Notes {
    /// Adds to a pod what is known beyond its row.
    pub(super) fn add_to(&mut self, pod: &mut Pod) {
        let down = pod.instance.phase != Phase::Running || !pod.instance.ready();
        if let Some(words) = self.words.get(&pod.uid).filter(|_| down) {
            Arc::make_mut(&mut pod.instance).last_words = words.clone();
        }
        if let Some(said) = self.probes.get(&pod.uid)
            && let Probe::Unhealthy { output, .. } = &mut Arc::make_mut(&mut pod.instance).probe
        {
            *output = said.clone();
        }
        if let Some(Some(first)) = self.loops.get(&pod.uid).copied() {
            let looping = matches!(pod.instance.phase, Phase::Restarting | Phase::Running);
            if pod.instance.health == Health::Well {
                self.loops.put(pod.uid.clone(), None);
            } else if looping {
                pod.since = Some(pod.since.map_or(first, |since| since.min(first)));
            }
        }
        let homeless = pod.instance.phase == Phase::Created && pod.instance.node.is_empty();
        if let Some(claim) = self.claims.get(&pod.uid).filter(|_| homeless) {
            let instance = Arc::make_mut(&mut pod.instance);
            instance.health = Health::Critical;
            instance.why = safe!("unschedulable: {claim}");
        }
    }

    /// A pod is there.
    pub(super) fn meet(&mut self, uid: &Uid) {
        if let Some(said) = self.early.remove(uid) {
            self.probes.insert(uid.clone(), said);
        }
    }

    /// A pod or a workload is gone.
    pub(super) fn forget(&mut self, uid: &str) {
        self.asked.remove(uid);
        self.managers.remove(uid);
        self.refusals.remove(uid);
        self.claims.remove(uid);
        self.words.remove(uid);
        self.probes.remove(uid);
        self.loops.remove(uid);
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
            let told = self.notes.told.get(&uid).copied().unwrap_or_default();
            if times < told * 2 {
                return;
            }
            self.notes.told.put(uid, times);
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
                let said = SafeText::line(&event.message);
                let Some(pod) = self.pods.get_mut(&uid) else {
                    self.notes.early.put(uid, said);
                    return;
                };
                self.notes.probes.insert(uid, said);
                self.notes.add_to(pod);
                let key = pod.key().clone();
                self.touch(&key);
            }
            b"BackOff" if event.message.starts_with(b"Back-off restarting") => {
                let Some(first) = time(event.first.as_ref()) else {
                    return;
                };
                if self.notes.loops.get(&uid) == Some(&None) {
                    return;
                }
                self.notes.loops.put(uid.clone(), Some(first));
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

    /// Whether a question about an object that is there is to be put now; it counts as put then.
    pub(in super::super) fn asks(&mut self, uid: &Uid, number: i64, now: Timestamp) -> bool {
        let there = self.pods.get(uid).is_some() || self.workloads.get(uid).is_some();
        let before = self.notes.asked.get(uid);
        let new = before.is_none_or(|asked| {
            asked.number != number || asked.again.is_some_and(|again| again <= now)
        });
        if there && new {
            let again = None;
            self.notes
                .asked
                .insert(uid.clone(), Asked { number, again });
        }
        there && new
    }

    /// A question failed: it may be put again, though not at once.
    pub(in super::super) fn unanswered(&mut self, uid: &Uid, number: i64, now: Timestamp) {
        if let Some(asked) = self.notes.asked.get_mut(uid)
            && asked.number == number
        {
            asked.again = now.checked_add(AGAIN).ok();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock,
        platform::kubernetes::{
            kept::Kept,
            wire::{apps, meta::ObjectMeta},
        },
    };

    fn named(uid: &'static str) -> ObjectMeta {
        ObjectMeta {
            uid: uid.into(),
            ..ObjectMeta::default()
        }
    }

    fn pod() -> core::Pod {
        core::Pod {
            metadata: Some(named("pod")),
            ..core::Pod::default()
        }
    }

    fn is_empty(notes: &Notes) -> bool {
        notes.asked.is_empty() && notes.managers.is_empty() && notes.probes.is_empty()
    }

    #[test]
    fn what_is_gone_leaves_no_notes() {
        let (mut store, now) = (Store::default(), clock::now());
        let feed = store.feeds.add("pods", None);
        let mark = store.feeds.mark(feed);
        let (pod_uid, top) = (SafeText::name("pod"), SafeText::name("top"));
        let unhealthy = core::Event {
            metadata: Some(named("event")),
            object: Some(core::ObjectReference {
                uid: "pod".into(),
                ..core::ObjectReference::default()
            }),
            reason: "Unhealthy".into(),
            message: "refused".into(),
            ..core::Event::default()
        };
        let deployment = apps::Deployment {
            metadata: Some(named("top")),
            ..apps::Deployment::default()
        };
        // The event may come before its pod.
        store.put_event(&unhealthy);
        assert!(!store.asks(&pod_uid, 1, now), "there is no such pod yet");
        assert!(is_empty(&store.notes));
        pod().put(&mut store, mark, now);
        deployment.put(&mut store, mark, now);
        assert_eq!(&*store.notes.probes["pod"], "refused");
        assert!(store.asks(&pod_uid, 1, now) && store.asks(&top, 1, now));
        store.note_manager(&top, 1, SafeText::name("helm"));
        core::Pod::remove(&mut store, "pod");
        apps::Deployment::remove(&mut store, "top");
        // An answer may come after that.
        store.unanswered(&pod_uid, 1, now);
        store.note_manager(&top, 1, SafeText::name("helm"));
        assert!(is_empty(&store.notes));
    }

    #[test]
    fn a_question_is_put_once_and_again_where_it_failed() {
        let (mut store, now) = (Store::default(), clock::now());
        let feed = store.feeds.add("pods", None);
        let mark = store.feeds.mark(feed);
        pod().put(&mut store, mark, now);
        let uid = SafeText::name("pod");
        assert!(store.asks(&uid, 1, now));
        assert!(!store.asks(&uid, 1, now + AGAIN));
        store.unanswered(&uid, 1, now);
        assert!(!store.asks(&uid, 1, now), "not at once");
        assert!(store.asks(&uid, 1, now + AGAIN));
        assert!(!store.asks(&uid, 1, now + AGAIN), "it is put by now");
        assert!(store.asks(&uid, 2, now), "it is another run");
    }

    #[test]
    fn a_crash_loop_is_as_old_as_its_first_wait_and_no_younger_with_each_restart() {
        let time = |second: i64| {
            Some(crate::platform::kubernetes::wire::meta::Time {
                seconds: 1_800_000_000 + second,
                nanos: 0,
            })
        };
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).ok();
        let looping = |restarts, ended| core::Pod {
            metadata: Some(ObjectMeta {
                created: time(0),
                ..named("pod")
            }),
            status: Some(core::PodStatus {
                phase: "Running".into(),
                containers: vec![core::ContainerStatus {
                    restarts,
                    state: Some(core::ContainerState {
                        waiting: Some(core::Waiting {
                            reason: "CrashLoopBackOff".into(),
                            ..core::Waiting::default()
                        }),
                        ..core::ContainerState::default()
                    }),
                    last: Some(core::ContainerState {
                        terminated: Some(core::Terminated {
                            started: time(ended - 1),
                            finished: time(ended),
                            ..core::Terminated::default()
                        }),
                        ..core::ContainerState::default()
                    }),
                    ..core::ContainerStatus::default()
                }],
                ..core::PodStatus::default()
            }),
            ..core::Pod::default()
        };
        let ready = || core::PodCondition {
            kind: "Ready".into(),
            status: "True".into(),
            ..core::PodCondition::default()
        };
        let between_two_crashes = |restarts, ended| {
            let mut pod = looping(restarts, ended);
            let status = pod.status.as_mut().unwrap();
            status.containers[0].state = None;
            status.conditions = vec![ready()];
            pod
        };
        let mut store = Store::default();
        let feed = store.feeds.add("pods", None);
        let mark = store.feeds.mark(feed);
        let mut since = |pod: core::Pod, event: Option<core::Event>| {
            pod.put(&mut store, mark, at(90_000).unwrap());
            if let Some(event) = event {
                store.put_event(&event);
            }
            store.pods.get("pod").unwrap().since
        };
        // It never did anything else; a day later it may have served in between, unless an event tells.
        assert_eq!(since(looping(3, 40), None), at(0));
        assert_eq!(since(looping(3, 86_400), None), None);
        assert_eq!(since(between_two_crashes(300, 89_900), None), at(0));
        assert_eq!(since(between_two_crashes(3, 89_900), None), at(89_900));
        assert_eq!(since(between_two_crashes(1, 89_900), None), at(89_900));
        let event = core::Event {
            metadata: Some(named("event")),
            object: Some(core::ObjectReference {
                uid: "pod".into(),
                ..core::ObjectReference::default()
            }),
            reason: "BackOff".into(),
            message: "Back-off restarting failed container api in pod api-0".into(),
            first: time(86_300),
            ..core::Event::default()
        };
        assert_eq!(since(looping(3, 86_400), Some(event.clone())), at(86_300));
        assert_eq!(since(looping(9, 89_000), None), at(86_300));
        assert_eq!(since(between_two_crashes(9, 89_900), None), at(86_300));
        // It served for long, and its event goes on counting.
        let mut well = looping(9, 89_000);
        let status = well.status.as_mut().unwrap();
        status.containers.clear();
        status.conditions = vec![ready()];
        since(well, None);
        assert_eq!(since(looping(12, 99_000), Some(event)), None);
    }
}
