//! The console's own log: kept in memory, shown in the diagnostics alone, never in a file.

use log::{LevelFilter, Log, Metadata, Record};

/// At most so many entries are kept.
const KEPT: usize = 1_000;

/// Feeds tui-logger without its thread, which would wake up a hundred times a second to find nothing.
struct Diagnostics;

impl Log for Diagnostics {
    fn enabled(&self, of: &Metadata<'_>) -> bool {
        // What libraries say of their own work is noise; what goes wrong in them is not.
        let most = if of.target().starts_with(env!("CARGO_PKG_NAME")) {
            LevelFilter::Info
        } else {
            LevelFilter::Warn
        };
        of.level() <= most
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            tui_logger::Drain::new().log(record);
        }
    }

    fn flush(&self) {}
}

/// From now on what is logged is kept. After the first frame: nobody waits for a log.
pub(super) fn keep() {
    tui_logger::set_default_level(LevelFilter::Info);
    tui_logger::set_buffer_depth(KEPT);
    // Another logger stays: a test's.
    if log::set_logger(&Diagnostics).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}
