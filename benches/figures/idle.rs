//! What a console costs that nobody touches.

use std::time::Duration;

use crate::support::console::{Console, Start};
use crate::support::wait::SOON;

/// What it used while it was left alone.
pub(crate) struct Idle {
    pub(crate) rss_bytes: f64,
    /// Of one core: 1.0 is all of it.
    pub(crate) cpu_share: f64,
    pub(crate) bytes_per_second: f64,
}

/// Waits until the screen is `ready` and things have settled, then measures for `time`.
pub(crate) fn measure(
    console: Start,
    ready: impl FnMut(&vt100::Screen) -> bool,
    time: Duration,
) -> Idle {
    let console = console.start();
    console.expect_within(SOON, "what is measured", ready);
    std::thread::park_timeout(Duration::from_secs(3));
    let (cpu, received) = (cpu_seconds(&console), console.received());
    std::thread::park_timeout(time);
    Idle {
        rss_bytes: rss_bytes(&console),
        cpu_share: (cpu_seconds(&console) - cpu) / time.as_secs_f64(),
        bytes_per_second: (console.received() - received) as f64 / time.as_secs_f64(),
    }
}

/// User and system time of all threads so far, in steps of 10 ms.
fn cpu_seconds(console: &Console) -> f64 {
    let stat = proc_file(console, "stat");
    let after_name = stat.rsplit(')').next().expect("a name in parentheses");
    let ticks = |field: usize| {
        after_name
            .split_whitespace()
            .nth(field)
            .and_then(|text| text.parse::<f64>().ok())
    };
    (ticks(11).expect("utime") + ticks(12).expect("stime")) / 100.0
}

fn rss_bytes(console: &Console) -> f64 {
    let status = proc_file(console, "status");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("a running process");
    line.trim()
        .trim_end_matches(" kB")
        .parse::<f64>()
        .expect("a number of kB")
        * 1024.0
}

fn proc_file(console: &Console, name: &str) -> String {
    std::fs::read_to_string(format!("/proc/{}/{name}", console.pid())).expect("the console runs")
}
