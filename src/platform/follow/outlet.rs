//! Lines on their way to the console: when it is slow, the oldest fall out, and are counted.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::mpsc;

use crate::domain::log::{LogEvent, LogOrigin, RawLine};

/// Bytes that wait for a slow console, for each container.
const WAITING_BYTES: usize = 1024 * 1024;

/// A line costs this much besides its bytes.
const OVERHEAD: usize = 40;

/// Lines of one batch.
const BATCH: usize = 512;

/// The lines of one container that the console has not taken yet.
#[derive(Debug)]
pub(in crate::platform) struct Outlet {
    origin: Arc<LogOrigin>,
    sink: mpsc::Sender<LogEvent>,
    ring: VecDeque<RawLine>,
    bytes: usize,
    dropped: u64,
}

impl Outlet {
    pub(in crate::platform) fn new(origin: Arc<LogOrigin>, sink: mpsc::Sender<LogEvent>) -> Self {
        Self {
            origin,
            sink,
            ring: VecDeque::new(),
            bytes: 0,
            dropped: 0,
        }
    }

    /// Takes a line; the oldest make room for it.
    pub(in crate::platform) fn push(&mut self, line: RawLine) {
        self.bytes += line.bytes.len() + OVERHEAD;
        self.ring.push_back(line);
        while self.bytes > WAITING_BYTES
            && let Some(lost) = self.ring.pop_front()
        {
            self.bytes -= lost.bytes.len() + OVERHEAD;
            self.dropped += 1;
        }
    }

    /// Sends a batch as soon as there is room for it; never ends while there is nothing to send. `false` when nobody
    /// listens any more.
    pub(in crate::platform) async fn send(&mut self) -> bool {
        if self.ring.is_empty() {
            return std::future::pending().await;
        }
        // Nothing is taken out before there is room: cancelling this loses nothing.
        let Ok(permit) = self.sink.reserve().await else {
            return false;
        };
        let lines: Vec<RawLine> = self.ring.drain(..self.ring.len().min(BATCH)).collect();
        self.bytes -= lines
            .iter()
            .map(|line| line.bytes.len() + OVERHEAD)
            .sum::<usize>();
        if self.ring.is_empty() {
            // A burst's memory goes back.
            self.ring.shrink_to(BATCH);
        }
        let dropped = std::mem::take(&mut self.dropped);
        permit.send(LogEvent::Lines {
            origin: Arc::clone(&self.origin),
            lines,
            dropped,
        });
        true
    }

    /// Sends all that waits.
    pub(in crate::platform) async fn flush(&mut self) -> bool {
        while !self.ring.is_empty() {
            if !self.send().await {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::Stream;
    use jiff::Timestamp;

    #[tokio::test]
    async fn kept_and_dropped_are_all_that_was_received() {
        let (sink, mut taken) = mpsc::channel(2);
        let mut outlet = Outlet::new(Arc::new(LogOrigin::of_all()), sink);
        let (mut received, mut kept, mut dropped) = (0u64, 0u64, 0u64);
        let mut last = None;
        for round in 0..50 {
            for _ in 0..997 {
                let bytes = received.to_string().into_bytes().into_boxed_slice();
                outlet.push(RawLine {
                    at: Timestamp::UNIX_EPOCH,
                    stream: Stream::Out,
                    bytes,
                });
                received += 1;
            }
            assert!(outlet.bytes <= WAITING_BYTES);
            if round % 10 == 0 {
                outlet.push(RawLine {
                    at: Timestamp::UNIX_EPOCH,
                    stream: Stream::Out,
                    bytes: vec![b'9'; WAITING_BYTES / 2].into(),
                });
                received += 1;
            }
            if round % 3 == 0 {
                tokio::select! { biased; _ = outlet.send() => {} () = std::future::ready(()) => {} }
            }
        }
        let count = |event: LogEvent, kept: &mut u64, dropped: &mut u64| {
            if let LogEvent::Lines {
                lines,
                dropped: lost,
                ..
            } = event
            {
                *kept += lines.len() as u64;
                *dropped += lost;
                lines.last().map(|line| line.bytes.clone())
            } else {
                None
            }
        };
        loop {
            while let Ok(event) = taken.try_recv() {
                last = count(event, &mut kept, &mut dropped).or(last);
            }
            if outlet.ring.is_empty() {
                break;
            }
            outlet.send().await;
        }
        while let Ok(event) = taken.try_recv() {
            last = count(event, &mut kept, &mut dropped).or(last);
        }
        assert_eq!(kept + dropped, received);
        assert!(dropped > 0, "the ring overflowed");
        assert_eq!(
            last.as_deref(),
            Some((received - 1).to_string().as_bytes()),
            "the newest survive"
        );
    }
}
