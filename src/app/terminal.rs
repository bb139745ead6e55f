//! The terminal's settings: taken once, given back once, whatever happens.
//!
//! [`restore`] is idempotent and is called from the guard's `Drop`, from the panic hook and on every way out. If the
//! terminal is gone or does not read, its modes are given back without writing.

use std::{
    io::{self, IsTerminal as _},
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    stdio::{stdin, stdout},
    termios::{OptionalActions, Termios, tcgetattr, tcsetattr},
};
use tokio::sync::Notify;

/// Alternate screen, empty (not every terminal has one), no cursor, bracketed paste. Sent together with the first frame, in one write.
pub const ENTER: &str = "\x1b[?1049h\x1b[H\x1b[J\x1b[?25l\x1b[?2004h";
/// The reverse, whatever was on; mouse modes that were never set do no harm.
pub(super) const LEAVE: &str = "\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l";
/// Clicks and the wheel, in SGR coordinates. Motion is not asked for: over a slow link it would be a flood.
pub const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
/// The terminal selects text again.
pub const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// How long a terminal may take to have room for the farewell.
const PATIENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// The settings before we came; `None` while we are not in raw mode.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Whose turn it is to write: frames come from a thread of their own, and none may follow the farewell.
static FRAMES: Mutex<Frames> = Mutex::new(Frames {
    writing: false,
    over: false,
});
static WRITTEN: Condvar = Condvar::new();

struct Frames {
    /// One is on its way.
    writing: bool,
    /// The terminal was given back.
    over: bool,
}

/// Whether both ends are a terminal.
pub fn present() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Puts the terminal into raw mode. The escape sequences of [`ENTER`] are for the caller to send.
///
/// # Errors
/// The terminal's refusal.
pub fn raw() -> io::Result<()> {
    let before = tcgetattr(stdin())?;
    let mut raw = before.clone();
    raw.make_raw();
    let mut saved = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    tcsetattr(stdin(), OptionalActions::Now, &raw)?;
    saved.get_or_insert(before);
    frames().over = false;
    Ok(())
}

fn frames() -> std::sync::MutexGuard<'static, Frames> {
    FRAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a frame, unless the terminal was given back meanwhile.
pub(super) fn write_frame(frame: &[u8]) -> io::Result<()> {
    let mut turn = frames();
    if turn.over {
        return Ok(());
    }
    turn.writing = true;
    drop(turn);
    let written = write_all(frame);
    frames().writing = false;
    WRITTEN.notify_all();
    written
}

/// Gives the terminal back. Does nothing the second time.
pub fn restore() {
    let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() else {
        return;
    };
    let mut turn = frames();
    turn.over = true;
    // A terminal that does not read is not waited for any longer than for room below.
    let patience = Duration::from_millis(200);
    drop(WRITTEN.wait_timeout_while(turn, patience, |turn| turn.writing));
    if writable() {
        // A farewell that does not get through changes nothing about the settings below.
        let _ = write_all(LEAVE.as_bytes());
    }
    let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
}

/// Restores when it goes out of scope: on return, on error, and while a panic unwinds.
pub struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Told when something panicked.
static PANICKED: Notify = Notify::const_new();

/// A panic anywhere gives the terminal back before it is reported, so that the report can be read, and ends the console.
pub fn restore_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        restore();
        report(info);
        PANICKED.notify_one();
    }));
}

/// Ready when a task or a thread beside the loop panicked: what is on screen is no longer what is.
pub(super) async fn panicked() {
    PANICKED.notified().await;
}

/// Columns and rows; what cannot be a size becomes 80x24.
pub fn size() -> (u16, u16) {
    match rustix::termios::tcgetwinsize(stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        Ok(_) | Err(_) => (80, 24),
    }
}

/// Writes it all, waiting for room where the terminal's descriptor does not block.
pub(super) fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                poll(&mut [PollFd::new(&stdout(), PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn writable() -> bool {
    let out = stdout();
    let mut fds = [PollFd::new(&out, PollFlags::OUT)];
    let ready = poll(&mut fds, Some(&PATIENCE)).is_ok_and(|n| n > 0);
    ready
        && !fds[0]
            .revents()
            .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}

/// How long a way out may take before the watchdog cuts it short.
pub(super) const LAST_RESORT: Duration = Duration::from_millis(1_700);
