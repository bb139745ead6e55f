//! What a container's log said last before its process ended by itself.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use jiff::{SignedDuration, Timestamp};

use super::{Collector, Input};
use crate::{
    domain::{
        instance::Phase,
        log::{self, LogLine, RawLine},
    },
    platform::docker::{engine::Engine, frames::LogDecoder, wire::Inspected},
    text::SafeText,
};

/// Lines that are read: a next run may have written some already.
const TAIL: u32 = 60;
/// Of these, the last ones of the run that ended count.
const LAST: usize = 12;
/// A log that takes longer to read is left.
const WAIT: Duration = Duration::from_secs(10);
/// The daemon stamps a line as it reads it, which may be a moment after the end.
const LATE: SignedDuration = SignedDuration::from_millis(50);

impl Collector {
    /// Reads what a container said before its last end, once for each end that was a failure.
    pub(super) fn ask_for_last_words(&mut self, inspected: &Inspected) {
        let state = &inspected.state;
        let Some(end) = state.finished_at else { return };
        let Some(container) = self.fleet.get_mut(&inspected.id) else {
            return;
        };
        let ended = container.phase != Phase::Running || container.restarts > 0;
        let failed = container.exit_code.is_some_and(|code| code != 0);
        if !ended || !failed || container.words_of == Some(end) {
            return;
        }
        container.words_of = Some(end);
        let (engine, id, tty) = (
            self.engine.clone(),
            inspected.id.clone(),
            inspected.config.tty,
        );
        self.call(async move {
            let words = read(&engine, &id, tty, end).await?;
            Some(Input::LastWords(id, end, words))
        });
    }
}

/// The last words of the run that ended at `end`; `None` where the log can't be read.
async fn read(engine: &Engine, id: &str, tty: bool, end: Timestamp) -> Option<SafeText> {
    let path = format!("/containers/{id}/logs?stdout=1&stderr=1&timestamps=1&tail={TAIL}");
    let answer = engine.send(Method::GET, &path, Bytes::new(), WAIT).await;
    let mut lines = Vec::new();
    let mut take = |line: crate::platform::docker::frames::Line| {
        let at = line.at.unwrap_or(end);
        if at <= end + LATE {
            lines.push(LogLine::read(&RawLine {
                at,
                stream: line.stream,
                bytes: line.bytes.into(),
            }));
        }
    };
    let mut decoder = LogDecoder::new(tty);
    decoder.feed(&answer.ok()?, &mut take);
    decoder.finish(&mut take);
    // Two streams, each in its own order.
    lines.sort_by_key(|line| line.at);
    let last = lines.len().saturating_sub(LAST);
    Some(log::last_words(&lines[last..]))
}
