//! Going on where a broken stream ended: a daemon can be asked for lines since a second, so what was had of that second
//! already comes again.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use jiff::Timestamp;

use crate::domain::log::{RawLine, Stream};

/// What was read of the last second, by hash of time, stream and bytes.
#[derive(Debug, Default)]
pub(in crate::platform) struct Resume {
    keys: RandomState,
    second: Option<i64>,
    had: HashMap<u64, u32>,
    /// What comes again and is to be skipped; emptied as it comes.
    again: HashMap<u64, u32>,
}

impl Resume {
    /// The second to ask for; `None` when nothing was read yet.
    pub(in crate::platform) fn since(&self) -> Option<i64> {
        self.second
    }

    /// The stream begins anew at [`Resume::since`].
    pub(in crate::platform) fn begin(&mut self) {
        self.again = self.had.clone();
    }

    /// Whether a line is new; a line that is had already is `false`, once for each time it was had.
    pub(in crate::platform) fn is_new(&mut self, line: &RawLine) -> bool {
        let second = line.at.as_second();
        let old = match self.second {
            Some(last) => second < last,
            None => false,
        };
        if !self.again.is_empty() {
            if old {
                return false;
            }
            let key = self.key(line.at, line.stream, &line.bytes);
            if let Some(times) = self.again.get_mut(&key) {
                *times -= 1;
                if *times == 0 {
                    self.again.remove(&key);
                }
                return false;
            }
            if self.second.is_some_and(|last| second > last) {
                self.again = HashMap::new();
            }
        }
        if self.second.is_none_or(|last| second > last) {
            self.second = Some(second);
            self.had.clear();
        }
        if !old {
            let key = self.key(line.at, line.stream, &line.bytes);
            *self.had.entry(key).or_default() += 1;
        }
        true
    }

    fn key(&self, at: Timestamp, stream: Stream, bytes: &[u8]) -> u64 {
        self.keys.hash_one((at.as_nanosecond(), stream, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: &str, text: &str) -> RawLine {
        RawLine {
            at: at.parse().unwrap(),
            stream: Stream::Out,
            bytes: text.as_bytes().into(),
        }
    }

    #[test]
    fn every_line_comes_once_wherever_the_stream_breaks() {
        let log = [
            line("2026-11-21T12:00:00.1Z", "a"),
            line("2026-11-21T12:00:00.2Z", "b"),
            // The same twice at the same moment, and one whose stamp went back: both happen.
            line("2026-11-21T12:00:01.5Z", "c"),
            line("2026-11-21T12:00:01.5Z", "c"),
            line("2026-11-21T12:00:01.4Z", "d"),
            line("2026-11-21T12:00:01.9Z", "e"),
            line("2026-11-21T12:00:02.0Z", "f"),
        ];
        for cut in 0..=log.len() {
            for second in 0..=log.len() - cut {
                let mut resume = Resume::default();
                let mut got: Vec<&RawLine> =
                    log[..cut].iter().filter(|l| resume.is_new(l)).collect();
                for end in [cut + second, log.len()] {
                    let since = resume.since();
                    resume.begin();
                    let again = log[..end]
                        .iter()
                        .filter(|l| since.is_none_or(|s| l.at.as_second() >= s));
                    got.extend(again.filter(|l| resume.is_new(l)));
                }
                let got: Vec<_> = got.into_iter().cloned().collect();
                assert_eq!(got, log, "broken after {cut} and {second}");
            }
        }
    }
}
