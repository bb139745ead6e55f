//! Collecting: watches tell the store, and what they change is published at most every 100 ms.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    KubernetesOptions,
    api::Api,
    cluster::Cluster,
    feeds::Standing,
    inquiries::Inquiries,
    kept::Kept,
    requests, rights,
    rollouts::Rollouts,
    services::Services,
    watching::{Change, Gate, follow},
    wire::{apps, autoscaling, batch, core},
};
use crate::{
    clock,
    domain::{host::Host, source::SourceHealth},
    platform::{Request, own_thread::Ends, published::Published},
    text::SafeText,
};

/// Between two proofs that the server lives.
const PULSE: Duration = Duration::from_secs(5);

/// The loop's state.
struct Collector {
    cluster: Arc<Cluster>,
    gate: watch::Sender<Gate>,
    watches: JoinSet<()>,
    services: Services,
    rollouts: Rollouts,
    inquiries: Inquiries,
    published: Published,
}

/// Runs until the handle is dropped.
pub(super) async fn run(options: KubernetesOptions, api: Api, ends: Ends) {
    let Ends {
        state,
        mut requests,
        events: _events,
    } = ends;
    let mut collector = Collector {
        cluster: Cluster::new(api, state.subscribe(), options.patience),
        gate: watch::Sender::new(Gate::default()),
        watches: JoinSet::new(),
        services: Services::default(),
        rollouts: Rollouts::default(),
        inquiries: Inquiries::default(),
        published: Published::new(state),
    };
    collector.begin(&options.namespaces);
    let mut changed = collector.cluster.changed.subscribe();
    let mut pulse = interval(PULSE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let publish_at = collector.published.due();
        // What is due to be published takes what is ripe with it.
        let ripens = match publish_at {
            Some(_) => None,
            None => collector.ripens(),
        };
        tokio::select! {
            biased;
            request = requests.recv() => match request {
                Some(request) => collector.request(request),
                None => return,
            },
            () = at(publish_at) => collector.publish(),
            () = at(ripens) => collector.published.touch(),
            Ok(()) = changed.changed() => collector.published.touch(),
            _ = pulse.tick() => {
                if collector.cluster.api.get("/readyz", "text/plain").await.is_ok() {
                    collector.published.proven(clock::now());
                    collector.judge();
                }
            }
        }
    }
}

/// Ends at that moment; never, when there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

impl Collector {
    fn begin(&mut self, namespaces: &[String]) {
        self.watch::<core::Pod>(namespaces);
        self.watch::<apps::ReplicaSet>(namespaces);
        self.watch::<apps::Deployment>(namespaces);
        self.watch::<apps::StatefulSet>(namespaces);
        self.watch::<apps::DaemonSet>(namespaces);
        self.watch::<batch::Job>(namespaces);
        self.watch::<batch::CronJob>(namespaces);
        self.watch::<autoscaling::Autoscaler>(namespaces);
        self.watch::<autoscaling::DisruptionBudget>(namespaces);
        self.watch::<core::Node>(&[]);
    }

    /// Watches a kind in each of these namespaces; without any, in all.
    fn watch<W: Kept>(&mut self, namespaces: &[String]) {
        let places: Vec<Option<String>> = match namespaces {
            [] => vec![None],
            some => some.iter().cloned().map(Some).collect(),
        };
        for namespace in places {
            let feed = self.cluster.store().feeds.add(W::PLURAL, namespace.clone());
            let cluster = Arc::clone(&self.cluster);
            let tell = move |change: Change<W>| {
                let mut store = cluster.store();
                store.feeds.note(feed, &change, Instant::now());
                let mark = store.feeds.mark(feed);
                match &change {
                    Change::There(object) => object.put(&mut store, mark, clock::now()),
                    Change::Gone(uid) => W::remove(&mut store, &String::from_utf8_lossy(uid)),
                    Change::Complete => W::sweep(&mut store, mark),
                    Change::Broken(_) => store.touch_strays(),
                    Change::Alive | Change::Opening | Change::Begin => {}
                }
                drop(store);
                cluster.changed.send_replace(());
            };
            let api = self.cluster.api.clone();
            self.watches
                .spawn(follow(api, namespace, self.gate.subscribe(), tell));
        }
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Refresh => self.gate.send_modify(|gate| gate.begun += 1),
            Request::Visible(services) => {
                rights::look(&self.cluster, services.into_iter().map(|id| id.group));
            }
            other => requests::serve(&self.cluster, other),
        }
    }

    /// When time alone changes something next.
    fn ripens(&self) -> Option<Instant> {
        let rows = self.cluster.store().ripens();
        let next = rows.into_iter().chain(self.rollouts.ripens()).min()?;
        let wait = next.duration_since(clock::now());
        let wait = Duration::try_from(wait).unwrap_or_default();
        Some(Instant::now() + wait)
    }

    fn publish(&mut self) {
        let now: Timestamp = clock::now();
        self.rollouts.ripen(now);
        self.services
            .follow(&mut self.cluster.store(), &mut self.rollouts, now);
        self.judge();
        let services = self.services.all();
        self.inquiries.ask(&self.cluster, &services, &self.rollouts);
        let host = Host {
            rights: self.cluster.rights.rights(),
            ..Host::default()
        };
        let rollouts = self.rollouts.rows();
        self.published.publish(services, rollouts, &host, false);
    }

    fn judge(&mut self) {
        let standing = self.cluster.store().feeds.standing(Instant::now());
        let (health, problem) = match standing {
            Standing::Current => (SourceHealth::Live, SafeText::EMPTY),
            Standing::Behind(words) => (SourceHealth::Connecting, words),
            Standing::Silent(words) => (SourceHealth::Stale, words),
        };
        self.published.link(health, problem);
    }
}
