//! Where an escape sequence ends.
//!
//! The grammar of ECMA-48 as terminals read it: control sequences (CSI), strings (OSC, DCS, APC, PM, SOS), and short
//! escapes. Whatever does not fit the grammar ends the sequence there, and is read as text again.

/// A sequence that is still going after this many bytes is not one.
const MAX_BYTES: usize = 4096;

/// One escape sequence, after its introducer.
pub(super) struct Sequence<'a> {
    /// The parameters, if it sets colours and such (SGR).
    pub(super) sgr: Option<&'a [u8]>,
    /// Bytes that it takes.
    pub(super) len: usize,
    /// It came to its proper end.
    pub(super) complete: bool,
}

/// Reads what follows an escape character; nothing if that begins no sequence.
pub(super) fn after_escape(rest: &[u8]) -> Option<Sequence<'_>> {
    let &first = rest.first()?;
    if let Some(mut sequence) = after_c1(first.wrapping_add(0x40), &rest[1..]) {
        sequence.len += 1;
        return Some(sequence);
    }
    // Such as `ESC 7`, or `ESC ( B`: intermediate bytes, then a final one.
    let intermediates = rest
        .iter()
        .take(MAX_BYTES)
        .take_while(|byte| matches!(byte, 0x20..=0x2F))
        .count();
    let complete = rest
        .get(intermediates)
        .is_some_and(|byte| matches!(byte, 0x30..=0x7E));
    let len = intermediates + usize::from(complete);
    (len > 0).then_some(Sequence {
        sgr: None,
        len,
        complete,
    })
}

/// Reads what follows a control character of C1 (`0x80..=0x9F`); nothing if that one introduces no sequence.
pub(super) fn after_c1(introducer: u8, rest: &[u8]) -> Option<Sequence<'_>> {
    match introducer {
        0x9B => Some(control_sequence(rest)),
        0x90 | 0x98 | 0x9D | 0x9E | 0x9F => Some(string(rest)),
        _ => None,
    }
}

fn control_sequence(rest: &[u8]) -> Sequence<'_> {
    let body = rest
        .iter()
        .take(MAX_BYTES)
        .take_while(|byte| matches!(byte, 0x20..=0x3F))
        .count();
    let end = rest
        .get(body)
        .copied()
        .filter(|byte| body < MAX_BYTES && matches!(byte, 0x40..=0x7E));
    let parameters = &rest[..body];
    let plain = parameters
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
    Sequence {
        sgr: (end == Some(b'm') && plain).then_some(parameters),
        len: body + usize::from(end.is_some()),
        complete: end.is_some(),
    }
}

fn string(rest: &[u8]) -> Sequence<'_> {
    let ends = |len, complete| Sequence {
        sgr: None,
        len,
        complete,
    };
    let mut at = 0;
    while at < rest.len() && at < MAX_BYTES {
        match (rest[at], rest.get(at + 1)) {
            (0x07, _) => return ends(at + 1, true),
            (0x1B, Some(b'\\')) => return ends(at + 2, true),
            // Cancelled, or cut short by the next sequence, which is read as what it is.
            (0x18 | 0x1A | 0x1B | b'\n', _) => return ends(at, false),
            (0x80.., _) => match decode(&rest[at..]) {
                (Decoded::C1(0x9C) | Decoded::RawC1(0x9C), len) => return ends(at + len, true),
                // Read as what it is, too; and nothing is gone over twice, or a line of introducers would take minutes.
                (Decoded::C1(_) | Decoded::RawC1(_), _) => return ends(at, false),
                (_, len) => at += len,
            },
            _ => at += 1,
        }
    }
    ends(at, false)
}

/// What stands at the beginning of some bytes.
pub(super) enum Decoded {
    Char(char),
    /// A control of C1, written in UTF-8.
    C1(u8),
    /// A byte that would be a control of C1 in an eight-bit terminal, and is not UTF-8.
    RawC1(u8),
    Invalid,
}

/// Decodes the first character of `bytes`, which are not empty, and tells its length.
pub(super) fn decode(bytes: &[u8]) -> (Decoded, usize) {
    let Some(chunk) = bytes[..bytes.len().min(4)].utf8_chunks().next() else {
        return (Decoded::Invalid, 0);
    };
    match (chunk.valid().chars().next(), chunk.invalid()) {
        (Some(c @ '\u{80}'..='\u{9F}'), _) => (Decoded::C1(c as u8), 2),
        (Some(c), _) => (Decoded::Char(c), c.len_utf8()),
        (None, &[byte @ 0x80..=0x9F]) => (Decoded::RawC1(byte), 1),
        (None, invalid) => (Decoded::Invalid, invalid.len()),
    }
}
