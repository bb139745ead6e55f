//! A proxy between the console and a platform that breaks what it is told to break, and notes each request.
//!
//! | made with | stands before | breaks |
//! | --- | --- | --- |
//! | `unix`, `tcp` | HTTP/1.1: a Docker daemon | connections and requests |
//! | `passing` | anything over TCP, TLS and HTTP/2 untouched: an API server as it is | connections |
//! | `terminating` | HTTPS: an API server, by HTTP/1.1 | connections and requests |

mod fault;
mod pump;
mod requests;
mod stream;
mod tls;

use std::collections::VecDeque;
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tempfile::TempDir;

pub(crate) use fault::{Fault, Rule};
use pump::Connection;
pub(crate) use requests::Request;
use stream::{Listener, Stream};
pub(crate) use tls::Papers;

/// A running proxy; it and its connections end with this value.
pub(crate) struct Proxy {
    /// As in `DOCKER_HOST`: where it listens. An API server's URL has `https` for `tcp`.
    pub(crate) host: String,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
    _folder: TempDir,
}

/// What the test said, and what the proxy saw.
struct Shared {
    upstream: String,
    tls: Option<tls::Settings>,
    /// Whether requests are looked for in what clients send.
    reads_http: bool,
    stop: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    mode: Mode,
    delay: Duration,
    rules: Vec<Rule>,
    /// What happens to the connections to come, one each.
    next: VecDeque<Fault>,
    requests: Vec<Request>,
    held: Vec<Request>,
    handed: Vec<Request>,
    connections: Vec<Arc<Connection>>,
    accepted: usize,
}

/// What happens to every connection.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Mode {
    #[default]
    Pass,
    Stall,
    Refuse,
}

impl Proxy {
    /// Listens on a unix socket, before the daemon at `upstream` (as in `DOCKER_HOST`: `unix://` or `tcp://`).
    pub(crate) fn unix(upstream: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("docker.sock");
        let listener = Listener::unix(&path);
        let host = format!("unix://{}", path.display());
        Self::start(listener, host, Shared::new(upstream, None, true), folder)
    }

    /// Listens on TCP on loopback, where connections can also be reset.
    pub(crate) fn tcp(upstream: &str) -> Self {
        Self::on_tcp(Shared::new(upstream, None, true))
    }

    /// The same, but whatever bytes pass, pass: TLS is between client and upstream, and no request is seen.
    pub(crate) fn passing(upstream: &str) -> Self {
        Self::on_tcp(Shared::new(upstream, None, false))
    }

    /// Takes TLS and speaks TLS to the upstream (`tcp://` or `https://`, with a port), so that requests are seen in between.
    pub(crate) fn terminating(upstream: &str, papers: &Papers<'_>) -> Self {
        let settings = tls::Settings::read(papers);
        Self::on_tcp(Shared::new(upstream, Some(settings), true))
    }

