//! One connection: a thread a direction.

use std::io;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::fault::{End, Fault, Rule};
use super::requests::{Part, Reader, Request};
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
    /// What was asked on it last.
    asked: Mutex<Option<Request>>,
    /// How many bytes of answers may still go to the client, and what happens then.
    end: Mutex<Option<(usize, End)>>,
}

impl Connection {
    pub(super) fn new(client: Stream, server: Stream) -> Self {
        Self {
            client,
            server,
            held: AtomicBool::new(false),
            muted: AtomicBool::new(false),
            over: AtomicBool::new(false),
            asked: Mutex::default(),
            end: Mutex::default(),
        }
    }

    pub(super) fn ended(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// What was asked on it last.
    pub(super) fn asked(&self) -> MutexGuard<'_, Option<Request>> {
        self.asked
            .lock()
            .expect("no thread of the proxy panics while it holds this")
    }

    /// Silent, or not any more.
    pub(super) fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Release);
        if !held {
            self.end().take_if(|(_, end)| *end == End::Silence);
            self.muted.store(false, Ordering::Release);
        }
    }

    /// Whether an answer is held back.
    pub(super) fn muted(&self) -> bool {
        self.muted.load(Ordering::Acquire)
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

    /// From now on it is under way to the end that the fault has for it.
    pub(super) fn ends_by(&self, fault: &Fault) {
        match fault.end() {
            // Not even what the upstream has begun to say.
            Some((0, End::Silence)) => self.muted.store(true, Ordering::Release),
            end => *self.end() = end,
        }
    }

    fn end(&self) -> MutexGuard<'_, Option<(usize, End)>> {
        self.end
            .lock()
            .expect("no thread of the proxy panics while it holds this")
    }

    /// How many of the next bytes of answers may go to the client, and what happens then, if anything does.
    fn allowed(&self, bytes: usize) -> (usize, Option<End>) {
        let mut end = self.end();
        match *end {
            Some((left, last)) if left <= bytes => {
                *end = None;
                (left, Some(last))
            }
            Some((left, last)) => {
                *end = Some((left - bytes, last));
                (bytes, None)
            }
            None => (bytes, None),
        }
    }

    /// Waits while nothing is to pass to the daemon; false when the connection has ended.
    fn may_pass(&self, shared: &Shared) -> bool {
        self.wait_while(shared, || self.held.load(Ordering::Acquire))
    }

    /// Waits while nothing is to pass to the client; false when the connection has ended.
    fn may_answer(&self, shared: &Shared) -> bool {
        self.wait_while(shared, || self.held.load(Ordering::Acquire) || self.muted())
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
            if direction(&connection, &shared).is_err() && !connection.ended() {
                connection.cut();
            }
            // A reset is sent by the drop of who held it last.
            shared.forget_ended();
        });
    }
}

/// From the client to the daemon, a request at a time.
fn requests(connection: &Connection, shared: &Shared) -> io::Result<()> {
    let mut reader = Reader::new(shared.reads_http);
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
            let (head, bytes) = match part {
                Part::Body(bytes) => (None, bytes),
                Part::Head(request, bytes) => {
                    *connection.asked() = Some(request.clone());
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
                        Some(Fault::Hold) => {
                            shared.lock().held.push(request);
                            while connection.client.read(&mut buffer)? != Some(0) {
                                if connection.ended() {
                                    return Ok(());
                                }
                            }
                            connection.cut();
                            return Ok(());
                        }
                        Some(Fault::Answer(status, body)) => {
                            return answer(connection, status, &body);
                        }
                        Some(fault) => connection.ends_by(&fault),
                    }
                    (Some(request), bytes)
                }
            };
            connection.server.write(&bytes)?;
            shared.lock().handed.extend(head);
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
        let (now, end) = connection.allowed(read);
        connection.client.write(&buffer[..now])?;
        match end {
            None => {}
            Some(End::Cut) => connection.cut(),
            Some(End::Reset) => connection.reset(),
            Some(End::Silence) => {
                connection.muted.store(true, Ordering::Release);
                if connection.may_answer(shared) {
                    connection.client.write(&buffer[now..read])?;
                }
            }
        }
    }
    Ok(())
}
