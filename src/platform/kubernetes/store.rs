//! What is known of a cluster: projected rows by uid, and who owns whom.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::{domain::service::ServiceKind, text::SafeText};

use super::{
    rows::{Node, Pod, Set, Workload},
    texts::Texts,
};

/// What identifies an object for ever.
pub(super) type Uid = SafeText;

/// Rows of one kind, as a watch tells them.
#[derive(Debug)]
pub(super) struct Table<R> {
    rows: HashMap<Uid, (u32, R)>,
    /// Counts beginnings: rows of an older one are swept away at its end.
    round: u32,
    /// Everything has been told at least once.
    pub(super) complete: bool,
    /// When its watch last proved that it lives.
    pub(super) alive: Option<Timestamp>,
    /// Why it is not live; empty while it is.
    pub(super) broken: SafeText,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self {
            rows: HashMap::new(),
            round: 0,
            complete: false,
            alive: None,
            broken: SafeText::EMPTY,
        }
    }
}

impl<R> Table<R> {
    /// All rows are about to be told anew.
    pub(super) fn begin(&mut self) {
        self.round += 1;
    }

    /// A row is there; the one before it, if it was.
    pub(super) fn put(&mut self, uid: Uid, row: R) -> Option<R> {
        self.rows.insert(uid, (self.round, row)).map(|(_, row)| row)
    }

    /// A row is gone.
    pub(super) fn remove(&mut self, uid: &str) -> Option<R> {
        self.rows.remove(uid).map(|(_, row)| row)
    }

    /// All rows of this round have been told: those of an earlier one are gone.
    pub(super) fn complete(&mut self) -> Vec<R> {
        self.complete = true;
        self.broken = SafeText::EMPTY;
        let round = self.round;
        let gone = self.rows.extract_if(|_, (of, _)| *of != round);
        gone.map(|(_, (_, row))| row).collect()
    }

    /// The row with that uid.
    pub(super) fn get(&self, uid: &str) -> Option<&R> {
        self.rows.get(uid).map(|(_, row)| row)
    }

    /// All rows.
    pub(super) fn values(&self) -> impl Iterator<Item = &R> {
        self.rows.values().map(|(_, row)| row)
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// All that is known of a cluster.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// Text that repeats.
    pub(super) texts: Texts,
    /// Pods.
    pub(super) pods: Table<Pod>,
    /// ReplicaSets, and Jobs of CronJobs: what stands between a workload and its pods.
    pub(super) sets: Table<Set>,
    /// Deployments, StatefulSets, DaemonSets, Jobs and CronJobs, each told by a watch of its own.
    pub(super) workloads: HashMap<ServiceKind, Table<Workload>>,
    /// Nodes.
    pub(super) nodes: Table<Node>,
    /// Pods by the uid of their controller; a pod without one by its own.
    pods_of: HashMap<Uid, HashSet<Uid>>,
    /// Sets by the uid of their controller.
    sets_of: HashMap<Uid, HashSet<Uid>>,
    /// Top owners whose row is to be made anew.
    touched: HashSet<Uid>,
}

impl Store {
    /// A pod is there, or is different.
    pub(super) fn put_pod(&mut self, pod: Pod) {
        let key = pod
            .owner
            .as_ref()
            .map_or_else(|| pod.uid.clone(), |o| o.uid.clone());
        self.pods_of
            .entry(key.clone())
            .or_default()
            .insert(pod.uid.clone());
        self.touch(&key);
        if let Some(before) = self.pods.put(pod.uid.clone(), pod)
            && let Some(owner) = before.owner.filter(|o| o.uid != key)
        {
            // Adopted by another one.
            self.leave(&owner.uid, &before.uid);
        }
    }

    /// A pod is gone.
    pub(super) fn remove_pod(&mut self, uid: &str) {
        if let Some(pod) = self.pods.remove(uid) {
            self.forget_pod(&pod);
        }
    }

    /// Rows that were swept away with a new beginning.
    pub(super) fn pods_complete(&mut self) {
        for pod in self.pods.complete() {
            self.forget_pod(&pod);
        }
    }

    fn forget_pod(&mut self, pod: &Pod) {
        let key = pod.owner.as_ref().map_or(&pod.uid, |o| &o.uid).clone();
        self.leave(&key, &pod.uid);
    }