    fn on_tcp(shared: Shared) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (listener, port) = Listener::tcp();
        let host = format!("tcp://127.0.0.1:{port}");
        Self::start(listener, host, shared, folder)
    }

    fn start(listener: Listener, host: String, shared: Shared, folder: TempDir) -> Self {
        let shared = Arc::new(shared);
        let accepting = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self {
            host,
            shared,
            accepting: Some(accepting),
            _folder: folder,
        }
    }

    /// Half open: every connection, also a new one, stays open and is silent, until [`heal`](Self::heal).
    pub(crate) fn stall(&self) {
        self.set(Mode::Stall);
    }

    /// Ends every connection, and each new one as soon as it is there, until [`heal`](Self::heal).
    pub(crate) fn refuse(&self) {
        self.set(Mode::Refuse);
        self.cut();
    }

    /// All is well from here: connections that were stalled go on where they were.
    pub(crate) fn heal(&self) {
        self.set(Mode::Pass);
        for connection in &self.shared.lock().connections {
            connection.hold(false);
        }
        self.shared.changed.notify_all();
    }

    /// As [`heal`](Self::heal), and no fault that was asked for is still to come.
    pub(crate) fn calm(&self) {
        let mut state = self.shared.lock();
        state.rules.clear();
        state.next.clear();
        drop(state);
        self.heal();
    }

    /// New connections are well, those of now stay silent for good: what a restarted firewall leaves.
    pub(crate) fn abandon(&self) {
        let mut state = self.shared.lock();
        for connection in &state.connections {
            connection.hold(true);
        }
        state.mode = Mode::Pass;
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Ends every connection in order (FIN). New ones are taken.
    pub(crate) fn cut(&self) {
        self.shared
            .lock()
            .connections
            .drain(..)
            .for_each(|connection| connection.cut());
    }

    /// Ends every connection by RST, as a crashed host does; on a unix socket this is [`cut`](Self::cut).
    pub(crate) fn reset(&self) {
        self.shared
            .lock()
            .connections
            .drain(..)
            .for_each(|connection| connection.reset());
    }

    /// Each piece of an answer comes this much later.
    pub(crate) fn delay(&self, delay: Duration) {
        self.shared.lock().delay = delay;
    }

    /// What happens to the requests that it fits, as often as it says.
    pub(crate) fn on(&self, rule: Rule) {
        self.shared.lock().rules.push(rule);
    }

    /// What happens to the next connection that has no fault yet, whatever is said on it. Bytes are counted as they pass: of a
    /// TLS that is passed on they are TLS's own.
    ///
    /// # Panics
    ///
    /// For a fault of requests: [`Fault::LoseRequest`], [`Fault::Answer`].
    pub(crate) fn on_next_connection(&self, fault: Fault) {
        assert!(fault.end().is_some(), "{fault:?} is for a request");
        self.shared.lock().next.push_back(fault);
    }

    /// Every request so far, in the order in which they came; also those that never reached the daemon.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// Those of [`requests`](Self::requests) that were held back from the daemon for good.
    pub(crate) fn held(&self) -> Vec<Request> {
        self.shared.lock().held.clone()
    }

    /// Those of [`requests`](Self::requests) that do something, and were handed to the daemon.
    pub(crate) fn acts(&self) -> Vec<Request> {
        let mut handed = self.shared.lock().handed.clone();
        handed.retain(Request::acts);
        handed
    }

    /// Those of [`requests`](Self::requests) that may change something.
    pub(crate) fn mutating(&self) -> Vec<Request> {
        self.requests()
            .into_iter()
            .filter(Request::mutates)
            .collect()
    }

    /// What is watched now, in order: the paths of the watches whose connections are open, without their queries.
    pub(crate) fn watched(&self) -> Vec<String> {
        let state = self.shared.lock();
        let live = state.connections.iter();
        // One whose threads have ended is held by this list alone.
        let live = live.filter(|one| !one.ended() && Arc::strong_count(one) > 1);
        let mut paths: Vec<String> = live
            .filter_map(|one| one.asked().as_ref()?.watched().map(str::to_owned))
            .collect();
        paths.sort();
        paths
    }

    /// How many connections are silent by a fault of their own.
    pub(crate) fn silent(&self) -> usize {
        let state = self.shared.lock();
        state.connections.iter().filter(|one| one.muted()).count()
    }

    /// How many connections were taken so far.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.lock().accepted
    }

    fn set(&self, mode: Mode) {
        self.shared.lock().mode = mode;
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.cut();
        self.shared.changed.notify_all();
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl Shared {
    fn new(upstream: &str, tls: Option<tls::Settings>, reads_http: bool) -> Self {
        Self {
            upstream: upstream.to_owned(),
            tls,
            reads_http,
            stop: AtomicBool::new(false),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Connections that have ended are nobody's to break any more.
    fn forget_ended(&self) {
        self.lock().connections.retain(|one| !one.ended());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no thread of the proxy panics while it holds this")
    }
}

fn accept(listener: &Listener, shared: &Arc<Shared>) {
    let tick = Timespec {
        tv_sec: 0,
        tv_nsec: 20_000_000,
    };
    while !shared.stop.load(Ordering::Acquire) {
        if poll(
            &mut [PollFd::new(&listener.as_fd(), PollFlags::IN)],
            Some(&tick),
        ) == Ok(0)
        {
            continue;
        }
        let Ok(client) = listener.accept() else {
            continue;
        };
        let mut state = shared.lock();
        state.accepted += 1;
        if state.mode == Mode::Refuse {
            continue;
        }
        // A daemon that is away refuses: the client sees its connection end.
        let tls = shared.tls.as_ref();
        let Ok(server) = Stream::connect(&shared.upstream, tls) else {
            continue;
        };
        let Ok(client) = client.taken(tls) else {
            continue;
        };
        let connection = Arc::new(Connection::new(client, server));
        if let Some(fault) = state.next.pop_front() {
            connection.ends_by(&fault);
        }
        // Those whose threads have ended are held by this list alone.
        state
            .connections
            .retain(|connection| Arc::strong_count(connection) > 1);
        state.connections.push(Arc::clone(&connection));
        drop(state);
        pump::start(&connection, shared);
    }
}
