//! From exec to the first frame, and to the first data.

use std::time::Duration;

use crate::figures::quantile::quantile;
use crate::support::console::Start;
use crate::support::wait::SOON;

/// The median time from exec to anything on the screen.
pub(crate) fn first_frame(console: impl Fn() -> Start, starts: usize) -> Duration {
    until("a first frame", console, starts, |screen| {
        !screen.contents().trim().is_empty()
    })
}

/// The median time from exec until the screen `holds` what is waited for.
pub(crate) fn until(
    what: &str,
    console: impl Fn() -> Start,
    starts: usize,
    holds: impl Fn(&vt100::Screen) -> bool,
) -> Duration {
    let one = |_| {
        let console = console().start();
        console.expect_within(SOON, what, &holds);
        console.started.elapsed()
    };
    quantile((0..starts).map(one).collect(), 0.5)
}
