//! From a key to the frame that shows it.

use std::time::Duration;

use crate::figures::quantile::quantile;
use crate::support::console::{Console, Start};
use crate::support::wait::{SOON, now};

/// How long keys took.
pub(crate) struct Keys {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// The cursor goes down, the cursor goes up.
pub(crate) const CURSOR: [&str; 2] = ["j", "k"];
/// Help opens, help closes: all of the screen is another one.
pub(crate) const HELP: [&str; 2] = ["?", "\x1b"];

/// Presses two keys in turn, of which the second undoes the first, `presses` times once the screen is `ready`.
pub(crate) fn measure(
    console: Start,
    ready: impl FnMut(&vt100::Screen) -> bool,
    keys: [&str; 2],
    presses: usize,
) -> Keys {
    let console = console.start();
    console.expect_within(SOON, "what is measured", ready);
    measure_at(&console, keys, presses)
}

/// The same at a console that stands as it is to be measured.
pub(crate) fn measure_at(console: &Console, keys: [&str; 2], presses: usize) -> Keys {
    let (row, column, shown) = telling_cell(console, keys);
    let press = |index: usize| {
        // At no fixed phase to the clock of what is drawn by itself.
        std::thread::park_timeout(Duration::from_micros(
            10_000 + (index as u64 * 7_919) % 30_000,
        ));
        let sent = now();
        console.keys(keys[index % 2]);
        let wanted = &shown[index % 2];
        console.expect_within(SOON, "the key's frame", |screen| {
            cell(screen, row, column) == *wanted
        });
        sent.elapsed()
    };
    let times: Vec<Duration> = (0..presses).map(press).collect();
    Keys {
        p50: quantile(times.clone(), 0.5),
        p99: quantile(times, 0.99),
    }
}

/// A cell that shows one thing after the first key and another after the second, each time, whatever else moves.
fn telling_cell(console: &Console, keys: [&str; 2]) -> (u16, u16, [String; 2]) {
    let mut seen = Vec::new();
    for _ in 0..3 {
        for key in keys {
            console.keys(key);
            std::thread::park_timeout(Duration::from_millis(400));
            seen.push(console.with_screen(Clone::clone));
        }
    }
    let (rows, columns) = seen[0].size();
    for row in 0..rows.get() {
        for column in 0..columns.get() {
            let at = |index: usize| cell(&seen[index], row, column);
            let steady = [at(2), at(4)].iter().all(|text| *text == at(0))
                && [at(3), at(5)].iter().all(|text| *text == at(1));
            if steady && at(0) != at(1) {
                return (row, column, [at(0), at(1)]);
            }
        }
    }
    panic!(
        "no cell tells which of {keys:?} was pressed:\n{}",
        seen[0].contents()
    );
}

fn cell(screen: &vt100::Screen, row: u16, column: u16) -> String {
    screen
        .cell(row, column)
        .map(|cell| cell.contents().to_owned())
        .unwrap_or_default()
}
