//! Keys: read on a thread of their own, which is also the watchdog for a terminal that is gone.

use std::{thread, time::Duration};

use crossterm::event::{self, Event, MouseButton, MouseEventKind};
use rustix::{
    event::{PollFd, PollFlags, poll},
    stdio::stdin,
};
use tokio::sync::mpsc;

use super::terminal::{self, LAST_RESORT};
use crate::{
    domain::key::KeyChord,
    state::{
        Msg,
        msg::{Mouse, MouseAction},
    },
};

/// A paste is cut here, in bytes.
const LONGEST_PASTE: usize = 64 * 1024;

/// What the thread tells.
pub(super) enum Input {
    /// For the model.
    Msg(Msg),
    /// The terminal is gone.
    HungUp,
}

/// Starts the thread. It ends with the process: there is no portable way to interrupt a read.
pub(super) fn start() -> mpsc::Receiver<Input> {
    let (tx, rx) = mpsc::channel(256);
    thread::spawn(move || {
        while let Ok(more) = wait() {
            if !more || !deliver(&tx) {
                break;
            }
        }
        let _ = tx.blocking_send(Input::HungUp);
        // The loop now ends us. If it cannot, nobody is left who could tell it to.
        thread::park_timeout(LAST_RESORT);
        terminal::restore();
        end();
    });
    rx
}

/// Waits for input; `false` when the terminal is gone. Left to itself, crossterm would spin on a closed terminal.
fn wait() -> std::io::Result<bool> {
    let input = stdin();
    let mut fds = [PollFd::new(&input, PollFlags::IN)];
    loop {
        match poll(&mut fds, None) {
            Ok(_) => break,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(!fds[0]
        .revents()
        .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL))
}

/// Reads all that is there; `false` when nobody takes it any more or it cannot be read.
fn deliver(tx: &mpsc::Sender<Input>) -> bool {
    while let Ok(true) = event::poll(Duration::ZERO) {
        let Ok(event) = event::read() else {
            return false;
        };
        if let Some(msg) = message(event)
            && tx.blocking_send(Input::Msg(msg)).is_err()
        {
            return false;
        }
    }
    true
}

fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => KeyChord::from_event(key).map(Msg::Key),
        Event::Paste(mut text) => {
            text.truncate(text.floor_char_boundary(LONGEST_PASTE));
            Some(Msg::Paste(text))
        }
        Event::Mouse(mouse) => {
            let action = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseAction::Press,
                MouseEventKind::ScrollUp => MouseAction::ScrollUp,
                MouseEventKind::ScrollDown => MouseAction::ScrollDown,
                _ => return None,
            };
            Some(Msg::Mouse(Mouse {
                action,
                column: mouse.column,
                row: mouse.row,
            }))
        }
        // Sizes come by SIGWINCH.
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the terminal is gone, the loop is stuck, and the settings are given back"
)]
fn end() {
    std::process::exit(129);
}
