//! Collecting: one loop that owns all that is known of a daemon, on a thread of its own.
//!
//! It never waits for an answer. Calls run as tasks and come back as [`Input`]; what they change is published at most
//! every 100 ms. An outage changes how much can be believed, never what is there: old rows stand.

mod connection;
mod inspections;
mod last_words;
mod sampling;

use std::{collections::HashSet, sync::Arc, time::Duration};

use bytes::Bytes;
use hyper::Method;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use crate::{
    clock,
    domain::{
        details::PlatformEvent,
        host::Host,
        instance::{InstanceId, Phase},
    },
    platform::{
        Request,
        docker::{
            DockerOptions,
            daemon::Daemon,
            disk,
            engine::{Engine, parse},
            error::CallError,
            fleet::Fleet,
            host::{Address, Endpoint},
            link::{self, LinkEvent},
            project, requests,
            rollouts::Rollouts,
            wire::{Event, Info, Inspected, Listed, Stats},
            words,
        },
        outbox::Outbox,
        own_thread::Ends,
        published::Published,
    },
    safe,
    text::SafeText,
};
use connection::Connection;
use inspections::Inspections;
use sampling::Sampling;

/// Between two looks at everything, whatever the events say.
const RECONCILE: Duration = Duration::from_secs(30);

/// A sample that takes longer is worth nothing.
const SAMPLE: Duration = Duration::from_secs(10);

/// How long a daemon may take to say who it is: rows wait for it after an outage.
const INTRODUCTION: Duration = Duration::from_secs(10);

/// What comes back from the tasks.
#[derive(Debug)]
enum Input {
    Listed(Result<Vec<Listed>, CallError>),
    Inspected(String, Result<Box<Inspected>, CallError>),
    Sampled(String, Result<Box<Stats>, CallError>),
    Host(Result<Box<Info>, CallError>),
    Disk(Option<(u64, u64)>),
    /// Whether the image of that container is gone.
    ImageMissing(String, bool),
    /// What that container said before it ended at that moment.
    LastWords(String, Timestamp, SafeText),
}

/// The loop's state.
pub(super) struct Collector {
    engine: Engine,
    place: Endpoint,
    daemon: Arc<Daemon>,
    connection: Connection,
    fleet: Fleet,
    inspections: Inspections,
    sampling: Sampling,
    rollouts: Rollouts,
    host: Host,
    /// Where the daemon keeps its data.
    root: String,
    published: Published,
    outbox: Outbox,
    inputs: mpsc::Sender<Input>,
    links: mpsc::Sender<LinkEvent>,
    /// Calls under way; all are given up when the connection is.
    calls: JoinSet<()>,
    /// Feels the pulse at once.
    hurry: Arc<Notify>,
}

