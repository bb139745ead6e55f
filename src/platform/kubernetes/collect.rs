//! Collecting: watches tell the store, and what they change is published at most every 100 ms.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep_until},
};

use super::{
    KubernetesOptions,
    api::Api,
    cluster::Cluster,
    project, requests,
    rows::{Node, Pod, Set, Workload},
    store::{Store, Uid},
    texts::Texts,
    watching::{Change, Resource, follow},
    wire::{apps, batch, core},
};
use crate::{
    clock,
    domain::{
        host::Host,
        service::{Service, ServiceId, ServiceKind},
        source::SourceHealth,
    },
    platform::{Request, own_thread::Ends, published::Published},
    text::SafeText,
};

/// Between two proofs that the server lives.
const PULSE: Duration = Duration::from_secs(5);

/// Runs until the handle is dropped.
pub(super) async fn run(options: KubernetesOptions, api: Api, ends: Ends) {
    let cluster = Cluster::new(api.clone(), ends.state.subscribe());
    let mut watches = JoinSet::new();
    let namespace = options.namespaces.first().cloned();
    begin(&mut watches, &api, &namespace, &cluster);
    let mut published = Published::new(ends.state);
    let mut requests = ends.requests;
    let mut services: BTreeMap<ServiceId, (Uid, Arc<Service>)> = BTreeMap::new();
    let mut ids: HashMap<Uid, ServiceId> = HashMap::new();
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let due = published.due();
        tokio::select! {
            request = requests.recv() => match request {
                Some(Request::Refresh | Request::Visible(_)) => {}
                Some(other) => requests::serve(&cluster, other),
                None => return,
            },
            () = cluster.changed.notified() => published.touch(),
            () = async { match due { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {
                let now = clock::now();
                let mut store = cluster.store();
                for top in store.take_touched() {
                    let made = project::service(&store, &top, now);
                    if let Some(before) = ids.remove(&top) {
                        services.remove(&before);
                    }
                    if let Some(made) = made {
                        ids.insert(top.clone(), made.id.clone());
                        services.insert(made.id.clone(), (top, Arc::new(made)));
                    }
                }
                drop(store);
                published.link(SourceHealth::Live, SafeText::EMPTY);
                published.proven_by_event(now);
                published.publish(services.values().map(|(_, s)| Arc::clone(s)).collect(), Vec::new(), &Host::default(), false);
            }
            _ = pulse.tick() => {
                if api.get("/readyz", "text/plain").await.is_ok() {
                    published.proven(clock::now());
                }
            }
        }
    }
}

fn begin(watches: &mut JoinSet<()>, api: &Api, namespace: &Option<String>, cluster: &Arc<Cluster>) {
    watch::<core::Pod>(
        watches,
        api,
        namespace,
        cluster,
        |store, change| match change {
            Change::Begin => store.pods.begin(),
            Change::There(pod) => {
                let row = Pod::of(&pod, clock::now(), &mut store.texts);
                store.put_pod(row);
            }
            Change::Gone(uid) => store.remove_pod(&String::from_utf8_lossy(&uid)),
            Change::Complete => store.pods_complete(),
            Change::Alive => store.pods.alive = Some(clock::now()),
            Change::Broken(error) => store.pods.broken = SafeText::line(error.to_string()),
        },
    );
    watch::<apps::ReplicaSet>(
        watches,
        api,
        namespace,
        cluster,
        |store, change| match change {
            Change::Begin => store.sets.begin(),
            Change::There(set) => {
                let row = Set::of(&set, &mut store.texts);
                store.put_set(row);
            }
            Change::Gone(uid) => store.remove_set(&String::from_utf8_lossy(&uid)),
            Change::Complete => store.sets_complete(),
            Change::Alive => store.sets.alive = Some(clock::now()),
            Change::Broken(error) => store.sets.broken = SafeText::line(error.to_string()),
        },
    );
    watch::<core::Node>(
        watches,
        api,
        namespace,
        cluster,
        |store, change| match change {
            Change::Begin => store.nodes.begin(),
            Change::There(node) => {
                let row = Node::of(&node, &mut store.texts);
                store.nodes.put(row.uid.clone(), row);
            }
            Change::Gone(uid) => drop(store.nodes.remove(&String::from_utf8_lossy(&uid))),
            Change::Complete => drop(store.nodes.complete()),
            Change::Alive => store.nodes.alive = Some(clock::now()),
            Change::Broken(error) => store.nodes.broken = SafeText::line(error.to_string()),
        },
    );
    workloads::<apps::Deployment>(
        watches,
        api,
        namespace,
        cluster,
        ServiceKind::Deployment,
        Workload::deployment,
    );
    workloads::<apps::StatefulSet>(
        watches,
        api,
        namespace,
        cluster,
        ServiceKind::StatefulSet,
        Workload::stateful_set,
    );
    workloads::<apps::DaemonSet>(
        watches,
        api,
        namespace,
        cluster,
        ServiceKind::DaemonSet,
        Workload::daemon_set,
    );
    workloads::<batch::Job>(
        watches,
        api,
        namespace,
        cluster,
        ServiceKind::Job,
        Workload::job,
    );
    workloads::<batch::CronJob>(
        watches,
        api,
        namespace,
        cluster,
        ServiceKind::CronJob,
        Workload::cron_job,
    );
}

fn workloads<W: Resource + Send>(
    watches: &mut JoinSet<()>,
    api: &Api,
    namespace: &Option<String>,
    cluster: &Arc<Cluster>,
    kind: ServiceKind,
    row: fn(&W, &mut Texts) -> Workload,
) {
    watch::<W>(
        watches,
        api,
        namespace,
        cluster,
        move |store, change| match change {
            Change::Begin => store.workloads.entry(kind).or_default().begin(),
            Change::There(object) => {
                let row = row(&object, &mut store.texts);
                store.put_workload(row);
            }
            Change::Gone(uid) => store.remove_workload(kind, &String::from_utf8_lossy(&uid)),
            Change::Complete => store.workloads_complete(kind),
            Change::Alive => store.workloads.entry(kind).or_default().alive = Some(clock::now()),
            Change::Broken(error) => {
                store.workloads.entry(kind).or_default().broken = SafeText::line(error.to_string())
            }
        },
    );
}

fn watch<W: Resource + Send>(
    watches: &mut JoinSet<()>,
    api: &Api,
    namespace: &Option<String>,
    cluster: &Arc<Cluster>,
    mut apply: impl FnMut(&mut Store, Change<W>) + Send + 'static,
) {
    let cluster = Arc::clone(cluster);
    watches.spawn(follow(api.clone(), namespace.clone(), move |change| {
        apply(&mut cluster.store(), change);
        cluster.changed.notify_one();
    }));
}
