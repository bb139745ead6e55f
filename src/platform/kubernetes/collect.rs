//! Collecting: watches tell the store, and what they change is published at most every 100 ms.
//!
//! An outage changes how much can be believed, never what is there: old rows stand.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

use super::{
    KubernetesOptions,
    api::Api,
    cluster::Cluster,
    feeds::Standing,
    inquiries::Inquiries,
    kept::Kept,
    link::{Beat, Introduction, Pulse},
    metrics, requests, rights,
    rollouts::Rollouts,
    services::Services,
    store::Store,
    watching::{Change, Gate, Resource as _, follow},
    wire::{apps, argo, autoscaling, batch, core},
};
use crate::{
    clock,
    domain::{
        details::PlatformEvent,
        host::{Host, Unseen},
        source::SourceHealth,
    },
    platform::{Request, outbox::Outbox, own_thread::Ends, published::Published},
    safe,
    text::SafeText,
};

/// Between two looks at whether a watch has fallen silent.
const LOOK: Duration = Duration::from_secs(2);

/// So long, at most, the kinds wait for the one that fills the first screen: the handshakes of a dozen connections at once
/// would come before its answer.
const HEAD_START: Duration = Duration::from_millis(50);

/// The loop's state.
struct Collector {
    cluster: Arc<Cluster>,
    gate: watch::Sender<Gate>,
    /// What is looked at; without any, all.
    namespaces: Vec<String>,
    watches: JoinSet<()>,
    /// Whether the kind that fills the first screen has answered.
    rows_came: watch::Sender<bool>,
    services: Services,
    rollouts: Rollouts,
    inquiries: Inquiries,
    host: Host,
    /// The last sign of life, or of its absence.
    beat: Option<Beat>,
    published: Published,
    hurry: Arc<Notify>,
    anew: Arc<Notify>,
    outbox: Outbox,
}

