//! The console as its user meets it: in a real terminal, beside a real daemon. Prints one table; `cargo bench -- quick` takes a minute.
//!
//! Nothing here fails a build: a table is read by people, and a busy machine is no fault of the code.

#[path = "../tests/support/support.rs"]
mod support;

mod figures {
    pub(crate) mod idle;
    pub(crate) mod keys;
    pub(crate) mod quantile;
    pub(crate) mod shipped;
    pub(crate) mod start;
}

use std::time::Duration;

use figures::{idle, keys, shipped, start};
use support::console::{Start, quarterdeck};
use support::daemon::{Daemon, output};

/// How long and how often to measure.
pub(crate) struct Effort {
    starts: usize,
    idle: Duration,
    presses: usize,
    sizes: bool,
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "quick");
    let effort = if quick {
        Effort {
            starts: 10,
            idle: Duration::from_secs(10),
            presses: 200,
            sizes: false,
        }
    } else {
        Effort {
            starts: 20,
            idle: Duration::from_mins(1),
            presses: 1_000,
            sizes: true,
        }
    };

    shipped::ship();
    println!("| figure | measured | bound |\n| --- | --- | --- |");
    let frame = start::first_frame(|| wide(&["demo"]), effort.starts);
    row("first frame, demo", &milliseconds(frame), "6 ms");

    let daemon = Daemon::private(&[]);
    let beside = || wide(&[]).env("DOCKER_HOST", &daemon.host);
    containers(&daemon, 8, 0);
    row(
        "first frame, Docker",
        &milliseconds(start::first_frame(beside, effort.starts)),
        "6 ms",
    );
    row(
        "data, 8 quiet containers",
        &milliseconds(start::until("calm8", beside, effort.starts, shown)),
        "20 ms",
    );
    idle_rows(
        "quiet",
        &idle::measure(beside(), shown, effort.idle),
        ["12 MiB", "0.3 %", "60 bytes/s"],
    );
    let pressed = |keys| keys::measure(beside(), shown, keys, effort.presses);
    key_rows("quiet", &pressed(keys::CURSOR), ["1 ms", "4 ms"]);
    key_rows("quiet, help", &pressed(keys::HELP), ["–", "–"]);
    drop(daemon);

    let daemon = Daemon::private(&[]);
    let beside = || wide(&[]).env("DOCKER_HOST", &daemon.host);
    containers(&daemon, 8, 5);
    idle_rows(
        "5 lines/s each",
        &idle::measure(beside(), shown, effort.idle),
        ["–", "–", "4000 bytes/s"],
    );
    drop(daemon);

    let daemon = Daemon::private(&[]);
    let beside = || wide(&[]).env("DOCKER_HOST", &daemon.host);
    containers(&daemon, 8, 125);
    key_rows(
        "1,000 lines/s",
        &keys::measure(beside(), shown, keys::CURSOR, effort.presses),
        ["–", "8 ms"],
    );
    drop(daemon);

    if effort.sizes {
        row("binary, dist", &dist_size(), "15 MiB");
    }
}

fn wide(arguments: &[&str]) -> Start {
    quarterdeck(arguments).size(120, 40)
}

fn shown(screen: &vt100::Screen) -> bool {
    screen.contents().contains("calm8")
}

fn containers(daemon: &Daemon, count: u32, lines: u32) {
    daemon.script("quiet", &[&count.to_string(), &lines.to_string()]);
}

fn idle_rows(when: &str, idle: &idle::Idle, bounds: [&str; 3]) {
    row(
        &format!("RSS, {when}"),
        &format!("{:.1} MiB", idle.rss_bytes / 1_048_576.0),
        bounds[0],
    );
    row(
        &format!("CPU, {when}"),
        &format!("{:.2} %", idle.cpu_share * 100.0),
        bounds[1],
    );
    row(
        &format!("to the terminal, {when}"),
        &format!("{:.0} bytes/s", idle.bytes_per_second),
        bounds[2],
    );
}

fn key_rows(when: &str, keys: &keys::Keys, bounds: [&str; 2]) {
    row(
        &format!("key to frame p50, {when}"),
        &milliseconds(keys.p50),
        bounds[0],
    );
    row(
        &format!("key to frame p99, {when}"),
        &milliseconds(keys.p99),
        bounds[1],
    );
}

fn row(figure: &str, measured: &str, bound: &str) {
    println!("| {figure} | {measured} | {bound} |");
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn dist_size() -> String {
    output(std::process::Command::new(env!("CARGO")).args([
        "build",
        "--quiet",
        "--locked",
        "--profile",
        "dist",
    ]));
    // The bench's own binary stands in `release`; `dist` is its neighbour.
    let release = std::path::Path::new(env!("CARGO_BIN_EXE_quarterdeck"));
    let dist = release
        .ancestors()
        .nth(2)
        .expect("a target folder")
        .join("dist/quarterdeck");
    let bytes = std::fs::metadata(dist).expect("cargo built it").len();
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}
