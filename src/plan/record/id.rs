//! The name of an operation.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::label::Label;

/// Names an operation: short, unique, and sorting by the time it began, such as `1kq3v9z7m-7f3q`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(Label);

impl OperationId {
    /// The id of an operation that began at `unix_millis`; `random` keeps two of one millisecond apart.
    pub fn new(unix_millis: u64, random: u64) -> Self {
        let mut text = base32(unix_millis, 9);
        text.push('-');
        text.push_str(&base32(random, 5));
        Self(Label::from(text))
    }

    /// An id that somebody typed or a file holds.
    pub fn parse(text: &str) -> Self {
        Self(Label::from(text))
    }

    /// When the operation began, as its id has it; `None` for an id that no operation has.
    pub fn began(&self) -> Option<Timestamp> {
        let (time, _) = self.as_str().split_once('-')?;
        let millis = time.bytes().try_fold(0_i64, |sum, digit| {
            let value = ALPHABET.iter().position(|known| *known == digit)?;
            sum.checked_mul(32)?.checked_add(value as i64)
        })?;
        Timestamp::from_millisecond(millis).ok()
    }

    /// The id as it is printed.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// It sorts as its values do, and has no i, l, o or u to misread.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The lowest `digits` base-32 digits of `value`.
fn base32(value: u64, digits: u32) -> String {
    (0..digits)
        .rev()
        .map(|digit| char::from(ALPHABET[(value >> (5 * digit)) as usize & 31]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time() {
        let ids = [
            (1, 99),
            (31, 0),
            (32, 7),
            (1_800_000_000_000, 1),
            (1_800_000_000_001, 0),
        ]
        .map(|(millis, random)| OperationId::new(millis, random));
        assert!(ids.is_sorted());
        assert_eq!(ids[3].as_str().len(), 15);
        let began = ids.map(|id| id.began().map(Timestamp::as_millisecond));
        assert_eq!(began[4], Some(1_800_000_000_001));
        assert_eq!(OperationId::parse("of nobody").began(), None);
    }
}
