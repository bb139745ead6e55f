//! One connection: a thread a direction.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::fault::{Fault, Rule};
use super::requests::{Part, Reader};
use super::stream::Stream;
use super::{Mode, Shared};

/// A client's connection and ours to the daemon.
pub(super) struct Connection {
    client: Stream,
    server: Stream,
    held: AtomicBool,
    /// Held, but for what the client sends.
    muted: AtomicBool,
    over: AtomicBool,
    /// How many bytes of answers may still go to the client before the connection is cut.
    allowance: AtomicUsize,
}

const NO_LIMIT: usize = usize::MAX;

impl Connection {
    pub(super) fn new(client: Stream, server: Stream) -> Self {
        Self {
            client,
            server,
            held: AtomicBool::new(false),
            muted: AtomicBool::new(false),
            over: AtomicBool::new(false),
            allowance: AtomicUsize::new(NO_LIMIT),
        }
    }

    fn ended(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Silent, or not any more.
    pub(super) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Release);
        self.muted.fetch_and(held, Ordering::AcqRel);
    }

    pub(super) fn cut(&self) {
        self.over.store(true, Ordering::Release);
        self.client.shutdown(Shutdown::Both);
        self.server.shutdown(Shutdown::Both);
    }

    /// Both threads let go of it within a tick, and the drop sends RST.
    pub(super) fn reset(&self) {
        self.client.reset_on_drop();
        self.server.reset_on_drop();
        self.over.store(true, Ordering::Release);
    }

    /// Waits while nothing is to pass to the daemon; false when the connection has ended.
    fn may_pass(&self, shared: &Shared) -> bool {
        self.wait_while(shared, || self.held.load(Ordering::Acquire))
    }

    /// Waits while nothing is to pass to the client; false when the connection has ended.
    fn may_answer(&self, shared: &Shared) -> bool {
        self.wait_while(shared, || {
            self.held.load(Ordering::Acquire) || self.muted.load(Ordering::Acquire)
        })
    }

    fn wait_while(&self, shared: &Shared, silent: impl Fn() -> bool) -> bool {
        let mut state = shared.lock();
        while !self.ended() && (state.mode == Mode::Stall || silent()) {
            let tick = Duration::from_millis(20);
            let waited = shared.changed.wait_timeout(state, tick);
            state = waited
                .expect("no thread of the proxy panics while it holds this")
                .0;
        }
        !self.ended()
    }
}

pub(super) fn start(connection: &Arc<Connection>, shared: &Arc<Shared>) {
    for direction in [requests, answers] {
        let (connection, shared) = (Arc::clone(connection), Arc::clone(shared));
        std::thread::spawn(move || {
            // An end of either side that came with an error is an end.
            if direction(&connection, &shared).is_err() {
                connection.cut();
            }
        });
    }
}

/// From the client to the daemon, a request at a time.
fn requests(connection: &Connection, shared: &Shared) -> io::Result<()> {
    let mut reader = Reader::default();
    let mut buffer = vec![0; 64 * 1024];
    while connection.may_pass(shared) {
        let Some(read) = connection.client.read(&mut buffer)? else {
            continue;
        };
        if read == 0 {
            connection.server.shutdown(Shutdown::Write);
            break;
        }
        for part in reader.feed(&buffer[..read]) {
            // It may have become silent while we read.
            if !connection.may_pass(shared) {
                return Ok(());
            }
            let bytes = match part {
                Part::Body(bytes) => bytes,
                Part::Head(request, bytes) => {
                    let fault = {
                        let mut state = shared.lock();
                        state.requests.push(request.clone());
                        Rule::take(&mut state.rules, &request)
                    };
                    match fault {
                        None => {}
                        Some(Fault::LoseRequest) => {
                            connection.cut();
                            return Ok(());
                        }
                        Some(Fault::LoseAnswer) => connection.allowance.store(0, Ordering::Release),
                        Some(Fault::Truncate(bytes)) => {
                            connection.allowance.store(bytes, Ordering::Release);
                        }
                        Some(Fault::Silence) => connection.muted.store(true, Ordering::Release),
                        Some(Fault::Answer(status, body)) => {
                            return answer(connection, status, &body);
                        }
                    }
                    bytes
                }
            };
            connection.server.write(&bytes)?;
        }
    }
    Ok(())
}

/// Answers for the daemon, and takes the rest of the request: to close on unread bytes would reset the connection.
fn answer(connection: &Connection, status: u16, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Fault\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    connection
        .client
        .write(format!("{head}{body}").as_bytes())?;
    connection.client.shutdown(Shutdown::Write);
    connection.server.shutdown(Shutdown::Both);
    let mut rest = [0; 4096];
    while !connection.ended() && connection.client.read(&mut rest)? != Some(0) {}
    Ok(())
}

/// From the daemon to the client.
fn answers(connection: &Connection, shared: &Shared) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    while connection.may_answer(shared) {
        let Some(read) = connection.server.read(&mut buffer)? else {
            continue;
        };
        if read == 0 {
            connection.client.shutdown(Shutdown::Write);
            break;
        }
        let delay = shared.lock().delay;
        if !delay.is_zero() {
            std::thread::park_timeout(delay);
        }
        if !connection.may_answer(shared) {
            break;
        }
        let allowance = connection.allowance.load(Ordering::Acquire);
        connection.client.write(&buffer[..read.min(allowance)])?;
        if allowance != NO_LIMIT {
            if allowance <= read {
                connection.cut();
                break;
            }
            connection
                .allowance
                .store(allowance - read, Ordering::Release);
        }
    }
    Ok(())
}