/// Runs until the handle is dropped.
pub(super) async fn run(options: DockerOptions, engine: Engine, place: Endpoint, ends: Ends) {
    let Ends {
        state,
        events,
        mut requests,
    } = ends;
    let (inputs, mut answers) = mpsc::channel(64);
    let (links, mut link_events) = mpsc::channel(256);
    let hurry = Arc::new(Notify::new());
    let dear = matches!(place.address, Address::Ssh { .. });
    let mut pulse = JoinSet::new();
    pulse.spawn(link::pulse(
        engine.clone(),
        dear,
        Arc::clone(&hurry),
        links.clone(),
    ));
    let mut collector = Collector {
        daemon: Arc::new(Daemon::new(engine.clone(), state.subscribe())),
        engine,
        place,
        connection: Connection::default(),
        fleet: Fleet::new(options.projects),
        inspections: Inspections::default(),
        sampling: Sampling::new(),
        rollouts: Rollouts::default(),
        host: Host::default(),
        root: String::new(),
        published: Published::new(state),
        outbox: Outbox::new(events),
        inputs,
        links,
        calls: JoinSet::new(),
        hurry,
    };
    let mut reconcile = interval(RECONCILE);
    reconcile.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reconcile.tick().await;
    loop {
        let publish_at = collector.published.due();
        let subscribe_at = collector.connection.resubscribe_at;
        let sample_at = collector
            .sampling
            .due()
            .filter(|_| collector.connection.lives());
        tokio::select! {
            biased;
            request = requests.recv() => match request {
                Some(request) => collector.request(request),
                None => return,
            },
            Some(event) = link_events.recv() => collector.link(event),
            Some(input) = answers.recv() => collector.input(input),
            () = at(publish_at) => collector.publish(),
            () = at(subscribe_at) => collector.subscribe(),
            () = at(sample_at) => collector.sample(),
            _ = reconcile.tick() => collector.reconcile(),
            () = collector.outbox.drain() => {}
            Some(_) = collector.calls.join_next() => {}
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
    fn request(&mut self, request: Request) {
        match request {
            Request::Visible(services) => self.sampling.show(services),
            Request::Refresh => self.reconcile(),
            other => requests::serve(&self.daemon, other),
        }
    }

    fn reconcile(&mut self) {
        if self.connection.lives() {
            if let Some(Err(_)) = self.connection.introduced {
                self.ask_host();
            }
            self.inspections.retry();
            // Of checks that fail while it starts no event tells.
            for id in self.fleet.starting() {
                self.inspections.want(id);
            }
            self.inspect();
            self.list();
            self.look_at_disk();
        }
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Listed(Ok(listed)) => self.take_list(listed),
            Input::Listed(Err(error)) => {
                self.connection.listing = None;
                // The pulse says whether the daemon is gone; else what it said is worth showing.
                if let CallError::Refused { .. } | CallError::Garbled(_) = error {
                    self.published.problem(error.text());
                } else {
                    self.hurry.notify_one();
                    self.connection.unlisted = Some(error);
                    self.judge_link();
                }
            }
            Input::Inspected(id, answer) => self.take_inspect(id, answer),
            Input::Sampled(id, answer) => {
                if let Ok(stats) = answer {
                    self.fleet.sampled(&id, &stats);
                    self.published.touch();
                }
                self.sampling.end(&self.fleet);
            }
            Input::Host(answer) => self.take_introduction(answer),
            Input::ImageMissing(id, missing) => {
                self.fleet.image_missing(&id, missing);
                self.published.touch();
            }
            Input::LastWords(id, end, words) => {
                let container = self.fleet.get_mut(&id);
                if let Some(container) = container.filter(|c| c.words_of == Some(end)) {
                    container.last_words = words;
                    self.published.touch();
                }
            }
            Input::Disk(space) => {
                self.host.disk_free_bytes = space.map(|(free, _)| free);
                self.host.disk_size_bytes = space.map(|(_, size)| size);
                self.published.touch();
            }
        }
    }

    /// Begins a call, whose answer comes back as an input.
    fn call(&mut self, call: impl Future<Output = Option<Input>> + Send + 'static) {
        let inputs = self.inputs.clone();
        self.calls.spawn(async move {
            if let Some(input) = call.await {
                let _ = inputs.send(input).await;
            }
        });
    }

    fn list(&mut self) {
        // Rows of another daemon are never shown as those of the one we knew: first it says who it is.
        if self.connection.introduced.is_none() && !self.host.identity.is_empty() {
            return;
        }
        if self.connection.listing.is_none() {
            self.connection.listing = Some(HashSet::new());
            let engine = self.engine.clone();
            self.call(
                async move { Some(Input::Listed(engine.get("/containers/json?all=1").await)) },
            );
        }
    }

    fn take_list(&mut self, listed: Vec<Listed>) {
        let told = self.connection.listing.take().unwrap_or_default();
        self.connection.unlisted = None;
        let first = !std::mem::replace(&mut self.connection.listed, true);
        let (changed, missed) = self.fleet.list(listed, &told);
        // After an outage a row can look as it did and be another run.
        for id in if first { self.fleet.ids() } else { changed } {
            self.inspections.want(id);
        }
        for event in std::mem::take(&mut self.connection.early) {
            self.event(&event);
        }
        if first {
            // Rows at once; what their inspects add comes after.
            self.publish();
        } else {
            self.published.touch();
            self.suspect(missed);
        }
        self.inspect();
        self.judge_link();
    }

    fn event(&mut self, event: &Event) {
        if event.kind != "container" || !self.connection.heard(event.at()) {
            return;
        }
        self.published.proven_by_event(clock::now());
        if let Some(happening) = words::happening(event) {
            self.daemon.history.remember(happening.clone());
            self.outbox.push(PlatformEvent::Happened(happening));
        }
        if let Some(told) = &mut self.connection.listing {
            told.insert(event.actor.id.clone());
        }
        if event.is_end() {
            self.inspections.forget(&event.actor.id);
        }
        if let Some(id) = self.fleet.event(event) {
            self.inspections.want(id);
            self.inspect();
        }
        self.published.touch();
    }

    fn inspect(&mut self) {
        while let Some(id) = self.inspections.begin() {
            let engine = self.engine.clone();
            self.call(async move {
                let answer = engine.get(&format!("/containers/{id}/json")).await;
                Some(Input::Inspected(id, answer.map(Box::new)))
            });
        }
    }

    fn take_inspect(&mut self, id: String, answer: Result<Box<Inspected>, CallError>) {
        let mut answered = true;
        match answer {
            // Of one that was removed while it was asked for.
            _ if !self.inspections.awaits(&id) => return,
            Ok(inspected) => {
                self.fleet.inspected(&inspected);
                self.ask_for_last_words(&inspected);
                self.look_for_image(&id);
            }
            Err(CallError::Refused { status: 404, .. }) => self.fleet.remove(&id),
            Err(_) => {
                answered = false;
                self.hurry.notify_one();
            }
        }
        self.inspections.end(id, answered);
        self.inspect();
        self.published.touch();
        if self.inspections.idle() {
            self.sampling.plan(&self.fleet);
        }
    }

    fn sample(&mut self) {
        if let Some(id) = self.sampling.begin(&self.fleet) {
            let engine = self.engine.clone();
            self.call(async move {
                let path = format!("/containers/{id}/stats?stream=false&one-shot=true");
                let answer = engine.send(Method::GET, &path, Bytes::new(), SAMPLE).await;
                let answer = answer.and_then(|bytes| parse(&bytes));
                Some(Input::Sampled(id, answer.map(Box::new)))
            });
        }
    }

    fn ask_host(&mut self) {
        let engine = self.engine.clone();
        self.call(async move {
            let answer = engine
                .send(Method::GET, "/info", Bytes::new(), INTRODUCTION)
                .await;
            let answer = answer.and_then(|bytes| parse(&bytes));
            Some(Input::Host(answer.map(Box::new)))
        });
    }

    fn take_introduction(&mut self, answer: Result<Box<Info>, CallError>) {
        match answer {
            Ok(info) => {
                self.connection.introduced = Some(Ok(()));
                self.take_host(&info);
            }
            Err(error) => {
                log::warn!("who the daemon is was not told: {error}");
                self.connection.introduced = Some(Err(error));
            }
        }
        if !self.connection.listed {
            self.list();
        }
        self.judge_link();
    }

    fn take_host(&mut self, info: &Info) {
        let identity = info.identity();
        if !self.host.identity.is_empty() && self.host.identity != identity {
            // Another daemon under the same address: nothing that was known is true of it.
            self.rollouts = Rollouts::default();
            self.fleet.forget();
            self.inspections.abandon();
            self.daemon.history.forget();
            self.connection.forget();
            self.subscribe();
            self.host = Host::default();
        }
        let kind = if self.engine.is_podman() {
            "Podman"
        } else {
            "Docker"
        };
        self.host.identity = identity;
        self.host.name = SafeText::name(&info.name);
        self.host.version = safe!(
            "{kind} {}, API 1.{}",
            info.server_version,
            self.engine.api_minor()
        );
        self.root.clone_from(&info.docker_root_dir);
        self.look_at_disk();
        self.published.touch();
    }

    /// What does not run may have lost its image, and nothing else tells.
    fn look_for_image(&mut self, id: &str) {
        let Some(container) = self.fleet.get(id).filter(|c| c.phase != Phase::Running) else {
            return;
        };
        let path = format!("/images/{}/json", container.image_id);
        let (engine, id) = (self.engine.clone(), id.to_owned());
        self.call(async move {
            match engine.get::<IgnoredAny>(&path).await {
                Ok(_) => Some(Input::ImageMissing(id, false)),
                Err(CallError::Refused { status: 404, .. }) => Some(Input::ImageMissing(id, true)),
                Err(_) => None,
            }
        });
    }

    fn look_at_disk(&mut self) {
        if self.place.local_socket().is_some() && !self.root.is_empty() {
            let root = self.root.clone();
            self.call(async move { Some(Input::Disk(disk::space(&root).await)) });
        }
    }

    fn publish(&mut self) {
        let now = self.published.known_until(clock::now());
        let fleet = &self.fleet;
        let services = project::services(fleet.iter(), self.published.services(), now);
        let replaced = |id: &InstanceId| fleet.get(&id.0).is_some_and(|c| c.replaces);
        self.rollouts.watch(&services, &replaced, now);
        let restless = self.rollouts.open() || fleet.ripening(now);
        self.published
            .publish(services, self.rollouts.rows(), &self.host, restless);
    }
}
