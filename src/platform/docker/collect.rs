//! Collecting: one loop that owns all that is known of a daemon, on a thread of its own.
//!
//! It never waits for an answer. Calls run as tasks and come back as [`Input`]; what they change is published at most
//! every 100 ms. An outage changes how much can be believed, never what is there: old rows stand.

mod outbox;
mod published;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use crate::{
    domain::{
        host::Host,
        service::ServiceId,
        source::{SourceHealth, SourceState},
    },
    platform::{
        PlatformEvent, Request,
        docker::{
            DockerOptions,
            backoff::Backoff,
            clock::now,
            daemon::Daemon,
            disk,
            engine::Engine,
            error::CallError,
            fleet::Fleet,
            host::{Address, Place},
            link::{self, LinkEvent, Subscription},
            requests,
            rollouts::Rollouts,
            trouble,
            wire::{Event, Info, Inspected, Listed, Stats},
            words,
        },
    },
    safe,
};
use outbox::Outbox;
use published::Published;

/// Between two looks at everything, whatever the events say.
const RECONCILE: Duration = Duration::from_secs(30);

/// Inspects under way at a time.
const INSPECTS: usize = 8;

/// How fresh the figures of what is on screen are to be, and of the rest.
const FRESH: Duration = Duration::from_secs(2);
const LESS_FRESH: Duration = Duration::from_secs(10);

/// Between two samples: the daemon pays for each (some 10 ms of its processor), so there are ten a second at most.
const APART: Duration = Duration::from_millis(100);

/// A sample that takes longer is worth nothing.
const SAMPLE: Duration = Duration::from_secs(10);

/// Happenings kept for the details of services.
const HISTORY: usize = 1000;

/// How far back the events are asked for at first: the daemon keeps 256.
const LOOK_BACK: i64 = 3600;

/// What comes back from the tasks.
#[derive(Debug)]
enum Input {
    Listed(Result<Vec<Listed>, CallError>),
    Inspected(String, Result<Box<Inspected>, CallError>),
    Sampled(String, Result<Box<Stats>, CallError>),
    Host(Box<Info>),
    Disk(Option<(u64, u64)>),
}

/// The loop's state.
pub(super) struct Collector {
    engine: Engine,
    place: Place,
    fleet: Fleet,
    rollouts: Rollouts,
    host: Host,
    root: String,
    published: Published,
    outbox: Outbox,
    daemon: Arc<Daemon>,
    inputs: mpsc::Sender<Input>,
    links: mpsc::Sender<LinkEvent>,
    /// Calls under way; all are given up when the connection is.
    calls: JoinSet<()>,
    /// Feels the pulse at once.
    hurry: Arc<Notify>,
    subscription: Option<AbortHandle>,
    /// The subscription's number.
    number: u64,
    resubscribe: Backoff,
    resubscribe_at: Option<Instant>,
    subscribed: bool,
    /// A list came since the connection came up.
    listed: bool,
    pulse: Option<Result<(), CallError>>,
    /// Events that came before the first list.
    early: Vec<Event>,
    last_event: Option<Timestamp>,
    /// What the present subscription replays up to here was told already.
    replayed: Option<Timestamp>,
    lost_at: Option<Timestamp>,
    /// To be inspected, each once; and what is being inspected, with whether it changed meanwhile.
    waiting: VecDeque<String>,
    flying: HashMap<String, bool>,
    /// Could not be inspected; tried again with the next look at everything.
    failed: Vec<String>,
    /// Looks at everything in a row that found what no event had told.
    suspicions: u32,
    visible: HashSet<ServiceId>,
    /// When each was sampled, in milliseconds since the start.
    taken: HashMap<String, u64>,
    sampling: bool,
    sample_at: Instant,
    begun: Instant,
}

