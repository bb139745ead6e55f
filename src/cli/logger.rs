//! What the parts of the program say of themselves, on standard error, as much as was asked for.

use log::{LevelFilter, Log, Metadata, Record};

use super::out;
use crate::text::SafeText;

struct Logger;

static LOGGER: Logger = Logger;

/// Our own words alone: a library may print what it sends.
const OURS: &str = "quarterdeck";

/// Begins to listen: to errors, and with each `-v` to more.
pub(super) fn listen(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::Error,
        1 => LevelFilter::Info,
        _ => LevelFilter::Debug,
    };
    // Somebody who listens already goes on to.
    if log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(level);
    }
}

impl Log for Logger {
    fn enabled(&self, about: &Metadata<'_>) -> bool {
        about.target().starts_with(OURS)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let words = SafeText::format(*record.args());
            out::say(&format!(
                "{}: {words}",
                record.level().as_str().to_lowercase()
            ));
        }
    }

    fn flush(&self) {}
}
