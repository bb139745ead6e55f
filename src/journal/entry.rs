//! One entry: what a line of the journal holds, and how it is sealed into the chain.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::record::Record;
use super::who::Who;
use crate::plan::record::Label;

/// SHA-256 of an entry, as 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(String);

impl Hash {
    /// What the first entry names as the one before it.
    pub fn zero() -> Self {
        Self("0".repeat(64))
    }

    /// A hash as it is printed; `None` unless it is 64 lower-case hexadecimal digits.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let digits =
            text.len() == 64 && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        digits.then(|| Self(String::from_utf8_lossy(text).into_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `SHA-256(prev ‖ body)`, both as they stand in the file.
    fn of(prev: &Self, body: &[u8]) -> Self {
        let digest = Sha256::new()
            .chain_update(&prev.0)
            .chain_update(body)
            .finalize();
        Self(
            digest
                .iter()
                .flat_map(|byte| [byte >> 4, byte & 15])
                .map(hex_digit)
                .collect(),
        )
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn hex_digit(value: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(value & 15)])
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, from 1.
    pub seq: u64,
    /// The hash of the entry before it.
    pub prev: Hash,
    /// When it was written.
    pub time: Timestamp,
    /// Who wrote it.
    #[serde(flatten)]
    pub who: Who,
    /// The process that wrote it.
    pub session: Label,
    /// The console's version.
    pub version: Label,
    /// What it says.
    pub record: Record,
}

/// The place of an entry in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The entry's number.
    pub seq: u64,
    /// The hash that the entry names as the one before it.
    pub prev: Hash,
    /// The entry's own hash.
    pub hash: Hash,
}

/// Stands between an entry's body and its hash, in place of the body's closing brace.
const SEAL: &[u8] = b",\"hash\":\"";
/// Ends a line.
const END: &[u8] = b"\"}";

impl Entry {
    /// The line, with its newline, and the hash that the next entry has to name.
    ///
    /// The canonical form that is hashed is the line's own bytes without the `hash` field, so that
    /// `printf %s "$prev$body" | sha256sum` checks a line without us.
    ///
    /// # Panics
    ///
    /// Never: all fields are plain values.
    pub fn seal(&self) -> (Vec<u8>, Hash) {
        let mut line =
            serde_json::to_vec(self).expect("plain fields and string keys always serialise");
        let hash = Hash::of(&self.prev, &line);
        line.pop();
        line.extend_from_slice(SEAL);
        line.extend_from_slice(hash.as_str().as_bytes());
        line.extend_from_slice(END);
        line.push(b'\n');
        (line, hash)
    }

    /// Reads a line without its newline. `None` when it is not an entry; whether it fits the chain is [`Link::parse`]'s.
    pub fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok().or_else(|| {
            // A later version may have words in a record that this one lacks; who and when still count.
            let mut entry: serde_json::Value = serde_json::from_slice(line).ok()?;
            *entry.get_mut("record")? = serde_json::json!({ "kind": "unknown" });
            serde_json::from_value(entry).ok()
        })
    }
}

impl Link {
    /// Reads a line without its newline; `None` unless its hash fits its bytes.
    pub fn parse(line: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Fields {
            seq: u64,
            prev: Hash,
        }
        let sealed = line.strip_suffix(END)?;
        let (rest, digits) = sealed.split_at_checked(sealed.len().checked_sub(64)?)?;
        let hash = Hash::parse(digits)?;
        let mut body = rest.strip_suffix(SEAL)?.to_vec();
        body.push(b'}');
        let Fields { seq, prev } = serde_json::from_slice(&body).ok()?;
        let prev = Hash::parse(prev.0.as_bytes())?;
        (Hash::of(&prev, &body) == hash).then_some(Self { seq, prev, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            seq: 7,
            prev: Hash::zero(),
            time: "2026-01-02T03:04:05.678Z".parse().unwrap(),
            who: Who {
                operator: Label::from("ana"),
                ..Who::default()
            },
            session: Label::from("s"),
            version: Label::from("0"),
            record: Record::Note {
                text: Label::from("a \"quoted\" ü note"),
            },
        }
    }

    #[test]
    fn a_line_reads_back_and_fits() {
        let (line, hash) = entry().seal();
        let line = line.strip_suffix(b"\n").unwrap();
        assert_eq!(Entry::parse(line), Some(entry()));
        assert_eq!(
            Link::parse(line),
            Some(Link {
                seq: 7,
                prev: Hash::zero(),
                hash
            })
        );
    }

    #[test]
    fn the_hash_is_that_of_sha256sum() {
        let hash = Hash::of(&Hash(String::new()), b"abc");
        assert_eq!(
            hash.as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_changed_bit_never_fits() {
        let (line, _) = entry().seal();
        let line = line.strip_suffix(b"\n").unwrap();
        for at in 0..line.len() * 8 {
            let mut changed = line.to_vec();
            changed[at / 8] ^= 1 << (at % 8);
            assert_eq!(Link::parse(&changed), None, "bit {at}");
        }
    }

    #[test]
    fn a_kind_of_a_later_version_is_read_as_such() {
        let (line, _) = entry().seal();
        let later = String::from_utf8(line)
            .unwrap()
            .replace("\"kind\":\"note\"", "\"kind\":\"checklist-step\"");
        assert_eq!(
            Entry::parse(later.trim_end().as_bytes()).unwrap().record,
            Record::Unknown
        );
        let later = later.replace(
            "\"kind\":\"checklist-step\"",
            "\"kind\":\"gap\",\"after\":3,\"cause\":\"flood\"",
        );
        assert_eq!(
            Entry::parse(later.trim_end().as_bytes()).unwrap().record,
            Record::Unknown
        );
    }
}
