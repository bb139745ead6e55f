//! What is known of a cluster: projected rows by uid, and who owns whom.

mod around;
mod notes;
mod recent;
mod table;
mod usage;

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::{clock, domain::service::ServiceId, text::SafeText};

use super::{
    around::{Autoscaler, Budget},
    feeds::{Feeds, Mark},
    quotas::Quota,
    rows::{Node, Owner, Pod, Set, Workload},
    texts::Texts,
};

pub(super) use {notes::Notes, table::Table};

/// Between two looks at a node's pods.
const NODES_APART: SignedDuration = SignedDuration::from_secs(1);

/// What identifies an object for ever.
pub(super) type Uid = SafeText;

/// All that is known of a cluster.
#[derive(Debug, Default)]
pub(super) struct Store {
    /// Text that repeats.
    pub(super) texts: Texts,
    /// What is watched, and how that goes.
    pub(super) feeds: Feeds,
    /// Pods.
    pub(super) pods: Table<Pod>,
    /// ReplicaSets: what stands between a Deployment and its pods.
    pub(super) sets: Table<Set>,
    /// Deployments, StatefulSets, DaemonSets, Jobs and CronJobs.
    pub(super) workloads: Table<Workload>,
    /// Nodes.
    pub(super) nodes: Table<Node>,
    /// Autoscalers.
    autoscalers: Table<Autoscaler>,
    /// Disruption budgets.
    budgets: Table<Budget>,
    /// Quotas.
    quotas: Table<Quota>,
    /// What is known beyond all these rows.
    pub(super) notes: Notes,
    /// Autoscalers by what they scale.
    scaled_by: HashMap<ServiceId, Uid>,
    /// Nodes by their name.
    node_uids: HashMap<SafeText, Uid>,
    /// Pods by the uid of their controller; a pod without one by its own.
    pods_of: HashMap<Uid, HashSet<Uid>>,
    /// Pods by the name of their node.
    pods_on: HashMap<SafeText, HashSet<Uid>>,
    /// ReplicaSets and Jobs by the uid of their controller.
    sets_of: HashMap<Uid, HashSet<Uid>>,
    /// Who is to be made anew: the uids of top owners, and of nodes.
    touched: HashSet<Uid>,
    /// Nodes that are due to be made anew.
    nodes_due: HashSet<Uid>,
    /// What time alone changes: pods, top owners and nodes, and when.
    ripening: BTreeSet<(Timestamp, Uid)>,
}

impl Store {
    /// It is another cluster: nothing that was known is true of it. What is watched stays.
    pub(super) fn forget(&mut self) {
        let feeds = std::mem::take(&mut self.feeds);
        *self = Self {
            feeds: feeds.anew(),
            ..Self::default()
        };
    }

    /// A pod is there, or is different.
    pub(super) fn put_pod(&mut self, mark: Mark, mut pod: Pod) {
        self.notes.meet(&pod.uid);
        self.notes.add_to(&mut pod);
        let uid = pod.uid.clone();
        let key = pod.key().clone();
        let node = pod.instance.node.clone();
        if let Some(ripening) = &pod.ripening {
            self.ripening.insert((ripening.at, uid.clone()));
        }
        if let Some(before) = self.pods.get(&uid) {
            pod.measured_as(before);
            // Most of what changes about a pod is not shown.
            if *before == pod {
                self.pods.stays(&uid, mark);
                return;
            }
        }
        if let Some(before) = self.pods.put(uid.clone(), mark, pod) {
            // Adopted by another one, or put on a node at last.
            if *before.key() != key {
                self.leave_owner(before.key(), &uid);
            }
            if before.instance.node != node {
                self.leave_node(&before.instance.node, &uid);
            }
        }
        self.touch_node(&node);
        self.touch(&key);
        self.pods_on.entry(node).or_default().insert(uid.clone());
        self.pods_of.entry(key).or_default().insert(uid);
    }

    /// A pod is gone.
    pub(super) fn remove_pod(&mut self, uid: &str) {
        if let Some(pod) = self.pods.remove(uid) {
            self.forget_pod(&pod);
        }
    }

    /// All pods of a beginning have been told.
    pub(super) fn sweep_pods(&mut self, mark: Mark) {
        for pod in self.pods.sweep(mark) {
            self.forget_pod(&pod);
        }
        self.touch_workloads();
    }

