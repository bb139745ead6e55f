//! The namespaces of a cluster.

use serde::{Deserialize, Serialize};

use crate::text::SafeText;

/// A namespace, as somebody may choose it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespace {
    /// Its name.
    pub name: SafeText,
    /// What may not be seen there, in words; empty where everything may be.
    pub note: SafeText,
}

/// What a name must be, for whoever wrote another one.
pub const RULE: &str = "a namespace has small letters, digits and dashes";

/// Whether it can be the name of a namespace: a label of RFC 1123. What is one can stand in a path.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 63
        && name.starts_with(plain)
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || c == '-')
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn what_could_leave_the_path_is_no_name() {
        for name in ["shop", "team-1", "0"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "Shop", "a/b", "a?b", "..", "a b"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