/// Runs until the handle is dropped.
pub(super) async fn run(options: KubernetesOptions, ends: Ends) {
    let Ends {
        state,
        mut requests,
        events,
    } = ends;
    let (tell, mut news) = mpsc::unbounded_channel();
    let (namespaces, patience) = (options.namespaces.clone(), options.patience);
    let api = Api::new(options);
    let (hurry, anew) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (out, mut beats) = mpsc::channel(4);
    let mut pulse = JoinSet::new();
    pulse.spawn(
        Pulse {
            api: api.clone(),
            hurry: Arc::clone(&hurry),
            anew: Arc::clone(&anew),
            out,
        }
        .run(),
    );
    let mut collector = Collector {
        cluster: Cluster::new(api, state.subscribe(), patience, tell),
        gate: watch::Sender::new(Gate::shut()),
        namespaces,
        watches: JoinSet::new(),
        rows_came: watch::Sender::new(false),
        services: Services::default(),
        rollouts: Rollouts::default(),
        inquiries: Inquiries::default(),
        host: Host::default(),
        beat: None,
        published: Published::new(state),
        hurry,
        anew,
        outbox: Outbox::new(events),
    };
    collector.begin();
    let mut changed = collector.cluster.changed.subscribe();
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
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
            Some(beat) = beats.recv() => collector.beat(beat),
            () = collector.outbox.drain() => {}
            () = at(publish_at) => collector.publish(),
            () = at(ripens) => collector.published.touch(),
            Ok(()) = changed.changed() => {
                collector.confine();
                if collector.has_something_to_show() {
                    collector.published.touch();
                }
            }
            Some(event) = news.recv() => collector.outbox.push(event),
            _ = look.tick() => collector.judge(),
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

/// What happened since then may have been missed.
fn gap(since: Instant) -> PlatformEvent {
    let to = clock::now();
    let from = to.checked_sub(since.elapsed()).unwrap_or(to);
    PlatformEvent::Gap { from, to }
}

impl Collector {
    /// Where all namespaces were meant and nothing of all may be looked at, there is still the context's own.
    fn confine(&mut self) {
        if !self.namespaces.is_empty() || !self.cluster.store().feeds.blind() {
            return;
        }
        let own = self.cluster.api.own_namespace();
        self.host.confined = Some(SafeText::name(&own));
        self.namespaces = vec![own];
        self.watches.abort_all();
        *self.cluster.store() = Store::default();
        self.begin();
    }

    fn begin(&mut self) {
        let namespaces = &self.namespaces.clone();
        self.rows_came = watch::Sender::new(false);
        self.watch::<apps::Deployment>(namespaces);
        self.watch::<core::Pod>(namespaces);
        self.watch::<apps::ReplicaSet>(namespaces);
        self.watch::<apps::StatefulSet>(namespaces);
        self.watch::<apps::DaemonSet>(namespaces);
        self.watch::<batch::Job>(namespaces);
        self.watch::<batch::CronJob>(namespaces);
        self.watch::<argo::Rollout>(namespaces);
        self.watch::<autoscaling::Autoscaler>(namespaces);
        self.watch::<autoscaling::DisruptionBudget>(namespaces);
        self.watch::<core::ResourceQuota>(namespaces);
        self.watch::<core::Event>(namespaces);
        self.watch::<core::Node>(&[]);
        let (cluster, gate) = (Arc::clone(&self.cluster), self.gate.subscribe());
        self.watches
            .spawn(metrics::follow(cluster, namespaces.clone(), gate));
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
            let hurry = Arc::clone(&self.hurry);
            let is_first = W::PLURAL == apps::Deployment::PLURAL;
            let (rows_came, mut rows) = (self.rows_came.clone(), self.rows_came.subscribe());
            let tell = move |change: Change<W>| {
                let mut store = cluster.store();
                let missed = store.feeds.note(feed, &change, Instant::now());
                let mark = store.feeds.mark(feed);
                match &change {
                    Change::There(object) => object.put(&mut store, mark, clock::now()),
                    Change::Gone(uid) => W::remove(&mut store, &String::from_utf8_lossy(uid)),
                    Change::Complete => W::sweep(&mut store, mark),
                    Change::Broken(error) => {
                        store.touch_strays();
                        if error.code().is_none() {
                            hurry.notify_one();
                        }
                    }
                    Change::Alive | Change::Opening | Change::Renewing | Change::Begin => {}
                }
                drop(store);
                if is_first && !matches!(change, Change::Opening | Change::Begin) {
                    rows_came.send_if_modified(|came| !std::mem::replace(came, true));
                }
                if let Some(since) = missed {
                    cluster.tell(gap(since));
                }
                cluster.changed.send_replace(());
            };
            let api = self.cluster.api.clone();
            let mut gate = self.gate.subscribe();
            self.watches.spawn(async move {
                if !is_first && gate.wait_for(|gate| !gate.shut).await.is_ok() {
                    let _ = timeout(HEAD_START, rows.wait_for(|came| *came)).await;
                }
                follow(api, namespace, gate, tell).await;
            });
        }
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Refresh => {
                self.gate.send_modify(|gate| gate.begun += 1);
                self.anew.notify_one();
            }
            Request::Visible(services) => {
                rights::look(&self.cluster, services.into_iter().map(|id| id.group));
            }
            other => requests::serve(&self.cluster, other),
        }
    }

    fn beat(&mut self, beat: Beat) {
        match &beat {
            // Rows at once: who it is, is told meanwhile.
            Beat::LoggedIn => {
                self.gate.send_modify(|gate| gate.shut = false);
                return;
            }
            Beat::Felt => self.published.proven(clock::now()),
            Beat::Introduced(introduction) => {
                self.published.proven(clock::now());
                self.introduced(introduction.clone());
            }
            // Rows of another cluster are never shown as those of the one we knew: first it says who it is.
            Beat::Silent(_) | Beat::Lost(_) | Beat::Sick(_) | Beat::LoginExpired(_) => {
                self.gate
                    .send_if_modified(|gate| !std::mem::replace(&mut gate.shut, true));
            }
        }
        self.beat = Some(beat);
        self.judge();
    }

    fn introduced(&mut self, introduction: Introduction) {
        let known = &self.host.identity;
        let another = !known.is_empty() && *known != introduction.identity;
        if another {
            // Another cluster under the same address: nothing that was known is true of it.
            self.cluster.store().forget();
            self.cluster.history.forget();
            self.services = Services::default();
            self.rollouts = Rollouts::default();
            self.inquiries = Inquiries::default();
        }
        self.gate.send_if_modified(|gate| {
            let was_shut = std::mem::take(&mut gate.shut);
            gate.begun += u32::from(another);
            gate.reopened += u32::from(was_shut);
            another || was_shut
        });
        let place = self.cluster.api.place();
        self.host = Host {
            confined: self.host.confined.take(),
            unseen: std::mem::take(&mut self.host.unseen),
            name: SafeText::name(place.map(|(context, _)| context).unwrap_or_default()),
            identity: introduction.identity,
            version: introduction.version,
            ..Host::default()
        };
        self.published.touch();
    }

    /// A first look at nothing would only delay the second one.
    fn has_something_to_show(&self) -> bool {
        let store = self.cluster.store();
        self.published.has_rows() || !store.workloads.is_empty() || store.feeds.all_settled()
    }

    /// When time alone changes something next.
    fn ripens(&self) -> Option<Instant> {
        let rows = self.cluster.store().ripens();
        let next = rows.into_iter().chain(self.rollouts.ripens()).min()?;
        let now = clock::now();
        // What is due stands still with a platform that does not answer.
        if self.published.known_until(now) < now {
            return None;
        }
        let wait = next.duration_since(now);
        let wait = Duration::try_from(wait).unwrap_or_default();
        Some(Instant::now() + wait)
    }

    fn publish(&mut self) {
        let now = self.published.known_until(clock::now());
        self.rollouts.ripen(now);
        self.services
            .follow(&mut self.cluster.store(), &mut self.rollouts, now);
        for happening in self.cluster.store().take_happenings() {
            self.cluster.history.remember(happening.clone());
            self.outbox.push(PlatformEvent::Happened(happening));
        }
        let services = self.services.all();
        self.inquiries.ask(&self.cluster, &services, &self.rollouts);
        self.host.rights = self.cluster.rights.rights();
        let rollouts = self.rollouts.rows();
        self.host.unseen = self.unseen();
        self.host.quotas = self.cluster.store().scarce();
        self.published
            .publish(services, rollouts, &self.host, false);
        self.judge();
    }

    fn unseen(&self) -> Vec<Unseen> {
        let confined = self.host.confined.iter().map(|own| Unseen {
            what: SafeText::from_static("namespaces"),
            why: safe!("you may not look into all namespaces, and this is {own} alone (:ns chooses another)"),
        });
        confined
            .chain(self.cluster.store().feeds.unseen())
            .collect()
    }

    fn judge(&mut self) {
        let (standing, known) = {
            let feeds = &self.cluster.store().feeds;
            (feeds.standing(Instant::now()), feeds.any_told())
        };
        let (health, problem) = match &self.beat {
            Some(Beat::Silent(words) | Beat::Sick(words)) if known => {
                (SourceHealth::Stale, words.clone())
            }
            Some(Beat::Silent(words) | Beat::Sick(words) | Beat::Lost(words)) => {
                (SourceHealth::Offline, words.clone())
            }
            Some(Beat::LoginExpired(words)) => (SourceHealth::LoginExpired, words.clone()),
            None | Some(Beat::LoggedIn | Beat::Felt | Beat::Introduced(_)) => match standing {
                Standing::Current => (SourceHealth::Live, SafeText::EMPTY),
                Standing::Silent(words) => (SourceHealth::Stale, words),
                Standing::Behind(words) if known => (SourceHealth::CatchingUp, words),
                Standing::Behind(words) => (SourceHealth::Connecting, words),
            },
        };
        self.published.link(health, problem);
    }
}
