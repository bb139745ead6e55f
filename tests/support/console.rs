//! The built binary in a real pseudo-terminal, seen through a second terminal parser.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pty};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Termios, tcgetattr};
use tempfile::TempDir;

use super::wait::{SOON, deadline, left, now, wait_for, wait_until};

/// How to start a [`Console`]: a terminal of 80x24, an empty home, none of our environment but `PATH`.
pub(crate) struct Start {
    command: Command,
    home: TempDir,
    size: (u16, u16),
}

/// `quarterdeck ARGUMENTS`, to be started.
pub(crate) fn quarterdeck(arguments: &[&str]) -> Start {
    program(env!("CARGO_BIN_EXE_quarterdeck"), arguments)
}

/// Any other program, to be started the same way.
pub(crate) fn program(path: &str, arguments: &[&str]) -> Start {
    let home = tempfile::tempdir().expect("a temporary folder");
    let command = Command::new(path)
        .args(arguments)
        .env_clear()
        .envs([
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
            ("USER", "deckhand"),
        ])
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .current_dir(home.path());
    Start {
        command,
        home,
        size: (80, 24),
    }
}

impl Start {
    /// The terminal's columns and rows.
    pub(crate) fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    /// An environment variable, such as `DOCKER_HOST`.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command = self.command.env(name, value);
        self
    }

    /// Its empty home and working folder, to put configuration into.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Starts it.
    pub(crate) fn start(self) -> Console {
        let (columns, rows) = self.size;
        let (pty, terminal) = pty_process::blocking::open().expect("a pseudo-terminal");
        pty.resize(Size::new(rows, columns))
            .expect("the terminal takes a size");
        let before = tcgetattr(&pty).expect("the terminal has settings");
        let started = now();
        let child = self.command.spawn(terminal).expect("the binary starts");
        let pty = Arc::new(pty);
        let shared = Arc::new(Shared {
            seen: Mutex::new(Seen {
                parser: vt100::Parser::new(cells(rows), cells(columns), 0),
                raw: Vec::new(),
                ended: false,
            }),
            changed: Condvar::new(),
            reading: AtomicBool::new(true),
            resting: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let reader = {
            let (pty, shared) = (Arc::clone(&pty), Arc::clone(&shared));
            std::thread::spawn(move || shared.read(&pty))
        };
        Console {
            child,
            started,
            pty: Some(pty),
            shared,
            reader: Some(reader),
            before,
            home: self.home,
        }
    }
}

/// A running console. It is killed with this value.
pub(crate) struct Console {
    /// When it was started, just before exec.
    pub(crate) started: Instant,
    child: std::process::Child,
    pty: Option<Arc<Pty>>,
    shared: Arc<Shared>,
    reader: Option<JoinHandle<()>>,
    before: Termios,
    home: TempDir,
}

impl Console {
    /// The screen as text, a line a row, without trailing blanks.
    pub(crate) fn screen(&self) -> String {
        self.with_screen(vt100::Screen::contents)
    }

    /// Looks at cells, colours, modes.
    pub(crate) fn with_screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.shared.lock().parser.screen())
    }

    /// Every byte that came to the terminal so far.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.shared.lock().raw.clone()
    }

    /// How many bytes came to the terminal so far.
    pub(crate) fn received(&self) -> usize {
        self.shared.lock().raw.len()
    }

    /// Waits until the screen holds `text`.
    #[track_caller]
    pub(crate) fn expect(&self, text: &str) {
        self.expect_within(SOON, &format!("“{text}” on the screen"), |screen| {
            screen.contents().contains(text)
        });
    }

    /// Waits until the screen does not hold `text`.
    #[track_caller]
    pub(crate) fn expect_gone(&self, text: &str) {
        self.expect_within(
            SOON,
            &format!("“{text}” gone from the screen"),
            |screen| !screen.contents().contains(text),
        );
    }

    /// Waits until `holds`; panics with `what` and the screen.
    #[track_caller]
    pub(crate) fn expect_within(
        &self,
        timeout: Duration,
        what: &str,
        mut holds: impl FnMut(&vt100::Screen) -> bool,
    ) {
        let end = deadline(timeout);
        let mut seen = self.shared.lock();
        while !holds(seen.parser.screen()) {
            let rest = left(end);
            assert!(
                !rest.is_zero() && !seen.ended,
                "waited {timeout:?} in vain: {what}; the screen:\n{}",
                seen.parser.screen().contents()
            );
            seen = self
                .shared
                .changed
                .wait_timeout(seen, rest)
                .expect("the reader did not panic")
                .0;
        }
    }

    /// Agrees to the plan that is about to be shown, once it can be agreed to and says all of these.
    #[track_caller]
    pub(crate) fn agree(&self, verb: &str, says: &[&str]) {
        let what = format!("a plan that “⏎ {verb}” agrees to");
        self.expect_within(SOON, &what, |screen| ripe(screen, verb));
        let plan = self.screen();
        for words in says {
            assert!(plan.contains(words), "no {words:?} in\n{plan}");
        }
        self.keys("\r");
    }

    /// Types: text, and escape sequences as a terminal sends them (`"\x1b[A"` is the up key).
    pub(crate) fn keys(&self, keys: &str) {
        let mut pty: &Pty = self.pty();
        pty.write_all(keys.as_bytes())
            .expect("the terminal takes input");
    }

    /// Resizes the terminal, which tells the console by SIGWINCH.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        // Our parser first, and nothing read in between: what is drawn for the new size meets the new size.
        let mut seen = self.shared.lock();
        seen.parser.set_size(cells(rows), cells(columns));
        self.pty()
            .resize(Size::new(rows, columns))
            .expect("the terminal takes a size");
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the console is our child");
    }

    /// Its process ID.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Its home, where it keeps configuration, state and cache.
    pub(crate) fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// Stops (`false`) or starts reading what it draws: a terminal that somebody suspended.
    #[track_caller]
    pub(crate) fn read(&self, reading: bool) {
        self.shared.reading.store(reading, Ordering::Release);
        wait_until("the reader has noticed", SOON, || {
            self.shared.resting.load(Ordering::Acquire) != reading
        });
    }

    /// Whether something was drawn that was not read yet.
    pub(crate) fn pending(&self) -> bool {
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        poll(&mut [PollFd::new(self.pty(), PollFlags::IN)], Some(&now)) == Ok(1)
    }

    /// Closes the terminal under it: SIGHUP, and EIO on each read.
    pub(crate) fn hang_up(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader did not panic");
        }
        self.pty = None;
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(crate) fn wait_exit(&mut self, timeout: Duration) -> ExitStatus {
        wait_for("the console ends", timeout, || {
            self.child.try_wait().expect("it is our child")
        })
    }

    /// What differs between the terminal's settings now and at its start, and modes that are still on; empty when it was left as it was found.
    pub(crate) fn left_changed(&self) -> Vec<String> {
        let now = tcgetattr(self.pty()).expect("the terminal has settings");
        let modes = |t: &Termios| {
            format!(
                "{:?} {:?} {:?} {:?} {:?}",
                t.input_modes, t.output_modes, t.control_modes, t.local_modes, t.special_codes
            )
        };
        let (before, now) = (modes(&self.before), modes(&now));
        let mut changed = Vec::new();
        if before != now {
            changed.push(format!("settings: {before} became {now}"));
        }
        self.with_screen(|screen| {
            let mouse = screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
            for (on, name) in [
                (screen.alternate_screen(), "alternate screen"),
                (screen.hide_cursor(), "hidden cursor"),
                (screen.bracketed_paste(), "bracketed paste"),
                (mouse, "mouse"),
            ] {
                if on {
                    changed.push(name.to_owned());
                }
            }
        });
        changed
    }

    fn pty(&self) -> &Pty {
        self.pty.as_deref().expect("the terminal was not hung up")
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.shared.stop.store(true, Ordering::Release);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
    reading: AtomicBool,
    resting: AtomicBool,
    stop: AtomicBool,
}

struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    ended: bool,
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        // A test that failed while it looked at the screen poisons it; what it saw is still right.
        self.seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The reader thread: takes what the console draws, until the console has ended or [`Shared::stop`].
    fn read(&self, mut pty: &Pty) {
        let mut buffer = vec![0; 64 * 1024];
        let tick = Timespec {
            tv_sec: 0,
            tv_nsec: 20_000_000,
        };
        while !self.stop.load(Ordering::Acquire) {
            let rest = !self.reading.load(Ordering::Acquire);
            self.resting.store(rest, Ordering::Release);
            if rest {
                std::thread::park_timeout(Duration::from_millis(20));
                continue;
            }
            if poll(&mut [PollFd::new(&pty, PollFlags::IN)], Some(&tick)) == Ok(0) {
                continue;
            }
            // EIO: no process has the terminal open any more.
            let Ok(read @ 1..) = pty.read(&mut buffer) else {
                break;
            };
            let mut seen = self.lock();
            seen.parser.process(&buffer[..read]);
            seen.raw.extend_from_slice(&buffer[..read]);
            drop(seen);
            self.changed.notify_all();
        }
        self.lock().ended = true;
        self.changed.notify_all();
    }
}

fn cells(count: u16) -> NonZeroU16 {
    // The parser knows no terminal of 0x0; the console is told it all the same.
    NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN)
}

/// Whether a plan's Enter is as bright as its Esc, which works from the beginning.
fn ripe(screen: &vt100::Screen, verb: &str) -> bool {
    let columns = screen.size().1;
    screen
        .rows(0, columns.into())
        .enumerate()
        .any(|(row, text)| {
            let colour = |words: &str| {
                let column = text[..text.find(words)?].chars().count();
                let cell = screen.cell(row as u16, column as u16)?;
                Some(cell.fgcolor())
            };
            let enter = colour(&format!("⏎ {verb} "));
            enter.is_some() && enter == colour("esc leaves everything")
        })
}
