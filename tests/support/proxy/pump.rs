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
            over: AtomicBool::new(false),
            allowance: AtomicUsize::new(NO_LIMIT),
        }
    }

    pub(super) fn ended(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Silent, or not any more.
    pub(super) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Release);
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

    /// Waits while the connection is to be silent; false when it has ended.
    fn may_pass(&self, shared: &Shared) -> bool {
        let mut state = shared.lock();
        while !self.ended() && (state.mode == Mode::Stall || self.held.load(Ordering::Acquire)) {
            state = shared
                .changed
                .wait_timeout(state, Duration::from_millis(20))
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
                        Some(Fault::Silence) => {
                            connection.server.write(&bytes)?;
                            connection.hold(true);
                            continue;
                        }
                        Some(Fault::Answer(status, body)) => {
                            let head = format!(
                                "HTTP/1.1 {status} Fault\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                                body.len()
                            );
                            connection.client.write(head.as_bytes())?;
                            connection.client.write(body.as_bytes())?;
                            connection.cut();
                            return Ok(());
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

/// From the daemon to the client.
fn answers(connection: &Connection, shared: &Shared) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    while connection.may_pass(shared) {
        let Some(read) = connection.server.read(&mut buffer)? else {
            continue;
        };
        if read == 0 {
            connection.client.shutdown(Shutdown::Write);
            connection.over.store(true, Ordering::Release);
            break;
        }
        let delay = shared.lock().delay;
        if !delay.is_zero() {
            std::thread::park_timeout(delay);
        }
        if !connection.may_pass(shared) {
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
