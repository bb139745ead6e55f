//! Signals, as the loop sees them.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Leave; with the signal's number, for the exit code.
    End(u8),
    /// Into the background.
    Suspend,
    /// The terminal has another size.
    Resize,
    /// Back from the background, without us having gone there ourselves.
    Continue,
}

/// All that are listened to.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    quit: Signal,
    stop: Signal,
    resume: Signal,
    resize: Signal,
}

/// SIGTSTP, which tokio has no name for.
const TSTP: i32 = rustix::process::Signal::TSTP.as_raw();
const CONT: i32 = rustix::process::Signal::CONT.as_raw();

impl Signals {
    /// Listens.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(TSTP))?,
            resume: signal(SignalKind::from_raw(CONT))?,
            resize: signal(SignalKind::window_change())?,
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.interrupt.recv() => Wish::End(2),
            _ = self.terminate.recv() => Wish::End(15),
            _ = self.hangup.recv() => Wish::End(1),
            _ = self.quit.recv() => Wish::End(3),
            _ = self.stop.recv() => Wish::Suspend,
            _ = self.resume.recv() => Wish::Continue,
            _ = self.resize.recv() => Wish::Resize,
        }
    }
}
