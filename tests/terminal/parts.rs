//! The terminal that the other tests stand on, tried on a shell.

use rustix::process::Signal;

use crate::support::console::program;
use crate::support::wait::{SOON, wait_until};

#[test]
fn it_shows_types_and_resizes() {
    let console = program(
        "/bin/sh",
        &[
            "-c",
            "while read -r line; do stty size; echo \"read <$line>\"; done",
        ],
    )
    .size(100, 30)
    .start();
    console.keys("one\n");
    console.expect("30 100");
    console.expect("read <one>");
    console.resize(40, 10);
    console.keys("two\n");
    console.expect("10 40");
    console.expect("read <two>");
}

#[test]
fn it_tells_what_was_left_changed() {
    let script = "stty raw -echo; printf '\\033[?1049h\\033[?25l\\033[?2004h\\033[?1003hready'; head -c 1; printf '\\033[?1049l'; stty sane; printf bye";
    let mut console = program("/bin/sh", &["-c", script]).start();
    console.expect("ready");
    assert_eq!(console.left_changed().len(), 5);
    console.keys("x");
    console.expect("bye");
    assert!(console.wait_exit(SOON).success());
    assert!(
        console
            .left_changed()
            .iter()
            .any(|what| what == "hidden cursor")
    );
    assert!(
        !console
            .left_changed()
            .iter()
            .any(|what| what == "alternate screen")
    );
}

#[test]
fn nothing_is_left_changed_by_who_changes_nothing() {
    let mut console = program("/bin/sh", &["-c", "echo done"]).start();
    console.expect("done");
    console.wait_exit(SOON);
    assert_eq!(console.left_changed(), Vec::<String>::new());
}

#[test]
fn it_hangs_up() {
    // One that does not read: the end of its input may come before the signal.
    let mut console = program("/bin/sh", &["-c", "echo up; exec sleep 60"]).start();
    console.expect("up");
    console.hang_up();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&console.wait_exit(SOON)),
        Some(Signal::HUP.as_raw())
    );
}

#[test]
fn it_signals() {
    let mut console = program("/bin/sh", &["-c", "echo up; exec cat"]).start();
    console.expect("up");
    console.signal(Signal::TERM);
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&console.wait_exit(SOON)),
        Some(Signal::TERM.as_raw())
    );
}

#[test]
fn it_stops_reading() {
    let console = program(
        "/bin/sh",
        &[
            "-c",
            "echo up; read go; yes | head -c 1000000; echo; echo end",
        ],
    )
    .start();
    console.expect("up");
    console.read(false);
    let before = console.received();
    console.keys("go\n");
    wait_until("something waits to be read", SOON, || console.pending());
    assert_eq!(console.received(), before);
    console.read(true);
    console.expect("end");
    assert!(console.received() > 1_000_000);
}