/// Runs until the handle is dropped.
pub(super) async fn run(
    options: DockerOptions,
    engine: Engine,
    place: Place,
    state: watch::Sender<SourceState>,
    events: mpsc::Sender<PlatformEvent>,
    mut requests: mpsc::Receiver<Request>,
) {
    let (inputs, mut answers) = mpsc::channel(64);
    let (links, mut link_events) = mpsc::channel(256);
    let hurry = Arc::new(Notify::new());
    let dear = matches!(place.address, Address::Ssh { .. });
    let mut tasks = JoinSet::new();
    tasks.spawn(link::pulse(
        engine.clone(),
        dear,
        Arc::clone(&hurry),
        links.clone(),
    ));
    let daemon = Arc::new(Daemon::new(engine.clone(), state.subscribe()));
    let begun = Instant::now();
    let mut collector = Collector {
        engine,
        place,
        fleet: Fleet::new(options.projects),
        rollouts: Rollouts::default(),
        host: Host::default(),
        root: String::new(),
        published: Published::new(state),
        outbox: Outbox::new(events),
        daemon,
        inputs,
        links,
        calls: JoinSet::new(),
        hurry,
        subscription: None,
        number: 0,
        resubscribe: Backoff::default(),
        resubscribe_at: None,
        subscribed: false,
        listed: false,
        pulse: None,
        early: Vec::new(),
        last_event: None,
        replayed: None,
        lost_at: None,
        waiting: VecDeque::new(),
        flying: HashMap::new(),
        failed: Vec::new(),
        suspicions: 0,
        visible: HashSet::new(),
        taken: HashMap::new(),
        sampling: false,
        sample_at: begun,
        begun,
    };
    let mut reconcile = interval(RECONCILE);
    reconcile.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reconcile.tick().await;
    let far = begun + Duration::from_secs(86_400 * 365);
    loop {
        let publish_at = collector.published.due().unwrap_or(far);
        let sample_at = if collector.sampling || !collector.live() {
            far
        } else {
            collector.sample_at
        };
        let resubscribe_at = collector.resubscribe_at.unwrap_or(far);
        tokio::select! {
            biased;
            request = requests.recv() => match request {
                Some(request) => collector.request(request),
                None => return,
            },
            Some(event) = link_events.recv() => collector.link(event),
            Some(input) = answers.recv() => collector.input(input),
            () = sleep_until(publish_at) => collector.publish(),
            () = sleep_until(resubscribe_at) => collector.subscribe(),
            () = sleep_until(sample_at) => collector.sample(),
            _ = reconcile.tick() => collector.reconcile(),
            () = collector.outbox.drain() => {}
            Some(_) = collector.calls.join_next() => {}
        }
    }
}

