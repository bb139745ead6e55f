//! The name of an operation.

use std::fmt;

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

/// The lowest `digits` base-32 digits of `value`. The alphabet sorts as its values do, and has no i, l, o or u to misread.
fn base32(value: u64, digits: u32) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
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
    }
}
