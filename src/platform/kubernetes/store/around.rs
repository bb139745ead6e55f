//! What stands around workloads, and what it is found by.

use super::{Store, Uid};
use crate::{
    domain::{host, service::ServiceId},
    platform::kubernetes::{
        argo,
        around::{Autoscaler, Budget},
        feeds::Mark,
        quotas::Quota,
        rows::{Pod, Workload},
        watching::Resource,
        why::Around,
        wire::core,
    },
};

impl Store {
    /// An autoscaler is there, or is different.
    pub(in super::super) fn put_autoscaler(&mut self, mark: Mark, row: Autoscaler) {
        let (uid, target) = (row.uid.clone(), row.target.clone());
        let same = self.autoscalers.get(&uid) == Some(&row);
        let before = self.autoscalers.put(uid.clone(), mark, row);
        // It tells of itself every quarter of a minute, mostly nothing new.
        if same {
            return;
        }
        if let Some(before) = before.filter(|before| before.target != target) {
            self.forget_autoscaler(&before);
        }
        self.touch_named(&target);
        self.scaled_by.insert(target, uid);
    }

    /// An autoscaler is gone.
    pub(in super::super) fn remove_autoscaler(&mut self, uid: &str) {
        if let Some(gone) = self.autoscalers.remove(uid) {
            self.forget_autoscaler(&gone);
        }
    }

    /// All autoscalers of a beginning have been told.
    pub(in super::super) fn sweep_autoscalers(&mut self, mark: Mark) {
        for gone in self.autoscalers.sweep(mark) {
            self.forget_autoscaler(&gone);
        }
    }

    fn forget_autoscaler(&mut self, gone: &Autoscaler) {
        self.scaled_by.remove(&gone.target);
        self.touch_named(&gone.target);
    }

    /// A disruption budget is there, or is different.
    pub(in super::super) fn put_budget(&mut self, mark: Mark, row: Budget) {
        let uid = row.uid.clone();
        if self.budgets.get(&uid) != Some(&row) {
            self.touch_kept(&row);
        }
        self.budgets.put(uid, mark, row);
    }

    /// A disruption budget is gone.
    pub(in super::super) fn remove_budget(&mut self, uid: &str) {
        if let Some(gone) = self.budgets.remove(uid) {
            self.touch_kept(&gone);
        }
    }

    /// All disruption budgets of a beginning have been told.
    pub(in super::super) fn sweep_budgets(&mut self, mark: Mark) {
        for gone in self.budgets.sweep(mark) {
            self.touch_kept(&gone);
        }
    }

    /// A quota is there, or is different.
    pub(in super::super) fn put_quota(&mut self, mark: Mark, row: Quota) {
        self.quotas.put(row.uid.clone(), mark, row);
    }

    /// A quota is gone.
    pub(in super::super) fn remove_quota(&mut self, uid: &str) {
        self.quotas.remove(uid);
    }

    /// All quotas of a beginning have been told.
    pub(in super::super) fn sweep_quotas(&mut self, mark: Mark) {
        self.quotas.sweep(mark);
    }

    /// What little is left of, by namespace and name; `None` while nobody has told.
    pub(in super::super) fn scarce(&self) -> Option<Vec<host::Quota>> {
        let plural = <core::ResourceQuota as Resource>::PLURAL;
        self.feeds.known(plural).then(|| {
            let all = self.quotas.values().flat_map(|quota| &quota.scarce);
            let mut all: Vec<_> = all.cloned().collect();
            all.sort_by_cached_key(host::Quota::subject);
            all
        })
    }

    fn touch_named(&mut self, id: &ServiceId) {
        let named = self.workloads.values().filter(|w| w.id == *id);
        let uids: Vec<Uid> = named.map(|w| w.uid.clone()).collect();
        self.touched.extend(uids);
    }

    fn touch_kept(&mut self, budget: &Budget) {
        let kept = self.workloads.values().filter(|w| keeps(budget, w));
        let uids: Vec<Uid> = kept.map(|w| w.uid.clone()).collect();
        self.touched.extend(uids);
    }

    /// The disruption budgets of a workload's pods.
    pub(in super::super) fn budgets_of<'a>(
        &'a self,
        workload: &'a Workload,
    ) -> impl Iterator<Item = &'a Budget> {
        self.budgets.values().filter(|b| keeps(b, workload))
    }

    /// The autoscaler of that uid.
    pub(in super::super) fn autoscaler(&self, uid: &str) -> Option<&Autoscaler> {
        self.autoscalers.get(uid)
    }

    /// What scales a workload.
    pub(in super::super) fn autoscaler_of(&self, workload: &Workload) -> Option<&Autoscaler> {
        self.autoscalers.get(self.scaled_by.get(&workload.id)?)
    }

    /// What stands around a workload with these pods.
    pub(in super::super) fn around<'a>(
        &'a self,
        workload: &'a Workload,
        pods: &[&Pod],
    ) -> Around<'a> {
        let newest = self.sets_of(&workload.uid).max_by_key(|set| set.revision);
        let cordoned = |pod: &&Pod| {
            let uid = self.node_uids.get(&pod.instance.node);
            let node = uid.and_then(|uid| self.nodes.get(uid));
            node.is_some_and(|node| node.cordoned)
        };
        let jobs = self.sets_of.get(&workload.uid).into_iter().flatten();
        Around {
            autoscaler: self.autoscaler_of(workload),
            budget: self.budgets_of(workload).min_by_key(|b| b.allowed),
            refused: newest
                .and_then(|set| set.failure.as_ref())
                .or_else(|| self.notes.refusal(&workload.uid)),
            leaving: pods.iter().any(cordoned),
            aborted: argo::aborted(workload, self.sets_of(&workload.uid)),
            jobs: jobs.filter_map(|job| self.workloads.get(job)).collect(),
        }
    }
}

fn keeps(budget: &Budget, workload: &Workload) -> bool {
    budget.namespace == workload.id.group && budget.selector.chooses(&workload.labels)
}