impl Collector {
    fn live(&self) -> bool {
        matches!(self.pulse, Some(Ok(())))
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Visible(services) => {
                self.visible = services.into_iter().collect();
                self.sample_at = self.sample_at.min(Instant::now() + APART);
            }
            Request::Refresh => self.reconcile(),
            other => requests::serve(&self.daemon, other),
        }
    }

    fn link(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Pulse(pulse) => self.pulse(pulse),
            LinkEvent::Subscribed(number) if number == self.number => {
                self.subscribed = true;
                self.resubscribe.reset();
                if let Some(from) = self.lost_at.take() {
                    self.outbox.push(PlatformEvent::Gap { from, to: now() });
                    self.list();
                }
            }
            LinkEvent::Event(event) if self.listed => self.event(&event),
            LinkEvent::Event(event) => self.early.push(*event),
            LinkEvent::Lost(number) if number == self.number => {
                self.lost();
                self.hurry.notify_one();
                self.resubscribe_at = Some(Instant::now() + self.resubscribe.next());
            }
            // Of a subscription that was given up.
            LinkEvent::Subscribed(_) | LinkEvent::Lost(_) => {}
        }
        self.judge_link();
    }

    /// A subscription ended. What happened since its last sign is not known.
    fn lost(&mut self) {
        if self.subscribed {
            self.lost_at = self.last_event.max(self.published.proof());
        }
        self.subscribed = false;
        self.subscription = None;
    }

    fn pulse(&mut self, pulse: Result<(), CallError>) {
        let was = self.live();
        let first = self.pulse.is_none();
        self.pulse = Some(pulse);
        if self.live() {
            self.published.proven(now());
            if !was {
                // A new connection: nothing that was begun over the old one is waited for.
                self.abandon_calls();
                self.engine.reconnect();
                if let Some(old) = self.subscription.take() {
                    old.abort();
                    self.lost();
                }
                self.subscribe();
                self.list();
            }
        } else if was || first {
            self.listed = false;
        }
    }

    fn abandon_calls(&mut self) {
        self.calls.abort_all();
        self.waiting.extend(self.flying.drain().map(|(id, _)| id));
        self.sampling = false;
    }

    fn subscribe(&mut self) {
        self.resubscribe_at = None;
        if self.subscription.is_some() || !self.live() {
            return;
        }
        let since = match self.last_event {
            Some(at) => format!("{}.{:09}", at.as_second(), at.subsec_nanosecond()),
            None => (now().as_second() - LOOK_BACK).to_string(),
        };
        self.number += 1;
        self.replayed = self.last_event;
        let subscription = Subscription {
            engine: self.engine.clone(),
            number: self.number,
            since,
            filtered: !self.engine.is_podman(),
            out: self.links.clone(),
        };
        self.subscription = Some(self.calls.spawn(subscription.run()));
    }

    fn reconcile(&mut self) {
        if self.live() {
            for id in std::mem::take(&mut self.failed) {
                self.inspect(id);
            }
            self.list();
            self.disk();
        }
    }

    fn list(&mut self) {
        let (engine, inputs) = (self.engine.clone(), self.inputs.clone());
        self.calls.spawn(async move {
            let _ = inputs
                .send(Input::Listed(engine.get("/containers/json?all=1").await))
                .await;
        });
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Listed(Ok(listed)) => self.take_list(listed),
            Input::Listed(Err(error)) => {
                // The pulse says whether the daemon is gone; else what it said is worth showing.
                if let CallError::Refused { .. } | CallError::Garbled(_) = error {
                    self.published.problem(error.text());
                }
                self.hurry.notify_one();
            }
            Input::Inspected(id, answer) => {
                let again = self.flying.remove(&id).unwrap_or_default();
                match answer {
                    Ok(inspected) => {
                        self.fleet.inspected(&inspected);
                        self.published.touch();
                    }
                    Err(CallError::Refused { status: 404, .. }) => {
                        self.fleet.remove(&id);
                        self.published.touch();
                    }
                    Err(_) => {
                        self.hurry.notify_one();
                        self.failed.push(id.clone());
                    }
                }
                if again {
                    self.waiting.push_back(id);
                }
                self.inspect_waiting();
            }
            Input::Sampled(id, answer) => {
                self.sampling = false;
                if let Ok(stats) = answer {
                    self.fleet.sampled(&id, &stats);
                    self.published.touch();
                }
                self.plan_sample();
            }
            Input::Host(info) => self.take_host(&info),
            Input::Disk(space) => {
                self.host.disk_free_bytes = space.map(|(free, _)| free);
                self.host.disk_size_bytes = space.map(|(_, size)| size);
                self.published.touch();
            }
        }
    }

    fn take_list(&mut self, listed: Vec<Listed>) {
        self.published.proven(now());
        let first = !self.listed;
        let (changed, missed) = self.fleet.list(listed);
        self.listed = true;
        // After an outage a row can look as it did and be another run.
        let inspect = if first { self.fleet.ids() } else { changed };
        for id in inspect {
            self.inspect(id);
        }
        for event in std::mem::take(&mut self.early) {
            self.event(&event);
        }
        if first {
            // Rows at once; what their inspects add comes after.
            self.publish();
            self.ask_host();
        } else {
            self.published.touch();
            self.suspect(missed);
        }
        self.judge_link();
    }

    /// A stream of events that says nothing of what changes may be dead without our knowing: twice in a row, with no event
    /// in between, and it is made anew.
    fn suspect(&mut self, missed: bool) {
        self.suspicions += u32::from(missed && self.subscribed);
        if self.suspicions >= 2
            && let Some(old) = self.subscription.take()
        {
            old.abort();
            self.suspicions = 0;
            self.lost();
            self.subscribe();
        }
    }

    fn event(&mut self, event: &Event) {
        let at = event.at();
        // A daemon that replays tells the last one again.
        if event.kind != "container" || self.replayed.is_some_and(|last| at <= last) {
            return;
        }
        self.last_event = self.last_event.max(Some(at));
        self.suspicions = 0;
        self.published.proven_by_event(now());
        if let Some(happening) = words::happening(event) {
            self.daemon.remember(happening.clone(), HISTORY);
            self.outbox.push(PlatformEvent::Happened(happening));
        }
        if let Some(id) = self.fleet.event(event) {
            self.inspect(id);
        }
        self.published.touch();
    }

    fn inspect(&mut self, id: String) {
        if let Some(again) = self.flying.get_mut(&id) {
            *again = true;
        } else if !self.waiting.contains(&id) {
            self.waiting.push_back(id);
        }
        self.inspect_waiting();
    }

    fn inspect_waiting(&mut self) {
        while self.flying.len() < INSPECTS
            && let Some(id) = self.waiting.pop_front()
        {
            let (engine, inputs) = (self.engine.clone(), self.inputs.clone());
            self.flying.insert(id.clone(), false);
            self.calls.spawn(async move {
                let answer = engine
                    .get(&format!("/containers/{id}/json"))
                    .await
                    .map(Box::new);
                let _ = inputs.send(Input::Inspected(id, answer)).await;
            });
        }
        if self.flying.is_empty() {
            self.plan_sample();
        }
    }

    fn plan_sample(&mut self) {
        let clock = Instant::now();
        let fresh = |service: &ServiceId| {
            if self.visible.contains(service) {
                FRESH
            } else {
                LESS_FRESH
            }
            .as_millis() as u64
        };
        self.sample_at = match self.fleet.next_due(&self.taken, fresh) {
            Some((_, due)) => (self.begun + Duration::from_millis(due)).max(clock + APART),
            None => clock + LESS_FRESH,
        };
    }

    fn sample(&mut self) {
        let fresh = |service: &ServiceId| {
            if self.visible.contains(service) {
                FRESH
            } else {
                LESS_FRESH
            }
            .as_millis() as u64
        };
        let clock = self.begun.elapsed().as_millis() as u64;
        match self.fleet.next_due(&self.taken, fresh) {
            Some((id, due)) if due <= clock => {
                self.sampling = true;
                self.taken.insert(id.clone(), clock);
                if self.taken.len() > 2 * self.fleet.iter().count() + 16 {
                    let fleet = &self.fleet;
                    self.taken.retain(|id, _| fleet.get(id).is_some());
                }
                let (engine, inputs) = (self.engine.clone(), self.inputs.clone());
                self.calls.spawn(async move {
                    let path = format!("/containers/{id}/stats?stream=false&one-shot=true");
                    let answer = engine
                        .send(hyper::Method::GET, &path, bytes::Bytes::new(), SAMPLE)
                        .await;
                    let answer = answer
                        .and_then(|bytes| crate::platform::docker::engine::parse(&bytes))
                        .map(Box::new);
                    let _ = inputs.send(Input::Sampled(id, answer)).await;
                });
            }
            _ => self.plan_sample(),
        }
    }

    fn ask_host(&mut self) {
        let (engine, inputs) = (self.engine.clone(), self.inputs.clone());
        self.calls.spawn(async move {
            if let Ok(info) = engine.get::<Info>("/info").await {
                let _ = inputs.send(Input::Host(Box::new(info))).await;
            }
        });
    }

    fn take_host(&mut self, info: &Info) {
        let identity = crate::text::SafeText::name(&info.id);
        if !self.host.identity.is_empty() && self.host.identity != identity {
            // Another daemon under the same address: nothing that was known is true of it.
            self.rollouts = Rollouts::default();
            self.daemon.forget();
        }
        let kind = if self.engine.is_podman() {
            "Podman"
        } else {
            "Docker"
        };
        self.host.identity = identity;
        self.host.name = crate::text::SafeText::name(&info.name);
        self.host.version = safe!(
            "{kind} {}, API 1.{}",
            info.server_version,
            self.engine.api_minor()
        );
        self.root.clone_from(&info.docker_root_dir);
        self.disk();
        self.published.touch();
    }

    fn disk(&mut self) {
        if self.place.local_socket().is_some() && !self.root.is_empty() {
            let (root, inputs) = (self.root.clone(), self.inputs.clone());
            self.calls.spawn(async move {
                let _ = inputs.send(Input::Disk(disk::space(&root).await)).await;
            });
        }
    }

    fn judge_link(&mut self) {
        let (health, problem) = match &self.pulse {
            None => (SourceHealth::Connecting, crate::text::SafeText::EMPTY),
            Some(Ok(())) if self.subscribed && self.listed => {
                (SourceHealth::Live, crate::text::SafeText::EMPTY)
            }
            Some(Ok(())) if self.published.proof_of_rows() => {
                (SourceHealth::CatchingUp, crate::text::SafeText::EMPTY)
            }
            Some(Ok(())) => (SourceHealth::Connecting, crate::text::SafeText::EMPTY),
            Some(Err(error)) => {
                let silent = matches!(error, CallError::Silent(_));
                let health = if silent && self.published.proof().is_some() {
                    SourceHealth::Stale
                } else {
                    SourceHealth::Offline
                };
                (health, trouble::explain(error, &self.place))
            }
        };
        self.published.link(health, problem);
    }

    fn publish(&mut self) {
        let clock = now();
        let replaced = |id: &crate::domain::instance::InstanceId| {
            self.fleet.get(&id.0).is_some_and(|c| c.replaces)
        };
        let services = crate::platform::docker::project::services(
            self.fleet.iter(),
            self.published.services(),
            clock,
        );
        self.rollouts.watch(&services, &replaced, clock);
        let restless = self.rollouts.open() || self.fleet.ripening(clock);
        self.published
            .publish(services, self.rollouts.rows(), &self.host, restless);
    }
}