    fn forget_pod(&mut self, pod: &Pod) {
        self.notes.forget(&pod.uid);
        self.leave_owner(pod.key(), &pod.uid);
        self.leave_node(&pod.instance.node, &pod.uid);
    }

    fn leave_owner(&mut self, owner: &Uid, pod: &Uid) {
        self.touch(owner);
        leave(&mut self.pods_of, owner, pod);
    }

    fn leave_node(&mut self, node: &SafeText, pod: &Uid) {
        self.touch_node(node);
        leave(&mut self.pods_on, node, pod);
    }

    /// A ReplicaSet is there, or is different.
    pub(super) fn put_set(&mut self, mark: Mark, set: Set) {
        let uid = set.uid.clone();
        // Its pods were its own's until it was known whose it is.
        self.touch(&uid);
        if let Some(owner) = &set.owner {
            self.sets_of
                .entry(owner.uid.clone())
                .or_default()
                .insert(uid.clone());
        }
        let before = self.sets.put(uid.clone(), mark, set);
        self.touch(&uid);
        let owner = before.and_then(|before| before.owner);
        let now = self.sets.get(&uid).and_then(|set| set.owner.as_ref());
        if let Some(owner) = owner.filter(|owner| now.map(|now| &now.uid) != Some(&owner.uid)) {
            self.leave_set(&owner, &uid);
        }
    }

    /// A ReplicaSet is gone.
    pub(super) fn remove_set(&mut self, uid: &str) {
        if let Some(set) = self.sets.remove(uid) {
            self.forget_set(&set);
        }
    }

    /// All ReplicaSets of a beginning have been told.
    pub(super) fn sweep_sets(&mut self, mark: Mark) {
        for set in self.sets.sweep(mark) {
            self.forget_set(&set);
        }
        self.touch_strays();
        self.touch_workloads();
    }

    fn forget_set(&mut self, set: &Set) {
        self.touched.insert(set.uid.clone());
        if let Some(owner) = &set.owner {
            self.leave_set(owner, &set.uid);
        }
    }

    fn leave_set(&mut self, owner: &Owner, set: &Uid) {
        self.touched.insert(owner.uid.clone());
        leave(&mut self.sets_of, &owner.uid, set);
    }

    /// A workload is there, or is different.
    pub(super) fn put_workload(&mut self, mark: Mark, workload: Workload) {
        let uid = workload.uid.clone();
        if workload.progress.ready >= workload.progress.desired {
            self.notes.settle(&uid);
        }
        self.touch(&uid);
        if let Some(cron) = workload.cron() {
            self.sets_of
                .entry(cron.uid.clone())
                .or_default()
                .insert(uid.clone());
        }
        self.workloads.put(uid.clone(), mark, workload);
        self.touch(&uid);
    }

    /// A workload is gone.
    pub(super) fn remove_workload(&mut self, uid: &str) {
        if let Some(gone) = self.workloads.remove(uid) {
            self.forget_workload(&gone);
        }
    }

    /// All workloads of a beginning have been told.
    pub(super) fn sweep_workloads(&mut self, mark: Mark) {
        for gone in self.workloads.sweep(mark) {
            self.forget_workload(&gone);
        }
        self.touch_strays();
    }

    fn forget_workload(&mut self, gone: &Workload) {
        self.touched.insert(gone.uid.clone());
        self.notes.forget(&gone.uid);
        if let Some(cron) = gone.cron() {
            self.leave_set(cron, &gone.uid);
        }
    }

    /// A node is there, or is different.
    pub(super) fn put_node(&mut self, mark: Mark, node: Node) {
        self.touched.insert(node.uid.clone());
        self.node_uids.insert(node.name.clone(), node.uid.clone());
        let (name, cordoned) = (node.name.clone(), node.cordoned);
        let before = self.nodes.put(node.uid.clone(), mark, node);
        // Whoever empties it waits for what has pods there.
        if before.is_some_and(|before| before.cordoned != cordoned) {
            let owners: Vec<Uid> = self.pods_on(&name).map(|pod| pod.key().clone()).collect();
            for owner in &owners {
                self.touch(owner);
            }
        }
    }

    /// A node is gone.
    pub(super) fn remove_node(&mut self, uid: &str) {
        if let Some(node) = self.nodes.remove(uid) {
            self.forget_node(node);
        }
    }

    /// All nodes of a beginning have been told.
    pub(super) fn sweep_nodes(&mut self, mark: Mark) {
        for node in self.nodes.sweep(mark) {
            self.forget_node(node);
        }
    }