    fn leave(&mut self, owner: &Uid, pod: &Uid) {
        self.touch(owner);
        if let Some(pods) = self.pods_of.get_mut(owner) {
            pods.remove(pod);
            if pods.is_empty() {
                self.pods_of.remove(owner);
            }
        }
    }

    /// A ReplicaSet is there, or is different.
    pub(super) fn put_set(&mut self, set: Set) {
        if let Some(owner) = &set.owner {
            self.sets_of
                .entry(owner.uid.clone())
                .or_default()
                .insert(set.uid.clone());
        }
        self.touch(&set.uid);
        let uid = set.uid.clone();
        self.sets.put(uid.clone(), set);
        self.touch(&uid);
    }

    /// A ReplicaSet is gone.
    pub(super) fn remove_set(&mut self, uid: &str) {
        if let Some(set) = self.sets.remove(uid) {
            self.forget_set(&set);
        }
    }

    /// Rows that were swept away with a new beginning.
    pub(super) fn sets_complete(&mut self) {
        for set in self.sets.complete() {
            self.forget_set(&set);
        }
    }

    fn forget_set(&mut self, set: &Set) {
        let Some(owner) = &set.owner else { return };
        self.touched.insert(owner.uid.clone());
        if let Some(sets) = self.sets_of.get_mut(&owner.uid) {
            sets.remove(&set.uid);
            if sets.is_empty() {
                self.sets_of.remove(&owner.uid);
            }
        }
    }

    /// A workload is there, or is different.
    pub(super) fn put_workload(&mut self, workload: Workload) {
        let uid = workload.uid.clone();
        if let Some(owner) = workload
            .owner
            .as_ref()
            .filter(|_| workload.kind == ServiceKind::Job)
        {
            self.sets_of
                .entry(owner.uid.clone())
                .or_default()
                .insert(uid.clone());
        }
        self.workloads
            .entry(workload.kind)
            .or_default()
            .put(uid.clone(), workload);
        self.touch(&uid);
    }

    /// A workload is gone.
    pub(super) fn remove_workload(&mut self, kind: ServiceKind, uid: &str) {
        if let Some(gone) = self.workloads.entry(kind).or_default().remove(uid) {
            self.touch(&gone.uid);
        }
    }

    /// Rows that were swept away with a new beginning.
    pub(super) fn workloads_complete(&mut self, kind: ServiceKind) {
        for gone in self.workloads.entry(kind).or_default().complete() {
            self.touch(&gone.uid);
        }
    }

    /// The workload with that uid.
    pub(super) fn workload(&self, uid: &str) -> Option<&Workload> {
        self.workloads.values().find_map(|table| table.get(uid))
    }

    /// The rows that are to be made anew, by the uid of their top owner.
    pub(super) fn take_touched(&mut self) -> HashSet<Uid> {
        std::mem::take(&mut self.touched)
    }

    /// Whether a row is to be made anew.
    pub(super) fn any_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// The sets of a workload: ReplicaSets of a Deployment.
    pub(super) fn sets_of(&self, uid: &str) -> impl Iterator<Item = &Set> {
        self.sets_of
            .get(uid)
            .into_iter()
            .flatten()
            .filter_map(|set| self.sets.get(set))
    }

    /// All pods under an owner, through its sets and Jobs.
    pub(super) fn pods_under<'a>(&'a self, uid: &'a str) -> impl Iterator<Item = &'a Pod> {
        let through = self
            .sets_of
            .get(uid)
            .into_iter()
            .flatten()
            .map(SafeText::as_str);
        std::iter::once(uid)
            .chain(through.collect::<Vec<_>>())
            .filter_map(|owner| self.pods_of.get(owner))
            .flatten()
            .filter_map(|pod| self.pods.get(pod))
    }

    /// Who is at the top of a row's owners: the uid that its service goes by.
    pub(super) fn top(&self, uid: &Uid) -> Uid {
        let owner = match (self.sets.get(uid), self.workload(uid)) {
            (Some(set), _) => set.owner.as_ref(),
            (_, Some(workload)) if workload.kind == ServiceKind::Job => workload.owner.as_ref(),
            _ => None,
        };
        owner.map_or_else(|| uid.clone(), |o| o.uid.clone())
    }

    fn touch(&mut self, uid: &Uid) {
        let top = self.top(uid);
        self.touched.insert(top);
    }
}
