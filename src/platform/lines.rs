//! Lines out of a log's bytes, cut anywhere, each with the time that the platform wrote before it.

use jiff::Timestamp;

use crate::domain::log::Stream;

/// The longest line kept; the rest of it is skipped and counted.
pub const LONGEST_LINE: usize = 64 * 1024;

/// What is kept free in it for saying how much was skipped.
const NOTE: usize = 64;

/// A timestamp as platforms put it before each line is shorter than this.
const LONGEST_STAMP: usize = 40;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As the platform stamped it; `None` when it did not.
    pub at: Option<Timestamp>,
    /// By which stream it came.
    pub stream: Stream,
    /// Without its end, at most [`LONGEST_LINE`].
    pub bytes: Vec<u8>,
}

/// A line that is still coming: nothing is held but it, at most [`LONGEST_LINE`].
#[derive(Debug)]
pub(super) struct Unfinished {
    at: Option<Timestamp>,
    bytes: Vec<u8>,
    skipped: u64,
    /// Whether what comes may be a stamp, and what of it has come.
    expecting: bool,
    stamp: [u8; LONGEST_STAMP],
    stamped: usize,
}

impl Default for Unfinished {
    fn default() -> Self {
        Self {
            at: None,
            bytes: Vec::new(),
            skipped: 0,
            expecting: true,
            stamp: [0; LONGEST_STAMP],
            stamped: 0,
        }
    }
}

impl Unfinished {
    /// Another message begins: it may begin with a stamp.
    pub(super) fn expect_stamp(&mut self) {
        self.settle();
        self.expecting = true;
    }

    /// The log has ended: what has no line end is a line all the same.
    pub(super) fn finish(&mut self, stream: Stream, line: &mut impl FnMut(Line)) {
        self.settle();
        if self.at.is_some() || !self.bytes.is_empty() {
            self.end(stream, line);
        }
    }

    /// What was taken for the beginning of a stamp is part of the line after all.
    fn settle(&mut self) {
        self.expecting = false;
        let stamp = self.stamp;
        let stamped = std::mem::take(&mut self.stamped);
        self.push(&stamp[..stamped]);
    }

    /// Takes bytes, and hands out the lines that they complete.
    pub(super) fn take(&mut self, mut bytes: &[u8], stream: Stream, line: &mut impl FnMut(Line)) {
        while !bytes.is_empty() {
            if self.expecting {
                let end = bytes.iter().position(|b| matches!(b, b' ' | b'\n'));
                let take = end.unwrap_or(bytes.len()).min(LONGEST_STAMP - self.stamped);
                self.stamp[self.stamped..self.stamped + take].copy_from_slice(&bytes[..take]);
                self.stamped += take;
                bytes = &bytes[take..];
                let stamp = &self.stamp[..self.stamped];
                if stamp.len() == LONGEST_STAMP {
                    self.settle();
                } else if bytes.first() == Some(&b' ')
                    && let Some(at) = std::str::from_utf8(stamp)
                        .ok()
                        .and_then(|text| text.parse().ok())
                {
                    (self.expecting, self.stamped) = (false, 0);
                    self.at = self.at.or(Some(at));
                    bytes = &bytes[1..];
                } else if !bytes.is_empty() {
                    self.settle();
                }
                continue;
            }
            let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
                self.push(bytes);
                return;
            };
            self.push(&bytes[..end]);
            self.end(stream, line);
            bytes = &bytes[end + 1..];
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let take = bytes.len().min(LONGEST_LINE - NOTE - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..take]);
        self.skipped += (bytes.len() - take) as u64;
    }

    fn end(&mut self, stream: Stream, line: &mut impl FnMut(Line)) {
        let mut done = std::mem::take(self);
        if done.skipped > 0 {
            done.bytes
                .extend_from_slice(format!(" … {} bytes more, not kept", done.skipped).as_bytes());
        } else if done.bytes.last() == Some(&b'\r') {
            done.bytes.pop();
        }
        line(Line {
            at: done.at,
            stream,
            bytes: done.bytes,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_an_end_costs_64_kib_and_is_counted() {
        let mut unfinished = Unfinished::default();
        let mut lines = Vec::new();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..64 {
            unfinished.take(&piece, Stream::Out, &mut |line| lines.push(line));
            assert!(unfinished.bytes.capacity() <= 2 * LONGEST_LINE);
        }
        unfinished.take(b"\nnext\n", Stream::Out, &mut |line| lines.push(line));
        assert!(lines[0].bytes.len() <= LONGEST_LINE);
        let kept = LONGEST_LINE - NOTE;
        let note = format!(" … {} bytes more, not kept", (64 << 20) - kept);
        assert!(lines[0].bytes.ends_with(note.as_bytes()));
        assert_eq!(lines[1].bytes, b"next");
    }
}
