//! Docker's streams, decoded: frames into payloads, payloads into lines.
//!
//! Ours, because a library that waits for a whole frame or a whole line holds whatever a container cares to send: a
//! 64 MiB line, or a terminal's output that happens to look like the header of a 4 GiB frame. Here nothing is held but
//! the header's 8 bytes and one line per stream of at most 64 KiB.

pub use crate::platform::lines::{LONGEST_LINE, Line};
use crate::{domain::log::Stream, platform::lines::Unfinished};

/// Splits a stream into its payloads. Without a terminal both outputs come as frames of `[stream, 0, 0, 0, length: u32]`;
/// with one, they come as they are.
#[derive(Debug)]
pub struct Demux {
    framed: bool,
    header: [u8; 8],
    have: usize,
    remaining: usize,
    stream: Stream,
}

impl Demux {
    /// For a container, or an exec, that has a terminal or has none.
    pub const fn new(tty: bool) -> Self {
        Self {
            framed: !tty,
            header: [0; 8],
            have: 0,
            remaining: 0,
            stream: Stream::Out,
        }
    }

    /// Whether nothing is begun and unfinished: where an end is a whole one.
    pub const fn between(&self) -> bool {
        self.have == 0 && self.remaining == 0
    }

    /// Takes bytes as they come, cut anywhere, and hands out payloads: their stream, whether one begins here, its bytes.
    pub fn feed(&mut self, mut bytes: &[u8], payload: &mut impl FnMut(Stream, bool, &[u8])) {
        while !bytes.is_empty() {
            if !self.framed {
                payload(Stream::Out, false, bytes);
                return;
            }
            let mut begins = false;
            if self.remaining == 0 {
                let take = bytes.len().min(8 - self.have);
                self.header[self.have..self.have + take].copy_from_slice(&bytes[..take]);
                self.have += take;
                bytes = &bytes[take..];
                if self.have < 8 {
                    return;
                }
                self.have = 0;
                let [kind, a, b, c, length @ ..] = self.header;
                if kind > 3 || (a, b, c) != (0, 0, 0) {
                    // No header: whatever this is, it is no longer frames. Show it rather than lose it.
                    self.framed = false;
                    payload(Stream::Out, true, &self.header);
                    continue;
                }
                self.stream = if kind == 2 { Stream::Err } else { Stream::Out };
                self.remaining = u32::from_be_bytes(length) as usize;
                begins = true;
            }
            let take = bytes.len().min(self.remaining);
            if take > 0 || begins {
                payload(self.stream, begins, &bytes[..take]);
            }
            self.remaining -= take;
            bytes = &bytes[take..];
        }
    }
}

/// Decodes a log that was asked for with `timestamps=1`.
#[derive(Debug)]
pub struct LogDecoder {
    demux: Demux,
    out: Unfinished,
    err: Unfinished,
}

impl LogDecoder {
    /// For a container that has a terminal or has none.
    pub fn new(tty: bool) -> Self {
        Self {
            demux: Demux::new(tty),
            out: Unfinished::default(),
            err: Unfinished::default(),
        }
    }

    /// Takes bytes as they come, cut anywhere, and hands out the lines that they complete.
    pub fn feed(&mut self, bytes: &[u8], mut line: impl FnMut(Line)) {
        let Self { demux, out, err } = self;
        demux.feed(bytes, &mut |stream, begins, payload| {
            let unfinished = match stream {
                Stream::Out => &mut *out,
                Stream::Err => &mut *err,
            };
            // Docker stamps each message, and cuts a long line into messages of 16 KiB: a frame that goes on with a line
            // begins with a stamp all the same.
            if begins {
                unfinished.expect_stamp();
            }
            unfinished.take(payload, stream, &mut line);
        });
    }

    /// The log has ended: what has no line end is a line all the same.
    pub fn finish(&mut self, mut line: impl FnMut(Line)) {
        self.out.finish(Stream::Out, &mut line);
        self.err.finish(Stream::Err, &mut line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![kind, 0, 0, 0];
        frame.extend_from_slice(&(payload.len() as u32).to_be_bytes());
        frame.extend_from_slice(payload);
        frame
    }

    fn decode<'a>(tty: bool, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Line> {
        let mut decoder = LogDecoder::new(tty);
        let mut lines = Vec::new();
        for piece in pieces {
            decoder.feed(piece, |line| lines.push(line));
        }
        decoder.finish(|line| lines.push(line));
        lines
    }

    fn texts(lines: &[Line]) -> Vec<String> {
        lines
            .iter()
            .map(|l| String::from_utf8_lossy(&l.bytes).into_owned())
            .collect()
    }

    fn sample() -> Vec<u8> {
        let mut bytes = frame(1, b"2026-11-21T12:00:00.000000001Z one\n");
        bytes.extend(frame(2, b"2026-11-21T12:00:00.000000002Z two\r\n"));
        bytes.extend(frame(1, b"2026-11-21T12:00:01Z long, "));
        bytes.extend(frame(2, b"2026-11-21T12:00:01Z \n"));
        bytes.extend(frame(1, b"2026-11-21T12:00:02Z cut by docker\n"));
        bytes.extend(frame(0, b""));
        bytes.extend(frame(1, b"no stamp at all\nand a second line\n"));
        bytes.extend(frame(1, b"2026-11-21T12:00:03Z unfinished"));
        bytes
    }

    #[test]
    fn frames_become_lines_of_two_streams() {
        let bytes = sample();
        let lines = decode(false, [&bytes[..]]);
        assert_eq!(
            texts(&lines),
            [
                "one",
                "two",
                "",
                "long, cut by docker",
                "no stamp at all",
                "and a second line",
                "unfinished"
            ]
        );
        assert_eq!(lines[1].stream, Stream::Err);
        assert_eq!(lines[0].at.unwrap().subsec_nanosecond(), 1);
        assert_eq!(lines[3].at.unwrap().to_string(), "2026-11-21T12:00:01Z");
        assert_eq!(lines[4].at, None);
    }

    #[test]
    fn a_cut_at_any_byte_changes_nothing() {
        for tty in [false, true] {
            let bytes = sample();
            let whole = decode(tty, [&bytes[..]]);
            for cut in 0..=bytes.len() {
                assert_eq!(
                    decode(tty, [&bytes[..cut], &bytes[cut..]]),
                    whole,
                    "cut at {cut}"
                );
            }
            assert_eq!(decode(tty, bytes.chunks(1)), whole);
        }
    }

    #[test]
    fn a_terminal_that_prints_what_looks_like_a_frame_is_shown_as_it_is() {
        let mut bytes = b"2026-11-21T12:00:00Z ".to_vec();
        bytes.extend([1, 0, 0, 0, 255, 255, 255, 255]);
        bytes.extend(b"hello\r\n2026-11-21T12:00:01Z next\r\n");
        let lines = decode(true, [&bytes[..]]);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].bytes, b"\x01\0\0\0\xff\xff\xff\xffhello");
    }

    #[test]
    fn what_is_no_frame_is_shown_and_not_waited_for() {
        assert_eq!(
            texts(&decode(false, [&b"plain text\n"[..]])),
            ["plain text"]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_decoded_alike_however_they_are_cut(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            tty in proptest::bool::ANY,
            size in 1usize..16,
        ) {
            let whole = decode(tty, [&bytes[..]]);
            proptest::prop_assert_eq!(decode(tty, bytes.chunks(size)), whole);
        }
    }
}
