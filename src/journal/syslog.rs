//! A copy of the head where the journal's folder cannot reach: whoever rewrites the files leaves the old head there.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use super::head::Head;

/// Where the system's log listens.
pub(super) const SOCKET: &str = "/dev/log";

/// Facility `authpriv`, severity `info`: read by administrators alone.
const INFO: u8 = 10 * 8 + 6;
/// Facility `authpriv`, severity `warning`.
const WARNING: u8 = 10 * 8 + 4;

/// The system's log, where there is one. It never delays and never fails an action.
pub(super) struct Syslog {
    socket: Option<UnixDatagram>,
    path: PathBuf,
}

impl Syslog {
    pub(super) fn new(path: PathBuf) -> Self {
        let socket = UnixDatagram::unbound()
            .ok()
            .filter(|s| s.set_nonblocking(true).is_ok());
        Self { socket, path }
    }

    /// Mirrors the head.
    pub(super) fn head(&self, head: &Head) {
        self.send(INFO, &format!("journal {} {}", head.seq, head.hash));
    }

    /// Says what could not be written into the journal.
    pub(super) fn warn(&self, text: &str) {
        self.send(WARNING, text);
    }

    fn send(&self, priority: u8, text: &str) {
        if let Some(socket) = &self.socket {
            let line = format!("<{priority}>quarterdeck[{}]: {text}", std::process::id());
            drop(socket.send_to(line.as_bytes(), &self.path));
        }
    }
}
