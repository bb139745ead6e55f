//! The kinds that are watched, and the rows that each becomes.

use jiff::Timestamp;

use super::{
    around::{Autoscaler, Budget},
    feeds::Mark,
    quotas::Quota,
    rows::{Node, Pod, Set, Workload},
    store::Store,
    texts::Texts,
    watching::Resource,
    wire::{apps, argo, autoscaling, batch, core},
};

/// A kind of which rows are kept.
pub(super) trait Kept: Resource + Send {
    /// It is there, or is different.
    fn put(&self, store: &mut Store, mark: Mark, now: Timestamp);
    /// The one with that uid is gone.
    fn remove(store: &mut Store, uid: &str);
    /// All of a beginning have been told.
    fn sweep(store: &mut Store, mark: Mark);
}

impl Kept for core::Pod {
    fn put(&self, store: &mut Store, mark: Mark, now: Timestamp) {
        let row = Pod::of(self, now, &mut store.texts);
        store.put_pod(mark, row);
    }

    fn remove(store: &mut Store, uid: &str) {
        store.remove_pod(uid);
    }

    fn sweep(store: &mut Store, mark: Mark) {
        store.sweep_pods(mark);
    }
}

impl Kept for apps::ReplicaSet {
    fn put(&self, store: &mut Store, mark: Mark, _now: Timestamp) {
        let row = Set::of(self, &mut store.texts);
        store.put_set(mark, row);
    }

    fn remove(store: &mut Store, uid: &str) {
        store.remove_set(uid);
    }

    fn sweep(store: &mut Store, mark: Mark) {
        store.sweep_sets(mark);
    }
}

impl Kept for core::Node {
    fn put(&self, store: &mut Store, mark: Mark, _now: Timestamp) {
        let row = Node::of(self, &mut store.texts);
        store.put_node(mark, row);
    }

    fn remove(store: &mut Store, uid: &str) {
        store.remove_node(uid);
    }

    fn sweep(store: &mut Store, mark: Mark) {
        store.sweep_nodes(mark);
    }
}

impl Kept for core::Event {
    fn put(&self, store: &mut Store, _mark: Mark, _now: Timestamp) {
        store.put_event(self);
    }

    fn remove(store: &mut Store, uid: &str) {
        store.remove_event(uid);
    }

    // What happened stays so.
    fn sweep(_store: &mut Store, _mark: Mark) {}
}

impl Kept for autoscaling::Autoscaler {
    fn put(&self, store: &mut Store, mark: Mark, _now: Timestamp) {
        let row = Autoscaler::of(self, &mut store.texts);
        store.put_autoscaler(mark, row);
    }

    fn remove(store: &mut Store, uid: &str) {
        store.remove_autoscaler(uid);
    }

    fn sweep(store: &mut Store, mark: Mark) {
        store.sweep_autoscalers(mark);
    }
}

impl Kept for autoscaling::DisruptionBudget {
    fn put(&self, store: &mut Store, mark: Mark, _now: Timestamp) {
        let row = Budget::of(self, &mut store.texts);
        store.put_budget(mark, row);
    }

    fn remove(store: &mut Store, uid: &str) {
        store.remove_budget(uid);
    }

    fn sweep(store: &mut Store, mark: Mark) {
        store.sweep_budgets(mark);
    }
}

impl Kept for core::ResourceQuota {
    fn put(&self, store: &mut Store, mark: Mark, _now: Timestamp) {
        let row = Quota::of(self, &mut store.texts);
        store.put_quota(mark, row);
    }

    fn remove(store: &mut Store, uid: &str) {
        store.remove_quota(uid);
    }

    fn sweep(store: &mut Store, mark: Mark) {
        store.sweep_quotas(mark);
    }
}

/// A workload's row is made by a function of its own; the rest is alike.
trait IsWorkload: Resource + Send {
    const ROW: fn(&Self, &mut Texts) -> Workload;
}

impl IsWorkload for apps::Deployment {
    const ROW: fn(&Self, &mut Texts) -> Workload = Workload::deployment;
}

impl IsWorkload for apps::StatefulSet {
    const ROW: fn(&Self, &mut Texts) -> Workload = Workload::stateful_set;
}

impl IsWorkload for apps::DaemonSet {
    const ROW: fn(&Self, &mut Texts) -> Workload = Workload::daemon_set;
}

impl IsWorkload for batch::Job {
    const ROW: fn(&Self, &mut Texts) -> Workload = Workload::job;
}

impl IsWorkload for batch::CronJob {
    const ROW: fn(&Self, &mut Texts) -> Workload = Workload::cron_job;
}

impl IsWorkload for argo::Rollout {
    const ROW: fn(&Self, &mut Texts) -> Workload = Workload::rollout;
}

impl<W: IsWorkload> Kept for W {
    fn put(&self, store: &mut Store, mark: Mark, _now: Timestamp) {
        let row = W::ROW(self, &mut store.texts);
        store.put_workload(mark, row);
    }

    fn remove(store: &mut Store, uid: &str) {
        store.remove_workload(uid);
    }

    fn sweep(store: &mut Store, mark: Mark) {
        store.sweep_workloads(mark);
    }
}