    fn forget_node(&mut self, node: Node) {
        // Another one may have its name by now.
        if self.node_uids.get(&node.name) == Some(&node.uid) {
            self.node_uids.remove(&node.name);
        }
        self.touched.insert(node.uid);
    }

    /// Workloads are judged once all of their pods have been told.
    fn touch_workloads(&mut self) {
        let all = self.workloads.values();
        self.touched
            .extend(all.map(|workload| workload.uid.clone()));
    }

    /// Pods whose owner was waited for in vain are shown by themselves.
    pub(super) fn touch_strays(&mut self) {
        let tops: Vec<Uid> = self.pods_of.keys().map(|owner| self.top(owner)).collect();
        let strays = tops
            .into_iter()
            .filter(|top| self.workloads.get(top).is_none());
        self.touched.extend(strays.collect::<Vec<_>>());
    }

    /// Takes note of what time alone has changed by now.
    pub(super) fn ripen(&mut self, now: Timestamp) {
        while let Some((at, uid)) = self.ripening.pop_first() {
            if at > now {
                self.ripening.insert((at, uid));
                return;
            }
            let ripened = self.pods.get_mut(&uid).map(|pod| {
                pod.ripen(now);
                self.notes.add_to(pod);
                (pod.key().clone(), pod.instance.node.clone())
            });
            if let Some((key, node)) = ripened {
                self.touch(&key);
                self.touch_node(&node);
            } else {
                self.nodes_due.remove(&uid);
                self.touched.insert(uid);
            }
        }
    }

    /// When time alone changes something next.
    pub(super) fn ripens(&self) -> Option<Timestamp> {
        self.ripening.first().map(|(at, _)| *at)
    }

    /// Something is to be made anew at that time, whatever the watches tell: what a top owner, or a node, comes to.
    pub(super) fn look_again(&mut self, top: &Uid, at: Timestamp) {
        self.ripening.insert((at, top.clone()));
    }

    /// Who is to be made anew: the uids of top owners, and of nodes.
    pub(super) fn take_touched(&mut self) -> HashSet<Uid> {
        std::mem::take(&mut self.touched)
    }

    /// The ReplicaSets of a Deployment.
    pub(super) fn sets_of(&self, uid: &str) -> impl Iterator<Item = &Set> {
        let sets = self.sets_of.get(uid).into_iter().flatten();
        sets.filter_map(|set| self.sets.get(set))
    }

    /// All pods under an owner, through its ReplicaSets and Jobs.
    pub(super) fn pods_under<'a>(&'a self, uid: &'a str) -> impl Iterator<Item = &'a Pod> {
        let through = self.sets_of.get(uid).into_iter().flatten();
        std::iter::once(uid)
            .chain(through.map(SafeText::as_str))
            .filter_map(|owner| self.pods_of.get(owner))
            .flatten()
            .filter_map(|pod| self.pods.get(pod))
    }

    /// All pods on a node.
    pub(super) fn pods_on(&self, node: &str) -> impl Iterator<Item = &Pod> {
        let pods = self.pods_on.get(node).into_iter().flatten();
        pods.filter_map(|pod| self.pods.get(pod))
    }

    /// Who is at the top of a row's owners: the uid that its service goes by.
    pub(super) fn top(&self, uid: &Uid) -> Uid {
        self.owner_of(uid)
            .map_or_else(|| uid.clone(), |owner| owner.uid.clone())
    }

    /// Who manages a ReplicaSet, or the Job of a CronJob.
    pub(super) fn owner_of(&self, uid: &str) -> Option<&Owner> {
        match self.sets.get(uid) {
            Some(set) => set.owner.as_ref(),
            None => self.workloads.get(uid).and_then(Workload::cron),
        }
    }

    fn touch(&mut self, uid: &Uid) {
        let top = self.top(uid);
        self.touched.insert(top);
    }

    /// Pods of a node changed: a row with a thousand of them is not made anew for each.
    fn touch_node(&mut self, name: &SafeText) {
        if let Some(uid) = self.node_uids.get(name).cloned()
            && self.nodes_due.insert(uid.clone())
        {
            let due = clock::now().checked_add(NODES_APART);
            self.ripening.insert((due.unwrap_or(Timestamp::MAX), uid));
        }
    }
}

/// Takes one out of a set by key; sets that are empty go.
fn leave(sets: &mut HashMap<SafeText, HashSet<Uid>>, key: &SafeText, uid: &Uid) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(uid);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
