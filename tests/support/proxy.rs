//! A proxy between the console and a daemon that breaks what it is told to break, and notes each request.

mod fault;
mod pump;
mod requests;
mod stream;

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

/// A running proxy; it and its connections end with this value.
pub(crate) struct Proxy {
    /// As in `DOCKER_HOST`: where it listens.
    pub(crate) host: String,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
    _folder: TempDir,
}

/// What the test said, and what the proxy saw.
struct Shared {
    upstream: String,
    stop: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    mode: Mode,
    delay: Duration,
    rules: Vec<Rule>,
    requests: Vec<Request>,
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
        Self::start(
            listener,
            format!("unix://{}", path.display()),
            upstream,
            folder,
        )
    }

    /// Listens on TCP on loopback, where connections can also be reset.
    pub(crate) fn tcp(upstream: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (listener, port) = Listener::tcp();
        Self::start(
            listener,
            format!("tcp://127.0.0.1:{port}"),
            upstream,
            folder,
        )
    }

    fn start(listener: Listener, host: String, upstream: &str, folder: TempDir) -> Self {
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            stop: AtomicBool::new(false),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
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

    /// Every request so far, in the order in which they came; also those that never reached the daemon.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// Those of [`requests`](Self::requests) that may change something: all but GET and HEAD.
    pub(crate) fn mutating(&self) -> Vec<Request> {
        self.requests()
            .into_iter()
            .filter(Request::mutates)
            .collect()
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
        let Ok(server) = Stream::connect(&shared.upstream) else {
            continue;
        };
        let connection = Arc::new(Connection::new(client, server));
        // Those whose threads have ended are held by this list alone.
        state
            .connections
            .retain(|connection| Arc::strong_count(connection) > 1);
        state.connections.push(Arc::clone(&connection));
        drop(state);
        pump::start(&connection, shared);
    }
}
