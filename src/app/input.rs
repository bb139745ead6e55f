//! Keys: read on a thread of their own, which is also the watchdog for a terminal that is gone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
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
    /// For a shell that has the terminal: bytes as they were typed.
    Bytes(Bytes),
    /// The terminal is gone.
    HungUp,
}

/// Starts the thread. While `raw` is set, bytes are handed over as they are.
/// It ends with the process: there is no portable way to interrupt a read.
pub(super) fn start(raw: Arc<AtomicBool>) -> mpsc::Receiver<Input> {
    let (tx, rx) = mpsc::channel(256);
    thread::spawn(move || {
        while let Ok(more) = wait() {
            let delivered = if raw.load(Ordering::Acquire) {
                hand_over(&tx)
            } else {
                deliver(&tx)
            };
            if !more || !delivered {
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

/// Hands bytes over as they are; `false` when nobody takes them any more or they cannot be read.
fn hand_over(tx: &mpsc::Sender<Input>) -> bool {
    let mut buffer = [0; 4096];
    match rustix::io::read(stdin(), &mut buffer) {
        Ok(0) => false,
        Ok(n) => tx
            .blocking_send(Input::Bytes(Bytes::copy_from_slice(&buffer[..n])))
            .is_ok(),
        Err(error) => error == rustix::io::Errno::INTR,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_cut_between_two_characters() {
        let Some(Msg::Paste(text)) =
            message(Event::Paste(format!("a{}", "é".repeat(LONGEST_PASTE))))
        else {
            panic!("it is no paste");
        };
        assert_eq!(text.len(), LONGEST_PASTE - 1);
        assert!(text.starts_with("aé") && text.ends_with('é'));
    }
}
